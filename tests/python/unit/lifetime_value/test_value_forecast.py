"""Forecasts of customers: bounds, revenue, lifetime value, next purchases, in any order."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from purchase_histories import simulated
from segmentation.lifetime_value import (
    HORIZONS,
    LifetimeValueFit,
    RepeatPurchases,
    fit_lifetime_value,
    forecast,
    forecast_customers,
    forecast_histories,
)
from segmentation.lifetime_value.fit import Candidate
from segmentation.lifetime_value.maximum_likelihood import LikelihoodFit, Maximum
from segmentation.lifetime_value.options import ForecastOptions
from segmentation.lifetime_value.purchase_fit import PurchaseFit
from segmentation.lifetime_value.purchase_models import BG_NBD, MBG_NBD, PurchaseModel
from segmentation.lifetime_value.spend_model import SpendFit, SpendModel
from segmentation.lifetime_value.time_split import probability_of

TRUTH = PurchaseModel(MBG_NBD, 0.8, 5.0, 0.8, 2.0)
SPEND = SpendModel(4.0, 4.0, 30.0)


def known_likelihood(parameters: int, customers: int) -> dict[str, Any]:
    """Return the fields of a fit whose parameters are known exactly."""
    return LikelihoodFit.at_maximum(
        Maximum(np.zeros(parameters), np.zeros((parameters, parameters)), 0.0, False, 4, 4),
        customers,
    )


def fit_of(model: PurchaseModel, spend: SpendModel | None = SPEND) -> LifetimeValueFit:
    """Return a fit that knows its parameters exactly."""
    purchases = PurchaseFit(
        model=model, repeat_customers=500, distinct_histories=400, **known_likelihood(4, 1_000)
    )
    known = spend and SpendFit(model=spend, excluded=0, correlation=0.0, **known_likelihood(3, 500))
    return LifetimeValueFit((Candidate(purchases, None, True),), "option", known, ())


def customers_of(purchases: RepeatPurchases, spend: np.ndarray | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "frequency": purchases.frequency,
            "recency": purchases.recency,
            "age": purchases.age,
            "spend": np.nan if spend is None else spend,
        },
        index=[f"C{row}" for row in range(len(purchases))],
    )


def spending(purchases: RepeatPurchases, later: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Return customers with spends as SPEND says, and the revenue of their later purchases."""
    random = np.random.default_rng(10)
    nu = random.gamma(SPEND.q, 1.0 / SPEND.v, len(purchases))
    x = purchases.frequency
    spend = random.gamma(SPEND.p * np.maximum(x, 1), 1.0 / nu) / np.maximum(x, 1)
    revenue = np.where(later > 0, random.gamma(SPEND.p * np.maximum(later, 1), 1.0 / nu), 0.0)
    return customers_of(purchases, np.where(x > 0, spend, np.nan)), revenue


