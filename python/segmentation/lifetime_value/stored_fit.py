"""What a stored fit says of customers, and how it compares with another fit on the same ones."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.lifetime_value.combined_forecast import CombinedForecast
from segmentation.lifetime_value.customers_on_day import CustomersOnDay, Expected, expect
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import COMBINED, LAST_PERIOD, PERIOD_DAYS
from segmentation.lifetime_value.purchase_models import log_likelihood
from segmentation.lifetime_value.repeat_purchases import RepeatPurchases
from segmentation.lifetime_value.spreads import ALL


@dataclass(frozen=True)
class BacktestedQuarter:
    """The newest quarter whose outcome a fit knew, and the errors of two forecasts of it.

    Attributes
    ----------
    day : date
        Its forecasts were made as of this day.
    error, error_of_last_period : float
        RMSE per customer: of the method in use, fitted to what was known on the day, and of the
        last 90 days repeated.
    """

    day: datetime.date
    error: float
    error_of_last_period: float

    def skill(self, error: float) -> float | None:
        """Return by what share an error is below that of the last 90 days repeated."""
        if self.error_of_last_period <= 0:
            return None
        return 1.0 - error / self.error_of_last_period


def expected_by(model: LifetimeValueModel, customers: CustomersOnDay) -> Expected:
    """Return what a stored fit expects of customers, with recent paces where it weighs them."""
    expected = expect(LifetimeValueFit.from_record(model.fit_record), customers)
    if (model.verdict or {}).get("method") != COMBINED:
        return expected
    weighed = {
        c["measure"]: CombinedForecast.from_record(c).predict(
            customers.paces[c["measure"]],
            expected.probability_active,
            expected.mean[c["measure"]],
        )
        for c in model.combinations
        if c["measure"] in expected.mean
    }
    return dataclasses.replace(expected, mean=expected.mean | weighed)


def mean_log_likelihood(model: LifetimeValueModel, purchases: RepeatPurchases) -> float:
    """Return the log-likelihood of purchase histories per customer, of one or more."""
    fitted = LifetimeValueFit.from_record(model.fit_record)
    return log_likelihood(fitted.purchases.model, purchases) / len(purchases)


def newest_quarter(model: LifetimeValueModel, measure: str) -> BacktestedQuarter | None:
    """Return the newest back-test of a measure; None without one of the method in use."""
    of_all = [
        row for row in model.accuracy if row["grouped_by"] == ALL and row["measure"] == measure
    ]
    day = max((row["forecast_on"] for row in of_all), default=None)
    errors = {
        row["forecast_method"] if row["forecast_method"] == LAST_PERIOD else "in use": row["rmse"]
        for row in of_all
        if row["forecast_on"] == day and (row["is_in_use"] or row["forecast_method"] == LAST_PERIOD)
    }
    if day is None or len(errors) < 2:
        return None
    return BacktestedQuarter(day, errors["in use"], errors[LAST_PERIOD])


def error_of_quarter(model: LifetimeValueModel, measure: str, quarter: pd.DataFrame) -> float:
    """Return the RMSE per customer of what a stored fit expects of a quarter.

    Parameters
    ----------
    model : LifetimeValueModel
        That forecasts the measure.
    measure : str
    quarter : DataFrame
        Rows of ``int_value_forecast_backtests`` of one day.
    """
    predicted = expected_by(model, CustomersOnDay.from_frame(quarter)).mean[measure]
    actual = quarter[f"actual_{measure}_{PERIOD_DAYS}_days"].to_numpy(np.float64)
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))
