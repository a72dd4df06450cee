"""Marts for the page, made by hand: all tables as their yml declares them, with a few rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import yaml
from segmentation.engine.sql import quoted, text_literal
from segmentation.published.read_marts import Marts

PROJECT = Path(__file__).parents[2]
AS_OF = "2025-12-31"
UNASSIGNED = "Unassigned"
# All marts are read: ten times as fast by the loader that is written in C, where there is one.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ReportMarts:
    """A file with all marts, empty at first.

    Parameters
    ----------
    path : Path
        The file, which is made.
    without : sequence of str
        Marts that it lacks, as a file of an older version does.
    content : bytes, optional
        What the file holds; without it, empty marts.
    """

    def __init__(
        self, path: Path, without: Sequence[str] = (), content: bytes | None = None
    ) -> None:
        self.path = path
        self.without = set(without)
        self._writer: duckdb.DuckDBPyConnection | None = None
        # By mart: columns, and rows that are not written yet.
        self._added: dict[str, list[tuple[list[str], list[list[Any]]]]] = {}
        path.write_bytes(content or empty_marts(frozenset(without)))

    def add(self, mart: str, *rows: Mapping[str, Any]) -> None:
        """Add rows; columns that a row does not name are null."""
        added = self._added.setdefault(mart, [])
        for row in rows if mart not in self.without else ():
            if not added or added[-1][0] != list(row):
                added.append((list(row), []))
            added[-1][1].append(list(row.values()))

    def run(self, sql: str) -> None:
        """Run a statement; marts are named with their schema."""
        self.connection().execute(sql)

    def opened(self) -> Marts:
        """Return the file as the page reads it; the caller closes it."""
        self.close()
        return Marts(self.path)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a connection that writes, in one transaction until the file is read."""
        if self._writer is None:
            self._writer = duckdb.connect(str(self.path), config={"threads": 1})
            self._writer.begin()
        self._write_added(self._writer)
        return self._writer

    def _write_added(self, writer: duckdb.DuckDBPyConnection) -> None:
        """Write what was added, in one statement for rows of the same columns."""
        for mart, added in self._added.items():
            for columns, rows in added:
                named = ", ".join(map(quoted, columns))
                row = f"({', '.join('?' * len(columns))})"
                writer.execute(
                    f"insert into marts.{mart} ({named}) values {', '.join([row] * len(rows))}",
                    [value for values in rows for value in values],
                )
        self._added = {}

    def close(self) -> None:
        """Write what was added, and close the connection that writes."""
        if self._added:
            self.connection()
        if self._writer is not None:
            self._writer.commit()
            self._writer.close()
            self._writer = None

    def add_segments(
        self,
        names: Sequence[str],
        segmentation: str = "value",
        *,
        customers: Sequence[int] = (),
        revenue: bool = True,
    ) -> None:
        """Add segments, the largest first, with what they bring; Unassigned is nobody's segment.

        Parameters
        ----------
        names : sequence of str
            Their slugs are made from them.
        segmentation : str
        customers : sequence of int
            Of each segment; 10 fewer from one to the next unless they are given.
        revenue : bool
            Whether there are orders.
        """
        sizes = list(customers) or [10 * (len(names) - place) for place in range(len(names))]
        total = sum(sizes)
        for name, size in zip(names, sizes, strict=True):
            who = {"segmentation": segmentation, "segment_slug": slug(name), "segment_name": name}
            part = size / total if total else None
            self.add(
                "dim_segments",
                {
                    **who,
                    "customers": size,
                    "share": part,
                    "headline": "recency (days) low (3 days, all customers 9); frequency high",
                    "strategy": "keep them",
                    "dataset": "sample",
                    "as_of": AS_OF,
                },
            )
            money = 100.5 * size if revenue else 0
            self.add(
                "rpt_segment_value",
                {
                    **who,
                    "customers": size,
                    "customer_share": part,
                    "revenue": money,
                    "revenue_share": part if revenue else None,
                    "potential_value_per_year": 2 * money if revenue else None,
                    "expected_loss": size if revenue else None,
                    "expected_loss_share": part if revenue else None,
                },
            )


@cache
def empty_marts(without: frozenset[str]) -> bytes:
    """Return a file with empty marts, which is made once for all tests of a process."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "segments.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("begin; create schema marts")
            for name, model in declared_marts().items():
                if name not in without:
                    columns = ", ".join(
                        f"{quoted(column['name'])} {column['data_type']}"
                        for column in model["columns"]
                    )
                    comment = text_literal(model["description"])
                    connection.execute(f"create table marts.{name} ({columns})")
                    connection.execute(f"comment on table marts.{name} is {comment}")
            connection.execute("commit")
        return path.read_bytes()


def slug(name: str) -> str:
    """Return a slug for a segment's name."""
    return re.sub(r"\W+", "_", name.lower())


@cache
def declared_marts() -> dict[str, dict[str, Any]]:
    """Return each mart as its yml declares it."""
    models = [
        model
        for path in sorted((PROJECT / "models" / "marts").rglob("*.yml"))
        for model in yaml.load(path.read_text(encoding="utf-8"), LOADER).get("models", [])
    ]
    # What stands in a folder below, e.g. warnings, is a part of a mart.
    return {
        model["name"]: model
        for model in models
        if model["name"].startswith(("dim_", "fct_", "rpt_"))
    }
