"""The steps that apply a segmentation: to every customer, and to a sample for a picture."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from segmentation.clustering.assign import assignments_query, scoring_rule
from segmentation.clustering.customer_segments import with_features_of
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import read_segments
from segmentation.clustering.projection import projection_expressions
from segmentation.clustering.typical_values import ScoringRule
from segmentation.engine.base import Engine, Relation, Session, Table
from segmentation.engine.sql import Query, number, quoted, select, text_literal
from segmentation.steps.begin import begin
from segmentation.steps.step_tables import ModelTables

# Enough for a picture; more points would only cover one another.
PROJECTED_ROWS = 2_000


def assign_segments(
    session: Session,
    *,
    tables: ModelTables,
    segments: Table,
    feature_words: Table,
    key: str = "customer_id",
) -> Relation:
    """Apply the current model to every row of the feature table.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    tables : ModelTables
    segments : relation or table name
        The named segments of the current model: what is typical of each, and which states come
        before clusters.
    feature_words : relation or table name
    key : str
        Column that identifies a row.

    Returns
    -------
    Relation
        The key, segment_id, distance, runner_up_id, margin, reason_1, reason_2, reason_3,
        model_version. A distance is the square root of a dissimilarity, in scaled units; segment_id
        is -1 for noise. No rows where there is no model.
    """
    step = begin(session, tables.run_settings)
    model = step.clusters(tables.models, tables.current_model, tables.features)
    table = step.engine.from_item(tables.features)
    if model is None:
        return step.engine.nothing(_with_key(_ASSIGNMENTS, key), table)
    table = with_features_of(step.engine, table, model)
    named = read_segments(step.records(segments))
    words = step.words(feature_words)
    return step.engine.relation(assignments_query(step.engine, table, model, named, words, key))


def project_customers(
    session: Session,
    *,
    segmentation: str,
    tables: ModelTables,
    segments: Table,
    key: str = "customer_id",
    rows: int = PROJECTED_ROWS,
) -> Relation:
    """Place a sample of the customers, and every segment's centroid, in two dimensions.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    tables : ModelTables
    segments : relation or table name
    key : str
        Column that identifies a row.
    rows : int
        Most customers: those with the smallest hash of the key, see :meth:`Engine.sample`.

    Returns
    -------
    Relation
        segmentation, point ("customer" or "centroid"), the key (null for a centroid), segment_id,
        x, y, x_explained_variance, y_explained_variance, model_version.
    """
    step = begin(session, tables.run_settings)
    engine = step.engine
    model = step.clusters(tables.models, tables.current_model, tables.features)
    table = engine.from_item(tables.features)
    if model is None or model.projection is None:
        return engine.nothing(_with_key(_POINTS, key), table)
    table = with_features_of(engine, table, model)
    rule = scoring_rule(model, read_segments(step.records(segments)))
    points = _Points(segmentation, model, rule, key, rows)
    return engine.relation(_points_query(engine, table, points))


@dataclass(frozen=True)
class _Points:
    """What a picture shows: so many customers of a segmentation, and its centroids."""

    segmentation: str
    model: SegmentationModel
    rule: ScoringRule
    key: str
    rows: int


def _points_query(engine: Engine, table: str, points: _Points) -> Query:
    """Return the query for the points of a picture: some customers, then all centroids."""
    model, key = points.model, points.key
    projection = model.projection
    assert projection is not None
    names = _with_key(_POINTS, key).names

    def point(*values: str) -> list[str]:
        shared = [
            number(projection.x_explained_variance),
            number(projection.y_explained_variance),
            text_literal(model.model_version),
        ]
        listed = [text_literal(points.segmentation), *values, *shared]
        return [f"{value} as {quoted(name)}" for name, value in zip(names, listed, strict=True)]

    key_text = f"cast({quoted(key)} as varchar)"
    sampled = Query(table).step(
        "sampled_customers",
        select(["*"], table, order_by=f"md5({key_text}), {key_text}", limit=points.rows),
    )
    assigned = points.rule.assigned(engine, sampled, [key])
    x, y = projection_expressions(projection, model.prepared_features, model.gamma)
    segment = "cast(named_id as integer)"
    selects = [select(point("'customer'", quoted(key), segment, x, y), assigned.result)]
    selects += [
        select(point("'centroid'", "null", str(i), number(x), number(y)), "")
        for i, (x, y) in enumerate(projection.projected(model.embedded_centroids))
    ]
    return assigned.step("points", "\n\nunion all\n\n".join(selects))


def _with_key(schema: pa.Schema, key: str) -> pa.Schema:
    """Return a schema whose customer_id is the key of a table, with the type that it has there."""
    return schema.set(schema.get_field_index("customer_id"), pa.field(key, pa.null()))


_ASSIGNMENTS = pa.schema(
    {
        "customer_id": pa.string(),
        "segment_id": pa.int32(),
        "distance": pa.float64(),
        "runner_up_id": pa.int32(),
        "margin": pa.float64(),
        "reason_1": pa.string(),
        "reason_2": pa.string(),
        "reason_3": pa.string(),
        "model_version": pa.string(),
    }
)

_POINTS = pa.schema(
    {
        "segmentation": pa.string(),
        "point": pa.string(),
        "customer_id": pa.string(),
        "segment_id": pa.int32(),
        "x": pa.float64(),
        "y": pa.float64(),
        "x_explained_variance": pa.float64(),
        "y_explained_variance": pa.float64(),
        "model_version": pa.string(),
    }
)
