"""How good forecasts were: errors, order, calibration and intervals, against what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.lifetime_value.maximum_likelihood import inner
from segmentation.lifetime_value.repeat_purchases import Numbers


@dataclass(frozen=True)
class Accuracy:
    """Metrics of one forecast.

    Attributes
    ----------
    customers : int
    predicted, actual : float
        Totals.
    mean_absolute_error, root_mean_squared_error : float
    rank_correlation : float or None
        Spearman's, with mean ranks for ties; None if one of the two does not vary.
    calibration_slope : float or None
        Of the least-squares line of actual on predicted: 1 if twice the forecast is twice the
        outcome, below 1 if forecasts are too far apart; None if they do not vary.
    area_under_curve : float or None
        Probability that somebody who then bought was ranked above somebody who did not, ties
        counting half; None if everybody or nobody bought.
    coverage : float or None
        Share of outcomes within their bounds; None without bounds.
    """

    customers: int
    predicted: float
    actual: float
    mean_absolute_error: float
    root_mean_squared_error: float
    rank_correlation: float | None
    calibration_slope: float | None
    area_under_curve: float | None
    coverage: float | None


def accuracy(
    actual: Numbers,
    predicted: Numbers,
    bounds: tuple[Numbers, Numbers] | None = None,
    likely: Numbers | None = None,
) -> Accuracy:
    """Compare forecasts with outcomes.

    Parameters
    ----------
    actual, predicted : ndarray of shape (n,)
        Purchases or revenue; n is 1 or more.
    bounds : pair of ndarray of shape (n,), optional
        Lower and upper.
    likely : ndarray of shape (n,), optional
        What customers are ranked by for the area under the curve; `predicted` unless given.

    Raises
    ------
    ValueError
        If lengths differ, there is nobody, or a value is missing.
    """
    actual, predicted = (np.asarray(column, dtype=np.float64) for column in (actual, predicted))
    if actual.shape != predicted.shape or actual.ndim != 1 or not len(actual):
        raise ValueError(
            f"actual and predicted need one value for each customer, and a customer; their shapes "
            f"are {actual.shape} and {predicted.shape}."
        )
    if not (np.isfinite(actual).all() and np.isfinite(predicted).all()):
        raise ValueError("A forecast or an outcome is missing. Pass customers that have both.")
    errors = predicted - actual
    return Accuracy(
        customers=len(actual),
        predicted=float(predicted.sum()),
        actual=float(actual.sum()),
        mean_absolute_error=float(np.abs(errors).mean()),
        root_mean_squared_error=float(np.sqrt((errors**2).mean())),
        rank_correlation=_correlation(_ranks(predicted), _ranks(actual)),
        calibration_slope=_slope(predicted, actual),
        area_under_curve=area_under_curve(actual > 0, predicted if likely is None else likely),
        coverage=None if bounds is None else coverage(actual, *bounds),
    )


def metrics(actual: Numbers, predicted: Numbers) -> dict[str, float | None]:
    """Return the metrics of a forecast that ``rpt_value_forecast_accuracy`` shows, by column."""
    found = accuracy(actual, predicted)
    return {
        "rmse": found.root_mean_squared_error,
        "rank_correlation": found.rank_correlation,
        "calibration_slope": found.calibration_slope,
        "auc": found.area_under_curve,
    }


def coverage(actual: Numbers, lower: Numbers, upper: Numbers) -> float:
    """Return the share of outcomes from the lower to the upper bound, both included."""
    return float(((actual >= lower) & (actual <= upper)).mean())


def error_in_words(error: float) -> str:
    """Return an error in the currency, or in purchases, with four digits or more.

    Examples
    --------
    >>> error_in_words(259.54), error_in_words(12_345.6)
    ('259.5', '12,346')
    """
    return f"{error:.4g}" if error < 1_000 else f"{error:,.0f}"


def area_under_curve(happened: NDArray[np.bool_], likely: Numbers) -> float | None:
    """Return the area under the ROC curve; none if all customers bought, or none did."""
    yes = int(happened.sum())
    no = len(happened) - yes
    if yes == 0 or no == 0:
        return None
    rank_sum = float(_ranks(np.asarray(likely, dtype=np.float64))[happened].sum())
    return (rank_sum - yes * (yes + 1) / 2) / (yes * no)


def _ranks(values: Numbers) -> Numbers:
    return np.asarray(pd.Series(values).rank(method="average"), dtype=np.float64)


def _correlation(one: Numbers, other: Numbers) -> float | None:
    one, other = one - one.mean(), other - other.mean()
    variation = float(np.sqrt(inner(one, one) * inner(other, other)))
    return inner(one, other) / variation if variation > 0 else None


def _slope(predicted: Numbers, actual: Numbers) -> float | None:
    apart = predicted - predicted.mean()
    variation = inner(apart, apart)
    return inner(apart, actual - actual.mean()) / variation if variation > 0 else None
