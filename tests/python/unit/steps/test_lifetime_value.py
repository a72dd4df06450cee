"""The steps of lifetime value on the tables that a dbt build would have made."""

from __future__ import annotations

import datetime
from typing import Any

import duckdb
import lifetime_value_shop as shop
import numpy as np
import pandas as pd
import pytest
from newest_model import put_current_model
from segmentation.lifetime_value.combined_forecast import CombinedForecast, Levels
from segmentation.lifetime_value.customers_on_day import CustomersOnDay, expect
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.forecast import forecast_customers
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import HORIZONS, ForecastOptions
from segmentation.registry.header import StoredModelError
from segmentation.registry.option_checks import OptionError
from segmentation.steps.apply_lifetime_value import forecast_lifetime_value
from segmentation.steps.fit_lifetime_value import fit_lifetime_value_if_needed
from segmentation.steps.judge_forecasts_by_segment import judge_forecasts_by_segment
from segmentation.steps.measure_forecast_error import measure_forecast_error

SETTINGS: dict[str, Any] = {"gradient_boosting": False, "seed": 3}


class LifetimeHouse:
    """The tables that a dbt build would have made."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, days: pd.DataFrame) -> None:
        self.connection = connection
        self.put("customers", shop.customers_on(days, shop.AS_OF))
        frames = shop.backtest_frames(days, shop.QUARTER_ENDS)
        self.put("backtests", pd.concat([f.assign(forecast_on=day) for day, f in frames]))
        connection.execute(
            "create table run as select 'sample' as dataset, 'default' as variant, "
            f"date '{shop.AS_OF}' as as_of, 365 as lrfm_window_days"
        )
        connection.register("no_models", LifetimeValueModel.as_table())
        connection.execute("create table models as select * from no_models")
        put_current_model(connection, "lifetime_value", SETTINGS)

    def put(self, name: str, frame: pd.DataFrame) -> None:
        self.connection.register("frame", frame)
        self.connection.execute(f"create or replace table {name} as select * from frame")
        self.connection.unregister("frame")

    def fit(self, **arguments: Any) -> LifetimeValueModel | None:
        """Fit if needed, store what is returned, and return the model."""
        table = fit_lifetime_value_if_needed(
            self.connection,
            customers="customers",
            backtests="backtests",
            run_settings="run",
            history="models",
            **{"settings": SETTINGS, **arguments},
        )
        self.connection.register("fitted", table)
        self.connection.execute("insert into models by name select * from fitted")
        rows = table.to_pylist()
        return LifetimeValueModel.from_record(rows[0]) if rows else None

    def forecast(self) -> pd.DataFrame:
        """Return the forecast of all customers, by customer_id."""
        relation = forecast_lifetime_value(
            self.connection,
            customers="customers",
            models="models",
            current_model="current_model",
            run_settings="run",
        )
        return relation.df().sort_values("customer_id").reset_index(drop=True)


@pytest.fixture(scope="module")
def days() -> pd.DataFrame:
    return shop.purchase_days()


@pytest.fixture
def house(days: pd.DataFrame) -> LifetimeHouse:
    return LifetimeHouse(duckdb.connect(), days)


def test_a_model_is_fitted_once_and_kept(house: LifetimeHouse) -> None:
    model = house.fit()
    assert model is not None
    assert (model.customers, model.why_none) == (400, None)
    assert model.verdict["method"] in ("combined", "purchase model")
    assert {row["measure"] for row in model.combinations} == {"purchases", "revenue"}
    assert {row["learned_on"] for row in model.combinations} == {shop.QUARTER_ENDS[-1]}
    assert house.fit() is None


@pytest.mark.parametrize(
    "option", [{"lifetime_years": 5}, {"discount_rate": 0.2}, {"gradient_boosting": True}]
)
def test_what_changes_no_fit_does_not_refit(house: LifetimeHouse, option: dict[str, Any]) -> None:
    house.fit()
    assert house.fit(overrides=option) is None


def test_another_purchase_model_is_another_fit(house: LifetimeHouse) -> None:
    house.fit()
    model = house.fit(overrides={"purchase_model": "bg_nbd"})
    assert model is not None
    assert (model.algorithm, model.fit_reason) == ("bg_nbd", "the configuration changed")
    assert "option" in model.choice


def test_the_same_customers_in_another_order_are_the_same_model(
    house: LifetimeHouse, days: pd.DataFrame
) -> None:
    first = house.fit()
    other = LifetimeHouse(duckdb.connect(), days)
    for table in ("customers", "backtests"):
        other.connection.execute(
            f"create or replace table {table} as from {table} order by md5(customer_id || 'x')"
        )
    again = other.fit()
    assert first is not None
    assert again is not None
    assert again.model_version == first.model_version
    assert again.accuracy == first.accuracy
    assert other.forecast().equals(house.forecast())


def test_too_few_customers_are_said_and_fitted_when_there_are_enough(
    house: LifetimeHouse, caplog: pytest.LogCaptureFixture
) -> None:
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


def test_customers_without_a_repeat_purchase_are_no_model(house: LifetimeHouse) -> None:
    house.connection.execute(
        "update customers set repeat_purchases = 0, last_repeat_weeks = 0, mean_repeat_spend = null"
    )
    model = house.fit()
    assert model is not None
    assert "second day" in str(model.why_none)


def test_the_query_gives_what_the_library_gives(house: LifetimeHouse) -> None:
    model = house.fit(overrides={"combine": False})
    assert model is not None
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


def test_recent_paces_are_weighed_as_the_library_weighs_them(house: LifetimeHouse) -> None:
    model = house.fit()
    assert model is not None
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


def test_recent_purchases_of_somebody_who_seems_to_have_left_are_expected_once(
    house: LifetimeHouse,
) -> None:
    """A level between a half and two holds for all horizons, the rest for the next 90 days."""
    model = house.fit()
    assert model is not None
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
    model = house.fit()
    assert model is not None
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


def test_longer_horizons_expect_no_less_of_customers_who_stopped(house: LifetimeHouse) -> None:
    """Recent paces of 0 may bring the forecast of 90 days to 0: that of 30 is no larger."""
    model = house.fit()
    assert model is not None
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
    model = house.fit(overrides={"combine": combine})
    assert model is not None
    options = {"combine": combine, "lifetime_years": 1, "discount_rate": 0.0}
    put_current_model(house.connection, "lifetime_value", SETTINGS, options)
    found = house.forecast()
    np.testing.assert_allclose(found["lifetime_value"], found["expected_revenue_365_days"])


def test_a_forecast_that_ranks_nobody_has_no_expected_loss(house: LifetimeHouse) -> None:
    model = house.fit(overrides={"combine": False})
    assert model is not None
    found = house.forecast()
    assert found["expected_loss"].isna().all() == (not model.verdict["ranks_customers"])
    assert found["run_rate"].notna().all()


def test_intervals_hold_their_forecasts_and_longer_horizons_more(house: LifetimeHouse) -> None:
    house.fit()
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
    house.fit()
    found = house.forecast()
    for name in ("reason_1", "reason_2", "reason_3"):
        assert found[name].str.endswith(".").all()
    assert (
        found["reason_2"]
        .str.contains(r"^Brought [\d,.]+ per 90 days so far; [\d,.]+ are expected")
        .all()
    )


def test_without_spends_purchases_are_forecast_and_revenue_is_not(house: LifetimeHouse) -> None:
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


def test_a_customer_of_useless_spends_is_taken_to_spend_what_everybody_does(
    house: LifetimeHouse,
) -> None:
    house.fit()
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


def test_a_damaged_model_is_not_applied_and_the_next_build_fits(house: LifetimeHouse) -> None:
    house.fit()
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
    first = house.fit()
    assert first is not None
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


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ("update {} set mean_repeat_spend = null", "models 1.00 below 2.00"),
        ("delete from {} where customer_id >= 'c0099'", "models 0.00 below 2.00"),
    ],
)
def test_a_refit_that_forecasts_less_waits(
    house: LifetimeHouse, logged: pytest.LogCaptureFixture, change: str, failed: str
) -> None:
    first = house.fit()
    assert first is not None
    for table in ("customers", "backtests"):
        house.connection.execute(change.format(table))
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


def test_a_pinned_model_forecasts_whatever_is_fitted(house: LifetimeHouse) -> None:
    first = house.fit()
    assert first is not None
    before = house.forecast()
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


def test_a_day_before_the_first_quarter_ended_promises_nothing(house: LifetimeHouse) -> None:
    house.connection.execute("delete from backtests")
    model = house.fit()
    assert model is not None
    assert (model.accuracy, model.losses, model.combinations) == ([], [], [])
    assert model.verdict["loses_to_last_period"] is None
    assert house.forecast()["expected_loss"].isna().all()
    assert model.as_of == datetime.date(2025, 6, 30)


def _forecast_combined(
    house: LifetimeHouse,
    model: LifetimeValueModel,
    combinations: dict[str, CombinedForecast] | None = None,
) -> pd.DataFrame:
    """Forecast by the weights of recent paces, whatever back-tests say of them."""
    from segmentation.engine.duckdb import DuckDBEngine
    from segmentation.lifetime_value.forecast_query import forecast_query

    house.forecast()  # leaves the histories behind
    fitted = LifetimeValueFit.from_record(model.fit_record)
    query = forecast_query(
        DuckDBEngine(house.connection),
        "customers",
        "segmentation_forecast_histories",
        spend=fitted.spend.model,
        combinations=combinations
        or {row["measure"]: CombinedForecast.from_record(row) for row in model.combinations},
        ranks_customers=True,
        model_version=model.model_version,
        as_of=shop.AS_OF.isoformat(),
    )
    return house.connection.sql(str(query)).df().sort_values("customer_id").reset_index(drop=True)


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


def test_on_the_day_of_the_fit_its_newest_back_test_is_judged(house: LifetimeHouse) -> None:
    model = house.fit()
    assert model is not None
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


def test_later_the_forecast_of_the_model_itself_is_judged(
    house: LifetimeHouse, days: pd.DataFrame
) -> None:
    model = house.fit()
    assert model is not None
    following = datetime.date(2025, 9, 30)
    house.connection.execute("update run set as_of = date '2025-12-31'")
    ((_, frame),) = shop.backtest_frames(days, [following])
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


def test_of_few_customers_chance_allows_more(house: LifetimeHouse, days: pd.DataFrame) -> None:
    model = house.fit()
    assert model is not None
    following = datetime.date(2025, 9, 30)
    house.connection.execute("update run set as_of = date '2025-12-31'")
    ((_, frame),) = shop.backtest_frames(days, [following])
    house.put("backtests", frame.assign(forecast_on=following))
    of_all = _drift(house).loc["purchases"]
    house.put("backtests", frame.head(20).assign(forecast_on=following))
    of_few = _drift(house).loc["purchases"]
    assert (of_all["customers_now"], of_few["customers_now"]) == (len(frame), 20)
    assert of_few["threshold"] > 1.5 * of_all["threshold"]


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
    model = house.fit()
    assert model is not None
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
    house.fit()
    _observed(house, [datetime.date(2025, 1, 31)])
    assert _by_segment(house, "no_such_table").empty


def test_a_model_of_an_earlier_version_is_not_judged_by_segment(house: LifetimeHouse) -> None:
    house.fit()
    (row,) = house.connection.sql("from models").to_arrow_table().to_pylist()
    earlier = LifetimeValueModel.as_table([], [row | {"past_fits": None, "horizons": None}])
    house.connection.register("earlier", earlier)
    house.connection.execute("create or replace table models as select * from earlier")
    _observed(house, list(shop.QUARTER_ENDS))
    assert _by_segment(house, "no_such_table").empty
