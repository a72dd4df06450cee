"""What the columns of a source hold: types, nulls, different values, dates, numbers, signs."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from segmentation.engine.base import Engine
from segmentation.engine.duckdb import Connection, DuckDBEngine
from segmentation.engine.sql import quoted, text_literal
from segmentation.onboarding.addresses import SourceAddress
from segmentation.onboarding.date_formats import DateEvidence, date_evidence
from segmentation.onboarding.header_words import (
    GUESTS,
    REFUNDED,
    RETURNS,
    TESTS,
    names_sums,
    says,
)
from segmentation.onboarding.number_formats import POINT, NumberEvidence, number_evidence
from segmentation.onboarding.reading import ADDED, MALFORMED, REPEATS, ROW

# Values that a profile keeps, the most frequent first.
VALUES_KEPT = 40
# A row of sums is one of the last; below it, an export may say when it was made.
LAST_ROWS = 3

_NUMBERS: tuple[str, ...] = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
)
_NUMBERS += ("UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True)
class ColumnProfile:
    """One column.

    Attributes
    ----------
    name : str
    type : str
        ``text``, ``number``, ``date``, ``timestamp``, ``timestamp with time zone``, ``boolean`` or
        ``other``.
    rows, filled, distinct : int
    values : tuple of (text, rows)
        The most frequent ones.
    notable : tuple of (text, rows)
        Values of text that name a test, staff, or nobody.
    numbers : NumberEvidence
        A column of a numeric type is read in every row that is filled.
    dates : DateEvidence
        The same of dates.
    """

    name: str
    type: str
    rows: int
    filled: int
    distinct: int
    values: tuple[tuple[str, int], ...]
    numbers: NumberEvidence = field(default_factory=NumberEvidence)
    dates: DateEvidence = field(default_factory=DateEvidence)
    notable: tuple[tuple[str, int], ...] = ()

    @property
    def is_unique(self) -> bool:
        """Whether no value stands in two rows."""
        return self.filled > 0 and self.distinct == self.filled

    @property
    def holds_numbers(self) -> bool:
        """Whether nearly all values are numbers."""
        return self.filled > 0 and self.numbers.read >= 0.95 * self.filled

    @property
    def holds_dates(self) -> bool:
        """Whether nearly all values are dates."""
        return self.filled > 0 and self.dates.read >= 0.9 * self.filled

    @property
    def is_typed(self) -> bool:
        """Whether the source itself says what type the values have."""
        return self.type != "text"


@dataclass(frozen=True)
class TableProfile:
    """One table.

    Attributes
    ----------
    address : SourceAddress
    name : str
        What it is called in the project.
    rows, malformed, repeated : int
        All rows; lines that are no rows; rows that are equal to an earlier one in every column.
    columns : tuple of ColumnProfile
        Without rows of sums.
    sums : tuple of (column, text, rows)
        What rows of sums at the end are called, and in how many rows that text stands.
    marked_below_zero : tuple of (column, other column, rows)
        Of rows that a column calls returns or refunds: in how many another one is below zero.
    """

    address: SourceAddress
    name: str
    rows: int
    malformed: int
    repeated: int
    columns: tuple[ColumnProfile, ...]
    sums: tuple[tuple[str, str, int], ...] = ()
    marked_below_zero: tuple[tuple[str, str, int], ...] = ()

    def column(self, name: str) -> ColumnProfile:
        """Return a column by its name."""
        return next(column for column in self.columns if column.name == name)


def profile_table(
    connection: Connection, address: SourceAddress, name: str, rows: pa.Table
) -> TableProfile:
    """Profile a source; its rows stay in the connection under its name.

    Parameters
    ----------
    connection : Connection
        A database in memory.
    address : SourceAddress
    name : str
    rows : pyarrow.Table
        As :func:`segmentation.onboarding.reading.read_source` returns them.
    """
    connection.register("rows_of_source", rows)
    connection.execute(f"create or replace table {quoted(name)} as from rows_of_source")
    connection.unregister("rows_of_source")
    engine = DuckDBEngine(connection)
    table = quoted(name)
    ((total, malformed, repeated),) = engine.rows(
        f"select count(*), count({MALFORMED}), count({REPEATS}) from {table}"
    )
    described = connection.sql(f"select * from {table} limit 0")
    kinds = {
        column: str(kind)
        for column, kind in zip(described.columns, described.types, strict=True)
        if column not in ADDED
    }
    own = f"(select * from {table} where {MALFORMED} is null)"
    sums = _sums(engine, own, [name for name, kind in kinds.items() if _kind(kind) == "text"])
    for column, text, _ in sums:
        # What sums up rows says nothing about them.
        is_sum = f"coalesce(lower({quoted(column)}) = lower({text_literal(text)}), false)"
        own = f"(select * from {own} where not {is_sum})"
    columns = tuple(_profile(engine, own, column, kind) for column, kind in kinds.items())
    return TableProfile(
        *(address, name, total, malformed, repeated, columns),
        sums=sums,
        marked_below_zero=_marked_below_zero(engine, own, columns),
    )


def _profile(engine: Engine, table: str, column: str, sql_type: str) -> ColumnProfile:
    value = quoted(column)
    kind = _kind(sql_type)
    ((rows, filled, distinct),) = engine.rows(
        f"select count(*), count({value}), count(distinct {value}) from {table}"
    )
    values = tuple(
        (str(text), int(count))
        for text, count in engine.rows(
            f"select cast({value} as varchar), count(*) as n from {table}"
            f" where {value} is not null group by all order by n desc, 1 limit {VALUES_KEPT}"
        )
    )
    numbers, dates = NumberEvidence(), DateEvidence()
    if kind == "text" and filled:
        numbers, dates = (
            number_evidence(engine, table, column),
            date_evidence(engine, table, column),
        )
    elif kind == "number":
        ((negative,),) = engine.rows(f"select count(*) filter ({value} < 0) from {table}")
        numbers = NumberEvidence(POINT, False, filled, negative, "a column of numbers")
    elif kind in ("date", "timestamp", "timestamp with time zone"):
        offset = kind == "timestamp with time zone"
        dates = DateEvidence((), (), filled, "a column of dates", offset)
    return ColumnProfile(
        *(column, kind, rows, filled, distinct, values, numbers, dates),
        notable=_notable(engine, table, value) if kind == "text" and filled else (),
    )


def _notable(engine: Engine, table: str, value: str) -> tuple[tuple[str, int], ...]:
    named = [word.replace(" ", "[^a-z0-9]+") for word in (*TESTS, *GUESTS)]
    words = text_literal(f"\\b({'|'.join(named)})\\b")
    rows = engine.rows(
        f"select {value}, count(*) as n from {table} where regexp_matches(lower({value}), {words})"
        f" group by all order by n desc, 1 limit {VALUES_KEPT}"
    )
    return tuple((str(text), int(count)) for text, count in rows)


def _sums(engine: Engine, table: str, texts: list[str]) -> tuple[tuple[str, str, int], ...]:
    """Return what rows of sums at the end of a table are called.

    A text that stands in more rows than the last ones is a value like others.
    """
    if not texts:
        return ()
    listed = ", ".join(quoted(name) for name in texts)
    last = engine.rows(
        f"select {listed} from {table} where coalesce({listed}) is not null"
        f" order by {ROW} desc limit {LAST_ROWS}"
    )
    named = [
        (name, str(row[place]))
        for row in reversed(last)
        for place, name in enumerate(texts)
        if row[place] is not None and names_sums(str(row[place]))
    ]
    found = []
    for name, text in dict.fromkeys(named):
        ((rows,),) = engine.rows(
            f"select count(*) from {table}"
            f" where lower({quoted(name)}) = lower({text_literal(text)})"
        )
        if rows <= LAST_ROWS:
            found.append((name, text, int(rows)))
    return tuple(found)


def _marked_below_zero(
    engine: Engine, table: str, columns: tuple[ColumnProfile, ...]
) -> tuple[tuple[str, str, int], ...]:
    numbers = [column for column in columns if column.holds_numbers and column.numbers.negative]
    found = []
    for column in columns:
        values = [value for value, _ in column.values if says(value, (*RETURNS, *REFUNDED))]
        if column.type != "text" or not values or not numbers:
            continue
        listed = ", ".join(text_literal(value) for value in values)
        # Of numbers that are text, only the sign is read.
        counts = ", ".join(
            f"count(*) filter (regexp_matches(cast({quoted(number.name)} as varchar),"
            " '^[^0-9]*[-(−]|-\\s*$'))"
            for number in numbers
        )
        (row,) = engine.rows(
            f"select {counts} from {table} where {quoted(column.name)} in ({listed})"
        )
        found += [
            (column.name, number.name, int(rows)) for number, rows in zip(numbers, row, strict=True)
        ]
    return tuple(found)


def _kind(sql_type: str) -> str:
    if sql_type.endswith("]"):
        return "other"
    if sql_type.startswith(_NUMBERS):
        return "number"
    if sql_type.startswith("TIMESTAMP"):
        return "timestamp with time zone" if "WITH TIME ZONE" in sql_type else "timestamp"
    return {"DATE": "date", "BOOLEAN": "boolean"}.get(
        sql_type, "text" if sql_type.startswith(("VARCHAR", "ENUM")) else "other"
    )
