"""Writes DuckDB files anew, without some customers.

DuckDB does not overwrite the rows that it deletes. So all other rows are written into a new file,
which replaces the old one: erased rows are never in the new file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from segmentation.engine.duckdb import Connection, attached
from segmentation.engine.sql import quoted, select, text_literal
from segmentation.erasure.customer_tables import erased_schemas, opened_file, searched_tables
from segmentation.erasure.customers import Customers
from segmentation.erasure.erased_rows import (
    Scope,
    SearchedTable,
    erased_text,
    names_somebody,
    put_erased,
)
from segmentation.erasure.erasure_error import ErasureError
from segmentation.published.descriptions import described_tables
from segmentation.published.publication import PUBLICATION_TABLES, SCHEMA, Table

_NEXT = "segmentation_erasure_next"

# The history of segments, which counts the customers of each observed day.
_LOG = "segment_log"


def write_without(
    file: Path,
    new: Path,
    customers: Customers,
    scope: Scope,
    swap: Callable[[], None] = lambda: None,
) -> None:
    """Write a file anew without customers: tables, views, macros, comments, keys.

    Rows keep their order.

    Parameters
    ----------
    file : Path
        No other process has it open for writing; it is only read.
    new : Path
        A path without a file. Only the owner can read the new file.
    customers : Customers
    scope : Scope
    swap : callable
        Called when the new file is complete and closed, while the old one keeps builds out.

    Raises
    ------
    ErasureError
        If the new file is incomplete; the old one is unchanged.
    """
    with opened_file(file) as (connection, database):
        put_erased(connection, customers)
        with attached(connection, new, _NEXT):
            new.chmod(0o600)
            connection.execute(f"copy from database {quoted(database)} to {quoted(_NEXT)} (schema)")
            tables = searched_tables(connection, database)
            own = erased_schemas(tables, scope)
            for table in _in_order_of_keys(connection, tables):
                searched = tables[table]
                condition = searched.rows_of(customers, scope)
                kept = "" if condition is None or table.schema not in own else f"not ({condition})"
                if table.schema in own and searched.can_be_of(customers, scope):
                    expressions = _without_names(connection, searched, kept, customers)
                else:
                    expressions = [quoted(name) for name in searched.columns]
                _copy_rows(connection, table, expressions, kept)
            _count_published_rows(connection, tables)
            for table, searched in tables.items():
                if table.name == _LOG and searched.is_of_project:
                    condition = searched.rows_of(customers, scope)
                    _count_observed_customers(connection, table, condition or "false")
            _check_same_catalogue(connection, database)
            connection.execute(f"checkpoint {quoted(_NEXT)}")
        swap()


def _without_names(
    connection: Connection, searched: SearchedTable, kept: str, customers: Customers
) -> list[str]:
    """Return the columns of a table as SQL, with the ids taken out of texts about other things.

    An example of a reason for which rows are rejected may name a customer.
    """
    texts, columns = searched.texts, searched.columns
    if not texts:
        return [quoted(name) for name in columns]
    counts = [
        f"count(*) filter (where {names_somebody(quoted(name), customers)})" for name in texts
    ]
    (found,) = connection.execute(select(counts, searched.table.sql, where=kept)).fetchall()
    naming = {name for name, count in zip(texts, found, strict=True) if count}
    return [
        f"{erased_text(quoted(name), customers)} as {quoted(name)}"
        if name in naming
        else quoted(name)
        for name in columns
    ]


def _in_order_of_keys(connection: Connection, tables: Iterable[Table]) -> list[Table]:
    """Return the tables, each after the tables that its foreign keys reference."""
    named: dict[Table, set[Table]] = {table: set() for table in tables}
    for database, schema, name, other in connection.execute(
        "select database_name, schema_name, table_name, referenced_table from duckdb_constraints()"
        " where constraint_type = 'FOREIGN KEY'"
    ).fetchall():
        if (table := Table(database, schema, name)) in named:
            named[table].add(Table(database, schema, other))
    ordered: list[Table] = []
    while named:
        free = [table for table, others in named.items() if not others & (set(named) - {table})]
        # Tables that reference one another cannot be ordered; the engine raises an error.
        for table in free or list(named):
            ordered.append(table)
            del named[table]
    return ordered


def _copy_rows(connection: Connection, table: Table, columns: list[str], kept: str) -> None:
    target = _new(table.schema, table.name)
    connection.execute(f"insert into {target}\n{select(columns, table.sql, where=kept)}")
    counts = [
        connection.execute(select(["count(*)"], one, where=where)).fetchall()[0][0]
        for one, where in ((table.sql, kept), (target, ""))
    ]
    if counts[0] != counts[1]:
        raise ErasureError(
            f"{table.schema}.{table.name} has {counts[1]:,} rows in the new file instead of"
            f" {counts[0]:,}. Nothing was changed."
        )


def _count_published_rows(connection: Connection, tables: Iterable[Table]) -> None:
    """Update the row counts of the marts, if the file is a published one."""
    counts = Table(_NEXT, SCHEMA, PUBLICATION_TABLES)
    marts = {table.name for table in tables if table.schema == SCHEMA}
    if PUBLICATION_TABLES not in marts:
        return
    for (name,) in connection.execute(select(["table_name"], counts.sql)).fetchall():
        connection.execute(
            f"update {counts.sql} set row_count = ({select(['count(*)'], _new(SCHEMA, name))})"
            f" where table_name = {text_literal(name)}"
        )


def _count_observed_customers(connection: Connection, log: Table, erased: str) -> None:
    """Subtract erased customers from the number of customers of each observed day."""
    keys = ["dataset", "variant", "segmentation"]
    periods = select(
        [
            *keys,
            "as_of as valid_from",
            f"lead(as_of) over (partition by {', '.join(keys)}, customer_id order by as_of)"
            " as valid_to",
            "segment_slug",
        ],
        log.sql,
        where=f"row_kind = 'change' and ({erased})",
    )
    same = " and ".join(f"days.{key} = periods.{key}" for key in keys)
    counted = select(
        [*(f"days.{key}" for key in keys), "days.as_of", "count(*) as customers"],
        f"{log.sql} as days inner join ({periods}) as periods on {same}"
        " and days.as_of >= periods.valid_from"
        " and (periods.valid_to is null or days.as_of < periods.valid_to)",
        where="days.row_kind = 'day' and periods.segment_slug is not null",
        group_by="all",
    )
    target = _new(log.schema, log.name)
    connection.execute(
        f"update {target} as days set customers = days.customers - periods.customers"
        f" from ({counted}) as periods where days.row_kind = 'day' and {same}"
        " and days.as_of = periods.as_of"
    )


def _new(schema: str, name: str) -> str:
    return Table(_NEXT, schema, name).sql


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
