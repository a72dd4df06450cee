"""Forecasts purchases and revenue of each customer, with intervals.

What a customer will buy depends on their history (x, t_x, T) alone, so it is computed once for each
distinct history; the costly sums depend on (x, T) alone, and are computed once for each of those.
Revenue is a customer's own scale v + m x times numbers that the history decides. A database can
therefore join :func:`forecast_histories` to its customers and multiply;
:func:`forecast_customers` does the same in pandas.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.lifetime_purchases import discounted_purchases
from segmentation.lifetime_value.options import HORIZONS, ForecastOptions
from segmentation.lifetime_value.purchase_models import PurchaseModel
from segmentation.lifetime_value.purchases_while_active import (
    ActivePurchases,
    at_least,
    purchases_while_active,
)
from segmentation.lifetime_value.repeat_purchases import (
    DAYS_PER_WEEK,
    Counts,
    DistinctPurchases,
    Numbers,
    RepeatPurchases,
)
from segmentation.lifetime_value.spend_model import SpendModel

DAYS_PER_YEAR = 365.0

# Histories that are forecast together: memory is bounded, and no value depends on the others.
_BATCH = 250_000

_PURCHASES = ("expected_purchases", "lower_purchases", "upper_purchases")

# Up to so many purchases, bounds are counted up; beyond, they are searched by halving.
_COUNTED_UP = 64


@dataclass(frozen=True)
class Pairs:
    """The distinct pairs (x, T) of histories, and the one of each history.

    Attributes
    ----------
    frequency, age : ndarray of shape (k,)
    of_history : ndarray of intp, shape (n,)
    """

    frequency: Counts
    age: Numbers
    of_history: NDArray[np.intp]

    @classmethod
    def of(cls, purchases: RepeatPurchases) -> Pairs:
        """Return the pairs of histories, in ascending order."""
        ages, distinct_ages = pd.factorize(purchases.age, sort=True)
        key = purchases.frequency * max(len(distinct_ages), 1) + ages
        of_history, distinct = pd.factorize(key, sort=True)
        frequency, age = np.divmod(distinct, max(len(distinct_ages), 1))
        return cls(frequency.astype(np.int64), distinct_ages[age], of_history)


def forecast_histories(
    fitted: LifetimeValueFit,
    purchases: RepeatPurchases | DistinctPurchases,
    options: ForecastOptions | None = None,
) -> pd.DataFrame:
    """Return a row for each distinct history.

    Parameters
    ----------
    fitted : LifetimeValueFit
    purchases : RepeatPurchases or DistinctPurchases
    options : ForecastOptions, optional

    Returns
    -------
    DataFrame
        frequency, recency, age (weeks), ascending; probability_active; for each horizon of 30, 90,
        180 and 365 days probability_of_purchase_<d>_days, expected_purchases_<d>_days,
        lower_purchases_<d>_days and upper_purchases_<d>_days; discounted_purchases (of the
        lifetime); days_to_next_purchase (missing if another purchase within the lifetime is less
        likely than not); is_new.

        With a spend model also expected_spend_factor, lower_revenue_factor_<d>_days and
        upper_revenue_factor_<d>_days. Multiplied by v + m x of a customer with mean spend m, the
        first is the expected spend on a purchase day, the others are the bounds of revenue. Where
        m is of no use (:meth:`SpendModel.scale`), everybody's mean spend takes its place.

    Notes
    -----
    Memory beyond the result is bounded by batches of 250,000 histories.
    """
    options = options or ForecastOptions()
    grouped = purchases.grouped() if isinstance(purchases, RepeatPurchases) else purchases
    spend = None if fitted.spend is None else fitted.spend.model
    parts = list(_batches(fitted.purchases.model, spend, grouped.purchases, options))
    return pd.concat(parts, ignore_index=True)


def _batches(
    model: PurchaseModel, spend: SpendModel | None, histories: RepeatPurchases, o: ForecastOptions
) -> Iterator[pd.DataFrame]:
    # Histories are sorted by frequency: a batch shares few pairs with the next.
    for start in range(0, max(len(histories), 1), _BATCH):
        yield _forecast(model, spend, histories.taken(slice(start, start + _BATCH)), o)


def _forecast(
    model: PurchaseModel, spend: SpendModel | None, histories: RepeatPurchases, o: ForecastOptions
) -> pd.DataFrame:
    pairs = Pairs.of(histories)
    active = model.probability_active(histories)
    columns: dict[str, NDArray[Any]] = {
        "frequency": histories.frequency,
        "recency": histories.recency,
        "age": histories.age,
        "probability_active": active,
    }
    outside = (1.0 - o.interval) / 2.0
    for days in HORIZONS:
        weeks = days / DAYS_PER_WEEK
        ahead = purchases_while_active(model, pairs.frequency, pairs.age, weeks)
        lower, upper = _bounds(model, pairs, weeks, active, (outside, 1.0 - outside))
        columns[f"expected_purchases_{days}_days"] = active * ahead.mean[pairs.of_history]
        columns[f"probability_of_purchase_{days}_days"] = (
            active * ahead.any_purchase[pairs.of_history]
        )
        columns[f"lower_purchases_{days}_days"] = lower
        columns[f"upper_purchases_{days}_days"] = upper
        if spend is not None:
            # The fewest purchases bring no more than so many of the expected spend.
            fewest = lower * spend.factor(histories.frequency)
            columns[f"lower_revenue_factor_{days}_days"] = np.minimum(
                _revenue_factor(spend, pairs, ahead, active, outside), fewest
            )
            columns[f"upper_revenue_factor_{days}_days"] = _revenue_factor(
                spend, pairs, ahead, active, 1.0 - outside
            )
    discounted = discounted_purchases(
        model, pairs.frequency, pairs.age, o.lifetime_years, o.discount_rate
    )
    columns["discounted_purchases"] = active * discounted[pairs.of_history]
    if spend is not None:
        columns["expected_spend_factor"] = spend.factor(histories.frequency)
    columns["days_to_next_purchase"] = days_to_next_purchase(
        model, histories, o.lifetime_years * DAYS_PER_YEAR
    )
    columns["is_new"] = (histories.frequency == 0) & (
        histories.age * DAYS_PER_WEEK < o.new_within_days
    )
    return pd.DataFrame(columns)


def days_to_next_purchase(
    model: PurchaseModel, purchases: RepeatPurchases, most_days: float
) -> Numbers:
    """Return the median days until the next purchase, shape (n,); missing where there is none.

    A next purchase within t weeks has the probability P(active) (1 - (1 + t / (α + T))^-s). The
    median is where that is one half. It is missing if it is more than `most_days` ahead, or if
    the customer is gone with a probability of one half or more.

    Parameters
    ----------
    model : PurchaseModel
    purchases : RepeatPurchases
        Of n customers.
    most_days : float
    """
    active = model.probability_active(purchases)
    s = model.shape_of_rate(purchases.frequency)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        growth = np.expm1(-np.log1p(-0.5 / active) / s)
        days = DAYS_PER_WEEK * (model.alpha + purchases.age) * growth
    return np.where((active > 0.5) & (days <= most_days), days, np.nan)


def _bounds(
    model: PurchaseModel,
    pairs: Pairs,
    weeks: float,
    active: Numbers,
    levels: tuple[float, float],
) -> tuple[Counts, Counts]:
    """Return the quantiles of the number of purchases, exactly, at two ascending levels.

    The quantile is the smallest n with P(Y ≤ n) ≥ level, which is P(active) P(Y ≥ n + 1 | active)
    ≤ 1 - level: n is counted up while that does not hold.
    """
    bounds = np.zeros((2, len(active)), dtype=np.int64)
    rows = np.arange(len(active))
    for n in range(1, _COUNTED_UP + 1):
        needed = np.unique(pairs.of_history[rows])
        chance = np.zeros(len(pairs.age))
        chance[needed] = at_least(model, pairs.frequency[needed], pairs.age[needed], weeks, n)
        reached = active[rows] * chance[pairs.of_history[rows]]
        bounds[0, rows[reached > 1.0 - levels[0]]] = n
        rows = rows[reached > 1.0 - levels[1]]
        bounds[1, rows] = n
        if not len(rows):
            return bounds[0], bounds[1]
    for which, level in enumerate(levels):
        large = np.flatnonzero(bounds[which] == _COUNTED_UP)
        at = pairs.of_history[large]
        bounds[which, large] = _halved(
            model, pairs.frequency[at], pairs.age[at], weeks, (1.0 - level) / active[large]
        )
    return bounds[0], bounds[1]


def _halved(
    model: PurchaseModel, frequency: Counts, age: Numbers, weeks: float, chance: Numbers
) -> Counts:
    """Return the largest n that an active customer reaches with more than a chance."""
    low = np.full(len(frequency), _COUNTED_UP, dtype=np.int64)
    high = 2 * low
    while (more := at_least(model, frequency, age, weeks, high) > chance).any():
        low = np.where(more, high, low)
        high = np.where(more, 2 * high, high)
    while (apart := high - low > 1).any():
        middle = (low + high) // 2
        reached = at_least(model, frequency, age, weeks, middle) > chance
        low = np.where(apart & reached, middle, low)
        high = np.where(apart & ~reached, middle, high)
    return low


def _revenue_factor(
    spend: SpendModel, pairs: Pairs, ahead: ActivePurchases, active: Numbers, level: float
) -> Numbers:
    """Return the quantile of revenue in the horizon, divided by v + m x.

    Revenue of k purchases is (v + m x) times a beta prime variable of shapes p k and q + p x. The
    number of purchases, given that there are some, is replaced by a gamma shape g that keeps mean
    and variance of the revenue at a given rate of spend. Without purchases revenue is 0.

    A gamma variable has a shorter lower tail than purchases of customers who may leave early: over
    a year, a low quantile is too high.
    """
    some = np.maximum(ahead.any_purchase, np.finfo(float).tiny)
    mean = np.maximum(ahead.mean / some, 1.0)
    variance = np.maximum(ahead.mean_square / some - mean**2, 0.0)
    shape = spend.p * mean**2 / (mean + spend.p * variance)
    tail = spend.q + spend.p * pairs.frequency
    at = pairs.of_history
    bought = active * ahead.any_purchase[at]
    rows = np.flatnonzero(bought > 1.0 - level)
    factor = np.zeros(len(active))
    pair = at[rows]
    share = special.betaincinv(shape[pair], tail[pair], 1.0 - (1.0 - level) / bought[rows])
    scale = spend.p * mean[pair] / shape[pair]
    factor[rows] = scale * share / np.maximum(1.0 - share, np.finfo(float).eps)
    return factor


def forecast_customers(
    fitted: LifetimeValueFit,
    customers: pd.DataFrame,
    options: ForecastOptions | None = None,
    as_of: datetime.date | None = None,
) -> pd.DataFrame:
    """Return the forecast of each customer.

    Parameters
    ----------
    fitted : LifetimeValueFit
    customers : DataFrame
        frequency, recency, age (weeks) and, with a spend model, spend (mean of a repeat purchase
        day, missing or anything without one). Other columns are ignored.
    options : ForecastOptions, optional
    as_of : date, optional
        With it, `expected_next_purchase_on` is a date, and days are omitted.

    Returns
    -------
    DataFrame
        One row per row of `customers`, with its index: probability_active; for each horizon the
        probability of a purchase and expected, lower and upper purchases and revenue;
        expected_spend (on a purchase day); lifetime_value; days_to_next_purchase or
        expected_next_purchase_on; is_new. Revenue and lifetime value are missing without a spend
        model.

        For many millions of customers, forecast distinct histories, and join them in the database.
    """
    purchases = RepeatPurchases.of(*(customers[name] for name in ("frequency", "recency", "age")))
    grouped = purchases.grouped()
    histories = forecast_histories(fitted, grouped, options)
    rows = histories.take(grouped.position).set_axis(customers.index)
    columns = {"probability_active": rows.probability_active}
    unknown = np.full(len(rows), np.nan)
    scale, expected = unknown, unknown
    if fitted.spend is not None:
        known = fitted.spend.model
        spend = customers["spend"].to_numpy(np.float64, na_value=np.nan)
        scale = known.scale(purchases.frequency, spend)
        expected = known.expected_spend(purchases.frequency, spend)
    for days in HORIZONS:
        for name in ("probability_of_purchase", *_PURCHASES):
            columns[f"{name}_{days}_days"] = rows[f"{name}_{days}_days"]
        columns[f"expected_revenue_{days}_days"] = (
            expected * rows[f"expected_purchases_{days}_days"]
        )
        for name in ("lower", "upper"):
            factor = f"{name}_revenue_factor_{days}_days"
            columns[f"{name}_revenue_{days}_days"] = (
                scale * rows[factor] if factor in rows else pd.Series(unknown, rows.index)
            )
    columns["expected_spend"] = pd.Series(expected, rows.index)
    columns["lifetime_value"] = expected * rows.discounted_purchases
    if as_of is None:
        columns["days_to_next_purchase"] = rows.days_to_next_purchase
    else:
        columns["expected_next_purchase_on"] = _dates(as_of, rows.days_to_next_purchase)
    columns["is_new"] = rows.is_new
    return pd.DataFrame(columns)


def _dates(as_of: datetime.date, days: pd.Series) -> pd.Series:
    # A part of a day counts: the median lies on the day on which it is reached.
    return pd.Timestamp(as_of).as_unit("s") + pd.to_timedelta(np.ceil(days), unit="D").dt.as_unit(
        "s"
    )
