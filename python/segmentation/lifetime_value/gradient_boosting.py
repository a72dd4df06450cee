"""Gradient boosting on what is known of customers: what a forecast is compared with."""

from __future__ import annotations

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
    model.fit(_features(*earlier), actual)
    predicted: Numbers = np.maximum(model.predict(_features(*later)), 0.0)
    return predicted


def _features(customers: CustomersOnDay, expected: Expected) -> Numbers:
    purchases = customers.purchases
    unknown = np.full(len(customers), np.nan)
    paces = [customers.paces[measure] for measure in MEASURES]
    return np.column_stack(
        [
            purchases.frequency,
            purchases.age,
            purchases.age - purchases.recency,
            customers.mean_repeat_spend,
            *(column for p in paces for column in (p.last_30_days, p.last_90_days, p.window)),
            expected.probability_active,
            # Missing where there is no spend model on that day: trees take missing values.
            *(expected.mean.get(measure, unknown) for measure in MEASURES),
        ]
    )
