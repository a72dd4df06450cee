"""What scores people without the warehouse: the current models, and the features of customers.

A published file has these tables in the schema ``scoring``:

``<segmentation>_model``
    The row of the current model; none where there is no model.
``segments``
    The segments of all segmentations as they are named today, their conditions, and what is typical
    of them.
``feature_words``
    The seed of that name: reasons are made of it.
``<segmentation>_features``
    What the model was applied to: a row for each customer, in the order of ``customer_id``.
"""

from __future__ import annotations

from collections.abc import Mapping

from segmentation.engine.duckdb import Connection
from segmentation.engine.sql import quoted, select, text_literal
from segmentation.published.descriptions import Description, comment, described_tables
from segmentation.published.publication import SCORING_SCHEMA, Publication, Table

MODEL, FEATURES = "_model", "_features"
SEGMENTS, FEATURE_WORDS = "segments", "feature_words"

# Features of prospects are also those that its classifier learned from.
_SCORED = {"prospects_features": "is_prospect"}


def copy_scoring_tables(connection: Connection, publication: Publication, database: str) -> None:
    """Write what people are scored by into an attached database, in an open transaction."""
    if not publication.scoring:
        return
    schema = f"{quoted(database)}.{quoted(SCORING_SCHEMA)}"
    descriptions = described_scoring_tables(connection, publication)
    connection.execute(f"create schema {schema}")
    for name, table in publication.scoring.items():
        target = f"{schema}.{quoted(name)}"
        connection.execute(f"create table {target} as\n{_copied(publication, name, table)}")
        comment(connection, target, descriptions[name])


def described_scoring_tables(
    connection: Connection, publication: Publication
) -> Mapping[str, Description]:
    """Return what the catalogue of the warehouse says of each table, by its published name."""
    found = {
        table: description
        for database in sorted({table.database for table in publication.scoring.values()})
        for table, description in described_tables(connection, database).items()
    }
    return {name: found[table] for name, table in publication.scoring.items()}


def _copied(publication: Publication, name: str, table: Table) -> str:
    """Return the query that a published table is made of."""
    if name.endswith(FEATURES):
        return select(["*"], table.sql, where=_SCORED.get(name, ""), order_by="customer_id")
    if name.endswith(MODEL):
        current = select(
            ["(model_number, model_version)"],
            publication.current_models.sql,
            where=f"is_of_this_build and segmentation = {text_literal(name.removesuffix(MODEL))}",
        )
        return select(["*"], table.sql, where=f"(model_number, model_version) in ({current})")
    if name == SEGMENTS:
        return select(["*"], table.sql, order_by="segmentation, segment_id")
    return select(["*"], table.sql)
