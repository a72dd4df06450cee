"""Outcomes of the segments of earlier days, recomputed with pandas and SciPy."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from builds import NO_TESTS, QUICK, Warehouse
from scipy import stats

pytestmark = pytest.mark.long

BEFORE_THE_FIT, FITTED, LATER, TODAY = "2025-01-31", "2025-03-31", "2025-06-30", "2025-12-31"

# Only `value` is fitted, on the first day that is built; all else is that of the sample.
OBSERVED = (
    *("--select", "+value_assignments", "value_segments", "all_assignments", "all_models"),
    *("current_models", "segment_log", "segment_changes", "segment_observed_days"),
    *("segment_outcomes", "rpt_segment_outcomes", "rpt_segment_outcome_accuracy"),
    *("--exclude", "path:models/segmentation/prospects", "path:models/segmentation/lifetime_value"),
)


@pytest.fixture(scope="module")
def observed(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    copied = sample.copy(tmp_path_factory.mktemp("outcomes"))
    with duckdb.connect(str(copied.path)) as connection:
        connection.execute("delete from segmentation.segment_log")
        connection.execute("delete from segmentation.value_model")
    for day in (FITTED, BEFORE_THE_FIT, LATER, TODAY):
        copied.build(*OBSERVED, *NO_TESTS, dataset="sample", as_of=day, **QUICK)
    return copied


def customers(observed: Warehouse, day: str) -> pd.DataFrame:
    """Return the customers of a day with a segment, with what they bought, from the orders."""
    return observed.frame(
        f"""
        with days as (
            select
                customer_id, segment_slug,
                row_number() over (partition by customer_id order by as_of desc) as newest
            from segmentation.segment_changes
            where segmentation = 'value' and as_of <= date '{day}'
        ),
        orders as (
            select customer_id, revenue, ordered_at::date - date '{day}' as days_since
            from intermediate.int_checked_orders
            where rejected_because is null
        )
        select
            customer_id, any_value(segment_slug) as segment_slug,
            greatest(coalesce(sum(revenue) filter (days_since between 1 and 90), 0), 0)::double
                as spend,
            greatest(coalesce(sum(revenue) filter (days_since between -89 and 0), 0), 0)::double
                as spend_before,
            count(*) filter (days_since between 1 and 90 and coalesce(revenue, 0) >= 0) > 0
                as bought
        from days left join orders using (customer_id)
        where newest = 1 and segment_slug is not null
        group by customer_id
        """
    )


def accuracy(observed: Warehouse, day: str) -> pd.DataFrame:
    return observed.frame(
        "from marts.rpt_segment_outcome_accuracy "
        f"where segmentation = 'value' and observed_on = date '{day}'"
    ).set_index("grouped_by")


def test_means_churn_and_their_intervals(observed: Warehouse) -> None:
    rows = observed.frame(
        "from marts.rpt_segment_outcomes "
        f"where segmentation = 'value' and observed_on = date '{LATER}'"
    ).set_index("segment_slug")
    found = customers(observed, LATER)
    assert set(rows.index) == set(found["segment_slug"])
    assert rows["customers"].sum() == len(found)
    for slug, group in found.groupby("segment_slug"):
        row, size = rows.loc[slug], len(group)
        assert row["mean_spend"] == pytest.approx(group["spend"].mean())
        left = int((~group["bought"]).sum())
        assert row["share_without_purchase"] == pytest.approx(left / size)
        wilson = stats.binomtest(left, size).proportion_ci(0.9, method="wilson")
        ends = row[["share_without_purchase_low", "share_without_purchase_high"]]
        assert list(ends) == pytest.approx([wilson.low, wilson.high], abs=1e-9)
        if size >= 6 and group["spend"].std() > 0:
            error = stats.sem(group["spend"])
            low, high = stats.t.interval(0.9, size - 1, group["spend"].mean(), error)
            ends = row[["mean_spend_low", "mean_spend_high"]]
            assert list(ends) == pytest.approx([max(low, 0), high], rel=1e-3)


def test_groups_are_ordered_by_what_came_of_them_before(observed: Warehouse) -> None:
    found, learned = customers(observed, LATER), customers(observed, FITTED)
    found, learned = (f[f["segment_slug"] != "unassigned"] for f in (found, learned))
    rows = accuracy(observed, LATER)
    row = rows.loc["segments"]
    assert str(row["learned_on"])[:10] == FITTED
    by_segment = learned.groupby("segment_slug")
    spend = found["segment_slug"].map(by_segment["spend"].mean()).fillna(learned["spend"].mean())
    bought = found["segment_slug"].map(by_segment["bought"].mean()).fillna(learned["bought"].mean())
    assert row["rank_correlation"] == pytest.approx(stats.spearmanr(spend, found["spend"])[0])
    is_buyer = found["bought"].to_numpy(bool)
    pairs = stats.mannwhitneyu(bought[is_buyer], bought[~is_buyer]).statistic
    assert row["auc"] == pytest.approx(pairs / (is_buyer.sum() * (~is_buyer).sum()))
    inner = found["spend"] - found.groupby("segment_slug")["spend"].transform("mean")
    left_over = (inner**2).sum() / (len(found) - found["segment_slug"].nunique())
    assert row["variance_explained"] == pytest.approx(1 - left_over / found["spend"].var())
    own = stats.spearmanr(found["spend_before"], found["spend"])[0]
    assert rows.loc["spend before", "rank_correlation"] == pytest.approx(own)
    width = 1.6448536 * np.sqrt((1 + own**2 / 2) / (len(found) - 3))
    assert rows.loc["spend before", "rank_correlation_low"] == pytest.approx(
        np.tanh(np.arctanh(own) - width)
    )


def test_the_forecast_of_the_same_customers_stands_beside(observed: Warehouse) -> None:
    rows = accuracy(observed, FITTED)
    assert pd.isna(rows.loc["segments", "learned_on"])
    assert set(rows.index) == {
        *("segments", "rfm cells", "rfm sums", "spend before", "lifetime value"),
    }
    ((forecast,),) = observed.query(
        "select rank_correlation from marts.rpt_value_forecast_accuracy where measure = 'revenue' "
        f"and grouped_by = 'all' and is_in_use and forecast_on = date '{FITTED}'"
    )
    assert rows.loc["lifetime value", "rank_correlation"] == forecast


def test_a_day_before_the_fit_is_listed_and_not_compared(observed: Warehouse) -> None:
    later = observed.query(
        "select distinct observed_on::varchar, model_fitted_later from marts.rpt_segment_outcomes "
        "where segmentation = 'value' order by all"
    )
    assert later == [(BEFORE_THE_FIT, True), (FITTED, False), (LATER, False)]
    assert accuracy(observed, BEFORE_THE_FIT).empty


def test_a_first_build_has_no_outcomes(sample: Warehouse) -> None:
    for mart in ("rpt_segment_outcomes", "rpt_segment_outcome_accuracy"):
        assert sample.query(f"select count(*) from marts.{mart}") == [(0,)]
