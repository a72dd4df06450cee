"""The table of named segments, which is the same for every segmentation."""

from __future__ import annotations

import pyarrow as pa

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
        "model_version": pa.string(),
    }
)


def playbook_columns(row: PlaybookRow | None) -> dict[str, str | None]:
    """Return what the playbook says of a segment; nulls where it has no row for it."""
    return {
        name: getattr(row, name) if row else None
        for name in ("description", "strategy", "channel", "priority")
    }
