"""DuckDB as the engine that holds the data, and the only module that imports it."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from segmentation.engine.base import Engine
from segmentation.engine.sql import (
    Statement,
    call,
    number,
    quoted,
    select,
    text_literal,
)

log = logging.getLogger("segmentation")

_NUMERIC = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
)

_TEXT = ("VARCHAR", "ENUM", "BOOLEAN")

# How a type of Arrow is called here.
_SQL_TYPES = {
    pa.string(): "varchar",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}

# What the engine raises, under names that say what happened.
Connection = duckdb.DuckDBPyConnection
DuckDBError = duckdb.Error
FileError = duckdb.IOException
InvalidInputError = duckdb.InvalidInputException
ConversionError = duckdb.ConversionException
# A query names a table or a column that there is not.
UNKNOWN_NAME_ERRORS = (duckdb.BinderException, duckdb.CatalogException)


def open_read_only(path: str | PurePath) -> Connection:
    """Open a DuckDB file that is only read."""
    return duckdb.connect(str(path), read_only=True)


def open_attached(path: str | PurePath) -> Connection:
    """Open a DuckDB file that is only read, as it is now, in a database in memory of its own.

    A process opens a path once: further connections to it would read what the first one opened,
    also where the file was replaced since. What is attached to another database is opened anew.

    Parameters
    ----------
    path : path
        Its database is called ``published``; see :func:`cursor_in` for what looks tables up in it.
    """
    connection = duckdb.connect(config={"threads": 1})
    try:
        connection.execute(f"attach {text_literal(str(path))} as published (read_only)")
    except BaseException:
        connection.close()
        raise
    return connection


def cursor_in(connection: Connection, schema: str) -> Connection:
    """Return a cursor that looks tables up in a schema of what :func:`open_attached` opened."""
    cursor = connection.cursor()
    cursor.execute(f"use published.{quoted(schema)}")
    return cursor


def check_that_opens(path: str, config: Mapping[str, Any]) -> None:
    """Open a DuckDB file with settings, and close it again."""
    duckdb.connect(path, config=dict(config)).close()


def open_in_memory() -> Connection:
    """Open a database in memory that works in one thread, for what a step computes by SQL."""
    return duckdb.connect(config={"threads": 1})


def catalog_name(path: str) -> str:
    """Return DuckDB's name for the catalog of a file."""
    return PurePath(path).name.lstrip(".").split(".")[0]


@contextlib.contextmanager
def attached(
    connection: Connection, file: str | PurePath, name: str, *, read_only: bool = False
) -> Iterator[None]:
    """Attach a DuckDB file while the body runs, and detach it.

    Parameters
    ----------
    connection : Connection
        Where the body fails, its open transaction is rolled back.
    file : path
        It is created if it is missing, unless it is only read.
    name : str
        What the body calls the database; no other one of the connection has that name.
    read_only : bool
        Whether it is only read.
    """
    options = " (read_only)" if read_only else ""
    connection.execute(f"attach {text_literal(str(file))} as {quoted(name)}{options}")
    try:
        yield
    except BaseException:
        # The first error is the one to report.
        for statement in ("rollback", f"detach {quoted(name)}"):
            with contextlib.suppress(DuckDBError):
                connection.execute(statement)
        raise
    connection.execute(f"detach {quoted(name)}")


def lock_holder(error: duckdb.IOException) -> str | None:
    """Return which process keeps a DuckDB file locked, e.g. ``python3.11 (PID 4242)``.

    None where the error is about something else.
    """
    if "Could not set lock on file" not in str(error):
        return None
    found = re.search(r"lock is held in (.*?) ?\(PID (\d+)\)", str(error))
    if found is None:
        return "which is not known"
    return f"{PurePath(found[1]).name or 'a program'} (PID {found[2]})"


