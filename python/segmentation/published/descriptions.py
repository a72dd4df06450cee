"""What the catalogue of a database says of its tables: columns, their types, comments."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.engine.duckdb import Connection
from segmentation.engine.sql import quoted, text_literal
from segmentation.published.publication import Table


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name, kind : str
        As in the catalogue; `kind` is the type.
    comment : str or None
    """

    name: str
    kind: str
    comment: str | None


@dataclass(frozen=True)
class Description:
    """A table or view: its columns in order, and its comment, if it has one."""

    columns: tuple[Column, ...]
    comment: str | None


def described_tables(connection: Connection, database: str) -> dict[Table, Description]:
    """Return what a database has: each table and view, with its description.

    Parameters
    ----------
    connection : Connection
    database : str
        Its name, as in the catalogue.
    """
    comments = connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = $1"
        " union all select schema_name, view_name, comment from duckdb_views()"
        " where database_name = $1 and not internal",
        [database],
    ).fetchall()
    columns: dict[Table, list[Column]] = {
        Table(database, schema, name): [] for schema, name, _ in comments
    }
    for schema, name, *column in connection.execute(
        "select schema_name, table_name, column_name, data_type, comment from duckdb_columns()"
        " where database_name = ? and not internal order by schema_name, table_name, column_index",
        [database],
    ).fetchall():
        columns[Table(database, schema, name)].append(Column(*column))
    return {
        Table(database, schema, name): Description(
            tuple(columns[Table(database, schema, name)]), comment
        )
        for schema, name, comment in comments
    }


def comment(connection: Connection, table: str, description: Description) -> None:
    """Write the comments of a description onto a table and its columns.

    Parameters
    ----------
    connection : Connection
    table : str
        The table as SQL; it has all columns that have a comment.
    description : Description
    """
    if description.comment is not None:
        connection.execute(f"comment on table {table} is {text_literal(description.comment)}")
    for column in description.columns:
        if column.comment is not None:
            connection.execute(
                f"comment on column {table}.{quoted(column.name)} is {text_literal(column.comment)}"
            )
