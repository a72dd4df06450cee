"""DuckDB files without some customers: counted, written anew, and looked through.

DuckDB does not overwrite the rows that it deletes. A file is therefore written anew, from what
stays, and swapped: what is erased is never in the new file.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from segmentation.engine.duckdb import (
    Connection,
    FileError,
    attached,
    catalog_name,
    lock_holder,
    open_in_memory,
)
from segmentation.engine.sql import quoted, select, text_literal
from segmentation.erasure.customers import Customers
from segmentation.erasure.erased_rows import (
    DATASET_COLUMN,
    ID_COLUMN,
    ID_COLUMNS,
    Rows,
    Scope,
    can_be_of,
    erased_text,
    holds_id,
    names_somebody,
    of_erased,
    put_erased,
    rows_of_erased,
)
from segmentation.erasure.problems import ErasureError
from segmentation.published.descriptions import described_tables
from segmentation.published.publication import PUBLICATION_TABLES, SCHEMA, Table

# Tables by which the schemas of this project are known, whatever they are called.
_OWN_TABLES = re.compile(
    "stg_[a-z_]+__customers|int_checked_customers|value_assignments|fct_customer_segments"
    "|sample_customers|publication"
)
# The table of the schema that holds what people are scored by.
_OWN_SCHEMAS = ("scoring",)
_NEXT = "segmentation_erasure_next"


@contextlib.contextmanager
def opened_file(file: Path, *, writing: bool = False) -> Iterator[tuple[Connection, str]]:
    """Open a DuckDB file, under the name that it has in queries, and keep builds out meanwhile.

    Parameters
    ----------
    file : Path
    writing : bool
        Whether it is opened as a build does: what a killed build left in its log becomes part of
        it.

    Raises
    ------
    ErasureError
        If another process has it open, or it is no DuckDB file.
    """
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
                else f"{file} cannot be opened: {error}"
            ) from None
        with contextlib.ExitStack() as stack:
            stack.push(opening)
            yield connection, name


def dataset_of_last_build(file: Path) -> str | None:
    """Return the data set that a warehouse or a published file is of; None if it does not say."""
    with opened_file(file) as (connection, database):
        found = [
            table
            for table in described_tables(connection, database)
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
        found = []
        for table in _tables(connection, database):
            condition = rows_of_erased(table, _columns(connection, table), customers, scope)
            if condition is None:
                continue
            ((count,),) = connection.execute(
                select(["count(*)"], table.sql, where=condition)
            ).fetchall()
            if count:
                is_own = table.schema in _erased_schemas(connection, database, scope)
                found.append(Rows(f"{table.schema}.{table.name}", count, is_own))
    return found


def known_ids(file: Path, customers: Customers, scope: Scope) -> set[str]:
    """Return the ids that are found in a file."""
    known: set[str] = set()
    with opened_file(file) as (connection, database):
        put_erased(connection, customers)
        for table in _tables(connection, database):
            condition = rows_of_erased(table, _columns(connection, table), customers, scope)
            if condition is not None and len(known) < len(customers.ids):
                query = select(
                    [f"cast({ID_COLUMN} as varchar)"], table.sql, where=condition, distinct=True
                )
                known |= {str(row[0]) for row in connection.execute(query).fetchall()}
    return known


def write_without(
    file: Path,
    new: Path,
    customers: Customers,
    scope: Scope,
    swap: Callable[[], None] = lambda: None,
) -> None:
    """Write what a file holds of others into a new file: tables, views, macros, comments, keys.

    Rows keep their order.

    Parameters
    ----------
    file : Path
        Opened by no other process for writing; it is only read.
    new : Path
        No file. Nobody else can read it.
    customers : Customers
    scope : Scope
    swap : callable
        Called when the new file is complete and closed, while the old one keeps builds out.

    Raises
    ------
    ErasureError
        If the new file does not have what it must; the old one is as it was.
    """
    with opened_file(file) as (connection, database):
        put_erased(connection, customers)
        with attached(connection, new, _NEXT):
            connection.execute(f"copy from database {quoted(database)} to {quoted(_NEXT)} (schema)")
            own = _erased_schemas(connection, database, scope)
            for table in _in_order_of_keys(connection, database):
                condition = rows_of_erased(table, _columns(connection, table), customers, scope)
                kept = "" if condition is None or table.schema not in own else f"not ({condition})"
                columns = _columns(connection, table)
                if table.schema in own and can_be_of(table, columns, customers, scope):
                    expressions = _without_names(connection, table, columns, kept, customers)
                else:
                    expressions = [quoted(name) for name in columns]
                _copy_rows(connection, table, expressions, kept)
            _count_published_rows(connection)
            _check_same_catalogue(connection, database)
            connection.execute(f"checkpoint {quoted(_NEXT)}")
        swap()


def places_with_ids(file: Path, customers: Customers, scope: Scope) -> list[str]:
    """Return the columns in which an id is found, each as ``schema.table.column: rows``.

    A distinctive id is looked for within all text, another one in columns of ids and where a
    message names it.
    """
    with opened_file(file) as (connection, database):
        put_erased(connection, customers)
        found = []
        for table in _tables(connection, database):
            columns = _columns(connection, table)
            if not can_be_of(table, columns, customers, scope):
                continue
            others = (
                f"coalesce({DATASET_COLUMN} = {text_literal(customers.dataset)}, false) and "
                if DATASET_COLUMN in columns
                else ""
            )
            for column, kind in columns.items():
                holds = holds_id(column, kind, customers)
                if holds is None:
                    continue
                ((count,),) = connection.execute(
                    select(["count(*)"], table.sql, where=f"{others}({holds})")
                ).fetchall()
                if count:
                    found.append(f"{table.schema}.{table.name}.{column}: {count:,} rows")
    return found


def values_containing_ids(file: Path, customers: Customers) -> bool:
    """Return whether any text of a file contains a distinctive id, be it as a part of a word."""
    with opened_file(file) as (connection, database):
        for table in _tables(connection, database):
            contains = [
                f"contains({quoted(column)}, {text_literal(name)})"
                for column, kind in _columns(connection, table).items()
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
        for table in _tables(connection, database):
            if table.name == "dim_customers" and "identity_id" in _columns(connection, table):
                identities = select(["identity_id"], table.sql, where=of_erased(ID_COLUMN))
                condition = f"not {of_erased(ID_COLUMN)} and identity_id in (\n{identities}\n)"
                ((count,),) = connection.execute(
                    select(["count(*)"], table.sql, where=condition)
                ).fetchall()
                return int(count)
    return 0


def fold_log(file: Path) -> None:
    """Let what DuckDB has written beside a file become part of it."""
    with opened_file(file, writing=True) as (connection, database):
        connection.execute(f"checkpoint {quoted(database)}")


def _tables(connection: Connection, database: str) -> list[Table]:
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ?"
        " order by schema_name, table_name",
        [database],
    ).fetchall()
    return [Table(database, schema, name) for schema, name in rows]


def _columns(connection: Connection, table: Table) -> dict[str, str]:
    rows = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = ?"
        " and schema_name = ? and table_name = ? order by column_index",
        [table.database, table.schema, table.name],
    ).fetchall()
    return dict(rows)


def _without_names(
    connection: Connection,
    table: Table,
    columns: Mapping[str, str],
    kept: str,
    customers: Customers,
) -> list[str]:
    """Return the columns of a table as SQL, with the ids taken out of texts about other things.

    An example of a reason for which rows are rejected may name a customer.
    """
    texts = [name for name, kind in columns.items() if kind == "VARCHAR" and name not in ID_COLUMNS]
    if not texts:
        return [quoted(name) for name in columns]
    counts = [
        f"count(*) filter (where {names_somebody(quoted(name), customers)})" for name in texts
    ]
    (found,) = connection.execute(select(counts, table.sql, where=kept)).fetchall()
    naming = {name for name, count in zip(texts, found, strict=True) if count}
    return [
        f"{erased_text(quoted(name), customers)} as {quoted(name)}"
        if name in naming
        else quoted(name)
        for name in columns
    ]


def _erased_schemas(connection: Connection, database: str, scope: Scope) -> set[str]:
    own = {t.schema for t in _tables(connection, database) if _OWN_TABLES.fullmatch(t.name)}
    return own | set(_OWN_SCHEMAS) | set(scope.schemas)


def _in_order_of_keys(connection: Connection, database: str) -> list[Table]:
    """Return the tables, those that a foreign key names before those that have it."""
    named: dict[Table, set[Table]] = {table: set() for table in _tables(connection, database)}
    for schema, name, other in connection.execute(
        "select schema_name, table_name, referenced_table from duckdb_constraints()"
        " where database_name = ? and constraint_type = 'FOREIGN KEY'",
        [database],
    ).fetchall():
        named[Table(database, schema, name)].add(Table(database, schema, other))
    ordered: list[Table] = []
    while named:
        free = [table for table, others in named.items() if not others & (set(named) - {table})]
        # Tables that name one another cannot be put in order: the engine says so.
        for table in free or list(named):
            ordered.append(table)
            del named[table]
    return ordered


def _copy_rows(connection: Connection, table: Table, columns: list[str], kept: str) -> None:
    target = Table(_NEXT, table.schema, table.name)
    connection.execute(f"insert into {target.sql}\n{select(columns, table.sql, where=kept)}")
    counts = [
        connection.execute(select(["count(*)"], one.sql, where=where)).fetchall()[0][0]
        for one, where in ((table, kept), (target, ""))
    ]
    if counts[0] != counts[1]:
        raise ErasureError(
            f"{table.schema}.{table.name} has {counts[1]:,} rows in the new file instead of"
            f" {counts[0]:,}. Nothing was changed."
        )


def _count_published_rows(connection: Connection) -> None:
    """Write anew how many rows a published file has of each mart, if this is one."""
    counts = Table(_NEXT, SCHEMA, PUBLICATION_TABLES)
    tables = {table.name: table for table in _tables(connection, _NEXT) if table.schema == SCHEMA}
    if PUBLICATION_TABLES not in tables:
        return
    for (name,) in connection.execute(select(["table_name"], counts.sql)).fetchall():
        connection.execute(
            f"update {counts.sql} set row_count = (select count(*) from {tables[name].sql})"
            f" where table_name = {text_literal(name)}"
        )


def _check_same_catalogue(connection: Connection, database: str) -> None:
    """Check that tables, views, columns, comments, macros and keys are those of the old file."""
    found = [
        {
            (table.schema, table.name): description
            for table, description in described_tables(connection, one).items()
        }
        for one in (database, _NEXT)
    ]
    counted = [
        connection.execute(
            "select (select count(*) from duckdb_functions() where database_name = $1"
            " and not internal), (select count(*) from duckdb_constraints()"
            " where database_name = $1), (select count(*) from duckdb_indexes()"
            " where database_name = $1)",
            [one],
        ).fetchall()
        for one in (database, _NEXT)
    ]
    if found[0] != found[1] or counted[0] != counted[1]:
        raise ErasureError(
            "The new file has not all tables, views, columns, comments, macros and keys of the old"
            " one. Nothing was changed."
        )
