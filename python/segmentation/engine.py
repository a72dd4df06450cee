"""The engine that holds the data: everything that Python asks of it, and how it spells it.

The library writes SQL that means the same on every engine and takes what does not from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

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


def quoted(identifier: str) -> str:
    """Return a column name as SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def number(value: float) -> str:
    """Return a finite number as a SQL literal that the engine reads back bit for bit.

    Raises
    ------
    ValueError
        If the number is not finite: a fitted number never is.
    """
    text = f"{float(value):.17e}"
    if "n" in text:
        raise ValueError(f"{value!r} cannot stand in a fitted model: it is not a finite number.")
    # Without an exponent, DuckDB would read a DECIMAL: slower, and other digits.
    return f"({text})" if text.startswith("-") else text


def text_literal(value: str) -> str:
    """Return text as a SQL literal."""
    quotes = "'" + value.replace("'", "''") + "'"
    # The parser ends at a zero character, which text in a table may well hold.
    return "(" + quotes.replace("\0", "' || chr(0) || '") + ")" if "\0" in value else quotes


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


class DuckDBEngine:
    """DuckDB, through the connection that dbt hands to a Python model.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        An open connection; it is not closed here.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def from_item(self, table: str | duckdb.DuckDBPyRelation) -> str:
        """Return a relation, or the name of a table, as what can stand after ``from``."""
        if isinstance(table, str):
            return table
        return f"({table.sql_query()})"

    def relation(self, sql: str) -> duckdb.DuckDBPyRelation:
        """Return a query as a relation; nothing runs before somebody reads it."""
        return self._connection.sql(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query and return all of its rows."""
        return self._connection.sql(sql).fetchall()

    def records(self, sql: str) -> list[dict[str, Any]]:
        """Run a query and return its rows as dictionaries, nested columns as lists and dicts."""
        records: list[dict[str, Any]] = self._connection.sql(sql).to_arrow_table().to_pylist()
        return records

    def frame(self, sql: str) -> pd.DataFrame:
        """Run a query and return its rows as a data frame."""
        return self._connection.sql(sql).df()

    def batches(self, sql: str, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in batches of at most `rows`, one after another."""
        yield from self._connection.sql(sql).to_arrow_reader(rows)

    def numeric_columns(self, table: str) -> list[str]:
        """Return the names of the numeric columns of a from-item, in order."""
        return self._columns(table, _NUMERIC)

    def text_columns(self, table: str) -> list[str]:
        """Return the names of the columns of a from-item that hold text, in order."""
        return self._columns(table, _TEXT)

    def column_names(self, table: str) -> list[str]:
        """Return the names of the columns of a from-item, in order."""
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
        """Return at most `rows` rows, the same ones on every engine and at every run.

        They are those with the smallest MD5 hash of the key, in that order: a sample that
        neither the order of the table nor the number of threads can change.

        Parameters
        ----------
        table : str
            A from-item.
        columns : sequence of str
            Numeric columns, read as double; null becomes NaN.
        key : str
            Column that identifies a row. It is not returned.
        rows : int
            Largest sample.
        text_columns : sequence of str
            Columns of categories, read as text.

        Returns
        -------
        pandas.DataFrame of shape (min(rows, rows of the table), number of columns)
            `columns`, then `text_columns`.
        """
        selected = [f"cast({quoted(c)} as double) as {quoted(c)}" for c in columns]
        selected += [f"cast({quoted(c)} as varchar) as {quoted(c)}" for c in text_columns]
        key_text = f"cast({quoted(key)} as varchar)"
        hashed = f"md5({key_text})"

        def smallest(condition: str) -> pd.DataFrame:
            return self.frame(
                f"select {', '.join(selected)} from {table} {condition} "
                f"order by {hashed}, {key_text} limit {int(rows)}"
            )

        # Sorting is what costs memory. Hashes are spread evenly, so that how small those of the
        # sample are is known beforehand, but for chance: eight standard deviations.
        share = rows / max(int(self.rows(f"select count(*) from {table}")[0][0]), 1)
        bound = share + 8 * share / max(rows, 1) ** 0.5
        if bound < 0.5:
            found = smallest(f"where {hashed} < {text_literal(f'{int(bound * 2**32):08x}')}")
            # Fewer where a key is null, or stands in many rows.
            if len(found) == rows:
                return found
        return smallest("")

    # How this engine spells what others spell differently.

    def is_finite(self, expression: str) -> str:
        """Return SQL that is true for a double that is a number: not null, NaN or infinite."""
        return f"coalesce(isfinite({expression}), false)"

    def read_number(self, text: str) -> str:
        """Return text as a double; null where it is none, as 1_000 is, which DuckDB would take."""
        return f"case when not contains({text}, '_') then try_cast({text} as double) end"

    def scaled_integer(self, expression: str, scale: float) -> str:
        """Return SQL for a double as the nearest whole number of ``1 / scale``.

        Sums of doubles depend on the order that threads finish in; sums of these do not. DuckDB
        adds 64-bit integers up in 128 bits, so a sum cannot overflow where its terms do not.
        """
        return f"cast(round(({expression}) * {number(scale)}) as bigint)"

    def scaled_large_integer(self, expression: str, scale: float) -> str:
        """Return the same for terms that need up to 100 bits; the sum is checked for overflow."""
        return f"cast(round(({expression}) * {number(scale)}) as hugeint)"

    def bit_field(self, expression: str, first: int, bits: int) -> str:
        """Return SQL for some bits of a whole number that is not negative, from bit `first` on."""
        return f"(({expression} >> {int(first)}) & {2**bits - 1})"

    def written_number(self, expression: str, decimals: int) -> str:
        """Return SQL for a number as people read it: ``1,234`` or ``1,234.50``."""
        written = f"format('{{:,.{int(decimals)}f}}', {expression})"
        # A little less than nothing is written as nothing.
        return f"regexp_replace({written}, '^-([0.]+)$', '\\1')"

    def largest_first(self, pairs: Sequence[tuple[str, int]], *, above: float) -> str:
        """Return SQL for a list of numbers, ordered by their weights.

        Parameters
        ----------
        pairs : sequence of (SQL of a weight, number)
        above : float
            Pairs whose weight is not above this are left out.

        Returns
        -------
        str
            SQL for a list of integers: largest weight first, then the smaller number.
        """
        structs = ", ".join(f"{{'weight': -({weight}), 'item': {item}}}" for weight, item in pairs)
        return (
            f"list_transform(list_sort(list_filter([{structs}], "
            f"lambda pair: pair.weight < {number(-above)})), lambda pair: pair.item)"
        )

    def element(self, array: str, position: int) -> str:
        """Return SQL for one element of a list, counted from 1; null where there is none."""
        return f"({array})[{int(position)}]"

    def json_names(self, json: str) -> str:
        """Return SQL for the names in a JSON text, as a list."""
        return f"json_keys({json})"

    def json_text(self, json: str, name: str) -> str:
        """Return SQL for what stands in a JSON text under a name; null where nothing does."""
        pointer = f"concat('/', replace(replace({name}, '~', '~0'), '/', '~1'))"
        return f"json_extract_string({json}, {pointer})"
