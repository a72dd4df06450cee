"""When lifetime value is fitted, what is learned, and which model forecasts."""

from __future__ import annotations

import datetime
from typing import Any

import duckdb
import lifetime_value_shop as shop
import pytest
from lifetime_house import SETTINGS, LifetimeHouse
from newest_model import put_current_model
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.registry.header import StoredModelError
from segmentation.registry.option_checks import OptionError


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> LifetimeHouse:
    return LifetimeHouse(connection)


def test_a_model_is_fitted_once_and_kept(house: LifetimeHouse) -> None:
    model = house.first_fit()
    assert (model.customers, model.why_none) == (400, None)
    assert model.verdict["method"] in ("combined", "purchase model")
    assert {row["measure"] for row in model.combinations} == {"purchases", "revenue"}
    assert {row["learned_on"] for row in model.combinations} == {shop.QUARTER_ENDS[-1]}
    assert house.fit() is None


@pytest.mark.parametrize(
    "option", [{"lifetime_years": 5}, {"discount_rate": 0.2}, {"gradient_boosting": True}]
)
def test_what_changes_no_fit_does_not_refit(house: LifetimeHouse, option: dict[str, Any]) -> None:
    house.first_fit()
    assert house.fit(overrides=option) is None


def test_another_purchase_model_is_another_fit(house: LifetimeHouse) -> None:
    house.first_fit()
    house.no_backtests()
    model = house.fit(overrides={"purchase_model": "bg_nbd"})
    assert model is not None
    assert (model.algorithm, model.fit_reason) == ("bg_nbd", "the configuration changed")
    assert "option" in model.choice


@pytest.mark.long
def test_the_same_customers_in_another_order_are_the_same_model(house: LifetimeHouse) -> None:
    first = house.first_fit()
    other = LifetimeHouse(duckdb.connect())
    for table in ("customers", "backtests"):
        other.connection.execute(
            f"create or replace table {table} as from {table} order by md5(customer_id || 'x')"
        )
    again = other.fit()
    assert again is not None
    assert again.model_version == first.model_version
    assert again.accuracy == first.accuracy
    assert other.forecast().equals(house.forecast())


def test_too_few_customers_are_said_and_fitted_when_there_are_enough(
    house: LifetimeHouse, caplog: pytest.LogCaptureFixture
) -> None:
    house.no_backtests()
    house.connection.execute("create table everybody as from customers")
    house.connection.execute("delete from customers where customer_id >= 'c0099'")
    model = house.fit()
    assert model is not None
    assert "99 customers" in str(model.why_none)
    assert "no forecast" in caplog.text
    assert house.forecast().empty
    assert house.fit() is None
    house.connection.execute("create or replace table customers as from everybody")
    model = house.fit()
    assert model is not None
    assert model.fit_reason == "there is enough to learn from now"
    assert len(house.forecast()) == 400


def test_nobody_is_no_model(house: LifetimeHouse) -> None:
    house.connection.execute("delete from customers")
    assert house.fit() is None
    assert house.forecast().empty


@pytest.mark.long
def test_customers_without_a_repeat_purchase_are_no_model(house: LifetimeHouse) -> None:
    house.connection.execute(
        "update customers set repeat_purchases = 0, last_repeat_weeks = 0, mean_repeat_spend = null"
    )
    model = house.fit()
    assert model is not None
    assert "second day" in str(model.why_none)


def test_a_damaged_model_is_not_applied_and_the_next_build_fits(
    house: LifetimeHouse,
) -> None:
    house.first_fit()
    house.no_backtests()
    house.connection.execute("update models set customers = customers + 1")
    with pytest.raises(StoredModelError, match="It is not applied"):
        house.forecast()
    model = house.fit()
    assert model is not None
    assert "damaged" in model.fit_reason


def refitted(house: LifetimeHouse, **arguments: Any) -> LifetimeValueModel:
    """Fit a month later, because the model is old."""
    house.connection.execute(f"update run set as_of = date '{shop.AS_OF}' + 31")
    model = house.fit(refit_after_days=30, **arguments)
    assert model is not None
    return model


