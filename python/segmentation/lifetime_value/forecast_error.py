"""Tests whether the newest forecast of a total has a larger error than earlier errors allow.

The forecast is that of the newest quarter's end whose outcome is known. A model that was fitted no
later forecasts it itself; otherwise the back-test that the fit stored is used.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from segmentation.lifetime_value.customers_on_day import CustomersOnDay
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import MEASURES, PERIOD_DAYS
from segmentation.lifetime_value.spreads import (
    ALL,
    COVERAGE,
    EXPECTED_COUNTS_AS,
    Spread,
    learn_spread,
)
from segmentation.lifetime_value.stored_fit import expected_by

# Without a change, this share of all forecasts exceeds the allowed error.
FALSE_ALARMS = 0.01

# 0 has no logarithm: an outcome of 0 counts as a thousandth of the forecast.
_NOTHING = 0.001


@dataclass(frozen=True)
class ForecastError:
    """The forecast of a total, its outcome, and how far off it may be.

    Attributes
    ----------
    measure : str
        ``"purchases"`` or ``"revenue"``, of the 90 days after `forecast_on`.
    forecast_on : date
    customers : int
    expected, actual : float
    scale : float
        Of the logarithm of actual by expected, from earlier quarters and an expected error of a
        tenth, which counts as three of them.
    degrees : float
        Of freedom of its t distribution: earlier quarters, and three.
    """

    measure: str
    forecast_on: datetime.date
    customers: int
    expected: float
    actual: float
    scale: float
    degrees: float

    @property
    def log_ratio(self) -> float:
        """Logarithm of actual by expected; 0 where both are 0."""
        if self.expected <= 0:
            return 0.0 if self.actual <= 0 else math.inf
        return math.log((self.actual / self.expected + _NOTHING) / (1.0 + _NOTHING))

    @property
    def error_share(self) -> float | None:
        """Expected by actual, less 1; None where the actual total is 0."""
        return self.expected / self.actual - 1.0 if self.actual > 0 else None

    @property
    def allowed(self) -> float:
        """The limit that `log_ratio` exceeds, either way, in 1 of 100 cases."""
        quantile = float(special.stdtrit(self.degrees, 1.0 - FALSE_ALARMS / 2.0))
        return quantile * self.scale

    @property
    def p_value(self) -> float:
        """The probability of an error at least this large, if forecasts are as good as before."""
        if math.isinf(self.log_ratio):
            return 0.0
        return 2.0 * float(special.stdtr(self.degrees, -abs(self.log_ratio) / self.scale))

    @property
    def has_drifted(self) -> bool:
        """Whether the error is larger than what is allowed."""
        return abs(self.log_ratio) > self.allowed


def newest_quarter_end(as_of: datetime.date) -> datetime.date:
    """Return the last end of a quarter that lies 90 days or more before a day."""
    last = as_of - datetime.timedelta(days=PERIOD_DAYS)
    first_of_quarter = last.replace(month=3 * ((last.month - 1) // 3) + 1, day=1)
    following = (first_of_quarter + datetime.timedelta(days=92)).replace(day=1)
    quarter_end = following - datetime.timedelta(days=1)
    return quarter_end if quarter_end <= last else first_of_quarter - datetime.timedelta(days=1)


def forecast_errors(
    model: LifetimeValueModel, day: datetime.date, frame: pd.DataFrame | None
) -> list[ForecastError]:
    """Judge the newest forecast of each measure.

    Parameters
    ----------
    model : LifetimeValueModel
        With a forecast.
    day : date
        A quarter's end, no earlier than the as_of of the model.
    frame : DataFrame or None
        Rows of ``int_value_forecast_backtests`` of that day. None, or without rows, where the
        newest back-test that the model stored is to be judged.

    Returns
    -------
    list of ForecastError
        Purchases first, then revenue if it is forecast. Empty without an earlier forecast.
    """
    method = (model.verdict or {}).get("method")
    stored = [
        row
        for row in model.accuracy
        if row["grouped_by"] == ALL and row["forecast_method"] == method
    ]
    by_measure = {
        measure: sorted(
            (row for row in stored if row["measure"] == measure),
            key=lambda row: row["forecast_on"],
        )
        for measure in MEASURES
    }
    if frame is None or frame.empty:
        return [_of_stored(rows) for rows in by_measure.values() if rows]
    return _of_day(model, day, frame, by_measure)


def _of_stored(rows: Sequence[Mapping[str, Any]]) -> ForecastError:
    newest = rows[-1]
    # The width of the back-test's interval follows from the quarters before it and from chance.
    degrees = EXPECTED_COUNTS_AS + len(rows) - 1
    quantile = float(special.stdtrit(degrees, (1.0 + COVERAGE) / 2.0))
    lower, upper = newest["lower_predicted"], newest["upper_predicted"]
    has_interval = lower is not None and lower > 0
    width = math.log(upper / lower) / 2.0 if has_interval else quantile
    return ForecastError(
        newest["measure"],
        newest["forecast_on"],
        newest["customers"],
        newest["predicted"],
        newest["actual"],
        width / quantile,
        degrees,
    )


def _of_day(
    model: LifetimeValueModel,
    day: datetime.date,
    frame: pd.DataFrame,
    stored: Mapping[str, Sequence[Mapping[str, Any]]],
) -> list[ForecastError]:
    expected = expected_by(model, CustomersOnDay.from_frame(frame))
    found = []
    for measure, predicted in expected.mean.items():
        total, variance = float(predicted.sum()), float(expected.variance[measure].sum())
        spread = _spread(stored[measure])
        chance = variance / total**2 if total > 0 else 0.0
        found.append(
            ForecastError(
                measure,
                day,
                len(frame),
                total,
                float(frame[f"actual_{measure}_{PERIOD_DAYS}_days"].sum()),
                math.sqrt(spread.scale**2 + chance),
                spread.degrees,
            )
        )
    return found


def _spread(rows: Sequence[Mapping[str, Any]]) -> Spread:
    known = [row for row in rows if row["predicted"] > 0 and row["actual"] > 0]
    squares = [np.array([math.log(row["actual"] / row["predicted"]) ** 2]) for row in known]
    return learn_spread(ALL, squares, [np.zeros(1)] * len(squares))
