"""The step that names the segments that prospects can join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from segmentation.classification.model import ProspectSegment, ProspectsModel
from segmentation.engine.base import Session, Table
from segmentation.playbook.playbook import PlaybookRow
from segmentation.steps.begin import begin
from segmentation.steps.prospect_targets import SEGMENT_AT_AGE
from segmentation.steps.segments_table import SEGMENTS, playbook_columns
from segmentation.steps.step_tables import ModelTables


def name_prospect_segments(
    session: Session,
    *,
    tables: ModelTables,
    value_segments: Table,
    playbook: Table,
) -> pa.Table:
    """Name the segments that prospects can join.

    Segments of the value segmentation are called what they are called there today; the playbook's
    rows for `prospects` say what to do, else those for `value`. Known segments are named by the
    playbook's rows for `prospects`, else as the data call them.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    tables : ModelTables
    value_segments, playbook : relation or table name

    Returns
    -------
    pyarrow.Table
        One row per segment, as
        :func:`segmentation.steps.name_clusters.name_segments_of_current_model`.
    """
    step = begin(session, tables.run_settings)
    model = step.model(tables.models, tables.current_model, ProspectsModel, tables.features)
    if model is None or not model.segments:
        return SEGMENTS.empty_table()
    written = _rows_by_slug(step.vocabularies(playbook, "prospects"))
    existing: dict[int, Mapping[str, Any]] = {}
    if model.target_source == SEGMENT_AT_AGE:
        written = {**_rows_by_slug(step.vocabularies(playbook, "value")), **written}
        existing = {record["segment_id"]: record for record in step.records(value_segments)}
    records = []
    for segment in model.segments:
        named = _named_today(segment, model, existing)
        row = written.get(named["segment_slug"])
        records.append(
            {
                "segmentation": "prospects",
                "segment_id": segment.segment_id,
                "segment_slug": named["segment_slug"],
                "segment_name": named["segment_name"]
                or (row.segment_name if row else segment.label),
                "named_by": named["named_by"] or ("playbook" if row else "data"),
                "naming_distance": None,
                "headline": segment.headline,
                **playbook_columns(row),
                "model_version": model.model_version,
            }
        )
    return pa.Table.from_pylist(records, schema=SEGMENTS)


def _named_today(
    segment: ProspectSegment, model: ProspectsModel, existing: Mapping[int, Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Return slug and name of a segment: those of the value segment that it is, where it is one."""
    value_ids = model.value_segment_ids
    if value_ids and value_ids[segment.segment_id] in existing:
        return existing[value_ids[segment.segment_id]]
    return {"segment_slug": segment.segment_slug, "segment_name": None, "named_by": None}


def _rows_by_slug(playbook: Mapping[int, Sequence[PlaybookRow]]) -> dict[str, PlaybookRow]:
    return {row.segment_slug: row for k in sorted(playbook) for row in playbook[k]}
