"""The one reader of marts, for everything that shows them to people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd

from segmentation.engine.duckdb import Connection, DuckDBEngine, open_read_only
from segmentation.engine.sql import quoted, text_literal
from segmentation.published.marts_schema import find_marts_schema

# The data set that is one's own tables.
OWN_DATA = "warehouse"


class Marts:
    """The marts of a file that a build published, or of a warehouse.

    Use it in a ``with`` statement, which closes the file.

    Parameters
    ----------
    path : path
        A DuckDB file; it is only read.
    schema : str, optional
        The schema of the marts, if the file has several; see
        :func:`segmentation.published.marts_schema.find_marts_schema`.

    Raises
    ------
    MartsNotFoundError
        If the file has no marts, or several schemas of them.
    """

    def __init__(self, path: Path, schema: str | None = None) -> None:
        self.path = path
        self.connection: Connection = open_read_only(path)
        try:
            self.schema = find_marts_schema(self.connection, schema)
            self.connection.execute(f"use {quoted(self.schema)}")
        except BaseException:
            self.connection.close()
            raise
        self._engine = DuckDBEngine(self.connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.connection.close()

    def frame(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query; tables are named without a schema."""
        return self._engine.frame(sql)

    def table(self, name: str) -> pd.DataFrame:
        """Return a whole mart, in its order; without rows and columns where the file lacks it."""
        if name not in self.descriptions:
            return pd.DataFrame()
        return self.frame(f"select * from {quoted(name)}")

    @cached_property
    def descriptions(self) -> Mapping[str, str]:
        """What each mart of the file, table or view, is for; empty where there is no comment."""
        of_marts = (
            f"database_name = current_database() and schema_name = {text_literal(self.schema)}"
        )
        rows = self._engine.rows(
            f"select table_name, comment from duckdb_tables() where {of_marts}"
            f" union all select view_name, comment from duckdb_views() where {of_marts} order by 1"
        )
        return {str(name): " ".join(str(comment or "").split()) for name, comment in rows}

    @cached_property
    def data_name(self) -> str:
        """What people call the data: the data set, and of data of one's own the dbt project.

        Empty where the file has no segment.
        """
        found = self._engine.rows("select min(dataset) from dim_segments")
        dataset = str(found[0][0] or "")
        if dataset != OWN_DATA or "rpt_builds" not in self.descriptions:
            return dataset
        builds = self.frame("select * from rpt_builds where is_latest")
        # A file that an earlier version built does not say it.
        named = [str(name) for name in builds.get("project_name", pd.Series(dtype=str)).dropna()]
        # In a clone of this project, it has no name of its own.
        return next((name for name in named if name != "segmentation"), dataset)

    def row_count(self, name: str) -> int:
        """Return how many rows a mart has."""
        ((rows,),) = self._engine.rows(f"select count(*) from {quoted(name)}")
        return int(rows)
