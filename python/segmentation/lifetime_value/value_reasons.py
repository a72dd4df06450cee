"""Reasons of a forecast, in words: the history, what is expected, and for how much."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.lifetime_value.repeat_purchases import DAYS_PER_WEEK
from segmentation.lifetime_value.spend_model import SpendModel

# Purchases of so many days ahead are spoken of.
SPOKEN_DAYS = 90


def reasons(
    customers: pd.DataFrame, forecast: pd.DataFrame, spend: SpendModel | None = None
) -> pd.DataFrame:
    """Return three sentences for each customer.

    Parameters
    ----------
    customers : DataFrame
        frequency, recency, age (weeks) and, with a spend model, spend.
    forecast : DataFrame
        Of the same rows, as of
        :func:`segmentation.lifetime_value.forecast.forecast_customers`; calibrated or not.
    spend : SpendModel, optional

    Returns
    -------
    DataFrame
        reason_1 (the history, and what it says of being a customer still), reason_2 (expected
        purchases), reason_3 (expected spend; missing without a spend model).
    """
    frequency = customers.frequency.to_numpy(np.int64)
    recency, age = (customers[name].to_numpy(np.float64) for name in ("recency", "age"))
    table = pd.DataFrame(index=forecast.index)
    table["reason_1"] = [
        history_in_words(*row)
        for row in zip(
            frequency.tolist(),
            (recency * DAYS_PER_WEEK).tolist(),
            (age * DAYS_PER_WEEK).tolist(),
            forecast.probability_active.tolist(),
            strict=True,
        )
    ]
    days = f"{SPOKEN_DAYS}_days"
    table["reason_2"] = [
        purchases_in_words(SPOKEN_DAYS, *row)
        for row in zip(
            forecast[f"expected_purchases_{days}"].tolist(),
            forecast[f"lower_purchases_{days}"].tolist(),
            forecast[f"upper_purchases_{days}"].tolist(),
            strict=True,
        )
    ]
    table["reason_3"] = None
    if spend is not None:
        own = customers["spend"].to_numpy(np.float64, na_value=np.nan)
        everybody = spend.mean_spend
        table["reason_3"] = [
            spend_in_words(*row, everybody)
            for row in zip(
                frequency.tolist(), own.tolist(), forecast.expected_spend.tolist(), strict=True
            )
        ]
    return table


def history_in_words(
    frequency: int, recency_days: float, age_days: float, probability_active: float
) -> str:
    """Return what a history says of being a customer still.

    Parameters
    ----------
    frequency : int
        Repeat purchase days.
    recency_days, age_days : float
        From the first purchase to the last, and to the day of the build.
    probability_active : float

    Examples
    --------
    >>> history_in_words(10, 90, 131, 0.234)
    'Bought every 9 days, now gone for 41: 23 % likely to be still a customer.'
    >>> history_in_words(10, 90, 94, 0.96)
    'Buys every 9 days, the last time 4 days ago: 96 % likely to be still a customer.'
    >>> history_in_words(0, 0, 1, 1.0)
    'Bought once, 1 day ago: more than 99 % likely to be still a customer.'
    """
    gone = round(age_days - recency_days)
    likely = f"{share_in_words(probability_active)} likely to be still a customer."
    if frequency == 0:
        return f"Bought once, {_ago(gone)}: {likely}"
    gap = recency_days / frequency
    rhythm = f"every {days_in_words(gap)}"
    if gone > gap:
        return f"Bought {rhythm}, now gone for {_gone(gone, gap)}: {likely}"
    return f"Buys {rhythm}, the last time {_ago(gone)}: {likely}"


def purchases_in_words(days: int, expected: float, lower: int, upper: int) -> str:
    """Return what is expected of the coming days.

    Examples
    --------
    >>> purchases_in_words(90, 3.24, 1, 7)
    'About 3.2 purchases are expected in the next 90 days; from 1 to 7 are likely.'
    >>> purchases_in_words(90, 0.04, 0, 0)
    'No purchase is likely in the next 90 days.'
    """
    if upper == 0:
        return f"No purchase is likely in the next {days} days."
    if lower == upper:
        likely = f"exactly {upper:,} {'is' if upper == 1 else 'are'} likely"
    else:
        likely = f"from {lower:,} to {upper:,} are likely"
    number = amount_in_words(expected)
    what = "purchase is" if number == "1.0" else "purchases are"
    return f"About {number} {what} expected in the next {days} days; {likely}."


def spend_in_words(frequency: int, own: float, expected: float, everybody: float) -> str:
    """Return what is expected of the next purchase day, in the currency.

    Examples
    --------
    >>> spend_in_words(3, 50.0, 46.2, 35.0)
    'Spent 50.00 on a repeat purchase day (mean of all 35.00): 46.20 is expected next time.'
    """
    if frequency == 0:
        return f"No repeat purchase yet: the mean of all customers, {expected:,.2f}, is expected."
    if not (np.isfinite(own) and own > 0):
        return (
            "Spent nothing on balance on repeat purchase days: the mean of all customers, "
            f"{expected:,.2f}, is expected next time."
        )
    return (
        f"Spent {own:,.2f} on a repeat purchase day (mean of all {everybody:,.2f}): "
        f"{expected:,.2f} is expected next time."
    )


def share_in_words(share: float) -> str:
    """Return a probability as a whole per cent; never 0 or 100, for neither is certain."""
    if share < 0.01:
        return "less than 1 %"
    if share > 0.99:
        return "more than 99 %"
    return f"{round(100 * share)} %"


def days_in_words(days: float) -> str:
    """Return a length in days: 'day', '9 days'."""
    whole = max(round(days), 1)
    return "day" if whole == 1 else f"{whole:,} days"


def amount_in_words(amount: float) -> str:
    """Return a small number with one digit after the point, a large one without."""
    return f"{amount:.1f}" if amount < 9.95 else f"{amount:,.0f}"


def _ago(days: int) -> str:
    if days == 0:
        return "today"
    return "1 day ago" if days == 1 else f"{days:,} days ago"


def _gone(days: int, gap: float) -> str:
    """Return a number of days; the word is left out right after "every 9 days"."""
    if max(round(gap), 1) == 1:
        return "1 day" if days == 1 else f"{days:,} days"
    return f"{days:,}"
