"""Forecasts of lifetime value: what the query gives, of whom, in which words."""

from __future__ import annotations

import duckdb
import lifetime_value_shop as shop
import numpy as np
import pandas as pd
import pytest
from lifetime_house import SETTINGS, LifetimeHouse
from newest_model import put_current_model
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.lifetime_value.combined_forecast import CombinedForecast, Levels
from segmentation.lifetime_value.customers_on_day import CustomersOnDay, expect
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.forecast import forecast_customers
from segmentation.lifetime_value.forecast_query import ForecastMethod, forecast_query
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import HORIZONS, ForecastOptions


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> LifetimeHouse:
    return LifetimeHouse(connection)


def test_the_query_gives_what_the_library_gives(house: LifetimeHouse) -> None:
    model = house.first_fit(combine=False)
    assert model.verdict["method"] == "purchase model"
    put_current_model(house.connection, "lifetime_value", SETTINGS, {"combine": False})
    found = house.forecast()
    known = house.connection.sql("from customers order by customer_id").df()
    expected = forecast_customers(
        LifetimeValueFit.from_record(model.fit_record),
        known.rename(
            columns={
                "repeat_purchases": "frequency",
                "last_repeat_weeks": "recency",
                "age_weeks": "age",
                "mean_repeat_spend": "spend",
            }
        ),
        ForecastOptions(),
        shop.AS_OF,
    )
    for name in expected.columns.intersection(found.columns):
        if name == "expected_next_purchase_on":
            assert pd.to_datetime(found[name]).equals(
                pd.to_datetime(expected[name]).astype(found[name].dtype)
            )
        else:
            np.testing.assert_allclose(
                found[name].astype(float), expected[name].astype(float), rtol=1e-9
            )
    assert {f"expected_revenue_{d}_days" for d in (30, 90, 180, 365)} <= set(found.columns)


@pytest.mark.long
def test_recent_paces_are_weighed_as_the_library_weighs_them(house: LifetimeHouse) -> None:
    model = house.first_fit()
    weighed = {row["measure"]: CombinedForecast.from_record(row) for row in model.combinations}
    found = _forecast_combined(house, model)
    customers = CustomersOnDay.from_frame(
        house.connection.sql("from customers order by customer_id").df()
    )
    expected = expect(LifetimeValueFit.from_record(model.fit_record), customers)
    for measure in ("purchases", "revenue"):
        combined = weighed[measure].predict(
            customers.paces[measure], expected.probability_active, expected.mean[measure]
        )
        np.testing.assert_allclose(found[f"expected_{measure}_90_days"], combined, rtol=1e-9)
        upper = found[f"upper_{measure}_90_days"]
        assert (found[f"expected_{measure}_90_days"] <= upper * (1 + 1e-12)).all()
    pace = customers.paces["revenue"].window
    loss = np.maximum(pace - found["expected_revenue_90_days"], 0)
    np.testing.assert_allclose(found["expected_loss"], loss, rtol=1e-9, atol=1e-9)
    assert set(found["forecast_by"]) == {"combined"}


