"""The step that names the segments of a segmentation."""

from __future__ import annotations

import dataclasses
from typing import Any

import pyarrow as pa

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.names import NamingInputs, current_names
from segmentation.clustering.reasons import segment_headline
from segmentation.engine.base import Session, Table
from segmentation.playbook.playbook import rows_by_slug
from segmentation.steps.begin import begin
from segmentation.steps.overrides import read_options
from segmentation.steps.segments_table import SEGMENTS, playbook_columns


def name_segments_of_current_model(
    session: Session,
    *,
    segmentation: str,
    features: Table,
    models: Table,
    current_model: Table,
    run_settings: Table,
    playbook: Table,
    feature_words: Table,
) -> pa.Table:
    """Name the segments of the current model, and say what sets each apart.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    features, models, current_model, run_settings, playbook, feature_words : relation or table name
        `current_model` has today's options too: its naming limits name the segments.

    Returns
    -------
    pyarrow.Table
        One row per segment; none where there is no model.
    """
    step = begin(session, run_settings)
    model = step.model(models, current_model, SegmentationModel, features)
    if model is None:
        return SEGMENTS.empty_table()
    settings, overrides = step.settings(current_model)
    naming = NamingInputs(
        step.vocabularies(playbook, segmentation),
        step.words(feature_words),
        read_options(settings, overrides),
    )
    rows = rows_by_slug(naming.playbook, model.k)
    records: list[dict[str, Any]] = []
    for segment, name in zip(model.segments, current_names(model, naming), strict=True):
        row = rows.get(name.segment_slug)
        records.append(
            {
                "segmentation": segmentation,
                "segment_id": segment.segment_id,
                **dataclasses.asdict(name),
                "headline": segment_headline(model, segment, naming.words),
                **playbook_columns(row),
                "model_version": model.model_version,
            }
        )
    return pa.Table.from_pylist(records, schema=SEGMENTS)
