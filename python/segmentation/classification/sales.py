"""Expected sales between the first days and the age of the horizon.

A Tweedie regression (a compound Poisson-gamma one: many customers buy nothing, some buy a lot)
expects the sales of each customer from the first days. What customers of the ages in between did
buy, beside what was expected of them, puts it right: the factor of a chain ladder, as insurers
forecast claims (Mack, 1993, ASTIN Bulletin 23(2)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.classification.backtest import forward_rows
from segmentation.classification.grouping import Labels
from segmentation.engine.base import Engine
from segmentation.engine.sql import call, case, number, quoted, sum_of
from segmentation.features.arrays import Matrix

# Numbers of the first days; one that a data set lacks is left out.
SALES_FEATURES = (
    "early_purchases",
    "early_revenue",
    "early_items",
    "early_active_days",
    "early_last_day",
)

# Between Poisson (1) and gamma (2): zeros and amounts.
POWER = 1.5
PENALTY = 0.01
# No customer is expected to buy more than so many times the mean.
MOST_TIMES_THE_MEAN = 50.0
# The factor of the chain ladder counts as many customers of mean sales beside those it was seen on.
PRIOR_CUSTOMERS = 10
# A feature whose logarithms deviate by less does not vary.
ROUNDING = 1e-9


@dataclass(frozen=True)
class SpendModel:
    """A fitted regression as plain numbers.

    Expected sales are ``mean * min(exp(intercept + sum(weight * (ln(1 + x) - center) / scale)),
    50)``, where x is at least 0 and its fill value where it is unknown.

    Attributes
    ----------
    features : list of str
    fills, centers, scales, weights : list of float
    intercept : float
    mean : float
        Mean sales of a customer; 0 where nobody bought anything.
    """

    features: list[str]
    fills: list[float]
    centers: list[float]
    scales: list[float]
    weights: list[float]
    intercept: float
    mean: float

    def expected(self, frame: pd.DataFrame) -> Matrix:
        """Return expected sales of each row, shape (n,)."""
        score = np.full(len(frame), self.intercept)
        for j, name in enumerate(self.features):
            scaled = _logs(frame[name], self.fills[j]) - self.centers[j]
            score += self.weights[j] * scaled / self.scales[j]
        sales: Matrix = self.mean * np.minimum(np.exp(score), MOST_TIMES_THE_MEAN)
        return sales

    def expression(self, engine: Engine) -> str:
        """Return SQL for expected sales of a row of features."""
        terms = [number(self.intercept)]
        for j, name in enumerate(self.features):
            raw = f"cast({quoted(name)} as double)"
            known = case([(engine.is_finite(raw), raw)], number(self.fills[j]))
            slope = self.weights[j] / self.scales[j]
            terms.append(
                f"{number(slope)} * (ln(1 + greatest({known}, 0)) - {number(self.centers[j])})"
            )
        # Above the limit the exponent would only overflow.
        score = call("least", [sum_of(terms), number(math.log(MOST_TIMES_THE_MEAN))])
        return f"{number(self.mean)} * exp({score})"

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> SpendModel:
        """Read what a model row stores."""
        return cls(**record)


def fit_spend(frame: pd.DataFrame, sales: Matrix) -> SpendModel:
    """Learn what customers spend after the first days, from what they did in them.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, ...)
        With those of :data:`SALES_FEATURES` that there are.
    sales : ndarray of shape (n,)
        Later sales; where refunds exceed purchases, 0 is learned.

    Returns
    -------
    SpendModel
        Without features where nobody bought anything, or no feature varies.
    """
    paid = np.maximum(sales, 0.0)
    mean = float(sales.mean()) if len(sales) else 0.0
    if mean <= 0 or not (paid > 0).any():
        return SpendModel([], [], [], [], [], 0.0, max(mean, 0.0))
    features, fills, columns = [], [], []
    for name in [name for name in SALES_FEATURES if name in frame]:
        known = frame[name].to_numpy(float)
        fill = float(np.nanmedian(known)) if (~np.isnan(known)).any() else 0.0
        logs = _logs(frame[name], fill)
        # Logarithms of equal values may differ in the last digit, by where they lie in memory.
        if logs.std() > ROUNDING:
            features.append(name)
            fills.append(fill)
            columns.append(logs)
    if not features:
        return SpendModel([], [], [], [], [], 0.0, mean)
    logs = np.column_stack(columns)
    centers, scales = logs.mean(axis=0), logs.std(axis=0)
    # scikit-learn takes seconds to load: only a fit waits for it.
    from sklearn.linear_model import TweedieRegressor

    model = TweedieRegressor(power=POWER, alpha=PENALTY, max_iter=500)
    model.fit((logs - centers) / scales, paid / mean)
    return SpendModel(
        features,
        fills,
        [float(center) for center in centers],
        [float(scale) for scale in scales],
        [float(weight) for weight in model.coef_],
        float(model.intercept_),
        mean,
    )


def chain_ladder_factor(actual: float, expected: float, mean: float) -> float:
    """Return by what expected sales are multiplied: actual by expected ones so far.

    Parameters
    ----------
    actual, expected : float
        Sums over customers whose age lies between the first days and the horizon.
    mean : float
        Mean sales of a customer; ten such customers of just these sales count beside them.
    """
    prior = PRIOR_CUSTOMERS * mean
    if expected + prior <= 0:
        return 1.0
    return (max(actual, 0.0) + prior) / (expected + prior)


def backtested_ratio(
    frame: pd.DataFrame, sales: Matrix, cohorts: Labels, seed: int
) -> float | None:
    """Return expected by actual sales of past cohorts, each forecast from those before.

    None where there is no cohort, or none bought anything.
    """
    expected = actual = 0.0
    for before, own in forward_rows(cohorts, seed):
        model = fit_spend(frame.iloc[before], sales[before])
        expected += float(model.expected(frame.iloc[own]).sum())
        actual += float(sales[own].sum())
    return expected / actual if actual > 0 else None


def shared_out(each: Matrix, probabilities: Matrix, means: Sequence[float]) -> Matrix:
    """Return the sales of each customer, shared out over segments, shape (n, segments).

    A customer's sales fall to a segment in proportion to its probability times the mean sales of
    those who were learned from: who ends in a segment that spends more will have spent more.

    Parameters
    ----------
    each : ndarray of shape (n,)
    probabilities : ndarray of shape (n, segments)
    means : sequence of float
        Of each segment; none below 0 counts.
    """
    weights = probabilities * np.maximum(np.asarray(means, dtype=float), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, weights / np.where(total > 0, total, 1.0), probabilities)
    shared: Matrix = each[:, None] * shares
    return shared


def _logs(values: pd.Series, fill: float) -> Matrix:
    known = values.to_numpy(float)
    logs: Matrix = np.log1p(np.maximum(np.where(np.isfinite(known), known, fill), 0.0))
    return logs
