"""What earlier back-tests taught, and how far totals were off.

The models know no seasons and no growth: on CDNOW, totals of the published model are 12 to 14 % too
low. They also put customers too far apart: those whom they give up buy more than forecast, those
of whom they expect most buy less. A factor and an exponent of each measure and horizon are
learned from back-tests that ended before the day of the build, and shrunk towards 1 as long as
there are few of them. They change no order of customers.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# A back-test that saw no error, and that one which was 10 % off, are there before the first.
PRIOR_BACKTESTS = 1.0
PRIOR_SPREAD = 0.1

# Beyond, a factor says that the model is of no use, rather than that it is miscalibrated.
LARGEST_FACTOR = 3.0
SMALLEST_EXPONENT, LARGEST_EXPONENT = 0.5, 1.5

# Fewer groups of customers say nothing about the exponent.
FEWEST_GROUPS = 5

_COLUMNS = ("as_of", "horizon_days", "measure", "customers", "predicted", "actual")


@dataclass(frozen=True)
class CalibrationFactor:
    """What earlier back-tests of a measure and horizon say.

    A forecast E for a customer becomes ``factor * E * (E / centre) ** (exponent - 1)``.

    Attributes
    ----------
    measure : str
        purchases, buyers or revenue.
    horizon_days : int
    factor : float
        By which the forecast of a customer at the centre is multiplied.
    exponent : float
        Below 1 if forecasts were too far apart.
    centre : float
        Mean forecast of a customer in those back-tests; of no account with an exponent of 1.
    spread : float
        Relative error that a total still has: its standard deviation over back-tests.
    spread_of_groups : float
        The same of the total of a group, such as a tenth of the customers.
    backtests : int
    """

    measure: str
    horizon_days: int
    factor: float = 1.0
    exponent: float = 1.0
    centre: float = 1.0
    spread: float = PRIOR_SPREAD
    spread_of_groups: float = PRIOR_SPREAD
    backtests: int = 0

    def multiplier(self, expected: NDArray[Any]) -> NDArray[np.float64]:
        """Return what forecasts of customers are multiplied by, between a third and three.

        Parameters
        ----------
        expected : ndarray of shape (n,)
            Forecasts of customers, 0 or more.
        """
        # The smallest double above 0 keeps the logarithm finite.
        away = np.log(np.maximum(expected, np.finfo(float).tiny) / self.centre)
        logarithm = math.log(self.factor) + (self.exponent - 1.0) * away
        limit = math.log(LARGEST_FACTOR)
        return np.asarray(np.exp(np.clip(logarithm, -limit, limit)), dtype=np.float64)

    def in_words(self) -> str:
        """Return a sentence about what was learned."""
        if self.backtests == 0:
            return (
                f"No earlier back-test of {self.measure} in {self.horizon_days} days: nothing is "
                f"calibrated, and totals are taken to be {PRIOR_SPREAD:.0%} off."
            ).replace("%", " %")
        which = "back-test" if self.backtests == 1 else "back-tests"
        apart = ""
        if abs(self.exponent - 1.0) >= 0.005:
            closer = "closer together" if self.exponent < 1.0 else "further apart"
            apart = f" and brought {closer} by a power of {self.exponent:.2f}"
        return (
            f"Forecasts of {self.measure} in {self.horizon_days} days are multiplied by "
            f"{self.factor:.2f}{apart}, learned from {self.backtests} earlier {which}; totals stay "
            f"{self.spread:.0%} off."
        ).replace("%", " %")


@dataclass(frozen=True)
class Calibration:
    """What was learned, by measure and horizon.

    Attributes
    ----------
    factors : tuple of CalibrationFactor
    """

    factors: tuple[CalibrationFactor, ...] = field(default_factory=tuple)

    def factor(self, measure: str, horizon_days: int) -> CalibrationFactor:
        """Return what is known of a measure and horizon: a factor of 1 if nothing is."""
        for found in self.factors:
            if (found.measure, found.horizon_days) == (measure, horizon_days):
                return found
        return CalibrationFactor(measure, horizon_days)

    def as_records(self) -> list[dict[str, Any]]:
        """Return the factors as dictionaries."""
        return [asdict(factor) for factor in self.factors]

    @classmethod
    def from_records(cls, records: Sequence[Mapping[str, Any]]) -> Self:
        """Return the calibration that :meth:`as_records` described."""
        return cls(tuple(CalibrationFactor(**record) for record in records))


def learn_calibration(backtests: pd.DataFrame, before: datetime.date) -> Calibration:
    """Learn from back-tests whose outcome was known before a day.

    The exponent is 1 plus the slope of log(actual / predicted) over log(predicted per customer)
    within a back-test, and the logarithm of the factor is what is then left of
    log(actual / predicted) of all customers. Both are sums over n back-tests, divided by n + 1.

    Parameters
    ----------
    backtests : DataFrame
        as_of (date), horizon_days, measure, customers, predicted, actual: uncalibrated totals of
        groups of customers, such as tenths by forecast
        (:func:`segmentation.lifetime_value.accuracy.by_decile`), or of all in one row. Fewer than
        5 groups of a back-test say nothing about the exponent.
    before : date
        The day of the build: of back-tests that end after it nothing is learned.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    absent = [name for name in _COLUMNS if name not in backtests]
    if absent:
        raise ValueError(f"The back-tests lack {', '.join(absent)}. They need {_COLUMNS}.")
    ends = pd.to_datetime(backtests.as_of) + pd.to_timedelta(backtests.horizon_days, unit="D")
    known = backtests[ends <= pd.Timestamp(before)].sort_values(list(_COLUMNS), kind="stable")
    factors = []
    for key, rows in known.groupby(["measure", "horizon_days"], sort=True):
        measure, days = cast("tuple[str, int]", key)
        groups = [_Groups.of(part) for _, part in rows.groupby("as_of", sort=True)]
        groups = [part for part in groups if part.predicted.sum() > 0 and part.actual.sum() > 0]
        if groups:
            factors.append(_learned(str(measure), int(days), groups))
    return Calibration(tuple(factors))


