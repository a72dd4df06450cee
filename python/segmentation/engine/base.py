"""What an engine can do: everything that Python asks of the place that holds the data.

The library writes SQL that means the same on every engine and takes what does not from here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa

from segmentation.engine.sql import Statement

# What dbt hands to a Python model: DuckDB's connection, Spark's session.
Session: TypeAlias = Any

# A query that has not run, as the engine calls it: a relation, a data frame of Spark.
Relation: TypeAlias = Any

# A relation, or the name of a table.
Table: TypeAlias = Any


class Engine(ABC):
    """The engine that holds the data, through the session that dbt hands to a Python model.

    What it runs is logged at debug.
    """

    @abstractmethod
    def from_item(self, table: Table) -> str:
        """Return a relation, or the name of a table, as what can stand after ``from``."""

    @abstractmethod
    def relation(self, sql: Statement) -> Relation:
        """Return a query as a relation; it runs when it is read."""

    @abstractmethod
    def rows(self, sql: Statement) -> list[tuple[Any, ...]]:
        """Run a query and return all of its rows."""

    @abstractmethod
    def records(self, sql: Statement) -> list[dict[str, Any]]:
        """Run a query and return its rows as dictionaries, nested columns as lists and dicts."""

    @abstractmethod
    def frame(self, sql: Statement) -> pd.DataFrame:
        """Run a query and return its rows as a data frame."""

    @abstractmethod
    def batches(self, sql: Statement, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows in batches of at most `rows`, one after another."""

    @abstractmethod
    def reader(self, sql: Statement, rows: int = 100_000) -> pa.RecordBatchReader:
        """Run a query and return its rows in batches, through a connection of its own.

        Other queries can run while it is read; what it reads must be committed, not temporary.
        """

    @abstractmethod
    def execute(self, sql: Statement) -> None:
        """Run a statement that returns nothing."""

    @abstractmethod
    def execute_with(self, sql: Statement, name: str, reader: pa.RecordBatchReader) -> None:
        """Run a statement that reads batches of Python under a name."""

    @abstractmethod
    def nothing(self, schema: pa.Schema, table: str = "") -> Relation:
        """Return no rows, with typed columns.

        Parameters
        ----------
        schema : pyarrow.Schema
            Of text, whole numbers, doubles, and lists of these. A column of the type null is one
            of `table`, with the type that it has there.
        table : str
            A from-item.
        """

    @abstractmethod
    def numeric_columns(self, table: str) -> list[str]:
        """Return the names of the numeric columns of a from-item, in order."""

    @abstractmethod
    def text_columns(self, table: str) -> list[str]:
        """Return the names of the columns of a from-item that hold text, in order."""

    @abstractmethod
    def column_names(self, table: str) -> list[str]:
        """Return the names of the columns of a from-item, in order."""

    @abstractmethod
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

    @abstractmethod
    def is_finite(self, expression: str) -> str:
        """Return SQL that is true for a double that is a number: not null, NaN or infinite."""

    @abstractmethod
    def read_number(self, text: str) -> str:
        """Return SQL for text as a double; null where people would not take it for a number."""

    @abstractmethod
    def scaled_integer(self, expression: str, scale: float) -> str:
        """Return SQL for a double as the nearest whole number of ``1 / scale``.

        Sums of doubles depend on the order that threads finish in; sums of these do not. DuckDB
        adds 64-bit integers up in 128 bits, so a sum cannot overflow where its terms do not.
        """

    @abstractmethod
    def scaled_large_integer(self, expression: str, scale: float) -> str:
        """Return the same for terms that need up to 100 bits; the sum is checked for overflow."""

    @abstractmethod
    def bit_field(self, expression: str, first: int, bits: int) -> str:
        """Return SQL for some bits of a whole number that is not negative, from bit `first` on."""

    @abstractmethod
    def written_number(self, expression: str, decimals: int) -> str:
        """Return SQL for a number as people read it: ``1,234`` or ``1,234.50``."""

    @abstractmethod
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

    @abstractmethod
    def element(self, array: str, position: int) -> str:
        """Return SQL for one element of a list, counted from 1; null where there is none."""

    @abstractmethod
    def json_names(self, json: str) -> str:
        """Return SQL for the names in a JSON text, as a list."""

    @abstractmethod
    def json_text(self, json: str, name: str) -> str:
        """Return SQL for the text value of a JSON object under a name; null if there is none."""
