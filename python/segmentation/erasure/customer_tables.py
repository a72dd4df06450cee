"""Looks for customers in DuckDB files."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from segmentation.engine.duckdb import (
    Connection,
    DuckDBError,
    FileError,
    attached,
    catalog_name,
    lock_holder,
    open_in_memory,
)
from segmentation.engine.sql import quoted, select, text_literal
from segmentation.erasure.customers import Customers
from segmentation.erasure.erased_rows import (
    ID_COLUMN,
    Rows,
    Scope,
    SearchedTable,
    of_erased,
    put_erased,
)
from segmentation.erasure.erasure_error import ErasureError
from segmentation.published.publication import PUBLICATION, SCHEMA, SCORING_SCHEMA, Table

# Tables that identify the schemas of this project, whatever the names of the schemas.
_OWN_TABLES = re.compile(
    "stg_[a-z_]+__customers|int_checked_customers|value_assignments|fct_customer_segments"
    "|sample_customers|publication"
)


@contextlib.contextmanager
def opened_file(file: Path, *, writing: bool = False) -> Iterator[tuple[Connection, str]]:
    """Open a DuckDB file under its name in queries; no build can start meanwhile.

    Parameters
    ----------
    file : Path
    writing : bool
        Whether to open it for writing, as a build does. The log that a killed build left then
        becomes part of the file.

    Raises
    ------
    ErasureError
        If another process has it open, it is empty, or it is no DuckDB file.
    """
    if file.is_file() and not file.stat().st_size:
        raise ErasureError(
            f"{file} is empty: a process that made it was killed, or it is another file than the"
            " one that was built. Remove it, or name the right one: SEGMENTATION_WAREHOUSE, or"
            " SEGMENTATION_PUBLISHED for a published file."
        )
    name = catalog_name(str(file))
    with contextlib.closing(open_in_memory()) as connection:
        try:
            opening = attached(connection, file, name, read_only=not writing)
            opening.__enter__()
        except FileError as error:
            holder = lock_holder(error)
            raise ErasureError(
                f"{file} is open in another process, {holder}. Wait until it ends, and call the"
                " command again."
                if holder
                else f"{file} cannot be opened: {error} Restore it from a backup, or name the right"
                " file: SEGMENTATION_WAREHOUSE, or SEGMENTATION_PUBLISHED for a published file."
            ) from None
        with contextlib.ExitStack() as stack:
            stack.push(opening)
            yield connection, name


def dataset_of_last_build(file: Path) -> str | None:
    """Return the data set that a warehouse or a published file is of; None if it does not say."""
    with opened_file(file) as (connection, database):
        found = [
            table
            for table in tables_of(connection, database)
            if table.name in ("build_runs", "publication")
        ]
        for table in found:
            rows = connection.execute(
                f"select dataset from {table.sql} order by run_number desc limit 1"
            ).fetchall()
            if rows:
                return str(rows[0][0])
    return None


def customer_rows(file: Path, customers: Customers, scope: Scope) -> list[Rows]:
    """Count the rows of customers in the tables of a file, without tables that have none."""
    with opened_file(file) as (connection, database):
        put_erased(connection, customers)
        searched = searched_tables(connection, database)
        own = erased_schemas(searched, scope)
        found = []
        for table, one in searched.items():
            condition = one.rows_of(customers, scope)
            if condition is None:
                continue
            ((count,),) = connection.execute(
                select(["count(*)"], table.sql, where=condition)
            ).fetchall()
            if count:
                found.append(Rows(f"{table.schema}.{table.name}", count, table.schema in own))
    return found


def known_ids(file: Path, customers: Customers, scope: Scope) -> set[str]:
    """Return the ids that are found in a file."""
    known: set[str] = set()
    with opened_file(file) as (connection, database):
        put_erased(connection, customers)
        for table, one in searched_tables(connection, database).items():
            condition = one.rows_of(customers, scope)
            if condition is None or one.id_column is None or len(known) == len(customers.ids):
                continue
            ids = one.id_of(one.id_column)
            query = select([ids], table.sql, where=condition, distinct=True)
            known |= {str(row[0]) for row in connection.execute(query).fetchall()}
    return known


def places_with_ids(file: Path, customers: Customers, scope: Scope) -> list[str]:
    """Return the columns in which an id is found, each as ``schema.table.column: rows``.

    Distinctive ids are searched in all text, other ids in columns of ids and in messages that name
    them.
    """
    with opened_file(file) as (connection, database):
        put_erased(connection, customers)
        found = []
        for table, one in searched_tables(connection, database).items():
            if not one.can_be_of(customers, scope):
                continue
            for column in one.columns:
                holds = one.holds_id(column, customers)
                if holds is None:
                    continue
                condition = f"{one.of_dataset(customers)}({holds})"
                ((count,),) = connection.execute(
                    select(["count(*)"], table.sql, where=condition)
                ).fetchall()
                if count:
                    found.append(f"{table.schema}.{table.name}.{column}: {count:,} rows")
    return found


def values_containing_ids(file: Path, customers: Customers) -> bool:
    """Return whether any text of a file contains a distinctive id, also as a part of a word."""
    with opened_file(file) as (connection, database):
        for table, columns in tables_of(connection, database).items():
            contains = [
                f"contains({quoted(column)}, {text_literal(name)})"
                for column, kind in columns.items()
                if kind == "VARCHAR"
                for name in customers.distinctive
            ]
            if (
                contains
                and connection.execute(
                    select(["1"], table.sql, where=" or ".join(contains), limit=1)
                ).fetchall()
            ):
                return True
    return False


def shared_identities(file: Path, customers: Customers) -> int:
    """Return how many other customers of a file have the identity of one of these."""
    with opened_file(file) as (connection, database):
        put_erased(connection, customers)
        for table, columns in tables_of(connection, database).items():
            if table.name == "dim_customers" and "identity_id" in columns:
                identities = select(["identity_id"], table.sql, where=of_erased(ID_COLUMN))
                condition = f"not {of_erased(ID_COLUMN)} and identity_id in (\n{identities}\n)"
                ((count,),) = connection.execute(
                    select(["count(*)"], table.sql, where=condition)
                ).fetchall()
                return int(count)
    return 0


def fold_log(file: Path) -> None:
    """Make what DuckDB has written beside a file part of it.

    Raises
    ------
    ErasureError
        If there is no room for it, or the file is in use; both are as they were.
    """
    with opened_file(file, writing=True) as (connection, database):
        try:
            connection.execute(f"checkpoint {quoted(database)}")
        except DuckDBError as error:
            raise ErasureError(
                f"{file} could not be written, and is as it was: {error}. Call the command again"
                " when that is put right."
            ) from None


def searched_tables(connection: Connection, database: str) -> dict[Table, SearchedTable]:
    """Return the tables of a database, and which of them this project wrote."""
    tables = tables_of(connection, database)
    own = _project_schemas(tables)
    return {
        table: SearchedTable(table, columns, table.schema in own)
        for table, columns in tables.items()
    }


def erased_schemas(tables: Collection[Table], scope: Scope) -> set[str]:
    """Return the schemas of this project among those of tables, and those of a scope."""
    return _project_schemas(tables) | set(scope.schemas)


def _project_schemas(tables: Collection[Table]) -> set[str]:
    own = {table.schema for table in tables if _OWN_TABLES.fullmatch(table.name)}
    is_published = any((table.schema, table.name) == (SCHEMA, PUBLICATION) for table in tables)
    return own | ({SCORING_SCHEMA} if is_published else set())


def tables_of(connection: Connection, database: str) -> dict[Table, dict[str, str]]:
    """Return the tables of a database, in the order of their names: columns and their types."""
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = $1 and not internal and (schema_name, table_name) in ("
        "select (schema_name, table_name) from duckdb_tables() where database_name = $1)"
        " order by schema_name, table_name, column_index",
        [database],
    ).fetchall()
    tables: dict[Table, dict[str, str]] = {}
    for schema, name, column, kind in rows:
        tables.setdefault(Table(database, schema, name), {})[column] = kind
    return tables
