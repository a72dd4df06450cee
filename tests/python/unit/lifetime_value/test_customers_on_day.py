"""What a fit expects of customers, against customers that are simulated by its own rules."""

from __future__ import annotations

import dataclasses

import lifetime_value_shop as shop
import numpy as np
import pytest
from segmentation.lifetime_value.customers_on_day import (
    PURCHASES,
    REVENUE,
    CustomersOnDay,
    expect,
)
from segmentation.lifetime_value.fit import LifetimeValueFit, fit_lifetime_value
from segmentation.lifetime_value.spend_model import SpendModel


@pytest.fixture(scope="module")
def customers() -> CustomersOnDay:
    return CustomersOnDay.from_frame(shop.customers_on(shop.purchase_days(), shop.AS_OF))


@pytest.fixture(scope="module")
def fitted(customers: CustomersOnDay) -> LifetimeValueFit:
    found = fit_lifetime_value(customers.purchases, customers.mean_repeat_spend)
    assert isinstance(found, LifetimeValueFit)
    return found


def test_means_and_variances_are_those_of_simulated_customers(
    customers: CustomersOnDay, fitted: LifetimeValueFit
) -> None:
    """Of each of the first customers 20,000 futures are drawn, from what is known of them."""
    expected = expect(fitted, customers)
    model, spend = fitted.purchases.model, fitted.spend.model
    random = np.random.default_rng(11)
    draws = 20_000
    # Of fewer purchases the variance of revenue is nearly infinite, and no draws would find it.
    often = (customers.purchases.frequency >= 8) & (expected.probability_active > 0.8)
    for i in np.flatnonzero(often)[:4]:
        x, age = customers.purchases.frequency[i], customers.purchases.age[i]
        rate = random.gamma(model.r + x, 1 / (model.alpha + age), draws)
        leaving = random.beta(model.a, model.beta_of_staying(np.array([x]))[0], draws)
        active = random.random(draws) < expected.probability_active[i]
        met = random.poisson(rate * 90 / 7)
        stays = random.geometric(np.clip(leaving, 1e-12, 1))
        purchases = np.where(active, np.minimum(met, stays), 0)
        scale = spend.v + x * customers.mean_repeat_spend[i]
        of_spend = random.gamma(spend.q + spend.p * x, 1 / scale, draws)
        revenue = np.where(
            purchases > 0, random.gamma(np.maximum(spend.p * purchases, 1e-9)) / of_spend, 0.0
        )
        for measure, drawn in ((PURCHASES, purchases), (REVENUE, revenue)):
            assert expected.mean[measure][i] == pytest.approx(drawn.mean(), rel=0.08, abs=0.02)
            deviation = np.sqrt(expected.variance[measure][i])
            assert deviation == pytest.approx(drawn.std(), rel=0.15, abs=0.05)
        assert expected.any_purchase[i] == pytest.approx((purchases > 0).mean(), abs=0.02)


def test_an_uncertain_mean_spend_widens_revenue(
    customers: CustomersOnDay, fitted: LifetimeValueFit
) -> None:
    """Little is known of the mean spend of few purchases: half of the variance comes from there."""
    spend = SpendModel(p=20.0, q=6.0, v=1000.0)
    few = np.flatnonzero(customers.purchases.frequency == 0)[0]
    uncertain = dataclasses.replace(fitted, spend=dataclasses.replace(fitted.spend, model=spend))
    expected = expect(uncertain, customers)
    random = np.random.default_rng(5)
    model, age = fitted.purchases.model, customers.purchases.age[few]
    rate = random.gamma(model.r, 1 / (model.alpha + age), 400_000)
    leaving = random.beta(model.a, model.beta_of_staying(np.array([0]))[0], 400_000)
    active = random.random(400_000) < expected.probability_active[few]
    stays = random.geometric(np.clip(leaving, 1e-12, 1))
    purchases = np.where(active, np.minimum(random.poisson(rate * 90 / 7), stays), 0)
    of_spend = random.gamma(spend.q, 1 / spend.v, 400_000)
    drawn = np.where(
        purchases > 0, random.gamma(np.maximum(spend.p * purchases, 1e-9)) / of_spend, 0.0
    )
    assert expected.variance[REVENUE][few] == pytest.approx(drawn.var(), rel=0.08)


def test_without_a_spend_model_only_purchases_are_expected(customers: CustomersOnDay) -> None:
    found = fit_lifetime_value(customers.purchases)
    assert isinstance(found, LifetimeValueFit)
    assert list(expect(found, customers).mean) == [PURCHASES]


def test_a_frame_is_read_column_by_column(customers: CustomersOnDay) -> None:
    frame = shop.customers_on(shop.purchase_days(), shop.AS_OF)
    assert len(customers) == len(frame)
    assert customers.purchases.frequency.tolist() == frame["repeat_purchases"].tolist()
    pace = frame["revenue_in_window"] * 90 / frame["days_in_window"]
    assert customers.paces[REVENUE].window == pytest.approx(pace.to_numpy())
    assert (
        customers.paces[PURCHASES].last_30_days.tolist()
        == (frame["purchases_30_days"] * 3).tolist()
    )
