"""The sample, built: planted segments found, the same marts every time, answers in plain SQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
from builds import Warehouse
from sklearn.metrics import adjusted_rand_score


def test_planted_segments_are_found_and_named(sample: Warehouse) -> None:
    found = sample.frame(
        """
        select planted_segment, segment_slug
        from marts.fct_customer_segments
        inner join source_sample.sample_planted_segments using (customer_id)
        """
    )
    assert len(found) == 490
    assert adjusted_rand_score(found.planted_segment, found.segment_slug) >= 0.95
    assert (found.planted_segment == found.segment_slug).mean() >= 0.95


def test_who_never_bought_is_unassigned_with_a_reason(sample: Warehouse) -> None:
    assert sample.query(
        """
        select distinct segment_name, reason_1, reason_2, model_version, count(*) over ()
        from marts.fct_customer_segments
        where segment_slug = 'unassigned'
        """
    ) == [("Unassigned", "no purchase up to 2025-12-31", None, None, 10)]


def test_everything_in_the_file_can_be_read_and_is_explained(sample: Warehouse) -> None:
    for table in sample.tables():
        sample.query(f"select * from {table} limit 1")
    unexplained = sample.query(
        """
        select table_name, column_name
        from duckdb_columns()
        where schema_name = 'marts' and coalesce(comment, '') = ''
        """
    )
    assert unexplained == []


def test_a_second_build_changes_nothing(fresh: Warehouse, sample: Warehouse) -> None:
    """One thread and another working directory, against two threads: then once more."""
    fresh.build(dataset="sample", threads=1, directory=Path(os.sep))
    first, tables = fresh.mart_hashes(), fresh.tables()
    assert first == sample.mart_hashes()
    output = fresh.build(dataset="sample", threads=2)
    assert "value: kept value-0001-" in output
    assert fresh.mart_hashes() == first
    assert fresh.query("select count(*) from marts.rpt_model_history") == [(1,)]
    assert fresh.tables() == tables


def test_the_marts_answer_in_plain_sql(sample: Warehouse) -> None:
    at_risk = sample.query(
        """
        select customers.customer_id, customers.monetary, segments.reason_1
        from marts.fct_customer_segments as segments
        inner join marts.dim_customers as customers using (customer_id)
        where segments.segmentation = 'value' and segments.segment_slug = 'at_risk'
        order by customers.monetary desc, customers.customer_id
        """
    )
    assert len(at_risk) >= 100
    assert at_risk[0][1] > at_risk[-1][1]
    assert all(
        any(words in reason for words in ("last purchase", "purchases", "spent"))
        for _, _, reason in at_risk
    )
    best = sample.query(
        """
        select group_name, conversion_rate, visitors
        from marts.rpt_conversion
        where grouped_by = 'age_group' and group_slug <> 'unknown'
        order by conversion_rate desc
        """
    )
    assert best[0][0] == "young"
    assert len(best) == 3


def test_the_summary_shows_every_segment(sample: Warehouse) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "segmentation", "summary"],
        env=os.environ | {"SEGMENTATION_WAREHOUSE": str(sample.path), "COLUMNS": "140"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for words in ("Loyal", "Potential Loyalist", "At Risk", "Need Attention", "Unassigned"):
        assert words in shown
    for words in ("Customers", "Share", "What sets it apart", "What to do", "Where to look next"):
        assert words in shown


def test_a_reader_may_look_between_builds(sample: Warehouse) -> None:
    with (
        duckdb.connect(str(sample.path), read_only=True) as one,
        duckdb.connect(str(sample.path), read_only=True) as other,
    ):
        query = "select count(*) from marts.fct_customer_segments"
        assert one.sql(query).fetchall() == other.sql(query).fetchall() == [(500,)]
