"""A forecast that weighs the purchase model beside what customers did most recently.

A purchase model assumes one rate for the whole past of a customer. Rates change, and the last 30
and 90 days show it first. The forecast is a weighted sum of both, with weights of 0 or more. They
are learned from an earlier day and its outcome, by least squares that start at the purchase model
alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from segmentation.lifetime_value.options import (
    FEWEST_CUSTOMERS,
    HIGHEST_LEVEL,
    LOWEST_LEVEL,
    PERIOD_DAYS,
)

Numbers = NDArray[np.float64]

# What is weighed, in order. All are of the days that are forecast.
INPUTS = (
    "pace of the last 30 days",
    "pace of the last 90 days",
    "pace of the window, if still a customer",
    "purchase model",
)

# The forecast that stands where nothing has been learned: the purchase model as it is.
UNLEARNED = (0.0, 0.0, 0.0, 1.0)

# The weights start as if so many average customers had bought what the purchase model expected:
# ten customers change them little, a thousand change them much.
PRIOR_CUSTOMERS = 50


@dataclass(frozen=True)
class Paces:
    """What customers bought lately, in purchases or in money, for the days of a forecast.

    Attributes
    ----------
    last_30_days, last_90_days, window : ndarray of float64, shape (n,)
        What the forecast period would bring at the pace of these days.
    """

    last_30_days: Numbers
    last_90_days: Numbers
    window: Numbers

    @classmethod
    def of(
        cls,
        last_30_days: Numbers,
        last_90_days: Numbers,
        window: Numbers,
        days_in_window: Numbers,
        period_days: float,
    ) -> Self:
        """Return the paces of what was counted in each of these days.

        Parameters
        ----------
        last_30_days, last_90_days, window : ndarray, shape (n,)
            Purchases or revenue.
        days_in_window : ndarray, shape (n,)
            Days that `window` counts, above 0.
        period_days : float
            Days of the forecast.
        """
        return cls(
            np.asarray(last_30_days, dtype=float) * (period_days / 30.0),
            np.asarray(last_90_days, dtype=float) * (period_days / 90.0),
            np.asarray(window, dtype=float) * (period_days / np.asarray(days_in_window, float)),
        )


@dataclass(frozen=True)
class CombinedForecast:
    """The weights of a combined forecast.

    Attributes
    ----------
    weights : tuple of float
        Of :data:`INPUTS`, each 0 or more.
    customers : int
        How many they were learned from; 0 where they were not.
    """

    weights: tuple[float, ...] = UNLEARNED
    customers: int = 0

    @property
    def is_learned(self) -> bool:
        """Whether the weights were learned."""
        return self.customers > 0

    def predict(self, paces: Paces, probability_active: Numbers, modelled: Numbers) -> Numbers:
        """Return what customers are expected to bring.

        Parameters
        ----------
        paces : Paces
        probability_active : ndarray, shape (n,)
            That each is a customer still.
        modelled : ndarray, shape (n,)
            What the purchase model expects.

        Returns
        -------
        ndarray, shape (n,)
            0 or more.
        """
        expected: Numbers = _inputs(paces, probability_active, modelled) @ np.array(self.weights)
        return expected

    def as_record(self) -> dict[str, Any]:
        """Return the weights as plain values."""
        return {"weights": list(self.weights), "customers": self.customers}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return what :meth:`as_record` described."""
        return cls(tuple(float(w) for w in record["weights"]), int(record["customers"]))


