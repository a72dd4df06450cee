"""What a model says of everybody: newcomers over time, and customers by number of purchases."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.lifetime_value.purchase_models import PurchaseModel
from segmentation.lifetime_value.purchases_while_active import exactly, moments_while_active
from segmentation.lifetime_value.repeat_purchases import (
    DistinctPurchases,
    Numbers,
    RepeatPurchases,
)

# Customers with more repeat purchases are counted together.
MOST_COUNTED = 7


def newcomer_curve(model: PurchaseModel, weeks: Numbers) -> pd.DataFrame:
    """Return what is expected of somebody who buys for the first time today.

    Parameters
    ----------
    model : PurchaseModel
    weeks : ndarray of float64, shape (n,)
        Times ahead, 0 or more.

    Returns
    -------
    DataFrame
        week, expected_purchases (repeat purchases until then), share_active (probability of still
        being a customer then).
    """
    weeks = np.asarray(weeks, dtype=np.float64)
    nobody = np.zeros(len(weeks), dtype=np.int64)
    growth = weeks / model.alpha
    moments = moments_while_active(model, nobody, growth, float(growth.max(initial=0.0)))
    now = model.probability_active(RepeatPurchases.of([0], [0.0], [0.0]))[0]
    return pd.DataFrame(
        {"week": weeks, "expected_purchases": now * moments[0], "share_active": now * moments[2]}
    )


def customers_by_purchases(
    model: PurchaseModel,
    purchases: RepeatPurchases | DistinctPurchases,
    most: int = MOST_COUNTED,
) -> pd.DataFrame:
    """Return how many customers made 0, 1, ... repeat purchases, and how many the model expects.

    Parameters
    ----------
    model : PurchaseModel
    purchases : RepeatPurchases or DistinctPurchases
        The expectation is of newcomers of the same ages.
    most : int
        The last row counts customers with so many or more.

    Returns
    -------
    DataFrame
        repeat_purchases (0 to `most`), customers, expected_customers. Both sum to all customers.
    """
    grouped = purchases.grouped() if isinstance(purchases, RepeatPurchases) else purchases
    ages, at = grouped.ages
    of_age = np.bincount(at, grouped.customers, len(ages))
    now = model.probability_active(RepeatPurchases.of([0], [0.0], [0.0]))[0]
    # What a newcomer, of age 0, buys until the age of each.
    nobody, start = np.zeros(len(ages), dtype=np.int64), np.zeros(len(ages))
    expected = [float(of_age @ (now * exactly(model, nobody, start, ages, n))) for n in range(most)]
    expected[0] += float(of_age.sum()) * (1.0 - now)
    counted = np.minimum(grouped.purchases.frequency, most)
    return pd.DataFrame(
        {
            "repeat_purchases": np.arange(most + 1),
            "customers": np.bincount(counted, grouped.customers, most + 1).astype(np.int64),
            "expected_customers": [*expected, float(of_age.sum()) - sum(expected)],
        }
    )
