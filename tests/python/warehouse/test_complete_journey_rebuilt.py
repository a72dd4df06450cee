"""The default data set on other days, beside another one, and with campaigns that do nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from builds import NO_TESTS, QUICK, Warehouse
from scipy import stats
from segmentation.cli.app import app
from typer.testing import CliRunner

from benchmarks import no_effect

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def half_a_year(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build what was known of customers on an earlier day."""
    warehouse = Warehouse(tmp_path_factory.mktemp("half_a_year"))
    customers = ("--select", "+dim_customers", "+int_prospect_features")
    warehouse.build(*customers, *NO_TESTS, as_of="2017-06-30")
    return warehouse


def test_features_of_the_first_days_exclude_later_orders(
    half_a_year: Warehouse, complete_journey: Warehouse
) -> None:
    """Half a year before anything that came after existed, they were the same."""
    features = "select * exclude (is_prospect) from intermediate.int_prospect_features order by all"
    then = half_a_year.frame(features)
    now = complete_journey.frame(features)
    assert 2300 < len(then) < len(now)
    known_then = now[now.customer_id.isin(then.customer_id)].reset_index(drop=True)
    pd.testing.assert_frame_equal(then, known_then)


def test_as_of_an_earlier_day(half_a_year: Warehouse) -> None:
    """What lies after as_of has not happened: fewer visits, no purchase later than the day."""
    (row,) = half_a_year.query(
        "select max(last_purchase_on)::varchar, sum(frequency), sum(visits)"
        " from marts.dim_customers"
    )
    assert row[0] == "2017-06-30"
    assert 0 < row[1] < 155848
    assert 0 < row[2] < 65903


def test_the_last_months_of_2017_are_filled_in(
    complete_journey: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One model for all days; the growth of a segment is arrivals less departures."""
    warehouse = complete_journey.copy(tmp_path)
    for name, value in warehouse.environment().items():
        monkeypatch.setenv(name, value)
    period = ["--from", "2017-07-31", "--to", "2017-12-31", "--every", "month", "--yes"]
    done = CliRunner().invoke(app, ["backfill", *period])
    assert done.exit_code == 0, done.output
    assert "5 days to fill" in done.output
    days = warehouse.frame(
        """
        select segmentation, as_of, customers, count(distinct model_version) over () as models
        from segmentation.segment_observed_days
        order by segmentation, as_of
        """
    )
    assert days.groupby("segmentation").size().to_dict() == dict.fromkeys(
        ("profile", "prospects", "value"), 6
    )
    assert set(days.models) == {3}
    # Sizes of segments by the history, and by what moved since the day before.
    differing = warehouse.query(
        """
        with sizes as (
            select days.segmentation, days.as_of, periods.segment_slug, count(*) as customers
            from segmentation.segment_observed_days as days
            inner join marts.fct_customer_segment_history as periods
                on days.segmentation = periods.segmentation and periods.valid_from <= days.as_of
                and (periods.valid_to > days.as_of or periods.valid_to is null)
            where periods.segment_slug is not null
            group by all
        ),
        moved as (
            select segmentation, as_of, to_segment_slug as segment_slug, sum(customers) as customers
            from marts.fct_segment_migrations where to_segment_slug is not null group by all
        )
        select * from sizes full join moved using (segmentation, as_of, segment_slug)
        where as_of > '2017-07-31' and sizes.customers is distinct from moved.customers
        """
    )
    assert differing == []
    ((moves, reasons),) = warehouse.query(
        """
        select count(*), count(reason_1) from marts.fct_customer_segment_history
        where segmentation = 'value' and entry = 'moved' and segment_slug <> 'unassigned'
        """
    )
    assert moves == reasons > 3_000


def test_data_sets_in_one_file_do_not_mix(
    complete_journey: Warehouse, sample: Warehouse, tmp_path: Path
) -> None:
    """After the sample, complete_journey becomes what it is alone; then the sample is as before.

    By one thread, where each was built by two: complete_journey is fitted, the sample's models are
    kept.
    """
    both = sample.copy(tmp_path)
    before = both.mart_hashes()
    both.build(*NO_TESTS, threads=1)
    after, alone = both.mart_hashes(), complete_journey.mart_hashes()
    # The history shows every data set; all else is as in a file of its own.
    history = "marts.rpt_model_history"
    assert after.pop(history) != alone.pop(history)
    assert after == alone
    assert set(both.tables()) == {*sample.tables(), *complete_journey.tables()}
    assert "kept value-0001-" in both.build(*NO_TESTS, threads=1, dataset="sample", **QUICK)
    after = both.mart_hashes()
    assert after.pop(history) != before.pop(history)
    assert after == before
    assert both.query(
        "select segmentation, dataset, count(*) from marts.rpt_model_history"
        " group by 1, 2 order by 1, 2"
    ) == [
        ("lifetime_value", "complete_journey", 1),
        ("lifetime_value", "sample", 1),
        ("profile", "complete_journey", 1),
        ("profile", "sample", 1),
        ("prospects", "complete_journey", 1),
        ("prospects", "sample", 1),
        ("value", "complete_journey", 1),
        ("value", "sample", 1),
    ]


def test_campaigns_without_effect_are_found_to_have_one_as_often_as_they_should(
    complete_journey: Warehouse, tmp_path: Path
) -> None:
    """A thousand seeds that nobody was treated by: one interval in twenty excludes 0."""
    warehouse = complete_journey.copy(tmp_path)
    folder = tmp_path / "assignments"
    no_effect.assign(warehouse.path, folder, seeds=1000, day="2017-09-30", holdout=0.2)
    # The project is parsed: the build of the data set had the same vars.
    warehouse.parsed(("build",), {})
    no_effect.build(warehouse.path, folder, {})
    found = no_effect.shares(warehouse.path)
    tested = {
        "sample ratio": found["sample_ratios_below_0.05"],
        **found["intervals_that_exclude_0"],
    }
    assert set(tested) == {"sample ratio", "churn", "purchase", "response", "revenue"}
    for what, share in tested.items():
        assert stats.binomtest(round(1000 * share), 1000, 0.05).pvalue > 0.01, what
    assert found["sample_ratios_not_as_planned"] <= 0.01
