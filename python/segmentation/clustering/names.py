"""The names of a model's segments: given at its fit, looked up again at every build."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from segmentation.clustering.condition_names import (
    names_at_fit,
    promised_by_conditions,
    retired_slugs,
    stored_promises,
)
from segmentation.clustering.earlier_segments import earlier_segments
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment, NamingInputs
from segmentation.clustering.states import States, state_id, usable_conditions
from segmentation.clustering.succession import shared_shares
from segmentation.clustering.typical_values import MeasuredSegment
from segmentation.playbook.matching import (
    CONDITION,
    DESCRIPTION,
    STATE,
    Continuity,
    ContinuityLimits,
    SegmentName,
    TakenNames,
    continued_segments,
    name_segments,
    profile_distance,
)
from segmentation.playbook.playbook import (
    OF_CUSTOMER,
    OF_SEGMENT,
    PlaybookRow,
    conditions_of,
    rows_by_slug,
    rows_with_targets,
    targets_hash,
    usable_rows,
    vocabulary_for,
)
from segmentation.playbook.profile_keys import Category, Profile, column_of_target


def current_names(model: SegmentationModel, naming: NamingInputs) -> list[SegmentName]:
    """Return the names of a model's segments under today's playbook and limits.

    While the playbook's slugs and targets, and the naming limit, are those that the model was named
    with, slugs are those stored in the model, and only what people read is looked up again. Once
    one of them changes, the segments are matched anew, except those that carry a slug of an
    earlier model which the playbook still knows. A playbook edit or another limit renames, it never
    refits. How near a segment of an earlier model has to be is asked when a model is fitted.

    Parameters
    ----------
    model : SegmentationModel
    naming : NamingInputs

    Returns
    -------
    list of SegmentName, length k
    """
    playbook, limit = rows_with_targets(naming.playbook), naming.limits.naming_limit
    written = rows_by_slug(playbook, model.k)
    stored = {
        segment.segment_id: SegmentName(
            segment_slug=segment.segment_slug,
            segment_name=(
                written[segment.segment_slug].segment_name
                if segment.segment_slug in written
                else segment.segment_name
            ),
            named_by=segment.named_by,
            naming_distance=segment.naming_distance,
        )
        for segment in model.segments
    }
    is_limit_kept = json.loads(model.options)["naming_limit"] == limit
    if is_limit_kept and targets_hash(playbook) == model.playbook_hash:
        return list(stored.values())
    return name_segments(
        model.profiles,
        _usable_targets(model, naming),
        naming.words,
        limit=limit,
        taken=TakenNames(
            {
                i: name
                for i, name in stored.items()
                if name.named_by == "earlier model" and name.segment_slug in written
            }
        ),
    )


def with_names(
    model: SegmentationModel, measured: Mapping[int, MeasuredSegment], naming: NamingInputs
) -> SegmentationModel:
    """Return a model that was just fitted, its segments named and described.

    Parameters
    ----------
    model : SegmentationModel
        Its segments have no names yet; its succession counts the customers whom they share with
        those of the model before.
    measured : mapping of int to MeasuredSegment
        By segment_id.
    naming : NamingInputs
    """
    continuity = _continuity(model, naming)
    if has_conditions(model, naming):
        names, promises = names_at_fit(model, measured, naming, continuity)
    else:
        promises = []
        targets = _usable_targets(model, naming)
        written = {row.segment_slug: row.segment_name for row in targets}
        names = name_segments(
            model.profiles,
            targets,
            naming.words,
            limit=naming.limits.naming_limit,
            taken=TakenNames(continuity.names(written), continuity.retired),
            told=_told_profiles(model, measured),
        )
    segments = []
    for segment, name in zip(model.segments, names, strict=True):
        found = measured.get(segment.segment_id)
        typical = found.medians() if found else {}
        segments.append(
            dataclasses.replace(
                segment,
                **dataclasses.asdict(name),
                customers=found.customers if found else 0,
                typical=[typical.get(f.prepared.name, f.prepared.fill) for f in model.features],
            )
        )
    named = {s.segment_id: (s.segment_slug, s.segment_name) for s in segments}
    return dataclasses.replace(
        model,
        segments=segments,
        promises=promises,
        playbook_hash=targets_hash(naming.playbook),
        succession=model.succession and model.succession.with_names(named),
    )


def segments_today(
    model: SegmentationModel, measured: Mapping[int, MeasuredSegment], naming: NamingInputs
) -> list[NamedSegment]:
    """Return the segments of a model as they are called today, clusters first, then states.

    Parameters
    ----------
    model : SegmentationModel
    measured : mapping of int to MeasuredSegment
        The segments among today's customers.
    naming : NamingInputs
    """
    if not has_conditions(model, naming):
        rows = rows_by_slug(rows_with_targets(naming.playbook), model.k)
        names = current_names(model, naming)
        return [
            _named(
                model,
                i,
                name,
                measured,
                row=rows.get(name.segment_slug) or _nearest_row(model, i, naming),
            )
            for i, name in enumerate(names)
        ] + _named_states(model, measured, naming)
    promised = promised_by_conditions(
        model, measured, naming, stored_promises(model), retired_slugs(model)
    )
    rows_of = {row.segment_slug: row for row in conditions_of(naming.playbook, OF_SEGMENT)}
    named = []
    for i, (segment, name) in enumerate(zip(model.segments, promised, strict=True)):
        stored = model.promises[i] if i < len(model.promises) else None
        row = rows_of.get(name.playbook_slug or "")
        kept_by = segment.named_by
        named.append(
            dataclasses.replace(
                _named(
                    model,
                    i,
                    SegmentName(
                        name.segment_slug,
                        name.segment_name,
                        kept_by if name.is_kept else CONDITION if row else DESCRIPTION,
                        segment.naming_distance if name.is_kept else None,
                    ),
                    measured,
                    row=row,
                ),
                renamed_because=name.renamed_because
                or (stored.renamed_because if stored and name.is_kept else None),
            )
        )
    return named + _named_states(model, measured, naming)


def _named_states(
    model: SegmentationModel, measured: Mapping[int, MeasuredSegment], naming: NamingInputs
) -> list[NamedSegment]:
    known = states_of(model, naming).conditions
    return [
        NamedSegment(
            segment_id=state_id(row),
            segment_slug=row.segment_slug,
            segment_name=row.segment_name,
            named_by=STATE,
            row=row,
            condition=row.condition,
            values=measured[state_id(row)].values if state_id(row) in measured else (),
        )
        for row in conditions_of(naming.playbook, OF_CUSTOMER)
        if state_id(row) in known
    ]


def has_conditions(model: SegmentationModel, naming: NamingInputs) -> bool:
    """Return whether conditions name clusters; without any in the playbook, targets do."""
    return model.has_states and bool(conditions_of(naming.playbook, OF_SEGMENT))


def known_numbers(model: SegmentationModel, naming: NamingInputs) -> list[str]:
    """Return the numbers of the feature table that can be measured for names and reasons."""
    own = {feature.prepared.name for feature in model.features}
    return [name for name in model.known_numbers if name in own or name in naming.columns]


def states_of(model: SegmentationModel, naming: NamingInputs) -> States:
    """Return the states that today's playbook names before a model's clusters."""
    if not model.has_states:
        return States()
    thresholds = {threshold.name: threshold.value for threshold in model.thresholds}
    rows = usable_conditions(
        conditions_of(naming.playbook, OF_CUSTOMER), set(naming.columns or model.known_numbers)
    )
    conditions = {state_id(row): row.condition for row in rows if row.condition is not None}
    return States(conditions, thresholds)


def _named(
    model: SegmentationModel,
    i: int,
    name: SegmentName,
    measured: Mapping[int, MeasuredSegment],
    row: PlaybookRow | None,
) -> NamedSegment:
    segment = model.segments[i]
    return NamedSegment(
        segment_id=segment.segment_id,
        segment_slug=name.segment_slug,
        segment_name=name.segment_name,
        named_by=name.named_by,
        naming_distance=name.naming_distance,
        row=row,
        condition=row.condition if row else None,
        values=measured[segment.segment_id].values if segment.segment_id in measured else (),
        slug_at_fit=segment.segment_slug,
    )


def _told_profiles(
    model: SegmentationModel, measured: Mapping[int, MeasuredSegment]
) -> list[Profile]:
    """Return of each profile what the typical customer of the segment shows as well.

    A mean can lie apart where the median does not: a name would tell what no headline says.
    """
    told: list[Profile] = []
    for i, profile in enumerate(model.profiles):
        found = measured.get(i, MeasuredSegment(0, ()))
        apart = {v.feature: v.here - v.everywhere for v in found.values if v.category is None}
        shown = {
            key: z
            for key, z in profile.items()
            if isinstance(key, Category) or z * apart.get(key, 0.0) > 0
        }
        told.append(shown or profile)
    return told


def _usable_targets(model: SegmentationModel, naming: NamingInputs) -> list[PlaybookRow]:
    return usable_rows(
        vocabulary_for(rows_with_targets(naming.playbook), model.k),
        set(model.prepared_features.names),
    )


def _nearest_row(model: SegmentationModel, i: int, naming: NamingInputs) -> PlaybookRow | None:
    """Return the row of any k whose targets lie nearest: its strategy serves a segment's quadrant.

    Of equally near ones the one of the smallest k, then the first slug.
    """
    features = set(model.prepared_features.names)
    rows = [
        row
        for _, of_k in sorted(rows_with_targets(naming.playbook).items())
        for row in of_k
        if {column_of_target(target, features) for target in row.targets} <= features
    ]
    profile = model.profiles[i]
    return min(rows, key=lambda row: profile_distance(profile, row.targets), default=None)


def _continuity(model: SegmentationModel, naming: NamingInputs) -> Continuity:
    """Return which segments of the previous model go on in those of a new one."""
    earlier = naming.earlier
    # A single segment holds all customers: it continues no segment, and none continues it.
    if earlier is None or not naming.limits.carry_over or model.k < 2 or earlier.k < 2:
        return Continuity([], [None] * model.k)
    segments = earlier_segments(model, earlier)
    limits = ContinuityLimits(
        naming.limits.carry_over_share,
        naming.limits.carry_over_limit,
        is_near_enough=has_conditions(model, naming),
    )
    shares = shared_shares(model.succession) if model.succession else None
    return Continuity(
        segments,
        continued_segments(model.profiles, segments, limits, shares),
        model.succession.empty_slugs() if model.succession else frozenset(),
    )
