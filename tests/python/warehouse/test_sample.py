"""The sample, built: planted segments found, the same marts every time, answers in plain SQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from builds import NO_TESTS, PROJECT, QUICK, Warehouse
from segmentation.published.people import ScoringError, score_people
from sklearn.metrics import adjusted_rand_score


def test_planted_segments_are_found_and_named(sample: Warehouse) -> None:
    found = sample.frame(
        """
        select planted_segment, segment_slug
        from marts.fct_customer_segments
        inner join source_sample.sample_planted_segments using (customer_id)
        where segmentation = 'value'
        """
    )
    assert len(found) == 490
    # Those at risk were planted with large and with small spend.
    names = found.segment_slug.replace({"occasional": "need_attention", "hibernating": "at_risk"})
    assert adjusted_rand_score(found.planted_segment, names) >= 0.95
    assert (found.planted_segment == names).mean() >= 0.95


def test_customers_without_purchases_are_unassigned_with_a_reason(sample: Warehouse) -> None:
    assert sample.query(
        """
        select distinct segment_name, reason_1, reason_2, model_version, count(*) over ()
        from marts.fct_customer_segments
        where segmentation = 'value' and segment_slug = 'unassigned'
        """
    ) == [("Unassigned", "no purchase up to 2025-12-31", None, None, 10)]


def test_everything_in_the_file_can_be_read_and_is_explained(sample: Warehouse) -> None:
    tables = sample.tables()
    with sample.reading() as connection:
        for table in tables:
            connection.sql(f"select * from {table} limit 1").fetchall()
    unexplained = sample.query(
        """
        select table_name, column_name
        from duckdb_columns()
        where schema_name = 'marts' and coalesce(comment, '') = ''
        """
    )
    assert unexplained == []


def test_every_mart_is_there(sample: Warehouse) -> None:
    # Parts of a mart stand one folder deeper and have no tables.
    models = {f"marts.{path.stem}" for path in (PROJECT / "models" / "marts").glob("*/*.sql")}
    assert {name for name in sample.tables() if name.startswith("marts.")} == models


def test_without_prospects_every_customer_gets_a_reason(sample: Warehouse) -> None:
    """Nobody's first purchase is of the last 90 days; a classifier is there all the same."""
    assert sample.query(
        """
        select
            regexp_replace(reason_1, '[0-9-]{10}$', 'DAY'),
            segment_slug,
            count(*),
            count(probability)
        from marts.fct_customer_segments
        where segmentation = 'prospects'
        group by 1, 2
        order by 1
        """
    ) == [
        ("no prospect: a customer since DAY", "unassigned", 490, 0),
        ("no purchase up to DAY", "unassigned", 10, 0),
    ]
    assert sample.query(
        "select segment_slug, prospects, expected_customers, most_likely_share, expected_sales"
        " from marts.rpt_prospect_distribution"
    ) == [
        (slug, 0, 0.0, None, 0.0)
        for slug in ("hibernating", "occasional", "one_time", "potential_loyalist")
    ]
    # They are value segments.
    assert sample.query(
        "select count(*) from marts.rpt_prospect_distribution as prospects"
        " inner join marts.dim_segments as value using (segment_slug, segment_name)"
        " where value.segmentation = 'value' and prospects.horizon_days = 180"
    ) == [(4,)]
    assert sample.query("select count(*) from marts.fct_prospect_probabilities") == [(0,)]


def test_a_second_build_changes_nothing(sample: Warehouse, tmp_path: Path) -> None:
    """Nor does it by one thread, after two."""
    again = sample.copy(tmp_path)
    output = again.build(*NO_TESTS, dataset="sample", threads=1, **QUICK)
    assert "value: kept value-0001-" in output
    assert "profile: kept profile-0001-" in output
    assert "prospects: kept prospects-0001-" in output
    assert "lifetime_value: kept lifetime_value-0001-" in output
    assert again.mart_hashes() == sample.mart_hashes()
    assert again.query("select count(*) from marts.rpt_model_history") == [(4,)]
    assert again.tables() == sample.tables()


@pytest.mark.long
def test_one_thread_builds_the_same_from_nothing(
    sample: Warehouse, sample_by_one_thread: Warehouse
) -> None:
    """In another working directory, too."""
    assert sample_by_one_thread.mart_hashes() == sample.mart_hashes()
    assert sample_by_one_thread.tables() == sample.tables()


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
    assert len(at_risk) >= 40
    assert at_risk[0][1] > at_risk[-1][1]
    assert all(
        reason.startswith("later than usual: days between purchases usually ")
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
    for words in ("Loyal", "Potential Loyalist", "At Risk", "Occasional", "Unassigned"):
        assert words in shown
    for words in ("Customers", "Share", "What sets it apart", "What to do", "Where to look next"):
        assert words in shown


def test_a_reader_may_look_between_builds(sample: Warehouse) -> None:
    with (
        duckdb.connect(str(sample.path), read_only=True) as one,
        duckdb.connect(str(sample.path), read_only=True) as other,
    ):
        query = "select count(*) from marts.fct_customer_segments"
        assert one.sql(query).fetchall() == other.sql(query).fetchall() == [(1500,)]


def test_one_person_and_many_are_scored_by_one_call(sample: Warehouse) -> None:
    """From SQL and from Python, by the same rule as the customers of the warehouse."""
    customers = sample.frame(
        """
        select features.*, segments.segment_slug, segments.reason_1
        from intermediate.int_profile_features as features
        inner join marts.fct_customer_segments as segments using (customer_id)
        where segments.segmentation = 'profile'
        order by customer_id desc
        """
    )
    scored = score_people(customers, segmentation="profile", warehouse=sample.path)
    assert scored.customer_id.tolist() == customers.customer_id.tolist()
    assert scored.segment_slug.tolist() == customers.segment_slug.tolist()
    assert scored.reason_1.tolist() == customers.reason_1.tolist()
    with duckdb.connect(str(sample.path), read_only=True) as connection:
        in_sql = connection.sql(
            "select segment_slug from marts.score_profile('intermediate.int_profile_features')"
            " order by customer_id desc"
        ).fetchall()
        (one,) = connection.sql(
            "select segment_slug, runner_up_slug, reason_1 from"
            " marts.score_profile_person(age := 71, annual_spend := 250, gender := 'unheard of')"
        ).fetchall()
    assert [row[0] for row in in_sql] == customers.segment_slug.tolist()
    person = {"age": 71, "annual_spend": 250, "gender": "unheard of"}
    (same,) = score_people(person, segmentation="profile", warehouse=sample.path).itertuples()
    assert one == (same.segment_slug, same.runner_up_slug, same.reason_1)
    assert "71 years old" in one[2]


def test_scoring_without_a_model_is_an_error(sample: Warehouse) -> None:
    with pytest.raises(ScoringError, match=r"no model of the segmentation 'valeu'.*profile, value"):
        score_people({"age": 3}, segmentation="valeu", warehouse=sample.path)


def test_no_rfm_name_is_that_of_other_customers(sample: Warehouse, tmp_path: Path) -> None:
    done = sample.copy(tmp_path).dbt(
        "test", "--select", "one_name_one_meaning", dataset="sample", **QUICK
    )
    assert "PASS one_name_one_meaning" in done.stdout, done.stdout[-3000:]
