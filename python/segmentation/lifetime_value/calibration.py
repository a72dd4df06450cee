"""Factors that earlier back-tests taught, and how far totals were off.

The models know no seasons and no growth: on CDNOW, totals of the published model are 12 to 14 % too
low. A factor on the totals of each measure and horizon is learned from back-tests that ended before
the day of the build, and shrunk towards 1 as long as there are few of them. It changes no order of
customers.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self, cast

import numpy as np
import pandas as pd

# A back-test that saw no error, and that one which was 10 % off, are there before the first.
PRIOR_BACKTESTS = 1.0
PRIOR_SPREAD = 0.1

# Beyond, a factor says that the model is of no use, rather than that it is miscalibrated.
LARGEST_FACTOR = 3.0

_COLUMNS = ("as_of", "horizon_days", "measure", "predicted", "actual")


@dataclass(frozen=True)
class CalibrationFactor:
    """What earlier back-tests of a measure and horizon say.

    Attributes
    ----------
    measure : str
        purchases, buyers or revenue.
    horizon_days : int
    factor : float
        By which a forecast is multiplied.
    spread : float
        Relative error that a total still has: its standard deviation over back-tests.
    backtests : int
    """

    measure: str
    horizon_days: int
    factor: float = 1.0
    spread: float = PRIOR_SPREAD
    backtests: int = 0

    def in_words(self) -> str:
        """Return a sentence about the factor."""
        if self.backtests == 0:
            return (
                f"No earlier back-test of {self.measure} in {self.horizon_days} days: nothing is "
                f"calibrated, and totals are taken to be {PRIOR_SPREAD:.0%} off."
            ).replace("%", " %")
        which = "back-test" if self.backtests == 1 else "back-tests"
        return (
            f"Forecasts of {self.measure} in {self.horizon_days} days are multiplied by "
            f"{self.factor:.2f}, learned from {self.backtests} earlier {which}; totals stay "
            f"{self.spread:.0%} off."
        ).replace("%", " %")


@dataclass(frozen=True)
class Calibration:
    """Factors by measure and horizon.

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
    """Learn factors from back-tests whose outcome was known before a day.

    With n back-tests, the logarithm of the factor is the mean logarithm of actual over predicted,
    times n / (n + 1).

    Parameters
    ----------
    backtests : DataFrame
        as_of (date), horizon_days, measure, predicted, actual: uncalibrated totals; one row each.
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
    known = backtests[
        (ends <= pd.Timestamp(before)) & (backtests.predicted > 0) & (backtests.actual > 0)
    ].sort_values(["measure", "horizon_days", "as_of"], kind="stable")
    factors = []
    for key, rows in known.groupby(["measure", "horizon_days"], sort=True):
        measure, days = cast("tuple[str, int]", key)
        errors = np.log(rows.actual.to_numpy(np.float64) / rows.predicted.to_numpy(np.float64))
        n = len(errors)
        logarithm = float(errors.sum()) / (n + PRIOR_BACKTESTS)
        limit = math.log(LARGEST_FACTOR)
        logarithm = min(max(logarithm, -limit), limit)
        left = float(((errors - logarithm) ** 2).sum()) + PRIOR_BACKTESTS * PRIOR_SPREAD**2
        factors.append(
            CalibrationFactor(
                measure=str(measure),
                horizon_days=int(days),
                factor=math.exp(logarithm),
                spread=math.sqrt(left / (n + PRIOR_BACKTESTS)),
                backtests=n,
            )
        )
    return Calibration(tuple(factors))


def calibrated(forecast: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """Return forecasts of customers with learned factors applied.

    Expected purchases and revenue, and their bounds, are multiplied; bounds of numbers of purchases
    are rounded outwards. Probabilities stay as they are.

    Parameters
    ----------
    forecast : DataFrame
        With columns as of :func:`segmentation.lifetime_value.forecast.forecast_customers`.
    calibration : Calibration
    """
    result = forecast.copy()
    for column in forecast.columns:
        bound, _, rest = column.partition("_")
        measure, _, days = rest.removesuffix("_days").rpartition("_")
        if bound not in ("expected", "lower", "upper") or measure not in ("purchases", "revenue"):
            continue
        scaled = forecast[column] * calibration.factor(measure, int(days)).factor
        if measure == "purchases" and bound != "expected":
            # A factor of 1 may not move a bound by a rounding error.
            outwards = np.floor(scaled + 1e-9) if bound == "lower" else np.ceil(scaled - 1e-9)
            scaled = outwards.astype(np.int64)
        result[column] = scaled
    return result