class DuckDBEngine(Engine):
    """DuckDB, through the connection that dbt hands to a Python model.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        An open connection; it is not closed here.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def from_item(self, table: str | duckdb.DuckDBPyRelation) -> str:
        if isinstance(table, str):
            return table
        return f"({table.sql_query()})"

    def relation(self, sql: Statement) -> duckdb.DuckDBPyRelation:
        return self._connection.sql(_logged(sql))

    # A relation is planned when it is made and again when it is read: what is read at once is run
    # without one, in half of the time where rows are few.
    def rows(self, sql: Statement) -> list[tuple[Any, ...]]:
        return self._connection.execute(_logged(sql)).fetchall()

    def records(self, sql: Statement) -> list[dict[str, Any]]:
        found = self._connection.execute(_logged(sql)).to_arrow_table()
        records: list[dict[str, Any]] = found.to_pylist()
        return records

    def frame(self, sql: Statement) -> pd.DataFrame:
        return self._connection.execute(_logged(sql)).df()

    def batches(self, sql: Statement, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
        yield from self.relation(sql).to_arrow_reader(rows)

    def reader(self, sql: Statement, rows: int = 100_000) -> pa.RecordBatchReader:
        return self._connection.cursor().sql(_logged(sql)).to_arrow_reader(rows)

    def execute(self, sql: Statement) -> None:
        self._connection.execute(_logged(sql))

    def execute_with(self, sql: Statement, name: str, reader: pa.RecordBatchReader) -> None:
        self._connection.register(name, reader)
        try:
            self.execute(sql)
        finally:
            self._connection.unregister(name)

    def nothing(self, schema: pa.Schema, table: str = "") -> duckdb.DuckDBPyRelation:
        columns = [
            quoted(field.name)
            if pa.types.is_null(field.type)
            else f"cast(null as {_sql_type(field.type)}) as {quoted(field.name)}"
            for field in schema
        ]
        return self.relation(select(columns, table, where="false"))

    def numeric_columns(self, table: str) -> list[str]:
        return self._columns(table, _NUMERIC)

    def text_columns(self, table: str) -> list[str]:
        return self._columns(table, _TEXT)

    def column_names(self, table: str) -> list[str]:
        return list(self._connection.sql(f"select * from {table} limit 0").columns)

    def _columns(self, table: str, kinds: tuple[str, ...]) -> list[str]:
        described = self._connection.sql(f"select * from {table} limit 0")
        return [
            name
            for name, kind in zip(described.columns, map(str, described.types), strict=True)
            # A list of numbers is written DOUBLE[].
            if kind.startswith(kinds) and not kind.endswith("]")
        ]

    def sample(
        self,
        table: str,
        *,
        columns: Sequence[str],
        key: str,
        rows: int,
        text_columns: Sequence[str] = (),
    ) -> pd.DataFrame:
        selected = [f"cast({quoted(c)} as double) as {quoted(c)}" for c in columns]
        selected += [f"cast({quoted(c)} as varchar) as {quoted(c)}" for c in text_columns]
        key_text = f"cast({quoted(key)} as varchar)"
        hashed = f"md5({key_text})"

        def smallest(condition: str) -> pd.DataFrame:
            order = f"{hashed}, {key_text}"
            return self.frame(select(selected, table, where=condition, order_by=order, limit=rows))

        # Sorting is what costs memory. Hashes are spread evenly, so that how small those of the
        # sample are is known beforehand, but for chance: eight standard deviations.
        share = rows / max(int(self.rows(f"select count(*) from {table}")[0][0]), 1)
        bound = share + 8 * share / max(rows, 1) ** 0.5
        if bound < 0.5:
            found = smallest(f"{hashed} < {text_literal(f'{int(bound * 2**32):08x}')}")
            # Fewer where a key is null, or stands in many rows.
            if len(found) == rows:
                return found
        return smallest("")

    # How this engine spells what others spell differently.

    def is_finite(self, expression: str) -> str:
        return f"coalesce(isfinite({expression}), false)"

    def read_number(self, text: str) -> str:
        # DuckDB would take 1_000 for a number.
        return f"case when not contains({text}, '_') then try_cast({text} as double) end"

    def scaled_integer(self, expression: str, scale: float) -> str:
        return f"cast(round(({expression}) * {number(scale)}) as bigint)"

    def scaled_large_integer(self, expression: str, scale: float) -> str:
        return f"cast(round(({expression}) * {number(scale)}) as hugeint)"

    def bit_field(self, expression: str, first: int, bits: int) -> str:
        return f"(({expression} >> {int(first)}) & {2**bits - 1})"

    def written_number(self, expression: str, decimals: int) -> str:
        written = f"format('{{:,.{int(decimals)}f}}', {expression})"
        # A little less than nothing is written as nothing.
        return f"regexp_replace({written}, '^-([0.]+)$', '\\1')"

    def largest_first(self, pairs: Sequence[tuple[str, int]], *, above: float) -> str:
        structs = [f"{{'weight': -({weight}), 'item': {item}}}" for weight, item in pairs]
        kept = f"lambda pair: pair.weight < {number(0.0 - above)}"
        ordered = call("list_sort", [call("list_filter", [call("list_value", structs), kept])])
        return call("list_transform", [ordered, "lambda pair: pair.item"])

    def element(self, array: str, position: int) -> str:
        return f"{array}[{int(position)}]"

    def json_names(self, json: str) -> str:
        return f"json_keys({json})"

    def json_text(self, json: str, name: str) -> str:
        pointer = f"concat('/', replace(replace({name}, '~', '~0'), '/', '~1'))"
        return f"json_extract_string({json}, {pointer})"


def _logged(sql: Statement) -> str:
    text = str(sql)
    log.debug("%s", text)
    return text


def _sql_type(of: pa.DataType) -> str:
    return f"{_sql_type(of.value_type)}[]" if pa.types.is_list(of) else _SQL_TYPES[of]
