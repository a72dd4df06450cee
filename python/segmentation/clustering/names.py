"""The names of a model's segments: given at its fit, looked up again at every build."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence

import numpy as np

from segmentation.clustering.condition_names import (
    names_at_fit,
    promised_by_conditions,
    stored_promises,
)
from segmentation.clustering.model import (
    ModelCategory,
    ModelFeature,
    SegmentationModel,
    category_profile,
)
from segmentation.clustering.naming import NamedSegment, NamingInputs
from segmentation.clustering.states import States, state_id, usable_conditions
from segmentation.clustering.typical_values import MeasuredSegment
from segmentation.playbook.matching import (
    CONDITION,
    DESCRIPTION,
    STATE,
    EarlierSegment,
    SegmentName,
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
from segmentation.playbook.profile_keys import Category, Profile, ProfileKey, column_of_target


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
        kept={
            i: name
            for i, name in stored.items()
            if name.named_by == "earlier model" and name.segment_slug in written
        },
    )


def with_names(
    model: SegmentationModel, measured: Mapping[int, MeasuredSegment], naming: NamingInputs
) -> SegmentationModel:
    """Return a model that was just fitted, its segments named and described.

    Parameters
    ----------
    model : SegmentationModel
        Its segments have no names yet.
    measured : mapping of int to MeasuredSegment
        By segment_id.
    naming : NamingInputs
    """
    earlier = _earlier_segments(model, naming.earlier) if naming.limits.carry_over else []
    if has_conditions(model, naming):
        names, promises = names_at_fit(model, measured, naming, earlier)
    else:
        promises = []
        names = name_segments(
            model.profiles,
            _usable_targets(model, naming),
            naming.words,
            limit=naming.limits.naming_limit,
            carry_over_limit=naming.limits.carry_over_limit,
            earlier=earlier,
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
    return dataclasses.replace(
        model,
        segments=segments,
        promises=promises,
        playbook_hash=targets_hash(naming.playbook),
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
    promised = promised_by_conditions(model, measured, naming, stored_promises(model))
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


def z_scores(
    features: Sequence[ModelFeature], centroid: Mapping[str, float]
) -> dict[ProfileKey, float]:
    """Return a centroid, in scaled units, in z-scores of the features of a model."""
    return {
        f.prepared.name: (float(centroid[f.prepared.name]) - f.mean) / f.standard_deviation
        for f in features
        if f.prepared.name in centroid
    }


def _earlier_segments(
    model: SegmentationModel, earlier: SegmentationModel | None
) -> list[EarlierSegment]:
    """Return the segments of the previous model, in z-scores of the new model."""
    # A single segment holds all customers: it does not continue any earlier segment.
    if earlier is None or model.k < 2:
        return []
    features, categories = model.features, model.categories
    now = {feature.prepared.name: feature.prepared for feature in features}
    placed = []
    for i, segment in enumerate(earlier.segments):
        centroid = {
            old.prepared.name: float(
                now[old.prepared.name].scaled(old.prepared.unscaled(np.array([value])))[0]
            )
            for old, value in zip(earlier.features, segment.centroid, strict=True)
            if old.prepared.name in now
        }
        shares = category_profile(_with_shares_of(earlier, categories), i)
        placed.append(
            EarlierSegment(
                segment.segment_slug,
                segment.segment_name,
                {**z_scores(features, centroid), **shares},
                earlier.promises[i].playbook_slug if earlier.promises else segment.segment_slug,
            )
        )
    return placed


def _with_shares_of(
    earlier: SegmentationModel, categories: Sequence[ModelCategory]
) -> list[ModelCategory]:
    """Return the columns of categories that both models know, with the earlier one's segments."""
    before = {category.name: category for category in earlier.categories}
    shared = []
    for category in categories:
        if category.name in before:
            old = before[category.name]
            shared.append(
                dataclasses.replace(
                    category,
                    segment_shares=[
                        [
                            dict(zip(old.categories, row, strict=True)).get(v, 0.0)
                            for v in category.categories
                        ]
                        for row in old.segment_shares
                    ],
                )
            )
    return shared
