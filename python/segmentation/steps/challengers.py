"""The step that applies the newest fit beside the current model, where the two differ.

A challenger scores no customers. The engine computes the segment that it would give each customer,
so that people can see who would move before they promote it.
"""

from __future__ import annotations

import logging

import pyarrow as pa

from segmentation.clustering.customer_segments import segments_query
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.engine.base import Relation, Session, Table
from segmentation.engine.sql import select, text_literal
from segmentation.registry.current import stored_model
from segmentation.steps.begin import Step, begin
from segmentation.steps.step_tables import ModelTables

log = logging.getLogger("segmentation")


def assign_challenger(
    session: Session,
    *,
    segmentation: str,
    tables: ModelTables,
    playbook: Table,
    feature_words: Table,
    key: str = "customer_id",
) -> Relation:
    """Apply the last fit to every customer, where another model is current.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    tables : ModelTables
    playbook, feature_words : relation or table name
        The seeds whose names its segments have today.
    key : str
        Column that identifies a row.

    Returns
    -------
    Relation
        The key, segment_id, segment_slug, segment_name, model_version. No rows where the last fit
        is the current one, or is damaged.
    """
    step = begin(session, tables.run_settings)
    table = step.engine.from_item(tables.features)
    model = _challenger(step, tables)
    model = model and step.applied_today(model, table)
    if model is None:
        columns = _ASSIGNMENTS.set(0, pa.field(key, pa.null()))
        return step.engine.nothing(columns, table)
    naming = NamingInputs(
        step.vocabularies(playbook, segmentation),
        step.words(feature_words),
        step.settings(tables.current_model).read(SegmentationOptions),
    )
    segments = segments_query(step.engine, table, model, naming, key)
    version = f"{text_literal(model.model_version)} as model_version"
    return step.engine.relation(
        segments.step("challenger_segments", select(["*", version], segments.result))
    )


def _challenger(step: Step, tables: ModelTables) -> SegmentationModel | None:
    found = step.engine.records(
        "select newest_number as model_number, newest_version as model_version "
        f"from {step.engine.from_item(tables.current_model)} "
        f"where dataset = {text_literal(step.run.dataset)} "
        f"and variant = {text_literal(step.run.variant)} and has_later_fits"
    )
    if not found:
        return None
    model, damage = stored_model(step.engine, tables.models, found[0], step.run, SegmentationModel)
    if damage is not None:
        log.warning("%s; it is not compared with the current one", damage)
    return model


_ASSIGNMENTS = pa.schema(
    {
        "customer_id": pa.string(),
        "segment_id": pa.int32(),
        "segment_slug": pa.string(),
        "segment_name": pa.string(),
        "model_version": pa.string(),
    }
)