@pytest.fixture(scope="module")
def shop() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return customers who do as the models say, and what they did in 180 days."""
    weeks = 180 / 7
    purchases, later, _ = simulated(TRUTH, 30_000, seed=9, later_weeks=weeks)
    customers, revenue = spending(purchases, later)
    return customers, later, revenue


def test_bounds_are_the_exact_quantiles() -> None:
    purchases, _, _ = simulated(TRUTH, 300, seed=1)
    found = forecast_customers(fit_of(TRUTH), customers_of(purchases))
    for days in HORIZONS:
        each = np.array(
            [
                probability_of(TRUTH, purchases, days / 7, np.full(300, n, dtype=np.int64))
                for n in range(300)
            ]
        )
        cumulated = each.cumsum(axis=0)
        for name, level in (("lower", 0.05), ("upper", 0.95)):
            expected = (cumulated < level - 1e-12).sum(axis=0)
            np.testing.assert_array_equal(found[f"{name}_purchases_{days}_days"], expected)
        np.testing.assert_allclose(
            found[f"expected_purchases_{days}_days"],
            (np.arange(300)[:, None] * each).sum(axis=0),
            rtol=1e-8,
        )
        np.testing.assert_allclose(found[f"probability_of_purchase_{days}_days"], 1 - each[0])


@pytest.mark.long
def test_lower_bounds_of_a_year_hold_where_customers_leave_early() -> None:
    """Of those whose lower bound is not 0, 5 % bring less."""
    truth = PurchaseModel(MBG_NBD, 1.5, 3.0, 0.3, 1.5)
    purchases, later, _ = simulated(truth, 30_000, seed=9, later_weeks=365 / 7)
    customers, revenue = spending(purchases, later)
    lower = forecast_customers(fit_of(truth), customers).lower_revenue_365_days
    some = lower > 0
    assert some.sum() > 5_000
    assert (revenue < lower)[some].mean() == pytest.approx(0.05, abs=0.008)


def test_intervals_hold_their_share_of_what_customers_do(
    shop: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    """Of 30,000: numbers are whole, so intervals hold at least 90 %; 95 % lie below the upper."""
    customers, later, revenue = shop
    found = forecast_customers(fit_of(TRUTH), customers)
    assert (later <= found.upper_purchases_180_days).mean() >= 0.945
    assert (later >= found.lower_purchases_180_days).mean() >= 0.945
    inside = (revenue >= found.lower_revenue_180_days) & (revenue <= found.upper_revenue_180_days)
    assert 0.89 <= inside.mean() <= 0.975
    # Of those whose upper bound is not 0, 5 % lie above it.
    some = found.upper_revenue_180_days > 0
    assert (revenue > found.upper_revenue_180_days)[some].mean() == pytest.approx(0.05, abs=0.008)
    once = some & (customers.frequency == 0)
    assert (revenue > found.upper_revenue_180_days)[once].mean() == pytest.approx(0.05, abs=0.012)


def test_expected_revenue_is_what_customers_spend(
    shop: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    customers, later, revenue = shop
    found = forecast_customers(fit_of(TRUTH), customers)
    for actual, expected in (
        (later, found.expected_purchases_180_days),
        (revenue, found.expected_revenue_180_days),
        ((later > 0).astype(float), found.probability_of_purchase_180_days),
    ):
        for rows in np.array_split(np.argsort(expected.to_numpy(), kind="stable"), 5):
            error = 4 * actual[rows].std() / np.sqrt(len(rows))
            assert actual[rows].mean() == pytest.approx(expected.iloc[rows].mean(), abs=error)


def test_neither_order_nor_batches_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    purchases, _, _ = simulated(TRUTH, 700, seed=2)
    customers = customers_of(purchases, np.where(purchases.frequency > 0, 20.0, np.nan))
    whole = forecast_customers(fit_of(TRUTH), customers)
    order = np.random.default_rng(0).permutation(len(customers))
    shuffled = forecast_customers(fit_of(TRUTH), customers.iloc[order])
    pd.testing.assert_frame_equal(shuffled.loc[whole.index], whole, check_exact=True)
    monkeypatch.setattr(forecast, "_BATCH", 17)
    pd.testing.assert_frame_equal(
        forecast_customers(fit_of(TRUTH), customers), whole, check_exact=True
    )


def test_distinct_histories_joined_are_the_customers() -> None:
    purchases, _, _ = simulated(TRUTH, 400, seed=2)
    spend = np.where(purchases.frequency > 0, 20.0, np.nan)
    customers = customers_of(purchases, spend)
    whole = forecast_customers(fit_of(TRUTH), customers)
    keys = ["frequency", "recency", "age"]
    joined = customers.merge(forecast_histories(fit_of(TRUTH), purchases), on=keys, how="left")
    scale = SPEND.scale(purchases.frequency, spend)
    np.testing.assert_array_equal(
        joined.upper_revenue_factor_90_days * scale, whole.upper_revenue_90_days
    )
    np.testing.assert_allclose(
        joined.expected_spend_factor * scale * joined.discounted_purchases, whole.lifetime_value
    )


def test_lifetime_value_is_revenue_over_the_years_discounted() -> None:
    purchases, _, _ = simulated(TRUTH, 200, seed=2)
    customers = customers_of(purchases, np.where(purchases.frequency > 0, 20.0, np.nan))
    one_year = forecast_customers(
        fit_of(TRUTH), customers, ForecastOptions(lifetime_years=1, discount_rate=0.0)
    )
    np.testing.assert_allclose(one_year.lifetime_value, one_year.expected_revenue_365_days)
    three, discounted = (
        forecast_customers(fit_of(TRUTH), customers, ForecastOptions(discount_rate=rate))
        for rate in (0.0, 0.2)
    )
    assert (three.lifetime_value > one_year.lifetime_value).all()
    assert (discounted.lifetime_value < three.lifetime_value).all()


def test_the_next_purchase_is_its_median() -> None:
    """In simulations of one customer's posterior, half of the next purchases are earlier."""
    history = RepeatPurchases.of([6], [30.0], [32.0])
    found = forecast_customers(fit_of(TRUTH), customers_of(history))
    random = np.random.default_rng(3)
    active = random.random(200_000) < found.probability_active.iloc[0]
    rate = random.gamma(TRUTH.r + 6, 1.0 / (TRUTH.alpha + 32.0), len(active))
    days = np.where(active, 7 * random.exponential(1.0, len(active)) / rate, np.inf)
    assert (days <= found.days_to_next_purchase.iloc[0]).mean() == pytest.approx(0.5, abs=0.005)


