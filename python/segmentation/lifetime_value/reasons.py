"""Reasons of a forecast, in words: the history, and when the next purchase is expected."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

from segmentation.lifetime_value.repeat_purchases import DAYS_PER_WEEK


def reasons_of_histories(
    forecast: pd.DataFrame, as_of: datetime.date, lifetime_years: int
) -> dict[str, list[str]]:
    """Return two sentences for each history.

    Parameters
    ----------
    forecast : DataFrame
        Of :func:`segmentation.lifetime_value.forecast.forecast_histories`.
    as_of : date
    lifetime_years : int
        That a next purchase was looked for in.

    Returns
    -------
    dict of str to list of str
        history (and what it says of being a customer still), next_purchase.
    """
    days = (forecast[name].to_numpy(np.float64) * DAYS_PER_WEEK for name in ("recency", "age"))
    histories = zip(
        forecast["frequency"].astype(np.int64).tolist(),
        *(column.tolist() for column in days),
        forecast["probability_active"].tolist(),
        strict=True,
    )
    return {
        "history": [history_in_words(*row) for row in histories],
        "next_purchase": [
            next_purchase_in_words(ahead, as_of, lifetime_years)
            for ahead in forecast["days_to_next_purchase"].tolist()
        ],
    }


def next_purchase_in_words(days_ahead: float, as_of: datetime.date, lifetime_years: int) -> str:
    """Return when the next purchase is expected.

    Parameters
    ----------
    days_ahead : float
        By then it is as likely as not; NaN where it is not within the lifetime.
    as_of : date
    lifetime_years : int

    Examples
    --------
    >>> next_purchase_in_words(3.2, datetime.date(2017, 12, 31), 3)
    'As likely as not, the next purchase comes by 2018-01-04.'
    >>> next_purchase_in_words(float("nan"), datetime.date(2017, 12, 31), 3)
    'More likely than not, no purchase comes in the next 3 years.'
    """
    if np.isnan(days_ahead):
        years = "year" if lifetime_years == 1 else f"{lifetime_years} years"
        return f"More likely than not, no purchase comes in the next {years}."
    day = as_of + datetime.timedelta(days=int(np.ceil(days_ahead)))
    return f"As likely as not, the next purchase comes by {day.isoformat()}."


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


def _ago(days: int) -> str:
    if days == 0:
        return "today"
    return "1 day ago" if days == 1 else f"{days:,} days ago"


def _gone(days: int, gap: float) -> str:
    """Return a number of days; the word is left out right after "every 9 days"."""
    if max(round(gap), 1) == 1:
        return "1 day" if days == 1 else f"{days:,} days"
    return f"{days:,}"
