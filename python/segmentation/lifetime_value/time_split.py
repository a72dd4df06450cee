"""Compares purchase models by what customers did later.

A model fitted to the histories up to an earlier day gives each customer a distribution of later
purchases. The mean logarithm of the probability that it gave to what then happened is a proper
score: no other probabilities than the true ones have a higher expectation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.lifetime_value.maximum_likelihood import inner
from segmentation.lifetime_value.purchase_models import PurchaseModel
from segmentation.lifetime_value.purchases_while_active import exactly
from segmentation.lifetime_value.repeat_purchases import (
    Counts,
    Numbers,
    PurchaseHistoryError,
    RepeatPurchases,
)

# Smallest probability of an outcome: one customer whom a model excludes decides nothing alone.
_SMALLEST = 1e-12


@dataclass(frozen=True)
class TimeSplit:
    """Histories up to an earlier day, and what the same customers bought after it.

    Attributes
    ----------
    earlier : RepeatPurchases
        As of the earlier day, of everybody who had bought by then.
    later_purchases : ndarray of int64, shape (n,)
        Purchase days after it.
    later_weeks : float
        Weeks from the earlier day to the day of the build; above 0.
    """

    earlier: RepeatPurchases
    later_purchases: Counts
    later_weeks: float

    def __post_init__(self) -> None:
        if len(self.later_purchases) != len(self.earlier):
            raise PurchaseHistoryError(
                f"There are {len(self.later_purchases):,} numbers of later purchases for "
                f"{len(self.earlier):,} customers. Pass one each, 0 for none."
            )
        if not (np.isfinite(self.later_weeks) and self.later_weeks > 0):
            raise PurchaseHistoryError(
                f"later_weeks is {self.later_weeks!r}. It must be a number above 0."
            )
        if len(self.later_purchases) and self.later_purchases.min() < 0:
            raise PurchaseHistoryError("A number of later purchases is negative. Count days.")


def probability_of(
    model: PurchaseModel, purchases: RepeatPurchases, weeks: float, n: Counts
) -> Numbers:
    """Return the probability that each customer buys exactly n times in the coming weeks.

    Parameters
    ----------
    model : PurchaseModel
    purchases : RepeatPurchases
        Of k customers.
    weeks : float
    n : ndarray of int64, shape (k,)

    Returns
    -------
    ndarray of shape (k,)
    """
    active = model.probability_active(purchases)
    bought = exactly(model, purchases.frequency, purchases.age, weeks, n)
    return np.where(n == 0, (1.0 - active) + active * bought, active * bought)


def later_log_likelihood(model: PurchaseModel, split: TimeSplit) -> float:
    """Return the log-likelihood of the later purchases, under a model of the earlier ones.

    Parameters
    ----------
    model : PurchaseModel
        Fitted to `split.earlier`.
    split : TimeSplit
    """
    grouped = split.earlier.grouped()
    most = int(split.later_purchases.max(initial=0)) + 1
    code, distinct = pd.factorize(grouped.position * most + split.later_purchases, sort=True)
    histories, n = np.divmod(distinct, most)
    probability = probability_of(
        model, grouped.purchases.taken(histories), split.later_weeks, n.astype(np.int64)
    )
    return inner(np.bincount(code).astype(np.float64), np.log(np.maximum(probability, _SMALLEST)))
