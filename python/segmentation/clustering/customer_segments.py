"""The segment that a model gives each customer of a table, with its name in this build."""

from __future__ import annotations

from segmentation.clustering.assign import scoring_rule
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.segments_of_table import segments_of_table
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, case, quoted, select, text_literal
from segmentation.features.further_columns import with_further_columns
from segmentation.scoring.prototypes import NOISE

# The name for customers in no dense group.
_NOISE = ("noise", "Noise")


def with_features_of(engine: Engine, table: str, model: SegmentationModel) -> str:
    """Return a from-item that has the further columns of a model as columns."""
    return with_further_columns(
        engine,
        table,
        numbers=[feature.prepared.name for feature in model.features],
        texts=[category.name for category in model.categories],
    )


def missing_features(engine: Engine, table: str, model: SegmentationModel) -> list[str]:
    """Return the features that a model needs and a table of customers lacks.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item of :func:`with_features_of`.
    model : SegmentationModel
    """
    columns = set(engine.column_names(table))
    return [name for name in model.prepared_features.names if name not in columns]


def segments_query(
    engine: Engine, table: str, model: SegmentationModel, naming: NamingInputs, key: str
) -> Query:
    """Return the query for the segment that a model gives each customer, with today's name.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers.
    model : SegmentationModel
    naming : NamingInputs
        Of this build.
    key : str
        Column that identifies a row.

    Returns
    -------
    Query
        Its result has the key, segment_id, segment_slug and segment_name.
    """
    table = with_features_of(engine, table, model)
    named = segments_of_table(engine, table, model, naming)
    assigned = scoring_rule(model, named).assigned(engine, table, keep=[key])
    texts = {NOISE: _NOISE} | {s.segment_id: (s.segment_slug, s.segment_name) for s in named}
    slug, name = (
        case([(f"named_id = {i}", text_literal(written[n])) for i, written in texts.items()])
        for n in (0, 1)
    )
    columns = [
        quoted(key),
        "cast(named_id as integer) as segment_id",
        f"{slug} as segment_slug",
        f"{name} as segment_name",
    ]
    return assigned.step("segments", select(columns, assigned.result))