@dataclass(frozen=True)
class _Groups:
    """Groups of customers in one back-test."""

    customers: NDArray[np.float64]
    predicted: NDArray[np.float64]
    actual: NDArray[np.float64]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> _Groups:
        return cls(
            *(rows[name].to_numpy(np.float64) for name in ("customers", "predicted", "actual"))
        )

    @property
    def mean(self) -> float:
        """Predicted per customer."""
        return float(self.predicted.sum() / self.customers.sum())

    def tilt(self) -> float:
        """Return the slope of log(actual / predicted); 0 if there are too few groups."""
        use = (self.predicted > 0) & (self.actual > 0) & (self.customers > 0)
        if use.sum() < FEWEST_GROUPS:
            return 0.0
        level = np.log(self.predicted[use] / self.customers[use])
        error = np.log(self.actual[use] / self.predicted[use])
        # Groups of few purchases weigh less: the error of a logarithm is 1 / their number, at best.
        weight = 1.0 / (PRIOR_SPREAD**2 + 1.0 / np.maximum(self.actual[use], 1.0))
        level = level - np.average(level, weights=weight)
        variation = float((weight * level**2).sum())
        return float((weight * level * error).sum()) / variation if variation > 1e-9 else 0.0

    def moved(self, exponent: float, centre: float) -> NDArray[np.float64]:
        """Return predictions with an exponent."""
        each = self.predicted / np.maximum(self.customers, 1.0)
        away = np.maximum(each, np.finfo(float).tiny) / centre
        return self.predicted * away ** (exponent - 1.0)

    def errors(self, predicted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log(actual / predicted) of the groups in which something happened."""
        use = (predicted > 0) & (self.actual > 0)
        return np.asarray(np.log(self.actual[use] / predicted[use]))


def _learned(measure: str, days: int, groups: Sequence[_Groups]) -> CalibrationFactor:
    count = len(groups) + PRIOR_BACKTESTS
    exponent = 1.0 + sum(part.tilt() for part in groups) / count
    exponent = min(max(exponent, SMALLEST_EXPONENT), LARGEST_EXPONENT)
    centre = math.exp(sum(math.log(part.mean) for part in groups) / len(groups))
    moved = [part.moved(exponent, centre) for part in groups]
    left = [
        math.log(float(part.actual.sum()) / float(predicted.sum()))
        for part, predicted in zip(groups, moved, strict=True)
    ]
    limit = math.log(LARGEST_FACTOR)
    logarithm = min(max(sum(left) / count, -limit), limit)
    of_groups = [
        float(((part.errors(predicted) - logarithm) ** 2).mean())
        for part, predicted in zip(groups, moved, strict=True)
    ]
    prior = PRIOR_BACKTESTS * PRIOR_SPREAD**2
    return CalibrationFactor(
        measure=measure,
        horizon_days=days,
        factor=math.exp(logarithm),
        exponent=exponent,
        centre=centre,
        spread=math.sqrt((sum((error - logarithm) ** 2 for error in left) + prior) / count),
        spread_of_groups=math.sqrt((sum(of_groups) + prior) / count),
        backtests=len(groups),
    )


def calibrated(forecast: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """Return forecasts of customers with what was learned applied.

    Expected purchases and revenue, and their bounds, are multiplied; bounds of numbers of purchases
    are rounded outwards. Probabilities, the lifetime value and next purchases stay as they are.

    Parameters
    ----------
    forecast : DataFrame
        With columns as of :func:`segmentation.lifetime_value.forecast.forecast_customers`.
    calibration : Calibration
    """
    result = forecast.copy()
    for column in forecast.columns:
        name, _, days = column.removesuffix("_days").rpartition("_")
        if name not in ("expected_purchases", "expected_revenue"):
            continue
        measure = name.removeprefix("expected_")
        learned = calibration.factor(measure, int(days))
        multiplier = learned.multiplier(forecast[column].to_numpy(np.float64))
        for bound in ("expected", "lower", "upper"):
            whole = f"{bound}_{measure}_{days}_days"
            scaled = forecast[whole] * multiplier
            if measure == "purchases" and bound != "expected":
                # A multiplier of 1 may not move a bound by a rounding error.
                outwards = np.floor(scaled + 1e-9) if bound == "lower" else np.ceil(scaled - 1e-9)
                scaled = outwards.astype(np.int64)
            result[whole] = scaled
    return result
