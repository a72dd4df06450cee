"""Looks at a file before it is published as a reader will: opened anew, by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from segmentation.engine.duckdb import Connection, DuckDBError, open_read_only
from segmentation.engine.sql import quoted, text_literal
from segmentation.published.descriptions import Description, described_tables
from segmentation.published.publication import (
    PUBLICATION,
    PUBLICATION_TABLES,
    SCHEMA,
    SCORING_SCHEMA,
    PublishingError,
    Table,
)


def audit(
    file: Path,
    marts: Mapping[str, Description],
    macros: Sequence[str],
    scoring: Mapping[str, Description] | None = None,
) -> None:
    """Check that a file holds what it should, and needs nothing beside itself.

    Parameters
    ----------
    file : Path
        A DuckDB file that no other connection has open.
    marts : mapping
        The tables that there must be: name to what the catalogue of the warehouse says of it.
    macros : sequence of str
        The scoring macros that there must be.
    scoring : mapping, optional
        The tables that people are scored by, as `marts`.

    Raises
    ------
    PublishingError
        If tables, rows, columns, comments or macros differ; the message names the first difference.
    """
    try:
        with open_read_only(file) as connection:
            problem = _tables_problem(connection, marts, scoring or {}) or _macros_problem(
                connection, macros
            )
    except DuckDBError as error:
        problem = f"it cannot be read: {error}"
    if problem:
        raise PublishingError(f"the new file is not as it should be: {problem}")


def _tables_problem(
    connection: Connection, marts: Mapping[str, Description], scoring: Mapping[str, Description]
) -> str | None:
    ((database,),) = connection.execute("select current_database()").fetchall()
    found = described_tables(connection, database)
    names = {*marts, PUBLICATION, PUBLICATION_TABLES}
    expected = {Table(database, SCHEMA, name) for name in names}
    expected |= {Table(database, SCORING_SCHEMA, name) for name in scoring}
    differing = set(found) ^ expected
    if differing:
        return f"it lacks these tables, or should not have them: {_listed(differing)}"
    counted = dict(
        connection.execute(
            f"select table_name, row_count from {SCHEMA}.{quoted(PUBLICATION_TABLES)}"
        ).fetchall()
    )
    for name, description in marts.items():
        table = Table(database, SCHEMA, name)
        ((rows,),) = connection.execute(f"select count(*) from {table.sql}").fetchall()
        if rows != counted.get(name):
            return f"{name} has {rows} rows instead of {counted.get(name)}"
        if found[table] != description:
            return f"{name} has other columns or comments than in the warehouse"
    for name, description in scoring.items():
        if found[Table(database, SCORING_SCHEMA, name)] != description:
            return f"scoring.{name} has other columns or comments than in the warehouse"
    return None


def _listed(tables: Iterable[Table]) -> str:
    return ", ".join(sorted(f"{table.schema}.{table.name}" for table in tables))


def _macros_problem(connection: Connection, macros: Sequence[str]) -> str | None:
    """Let the engine resolve every name in the macros; nobody is scored."""
    connection.execute("create temporary table nobody as select null as customer_id where false")
    for name in macros:
        people = "" if name.endswith("_person") else text_literal("nobody")
        try:
            connection.execute(f"describe from {SCHEMA}.{quoted(name)}({people})")
        except DuckDBError as error:
            return f"the macro {name} does not work by itself: {error}"
    return None
