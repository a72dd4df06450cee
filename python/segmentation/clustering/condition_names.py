"""Names of clusters by the conditions of a playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.model_parts import Promise
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.states import usable_conditions
from segmentation.clustering.typical_values import MeasuredSegment
from segmentation.playbook.matching import (
    CONDITION,
    DESCRIPTION,
    EARLIER_MODEL,
    Continuity,
    EarlierSegment,
    SegmentName,
    described_name,
)
from segmentation.playbook.playbook import (
    OF_CUSTOMER,
    OF_SEGMENT,
    conditions_of,
)
from segmentation.playbook.promises import PromisedName, UnnamedSegment, promised_names


def names_at_fit(
    model: SegmentationModel,
    measured: Mapping[int, MeasuredSegment],
    naming: NamingInputs,
    continuity: Continuity,
) -> tuple[list[SegmentName], list[Promise]]:
    """Return the names of a new model's clusters, and the conditions that they were named by."""
    before = [_earlier_name(continuity.segment(i)) for i in range(model.k)]
    promised = promised_by_conditions(model, measured, naming, before, continuity.retired)
    names = []
    promises = []
    for name, found, earlier in zip(promised, continuity.continued, before, strict=True):
        named_by = CONDITION if name.playbook_slug else DESCRIPTION
        names.append(
            SegmentName(
                name.segment_slug,
                name.segment_name,
                EARLIER_MODEL if name.is_kept else named_by,
                found[1] if name.is_kept and found else None,
            )
        )
        promises.append(
            Promise(
                playbook_slug=name.playbook_slug,
                earlier_slug=earlier.segment_slug if earlier else None,
                renamed_because=name.renamed_because,
            )
        )
    return names, promises


def _earlier_name(segment: EarlierSegment | None) -> PromisedName | None:
    if segment is None:
        return None
    return PromisedName(segment.segment_slug, segment.segment_name, segment.playbook_slug)


def retired_slugs(model: SegmentationModel) -> frozenset[str]:
    """Return the slugs of clusters of the model before that have customers and no successor."""
    if model.succession is None:
        return frozenset()
    before = {segment.segment_slug for segment in model.succession.before}
    taken_over = {segment.segment_slug for segment in model.segments}
    return frozenset(before - taken_over - model.succession.empty_slugs())


def stored_promises(model: SegmentationModel) -> list[PromisedName | None]:
    """Return the names that a model's clusters were given, and by which rows of the playbook."""
    # Where the playbook had no conditions at the fit, a slug is that of the row itself.
    rows = [p.playbook_slug for p in model.promises] or [s.segment_slug for s in model.segments]
    return [
        PromisedName(segment.segment_slug, segment.segment_name, slug)
        for segment, slug in zip(model.segments, rows, strict=True)
    ]


def promised_by_conditions(
    model: SegmentationModel,
    measured: Mapping[int, MeasuredSegment],
    naming: NamingInputs,
    before: Sequence[PromisedName | None],
    retired: Set[str],
) -> list[PromisedName]:
    """Return the names of a model's clusters by conditions, and descriptions where none holds.

    Names by what sets a cluster apart use no slug of `retired`.
    """
    # A cluster without customers of its own is taken as the typical customer.
    values = next(iter(measured.values())).values if measured else ()
    of_all = {value.feature: value.everywhere for value in values if value.category is None}
    segments = []
    for i, profile in enumerate(model.profiles):
        found = measured.get(i)
        segments.append(
            UnnamedSegment(found.customers, found.medians(), profile, before[i])
            if found
            else UnnamedSegment(0, of_all, profile, before[i])
        )
    rows = usable_conditions(
        conditions_of(naming.playbook, OF_SEGMENT), set(naming.columns or model.known_numbers)
    )
    thresholds = {threshold.name: threshold.value for threshold in model.thresholds}
    found_names = promised_names(segments, rows, thresholds, naming.words, retired)
    taken = set(retired) | {name.segment_slug for name in found_names if name}
    taken |= {row.segment_slug for row in conditions_of(naming.playbook, OF_CUSTOMER)}
    names = []
    for profile, promised in zip(model.profiles, found_names, strict=True):
        if promised is None:
            described = described_name(profile, naming.words, taken)
            taken.add(described.segment_slug)
            promised = PromisedName(described.segment_slug, described.segment_name, None)
        names.append(promised)
    return names
