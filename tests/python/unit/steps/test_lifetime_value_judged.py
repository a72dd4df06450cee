"""Forecasts of lifetime value against what came, of all customers and by segment."""

from __future__ import annotations

import datetime

import duckdb
import lifetime_value_shop as shop
import pandas as pd
import pytest
from lifetime_house import LifetimeHouse
from segmentation.lifetime_value.combined_forecast import CombinedForecast
from segmentation.lifetime_value.customers_on_day import CustomersOnDay, expect
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.steps.judge_forecasts_by_segment import judge_forecasts_by_segment
from segmentation.steps.measure_forecast_error import measure_forecast_error


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> LifetimeHouse:
    return LifetimeHouse(connection)


def _drift(house: LifetimeHouse, backtests: str = "backtests") -> pd.DataFrame:
    return (
        measure_forecast_error(
            house.connection,
            backtests=backtests,
            models="models",
            current_model="current_model",
            run_settings="run",
        )
        .to_pandas()
        .set_index("feature")
    )


def test_on_the_day_of_the_fit_its_newest_back_test_is_judged(
    house: LifetimeHouse,
) -> None:
    model = house.first_fit()
    found = _drift(house)
    assert found.index.tolist() == ["purchases", "revenue"]
    newest = {
        row["measure"]: row
        for row in model.accuracy
        if (row["grouped_by"], row["is_in_use"]) == ("all", True)
        and row["forecast_on"] == shop.QUARTER_ENDS[-1]
    }
    for measure, row in found.iterrows():
        judged = newest[str(measure)]
        assert row["forecast_error"] == pytest.approx(judged["predicted"] / judged["actual"] - 1)
    # A stationary shop.
    assert not found["has_drifted"].any()
    assert found["index_in_words"].str.contains("is allowed").all()


def test_later_the_forecast_of_the_model_itself_is_judged(house: LifetimeHouse) -> None:
    model = house.first_fit()
    following = datetime.date(2025, 9, 30)
    house.connection.execute("update run set as_of = date '2025-12-31'")
    ((_, frame),) = shop.backtest_frames(shop.purchase_days(), [following])
    customers = CustomersOnDay.from_frame(frame)
    expected = expect(LifetimeValueFit.from_record(model.fit_record), customers)
    combined = CombinedForecast.from_record(
        next(c for c in model.combinations if c["measure"] == "purchases")
    ).predict(customers.paces["purchases"], expected.probability_active, expected.mean["purchases"])
    total = (
        combined if model.verdict["method"] == "combined" else expected.mean["purchases"]
    ).sum()
    as_expected = frame.assign(
        forecast_on=following,
        actual_purchases_90_days=total / len(frame),
        actual_revenue_90_days=0.0,
    )
    house.put("backtests", as_expected)
    found = _drift(house)
    assert found.loc["purchases", "forecast_error"] == pytest.approx(0.0)
    assert not found.loc["purchases", "is_alarm"]
    assert found.loc["revenue", "is_alarm"]
    assert found.loc["revenue", "moved_most"].startswith(
        "revenue of the 90 days after 2025-09-30: "
    )
    assert found.loc["revenue", "moved_most"].endswith(" 0 came")


def test_of_few_customers_chance_allows_more(house: LifetimeHouse) -> None:
    house.first_fit()
    following = datetime.date(2025, 9, 30)
    house.connection.execute("update run set as_of = date '2025-12-31'")
    ((_, frame),) = shop.backtest_frames(shop.purchase_days(), [following])
    house.put("backtests", frame.assign(forecast_on=following))
    of_all = _drift(house).loc["purchases"]
    house.put("backtests", frame.head(20).assign(forecast_on=following))
    of_few = _drift(house).loc["purchases"]
    assert (of_all["customers_now"], of_few["customers_now"]) == (len(frame), 20)
    assert of_few["threshold"] > 1.5 * of_all["threshold"]


@pytest.mark.long
def test_without_a_model_there_is_no_error(house: LifetimeHouse) -> None:
    house.connection.execute("delete from customers where customer_id >= 'c0099'")
    house.fit()
    assert _drift(house).empty


def _observed(house: LifetimeHouse, days: list[datetime.date]) -> None:
    """Put every second customer of some days into one of two segments, and others not at all."""
    listed = ", ".join(f"date '{day}'" for day in days)
    house.connection.execute(
        f"""
        create or replace table outcomes as
        select
            'value' as segmentation,
            observed_on,
            customer_id,
            case when hash(customer_id) % 3 = 0 then 'loyal' else 'at_risk' end as segment_slug
        from backtests cross join (select unnest([{listed}]) as observed_on)
        where forecast_on = observed_on and hash(customer_id) % 2 = 0
        """
    )


def _by_segment(house: LifetimeHouse, backtests: str = "backtests") -> pd.DataFrame:
    return judge_forecasts_by_segment(
        house.connection,
        outcomes="outcomes",
        backtests=backtests,
        models="models",
        current_model="current_model",
        run_settings="run",
    ).to_pandas()


def test_segments_add_up_to_the_back_tests_of_all_customers(house: LifetimeHouse) -> None:
    model = house.first_fit()
    observed = [shop.QUARTER_ENDS[0], shop.QUARTER_ENDS[2]]
    _observed(house, [*observed, datetime.date(2025, 1, 31)])
    found = _by_segment(house)
    assert sorted(set(found["forecast_on"])) == observed
    assert set(found["group_name"]) == {"loyal", "at_risk", "not listed"}
    assert set(found["grouped_by"]) == {"segment"}
    keys = ["forecast_on", "measure", "forecast_method", "is_in_use"]
    accuracy = pd.DataFrame(model.accuracy)
    whole = accuracy[
        (accuracy["grouped_by"] == "all")
        & accuracy["forecast_on"].isin(observed)
        & accuracy["forecast_method"].isin(["purchase model", "combined"])
    ].set_index(keys)
    sums = found.groupby(keys)[["customers", "predicted", "actual"]].sum()
    assert len(sums) == len(whole) == 3 + 5
    pd.testing.assert_frame_equal(
        sums.sort_index(), whole[["customers", "predicted", "actual"]].sort_index()
    )
    assert (found["lower_predicted"] <= found["predicted"]).all()
    assert (found["predicted"] <= found["upper_predicted"]).all()
    assert set(found["model_version"]) == {model.model_version}


def test_without_an_observed_end_of_a_quarter_nothing_is_judged_by_segment(
    house: LifetimeHouse,
) -> None:
    """The back-tests are not read."""
    house.first_fit()
    _observed(house, [datetime.date(2025, 1, 31)])
    assert _by_segment(house, "no_such_table").empty


def test_a_model_of_an_earlier_version_is_not_judged_by_segment(
    house: LifetimeHouse,
) -> None:
    house.first_fit()
    (row,) = house.connection.sql("from models").to_arrow_table().to_pylist()
    earlier = LifetimeValueModel.as_table([], [row | {"past_fits": None, "horizons": None}])
    house.connection.register("earlier", earlier)
    house.connection.execute("create or replace table models as select * from earlier")
    _observed(house, list(shop.QUARTER_ENDS))
    assert _by_segment(house, "no_such_table").empty