def test_a_refit_of_the_same_customers_passes_all_gates(house: LifetimeHouse) -> None:
    first = house.first_fit()
    assert (first.gates, first.became) == ([], "champion")
    again = refitted(house)
    assert [gate.name for gate in again.gates] == ["models", "likelihood", "skill"]
    assert all(gate.passed for gate in again.gates)
    assert again.became == "champion"
    by_name = {gate.name: gate for gate in again.gates}
    chosen = next(row["fit"] for row in again.candidates if row["chosen"])
    assert by_name["likelihood"].value == pytest.approx(chosen["log_likelihood"] / 400)
    assert by_name["likelihood"].limit == pytest.approx(by_name["likelihood"].value - 0.01)
    quarter = {
        row["forecast_method"]: row["rmse"]
        for row in again.accuracy
        if (row["forecast_on"], row["measure"]) == (shop.QUARTER_ENDS[-1], "revenue")
        and row["grouped_by"] == "all"
    }
    skill = 1 - quarter[again.verdict["method"]] / quarter["last period"]
    assert by_name["skill"].value == pytest.approx(skill)
    # The current model has seen the quarter, which four parameters hardly remember.
    assert by_name["skill"].limit + 0.05 == pytest.approx(skill, abs=0.05)


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ("update customers set mean_repeat_spend = null", "models 1.00 below 2.00"),
        ("delete from customers where customer_id >= 'c0099'", "models 0.00 below 2.00"),
    ],
)
def test_a_refit_that_forecasts_less_waits(
    house: LifetimeHouse, logged: pytest.LogCaptureFixture, change: str, failed: str
) -> None:
    first = house.first_fit()
    house.no_backtests()
    house.connection.execute(change)
    model = refitted(house)
    assert model.became == "challenger"
    assert f"{first.model_version} stays in force: {failed}" in logged.text
    found = house.forecast()
    assert set(found["model_version"]) == {first.model_version}
    assert found["expected_revenue_90_days"].notna().all()
    # It is young: the next build does not try again. A fit that is asked for takes over.
    assert house.fit(refit_after_days=30) is None
    asked = house.fit(refit=True)
    assert asked is not None
    assert asked.became == "champion"


@pytest.mark.long
def test_a_pinned_model_forecasts_whatever_is_fitted(house: LifetimeHouse) -> None:
    first = house.first_fit()
    before = house.forecast()
    house.no_backtests()
    refitted(house)
    house.connection.execute(
        "create table promotions as select 'lifetime_value' as segmentation, 'sample' as dataset,"
        f" '' as variant, '{first.model_version}' as model_version, 'pin' as action,"
        " '2020-01-01' as decided_on"
    )
    put_current_model(house.connection, "lifetime_value", SETTINGS, promotions="promotions")
    house.connection.execute(f"update run set as_of = date '{shop.AS_OF}'")
    assert house.forecast().equals(before)


def test_options_that_do_not_exist_are_said(house: LifetimeHouse) -> None:
    with pytest.raises(OptionError, match="Did you mean 'purchase_model'"):
        house.fit(overrides={"purchase_modell": "bg_nbd"})
    with pytest.raises(OptionError, match="combine is 'yes'"):
        house.fit(overrides={"combine": "yes"})


def test_a_day_before_the_first_quarter_ended_promises_nothing(
    house: LifetimeHouse,
) -> None:
    house.connection.execute("delete from backtests")
    model = house.fit()
    assert model is not None
    assert (model.accuracy, model.losses, model.combinations) == ([], [], [])
    assert model.verdict["loses_to_last_period"] is None
    assert house.forecast()["expected_loss"].isna().all()
    assert model.as_of == datetime.date(2025, 6, 30)


@pytest.mark.long
def test_without_spends_purchases_are_forecast_and_revenue_is_not(
    house: LifetimeHouse,
) -> None:
    for table in ("customers", "backtests"):
        house.connection.execute(f"update {table} set mean_repeat_spend = null")
    model = house.fit()
    assert model is not None
    assert model.spend is None
    assert "revenue is not" in str(model.notes)
    found = house.forecast()
    assert found["expected_revenue_90_days"].isna().all()
    assert found["lifetime_value"].isna().all()
    assert (found["expected_purchases_90_days"] > 0).any()
    assert found["reason_2"].str.contains("purchases are expected in the next 90 days").all()
