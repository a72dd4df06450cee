"""What is known of customers on a day, and what a fit expects of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.lifetime_value.combined_forecast import Paces
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.options import MEASURES, PERIOD_DAYS, PURCHASES, REVENUE
from segmentation.lifetime_value.purchases_while_active import purchases_while_active
from segmentation.lifetime_value.repeat_purchases import DAYS_PER_WEEK, Numbers, RepeatPurchases

# Columns of int_customer_repeat_purchases that a forecast needs, each as a double.
COLUMNS = (
    "repeat_purchases",
    "last_repeat_weeks",
    "age_weeks",
    "mean_repeat_spend",
    "purchases_30_days",
    "purchases_90_days",
    "purchases_in_window",
    "revenue_30_days",
    "revenue_90_days",
    "revenue_in_window",
    "days_in_window",
)
# Of int_value_forecast_backtests: no forecast reads it, groups are made by it.
STATE_COLUMN = "purchase_state"


@dataclass(frozen=True)
class CustomersOnDay:
    """What is known of customers on a day.

    Attributes
    ----------
    purchases : RepeatPurchases
        Of n customers.
    mean_repeat_spend : ndarray, shape (n,)
        NaN without a repeat purchase of known spend.
    paces : dict of str to Paces
        Of purchases and of revenue.
    states : ndarray of str, shape (n,), optional
        Purchase states of that day (macros/purchase_state.sql).
    """

    purchases: RepeatPurchases
    mean_repeat_spend: Numbers
    paces: dict[str, Paces]
    states: NDArray[np.object_] | None = None

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Read a frame with the columns :data:`COLUMNS`, and :data:`STATE_COLUMN` if it has it."""
        values = {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in COLUMNS}
        return cls(
            RepeatPurchases.of(
                values["repeat_purchases"], values["last_repeat_weeks"], values["age_weeks"]
            ),
            values["mean_repeat_spend"],
            {
                measure: Paces.of(
                    values[f"{measure}_30_days"],
                    values[f"{measure}_90_days"],
                    values[f"{measure}_in_window"],
                    values["days_in_window"],
                    PERIOD_DAYS,
                )
                for measure in MEASURES
            },
            frame[STATE_COLUMN].to_numpy(object) if STATE_COLUMN in frame else None,
        )

    def __len__(self) -> int:
        return len(self.purchases)


@dataclass(frozen=True)
class Expected:
    """What a purchase and a spend model expect of customers in a period.

    Attributes
    ----------
    probability_active, any_purchase : ndarray, shape (n,)
        Of being a customer still, and of a purchase in the period.
    mean, variance : dict of str to ndarray, shape (n,)
        Of purchases, and of revenue where there is a spend model. The parameters are taken as they
        are.
    """

    probability_active: Numbers
    any_purchase: Numbers
    mean: dict[str, Numbers]
    variance: dict[str, Numbers]


def expect(
    fitted: LifetimeValueFit, customers: CustomersOnDay, days: int = PERIOD_DAYS
) -> Expected:
    """Return what a fit expects of customers in the days after.

    Parameters
    ----------
    fitted : LifetimeValueFit
    customers : CustomersOnDay
    days : int
        Length of the period.
    """
    grouped = customers.purchases.grouped()
    histories = grouped.purchases
    model = fitted.purchases.model
    active = model.probability_active(histories)
    ahead = purchases_while_active(model, histories.frequency, histories.age, days / DAYS_PER_WEEK)
    at = grouped.position
    mean = (active * ahead.mean)[at]
    square = (active * ahead.mean_square)[at]
    means = {PURCHASES: mean}
    variances = {PURCHASES: np.maximum(square - mean**2, 0.0)}
    if fitted.spend is not None:
        spend = fitted.spend.model
        frequency = customers.purchases.frequency
        expected = spend.expected_spend(frequency, customers.mean_repeat_spend)
        # Spends of a customer share a rate, gamma distributed with this shape; given the rate, a
        # spend varies with shape p.
        shape = spend.q + spend.p * frequency
        of_rate = 1.0 / np.maximum(shape - 2.0, 0.5)
        means[REVENUE] = expected * mean
        variances[REVENUE] = expected**2 * ((1.0 + of_rate) * (square + mean / spend.p) - mean**2)
    return Expected(active[at], (active * ahead.any_purchase)[at], means, variances)