def test_somebody_who_is_gone_has_no_next_purchase() -> None:
    histories = RepeatPurchases.of([30, 6, 0], [10.0, 30.0, 0.0], [100.0, 32.0, 0.0])
    found = forecast_customers(
        fit_of(TRUTH), customers_of(histories), as_of=datetime.date(2025, 12, 31)
    )
    on = found.expected_next_purchase_on
    assert on.isna().tolist() == [True, False, False]
    assert found.probability_active.iloc[0] < 1e-6
    assert on.iloc[1] > pd.Timestamp("2025-12-31")
    assert on.iloc[1] == on.iloc[1].normalize()
    assert found.is_new.tolist() == [False, False, True]


def test_new_is_who_bought_once_and_lately() -> None:
    histories = RepeatPurchases.of([0, 0, 1], [0, 0, 1.0], [29 / 7, 30 / 7, 2.0])
    found = forecast_customers(fit_of(TRUTH), customers_of(histories))
    assert found.is_new.tolist() == [True, False, False]


def test_without_a_spend_model_revenue_is_missing() -> None:
    histories = RepeatPurchases.of([0, 3], [0, 8.0], [9.0, 9.0])
    found = forecast_customers(fit_of(TRUTH, None), customers_of(histories).drop(columns="spend"))
    assert found.expected_revenue_90_days.isna().all()
    assert found.upper_revenue_365_days.isna().all()
    assert found.lifetime_value.isna().all()
    assert found.expected_purchases_90_days.notna().all()


@pytest.mark.parametrize(
    "model",
    [
        TRUTH,
        PurchaseModel(BG_NBD, 0.01, 0.05, 0.02, 0.03),
        PurchaseModel(BG_NBD, 9.0, 0.5, 4.0, 4e3),
    ],
)
def test_extreme_customers_have_forecasts(model: PurchaseModel) -> None:
    histories = RepeatPurchases.of(
        [0, 0, 1, 1, 364, 5_000, 10_000],
        [0, 0, 1 / 7, 1 / 7, 52.0, 700.0, 1_500.0],
        [0, 1_500.0, 1 / 7, 1_500.0, 52.0, 720.0, 1_500.0],
    )
    found = forecast_customers(
        fit_of(model), customers_of(histories, np.array([np.nan, 1, 1e-6, 1e9, 1, 0.0, -5.0]))
    )
    numbers = found.drop(columns=["days_to_next_purchase", "is_new"])
    assert np.isfinite(numbers.to_numpy(np.float64)).all()
    assert (numbers >= 0).all(axis=None)
    for days in HORIZONS:
        expected = found[f"expected_purchases_{days}_days"]
        assert (found[f"upper_purchases_{days}_days"] >= np.floor(expected * 0.1)).all()
        assert (
            found[f"lower_purchases_{days}_days"] <= found[f"upper_purchases_{days}_days"]
        ).all()
        assert (found[f"lower_revenue_{days}_days"] <= found[f"upper_revenue_{days}_days"]).all()


def test_nobody_is_forecast_nothing() -> None:
    found = forecast_customers(fit_of(TRUTH), customers_of(RepeatPurchases.of([], [], [])))
    assert len(found) == 0
    assert "lifetime_value" in found


def test_a_fit_of_customers_forecasts_their_totals() -> None:
    purchases, later, _ = simulated(TRUTH, 20_000, seed=12, later_weeks=365 / 7)
    result = fit_lifetime_value(purchases)
    assert isinstance(result, LifetimeValueFit)
    found = forecast_customers(result, customers_of(purchases))
    assert found.expected_purchases_365_days.sum() == pytest.approx(later.sum(), rel=0.05)
