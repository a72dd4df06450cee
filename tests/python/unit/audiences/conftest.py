"""Marts of a few customers, as a build publishes them, and exports of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from segmentation.audiences.exporting import Exported, Request, export_audience
from segmentation.published.read_marts import Marts


class Shop:
    """A published file whose segment At Risk can be changed, and a folder for audiences."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "published.duckdb"
        self.to = folder / "audiences" / "win_back.csv"
        self.to.parent.mkdir()
        self.assignments = folder / "assignments"

    def publish(self, at_risk: Sequence[str], as_of: str = "2025-12-31") -> None:
        """Write marts in which these customers are at risk, and C9999 is loyal."""
        self.file.unlink(missing_ok=True)
        with duckdb.connect(str(self.file)) as connection:
            connection.execute(
                f"""
                create schema marts;
                create table marts.dim_segments as
                    select segmentation, segment_slug, segment_name, strategy, channel,
                        'shop' as dataset, date '{as_of}' as as_of
                    from (values
                        ('value', 'at_risk', 'At Risk', 'Win, "them" back', 'e-mail'),
                        ('value', 'loyal', 'Loyal', null, null),
                        ('value', 'lost', 'Lost', null, null)
                    ) as t (segmentation, segment_slug, segment_name, strategy, channel);
                create table marts.fct_customer_segments (
                    segmentation varchar, segment_slug varchar, customer_id varchar,
                    expected_loss decimal(38, 2), reason_1 varchar, reason_2 varchar,
                    reason_3 varchar);
                insert into marts.fct_customer_segments values
                    ('value', 'loyal', 'C9999', 1.00, 'because', null, null);
                create table marts.dim_customers (
                    customer_id varchar, monetary decimal(38, 2), responses integer);
                """
            )
            for place, customer in enumerate(at_risk):
                connection.execute(
                    "insert into marts.fct_customer_segments values"
                    " ('value', 'at_risk', $1, null, 'late', null, null)",
                    [customer],
                )
                connection.execute(
                    "insert into marts.dim_customers values ($1, $2, 3)", [customer, place]
                )

    def run(self, **asked: Any) -> Exported:
        """Export, at risk unless another segment is asked for."""
        request = Request("value/at_risk", self.to, self.assignments)
        with Marts(self.file) as marts:
            return export_audience(marts, replace(request, **asked))

    def assigned(self) -> dict[str, str]:
        """Return the group of each customer in the files of assignments."""
        rows = [
            row
            for path in sorted(self.assignments.glob("*.parquet"))
            for row in pq.read_table(path).to_pylist()
        ]
        assert len({row["customer_id"] for row in rows}) == len(rows)
        return {row["customer_id"]: row["assignment_group"] for row in rows}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def ids_of(path: Path) -> list[str]:
    return sorted(row["customer_id"] for row in rows_of(path))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def read_rows() -> Callable[[Path], list[dict[str, str]]]:
    return rows_of


@pytest.fixture
def read_ids() -> Callable[[Path], list[str]]:
    return ids_of