@pytest.mark.long
def test_recent_purchases_of_somebody_who_seems_to_have_left_are_expected_once(
    house: LifetimeHouse,
) -> None:
    """A level between a half and two holds for all horizons, the rest for the next 90 days."""
    model = house.first_fit()
    alone = house.forecast()
    chosen = alone["customer_id"][alone["expected_purchases_90_days"].argmin()]
    house.connection.execute(
        "update customers set purchases_30_days = 20, purchases_90_days = 20, "
        f"revenue_30_days = 2000, revenue_90_days = 2000 where customer_id = '{chosen}'"
    )
    before = alone.set_index("customer_id").loc[chosen]
    weights = CombinedForecast((0.2, 0.2, 0.0, 0.6), 400)
    combinations = {"purchases": weights, "revenue": weights}
    found_of_all = _forecast_combined(house, model, combinations).set_index("customer_id")
    row = found_of_all.loc[chosen]
    for measure in ("purchases", "revenue"):
        modelled = [before[f"expected_{measure}_{d}_days"] for d in (30, 90, 180, 365)]
        found = [row[f"expected_{measure}_{d}_days"] for d in (30, 90, 180, 365)]
        rest = found[1] - 2 * modelled[1]
        assert rest > 10 * modelled[1]
        expected = [
            2 * m + rest * share for m, share in zip(modelled, (1 / 3, 1, 1, 1), strict=True)
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert row["lifetime_value"] == pytest.approx(
        2 * before["lifetime_value"]
        + row["expected_revenue_90_days"]
        - 2 * before["expected_revenue_90_days"]
    )


def test_back_tests_of_horizons_level_as_the_query_does(house: LifetimeHouse) -> None:
    model = house.first_fit()
    weights = CombinedForecast((0.5, 0.3, 0.0, 0.2), 400)
    found = _forecast_combined(house, model, {"purchases": weights, "revenue": weights})
    customers = CustomersOnDay.from_frame(
        house.connection.sql("from customers order by customer_id").df()
    )
    fitted = LifetimeValueFit.from_record(model.fit_record)
    period = expect(fitted, customers)
    for measure in ("purchases", "revenue"):
        of_period = weights.predict(
            customers.paces[measure], period.probability_active, period.mean[measure]
        )
        levels = Levels.of(of_period, period.mean[measure])
        for days in HORIZONS:
            ahead = expect(fitted, customers, days).mean[measure]
            np.testing.assert_allclose(
                found[f"expected_{measure}_{days}_days"],
                levels.expected(ahead, days),
                rtol=1e-9,
                atol=1e-9,
            )


def test_longer_horizons_expect_no_less_of_customers_who_stopped(
    house: LifetimeHouse,
) -> None:
    """Recent paces of 0 may bring the forecast of 90 days to 0: that of 30 is no larger."""
    model = house.first_fit()
    house.connection.execute(
        "update customers set purchases_30_days = 0, purchases_90_days = 0, revenue_30_days = 0, "
        "revenue_90_days = 0"
    )
    weights = CombinedForecast((0.5, 0.5, 0.0, 0.0), 400)
    found = _forecast_combined(house, model, {"purchases": weights, "revenue": weights})
    for measure in ("purchases", "revenue"):
        before = np.zeros(len(found))
        for days in HORIZONS:
            expected = found[f"expected_{measure}_{days}_days"]
            assert (expected >= before).all()
            before = expected
    assert (found["lifetime_value"] >= 0.9 * found["expected_revenue_365_days"]).all()


@pytest.mark.parametrize("combine", [True, False])
def test_a_lifetime_of_a_year_without_discount_is_the_revenue_of_365_days(
    house: LifetimeHouse, combine: bool
) -> None:
    house.first_fit(combine=combine)
    options = {"combine": combine, "lifetime_years": 1, "discount_rate": 0.0}
    put_current_model(house.connection, "lifetime_value", SETTINGS, options)
    found = house.forecast()
    np.testing.assert_allclose(found["lifetime_value"], found["expected_revenue_365_days"])


def test_a_forecast_that_ranks_nobody_has_no_expected_loss(house: LifetimeHouse) -> None:
    model = house.first_fit(combine=False)
    found = house.forecast()
    assert found["expected_loss"].isna().all() == (not model.verdict["ranks_customers"])
    assert found["run_rate"].notna().all()


def test_intervals_hold_their_forecasts_and_longer_horizons_more(
    house: LifetimeHouse,
) -> None:
    house.first_fit()
    found = house.forecast()
    for measure in ("purchases", "revenue"):
        before = np.zeros(len(found))
        for length in (30, 90, 180, 365):
            expected, lower, upper = (
                found[f"{name}_{measure}_{length}_days"] for name in ("expected", "lower", "upper")
            )
            assert (lower <= upper).all()
            assert (lower <= expected + 1).all() if measure == "purchases" else (lower >= 0).all()
            assert (expected >= before).all()
            before = expected
    assert (found["lifetime_value"] >= found["expected_revenue_365_days"] * 0.9).all()


def test_reasons_are_sentences(house: LifetimeHouse) -> None:
    house.first_fit()
    found = house.forecast()
    for name in ("reason_1", "reason_2", "reason_3"):
        assert found[name].str.endswith(".").all()
    assert (
        found["reason_2"]
        .str.contains(r"^Brought [\d,.]+ per 90 days so far; [\d,.]+ are expected")
        .all()
    )


@pytest.mark.long
def test_a_customer_of_useless_spends_is_taken_to_spend_what_everybody_does(
    house: LifetimeHouse,
) -> None:
    house.first_fit()
    before = house.forecast().set_index("customer_id")
    chosen = before.index[before["expected_purchases_90_days"] > 1][0]
    spends = []
    for useless in ("null", "0"):
        house.connection.execute(
            f"update customers set mean_repeat_spend = {useless} where customer_id = '{chosen}'"
        )
        row = house.forecast().set_index("customer_id").loc[chosen]
        spends.append(row["expected_revenue_30_days"])
        assert np.isfinite(row["lifetime_value"])
    assert spends[0] == spends[1]


def _forecast_combined(
    house: LifetimeHouse,
    model: LifetimeValueModel,
    combinations: dict[str, CombinedForecast] | None = None,
) -> pd.DataFrame:
    """Forecast by the weights of recent paces, whatever back-tests say of them."""
    house.forecast()  # leaves the histories behind
    fitted = LifetimeValueFit.from_record(model.fit_record)
    method = ForecastMethod(
        spend=fitted.spend.model,
        combinations=combinations
        or {row["measure"]: CombinedForecast.from_record(row) for row in model.combinations},
        ranks_customers=True,
    )
    query = forecast_query(
        DuckDBEngine(house.connection),
        "customers",
        "segmentation_forecast_histories",
        method,
        model_version=model.model_version,
        as_of=shop.AS_OF.isoformat(),
    )
    return house.connection.sql(str(query)).df().sort_values("customer_id").reset_index(drop=True)
