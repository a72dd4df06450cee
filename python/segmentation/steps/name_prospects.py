"""The step that names the segments that prospects can join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from segmentation.classification.model import ProspectSegment, ProspectsModel
from segmentation.engine.base import Session, Table
from segmentation.playbook.playbook import PlaybookRow
from segmentation.steps.begin import begin
from segmentation.steps.prospect_targets import LATER_BEHAVIOUR
from segmentation.steps.segments_table import SEGMENTS, playbook_columns


def name_prospect_segments(
    session: Session,
    *,
    features: Table,
    models: Table,
    current_model: Table,
    run_settings: Table,
    playbook: Table,
) -> pa.Table:
    """Name the segments that prospects can join.

    By the playbook's rows for `prospects`, else, where the segments are those of established
    customers by behaviour, by its rows for `value`, else as the data call them.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    features, models, current_model, run_settings, playbook : relation or table name

    Returns
    -------
    pyarrow.Table
        One row per segment, as
        :func:`segmentation.steps.name_clusters.name_segments_of_current_model`.
    """
    step = begin(session, run_settings)
    model = step.model(models, current_model, ProspectsModel, features)
    if model is None or not model.segments:
        return SEGMENTS.empty_table()
    written = _rows_by_slug(step.vocabularies(playbook, "prospects"))
    if model.target_source == LATER_BEHAVIOUR:
        written = {**_rows_by_slug(step.vocabularies(playbook, "value")), **written}
    records = []
    for segment in model.segments:
        row = written.get(segment.segment_slug)
        records.append(
            {
                "segmentation": "prospects",
                "segment_id": segment.segment_id,
                "segment_slug": segment.segment_slug,
                "segment_name": row.segment_name if row else _spoken(segment, model),
                "named_by": "playbook" if row else "data",
                "naming_distance": None,
                "headline": segment.headline,
                **playbook_columns(row),
                "model_version": model.model_version,
            }
        )
    return pa.Table.from_pylist(records, schema=SEGMENTS)


def _spoken(segment: ProspectSegment, model: ProspectsModel) -> str:
    """Return the name of a segment that is in no playbook: its label, or its slug in words."""
    if model.target_source != LATER_BEHAVIOUR:
        return segment.label
    return segment.label.replace("_", " ").capitalize()


def _rows_by_slug(playbook: Mapping[int, Sequence[PlaybookRow]]) -> dict[str, PlaybookRow]:
    return {row.segment_slug: row for k in sorted(playbook) for row in playbook[k]}