@dataclass(frozen=True)
class Levels:
    """What recent paces say of any number of days ahead.

    As in :mod:`segmentation.lifetime_value.forecast_query`, which writes the same as SQL.

    Attributes
    ----------
    level : ndarray, shape (n,)
        What the purchase model expects of a customer is multiplied by it.
    rest : ndarray, shape (n,)
        What the level does not express, expected once in the next 90 days.
    period : ndarray, shape (n,)
        What is expected of these.
    """

    level: Numbers
    rest: Numbers
    period: Numbers

    @classmethod
    def of(cls, expected: Numbers, modelled: Numbers) -> Self:
        """Return the levels of customers.

        Parameters
        ----------
        expected, modelled : ndarray, shape (n,)
            Of the next 90 days: by the forecast in use, and by the purchase model.
        """
        ratio = np.divide(expected, modelled, out=np.ones_like(modelled), where=modelled > 0)
        level = np.clip(ratio, LOWEST_LEVEL, HIGHEST_LEVEL)
        return cls(level, expected - level * modelled, expected)

    def expected(self, modelled: Numbers, days: int) -> Numbers:
        """Return what is expected of so many days; the purchase model expects `modelled`."""
        once = min(days / PERIOD_DAYS, 1.0) * self.rest
        expected = np.maximum(self.level * modelled + once, 0.0)
        return np.minimum(expected, self.period) if days < PERIOD_DAYS else expected


def learn_combination(
    paces: Paces, probability_active: Numbers, modelled: Numbers, actual: Numbers
) -> CombinedForecast:
    """Learn the weight of each input from an earlier day and its outcome.

    Weighted least squares without negative weights (Lawson and Hanson, 1995, Solving Least Squares
    Problems). A customer counts by the inverse of their pace, so that a few large ones do not
    decide for all; :data:`PRIOR_CUSTOMERS` are added.

    Parameters
    ----------
    paces : Paces
    probability_active, modelled : ndarray, shape (n,)
        As for :meth:`CombinedForecast.predict`.
    actual : ndarray, shape (n,)
        The outcome.

    Returns
    -------
    CombinedForecast
        Unlearned with fewer than :data:`FEWEST_CUSTOMERS`, or where nothing was bought.
    """
    # Takes half a second to load: a build that keeps its model does not wait for it.
    from scipy.optimize import nnls

    inputs = _inputs(paces, probability_active, modelled)
    # Rows in an order of their own: sums do not depend on that of the customers.
    order = np.lexsort((paces.window, actual, *inputs.T))
    inputs, target, window = inputs[order], actual[order], paces.window[order]
    if len(target) < FEWEST_CUSTOMERS or not window.any():
        return CombinedForecast()
    size = window + window.mean()
    count = np.sqrt(1.0 / size)
    of_prior = np.sqrt(PRIOR_CUSTOMERS * np.mean(inputs[:, -1] ** 2 / size))
    matrix = np.vstack([inputs * count[:, None], of_prior * np.eye(len(INPUTS))])
    target = np.concatenate([target * count, of_prior * np.array(UNLEARNED)])
    weights, _ = nnls(matrix, target)
    return CombinedForecast(tuple(float(weight) for weight in weights), len(actual))


def weights_in_words(combinations: Mapping[str, CombinedForecast]) -> str:
    """Return how inputs are weighed, a sentence for each measure.

    Examples
    --------
    >>> weights_in_words({"revenue": CombinedForecast((0.25, 0.0, 0.004, 0.5), 300)})
    'Revenue of the next 90 days: 0.25 × pace of the last 30 days + 0.50 × purchase model.'
    """
    return " ".join(
        f"{measure.capitalize()} of the next {PERIOD_DAYS} days: {_terms(combination.weights)}."
        for measure, combination in sorted(combinations.items())
    )


def _terms(weights: Sequence[float]) -> str:
    # A smaller weight would be written as 0.00.
    parts = [
        f"{weight:.2f} × {name}"
        for weight, name in zip(weights, INPUTS, strict=True)
        if weight >= 0.005
    ]
    return " + ".join(parts) or "nothing"


def _inputs(paces: Paces, probability_active: Numbers, modelled: Numbers) -> Numbers:
    return np.column_stack(
        [paces.last_30_days, paces.last_90_days, paces.window * probability_active, modelled]
    )
