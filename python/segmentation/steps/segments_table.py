"""The table of named segments, which is the same for every segmentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.reasons import segment_headline
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.playbook import PlaybookRow

SEGMENTS = pa.schema(
    {
        "segmentation": pa.string(),
        "segment_id": pa.int32(),
        "segment_slug": pa.string(),
        "segment_name": pa.string(),
        "named_by": pa.string(),
        "naming_distance": pa.float64(),
        "headline": pa.string(),
        "description": pa.string(),
        "strategy": pa.string(),
        "channel": pa.string(),
        "priority": pa.string(),
        "condition": pa.string(),
        "condition_in_numbers": pa.string(),
        "slug_at_fit": pa.string(),
        "renamed_because": pa.string(),
        "typical_values": pa.list_(
            pa.struct(
                {
                    "feature": pa.string(),
                    "category": pa.string(),
                    "here": pa.float64(),
                    "everywhere": pa.float64(),
                }
            )
        ),
        "model_version": pa.string(),
    }
)


def playbook_columns(row: PlaybookRow | None) -> dict[str, str | None]:
    """Return what the playbook says of a segment; nulls where it has no row for it."""
    return {
        name: getattr(row, name) if row else None
        for name in ("description", "strategy", "channel", "priority")
    }


def segment_record(
    segmentation: str,
    model: SegmentationModel,
    segment: NamedSegment,
    words: Mapping[str, FeatureWords],
) -> dict[str, Any]:
    """Return a segment of a clustering as a row of the table."""
    condition = segment.row.condition if segment.row else None
    thresholds = {threshold.name: threshold.value for threshold in model.thresholds}
    return {
        "segmentation": segmentation,
        "segment_id": segment.segment_id,
        "segment_slug": segment.segment_slug,
        "segment_name": segment.segment_name,
        "named_by": segment.named_by,
        "naming_distance": segment.naming_distance,
        "headline": segment_headline(model, segment, words),
        **playbook_columns(segment.row),
        "condition": condition.text if condition else None,
        "condition_in_numbers": condition.written(thresholds) if condition else None,
        "slug_at_fit": segment.slug_at_fit,
        "renamed_because": segment.renamed_because,
        "typical_values": [dataclasses.asdict(value) for value in segment.values],
        "model_version": model.model_version,
    }
