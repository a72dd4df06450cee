"""A published file as a process opened it: one version, also after another one was published."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from segmentation.engine.duckdb import (
    Connection,
    DuckDBEngine,
    DuckDBError,
    FileError,
    cursor_in,
    lock_holder,
    open_attached,
)
from segmentation.engine.sql import text_literal
from segmentation.published.publication import PUBLICATION, SCHEMA, SCORING_SCHEMA

# How many ids that look alike a message names.
NAMED_IDS = 3


class OpeningError(ValueError):
    """A file that cannot be read as a published one; the message says why and what to do."""


@dataclass(frozen=True)
class DataVersion:
    """The run of dbt that a published file is of.

    Attributes
    ----------
    run_id : str
        Another one is another version of the file.
    run_number : int
    ended_at : datetime
        UTC.
    dataset, variant : str
    as_of : date
        The day that everything is relative to.
    """

    run_id: str
    run_number: int
    ended_at: datetime.datetime
    dataset: str
    variant: str
    as_of: datetime.date


class OpenedFile:
    """One version of a published file.

    Use it in a ``with`` statement, or close it.

    Parameters
    ----------
    path : Path
        What a build published.

    Raises
    ------
    OpeningError
        If there is no file, if no build published it, or an earlier version of this project did.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise OpeningError(
                f"There is no file {path}. Publish it with `segmentation build`, or name another"
                " one."
            )
        self.connection = _opened(path)
        try:
            self.version = self._read_version()
        except BaseException:
            self.connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @property
    def engine(self) -> DuckDBEngine:
        """The engine, in a cursor of its own: cursors of several threads do not meet."""
        return DuckDBEngine(cursor_in(self.connection, SCHEMA))

    def _read_version(self) -> DataVersion:
        tables = {(row[0], row[1]) for row in self.engine.rows(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = current_database()"
        )}  # fmt: skip
        if (SCHEMA, PUBLICATION) not in tables:
            raise OpeningError(
                f"{self.path} is no file that a build published. `segmentation build` publishes"
                " one; name it with --published or SEGMENTATION_PUBLISHED."
            )
        if not any(schema == SCORING_SCHEMA for schema, _ in tables):
            raise OpeningError(
                f"{self.path} was published by an earlier version of this project, without the "
                "models that score people. Run `segmentation build`."
            )
        (row,) = self.engine.rows(
            "select run_id, run_number, ended_at, dataset, variant, as_of"
            f" from {SCHEMA}.{PUBLICATION}"
        )
        return DataVersion(*row)

    @cached_property
    def mart_names(self) -> frozenset[str]:
        """The tables of the schema of marts: what an earlier version published may lack some."""
        rows = self.engine.rows(
            "select table_name from duckdb_tables() where database_name = current_database()"
            f" and schema_name = {text_literal(SCHEMA)}"
        )
        return frozenset(str(row[0]) for row in rows)

    def segments(self) -> list[dict[str, Any]]:
        """Return the segments of all segmentations: what people read of them."""
        return self.engine.records("select * from dim_segments order by segmentation, segment_slug")

    def customer_segments(self, customer_id: str) -> list[dict[str, Any]]:
        """Return the segment of a customer in each segmentation; empty if the id is unknown."""
        return self.engine.records(
            "select * from fct_customer_segments"
            f" where customer_id = {text_literal(customer_id)} order by segmentation"
        )

    def ids_like(self, customer_id: str) -> list[str]:
        """Return the ids of customers that look most like one that is unknown."""
        wanted = text_literal(customer_id.strip().lower())
        rows = self.engine.rows(
            "select customer_id from dim_customers"
            f" order by damerau_levenshtein(lower(customer_id), {wanted}), customer_id"
            f" limit {NAMED_IDS}"
        )
        return [str(row[0]) for row in rows]

    def scoring_rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table of :mod:`segmentation.published.scoring_tables`."""
        return self.engine.records(f"select * from {SCORING_SCHEMA}.{table}")


def _opened(path: Path) -> Connection:
    try:
        return open_attached(path)
    except FileError as error:
        holder = lock_holder(error)
        raise OpeningError(
            f"{path} is open for writing in another process, {holder}. Close it there."
            if holder
            else f"{path} cannot be read: {error}"
        ) from error
    except DuckDBError as error:
        raise OpeningError(
            f"{path} is no file that a build published ({error}). Name one with --published or"
            " SEGMENTATION_PUBLISHED."
        ) from error
