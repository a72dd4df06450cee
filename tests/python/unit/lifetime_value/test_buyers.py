"""How many buy at all: predicted, with an interval that earlier days widen."""

from __future__ import annotations

import datetime

import lifetime_value_shop as shop
import numpy as np
import pytest
from segmentation.lifetime_value.backtest_groups import STATES, groups_of
from segmentation.lifetime_value.buyers import BuyerForecasts
from segmentation.lifetime_value.customers_on_day import CustomersOnDay

DAY = datetime.date(2025, 3, 31)


@pytest.fixture(scope="module")
def customers() -> CustomersOnDay:
    frame = shop.customers_on(shop.purchase_days(), DAY)
    states = np.array(STATES, dtype=object)[np.arange(len(frame)) % 2]
    return CustomersOnDay.from_frame(frame.assign(purchase_state=states))


def test_customers_are_grouped_by_state_where_it_is_known(customers: CustomersOnDay) -> None:
    predicted = np.linspace(0.0, 1.0, len(customers))
    found = dict(groups_of(customers, predicted))
    named = [(number, name) for number, name, _ in found["state"]]
    assert named == [(1, "on time"), (2, "overdue")]
    assert sum(int(rows.sum()) for _, _, rows in found["state"]) == len(customers)
    without = CustomersOnDay.from_frame(shop.customers_on(shop.purchase_days(), DAY))
    assert "state" not in dict(groups_of(without, predicted))


def test_intervals_of_well_judged_chances_hold(customers: CustomersOnDay) -> None:
    """All groupings, of groups that few buy in and that nearly all buy in."""
    random = np.random.default_rng(7)
    forecasts = BuyerForecasts()
    for _ in range(4):
        chance = random.beta(0.7, 0.4, len(customers))
        bought = random.random(len(chance)) < chance
        rows = list(forecasts.judged(DAY, list(groups_of(customers, chance)), chance, bought))
    assert {row["grouped_by"] for row in rows} == {"all", "decile", "repeat purchases", "state"}
    held = [row["lower_predicted"] <= row["actual"] <= row["upper_predicted"] for row in rows]
    assert np.mean(held) >= 0.85
    assert all(0 <= row["lower_predicted"] <= row["predicted"] for row in rows)
    assert all(row["predicted"] <= row["upper_predicted"] <= row["customers"] for row in rows)


def test_earlier_errors_widen_an_interval(customers: CustomersOnDay) -> None:
    chance = np.full(len(customers), 0.8)
    none, some = np.zeros(len(chance), dtype=bool), np.arange(len(chance)) % 5 > 0
    groupings = list(groups_of(customers, chance))
    widths = []
    for before in (none, some):
        forecasts = BuyerForecasts()
        list(forecasts.judged(DAY, groupings, chance, before))
        whole = next(iter(forecasts.judged(DAY, groupings, chance, some)))
        widths.append(whole["upper_predicted"] - whole["lower_predicted"])
        assert whole["grouped_by"] == "all"
    assert widths[0] > 2 * widths[1]


def test_where_all_buy_the_interval_ends_at_all(customers: CustomersOnDay) -> None:
    chance = np.full(len(customers), 0.999)
    groupings = list(groups_of(customers, chance))
    whole = next(iter(BuyerForecasts().judged(DAY, groupings, chance, chance > 0)))
    assert whole["actual"] == whole["upper_predicted"] == len(customers)
