"""Gradient boosting on what is known of customers: what a forecast is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segmentation.lifetime_value.customers_on_day import CustomersOnDay, Expected
from segmentation.lifetime_value.options import MEASURES
from segmentation.lifetime_value.repeat_purchases import Numbers


def learn_and_predict(
    earlier: tuple[CustomersOnDay, Expected],
    actual: Numbers,
    later: tuple[CustomersOnDay, Expected],
    seed: int,
) -> Numbers:
    """Learn from an earlier day and its outcome, and predict for a later day.

    scikit-learn's histogram gradient boosting. Features are repeat purchases, age, time since the
    last purchase, spends, recent paces, and what the purchase model says.

    Parameters
    ----------
    earlier : tuple of CustomersOnDay and Expected
    actual : ndarray, shape (n,)
        The outcome after the earlier day.
    later : tuple of CustomersOnDay and Expected
        Of m customers.
    seed : int

    Returns
    -------
    ndarray, shape (m,)
        0 or more.
    """
    # Loaded by the step that fits, see segmentation.engine.threads.load_scikit_learn.
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(
        max_iter=100, max_leaf_nodes=15, min_samples_leaf=20, random_state=seed
    )
    # A day on which few have a known spend has no spend model.
    known = [m for m in MEASURES if m in earlier[1].mean and m in later[1].mean]
    model.fit(_features(*earlier, known), actual)
    predicted: Numbers = np.maximum(model.predict(_features(*later, known)), 0.0)
    return predicted


def _features(customers: CustomersOnDay, expected: Expected, known: Sequence[str]) -> Numbers:
    """Return a row of features for each customer; `known` are the measures both days expect."""
    purchases = customers.purchases
    paces = [customers.paces[measure] for measure in MEASURES]
    return np.column_stack(
        [
            purchases.frequency,
            purchases.age,
            purchases.age - purchases.recency,
            customers.mean_repeat_spend,
            *(column for p in paces for column in (p.last_30_days, p.last_90_days, p.window)),
            expected.probability_active,
            *(expected.mean[measure] for measure in known),
        ]
    )
