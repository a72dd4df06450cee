"""The step that names the segments of a segmentation."""

from __future__ import annotations

import logging

import pyarrow as pa

from segmentation.clustering.customer_segments import with_features_of
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.segments_of_table import segments_of_table
from segmentation.engine.base import Session, Table
from segmentation.steps.begin import begin
from segmentation.steps.segments_table import SEGMENTS, segment_record
from segmentation.steps.step_tables import ModelTables

log = logging.getLogger("segmentation")


def name_segments_of_current_model(
    session: Session,
    *,
    segmentation: str,
    tables: ModelTables,
    playbook: Table,
    feature_words: Table,
) -> pa.Table:
    """Name the segments of the current model, and say what sets each apart.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    tables : ModelTables
        Its `current_model` has today's options: their naming limits name the segments.
    playbook, feature_words : relation or table name

    Returns
    -------
    pyarrow.Table
        One row per cluster and state; none where there is no model.
    """
    step = begin(session, tables.run_settings)
    model = step.clusters(tables.models, tables.current_model, tables.features)
    if model is None:
        return SEGMENTS.empty_table()
    naming = NamingInputs(
        step.vocabularies(playbook, segmentation),
        step.words(feature_words),
        step.settings(tables.current_model).read(SegmentationOptions),
    )
    table = with_features_of(step.engine, step.engine.from_item(tables.features), model)
    named = segments_of_table(step.engine, table, model, naming)
    for segment in named:
        if segment.renamed_because and segment.slug_at_fit != segment.segment_slug:
            log.warning(
                "%s: %s is called %s today: %s",
                segmentation, segment.slug_at_fit, segment.segment_slug, segment.renamed_because,
            )  # fmt: skip
    records = [segment_record(segmentation, model, segment, naming.words) for segment in named]
    return pa.Table.from_pylist(records, schema=SEGMENTS)
