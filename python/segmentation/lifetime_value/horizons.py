"""Compares forecasts of 30, 90, 180 and 365 days with the outcomes.

The forecast of a customer is the one that :mod:`segmentation.lifetime_value.forecast_query` would
have made on the day. It is judged where all of the days have passed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segmentation.lifetime_value.accuracy import coverage, error_in_words, metrics
from segmentation.lifetime_value.backtest_groups import groups_of
from segmentation.lifetime_value.combined_forecast import Levels
from segmentation.lifetime_value.customers_on_day import expect
from segmentation.lifetime_value.group_totals import DayForecast, GroupTotals
from segmentation.lifetime_value.options import (
    COMBINED,
    HORIZONS,
    LAST_PERIOD,
    PERIOD_DAYS,
    PURCHASES,
    REVENUE,
)
from segmentation.lifetime_value.past_days import Outcome, PastDay
from segmentation.lifetime_value.repeat_purchases import Numbers
from segmentation.lifetime_value.spreads import ALL, COVERAGE, DECILE

# Intervals of customers that hold for fewer than this share are called too narrow.
LEAST_COVERAGE = 0.85

_METRICS = ("rmse", "rank_correlation", "calibration_slope")

Histories = Mapping[str, Numbers]
RowsByDay = Mapping[datetime.date, Mapping[str, Any]]


class HorizonForecasts:
    """Judges forecasts of all horizons, the oldest day first."""

    def __init__(self) -> None:
        self._totals = {days: GroupTotals() for days in HORIZONS}

    def judged(
        self, day: PastDay, forecasts: Mapping[str, Mapping[str, Numbers]], histories: Histories
    ) -> Iterator[dict[str, Any]]:
        """Return the rows of ``rpt_value_forecast_horizons`` of a day, and learn from it.

        Parameters
        ----------
        day : PastDay
        forecasts : mapping of measure to mapping of method to ndarray, shape (n,)
            Of the next 90 days, as :meth:`PastDay.forecasts` returns them.
        histories : mapping of str to ndarray, shape (n,)
            As :meth:`PastDay.histories` returns them.
        """
        for outcome in day.outcomes:
            is_period = outcome.days == PERIOD_DAYS
            ahead = day.expected if is_period else expect(day.fitted, day.customers, outcome.days)
            for measure, by_method in forecasts.items():
                yield from self._last_period(day, outcome, measure)
                for method, period in by_method.items():
                    levels = Levels.of(period, day.expected.mean[measure])
                    predicted = levels.expected(ahead.mean[measure], outcome.days)
                    later = (outcome, ahead.variance[measure])
                    forecast = DayForecast.of(day, measure, method, predicted, later)
                    lower, upper = _bounds(day, forecast, outcome.days, levels.level, histories)
                    held = coverage(outcome.actual[measure], lower, upper)
                    for row in self._judged(day, outcome.days, forecast):
                        yield row | ({"interval_coverage": held} if _is_of_all(row) else {})

    def _last_period(
        self, day: PastDay, outcome: Outcome, measure: str
    ) -> Iterator[dict[str, Any]]:
        """Judge "as many as in the last period of that length"."""
        if not outcome.last_period:
            return
        predicted = outcome.last_period[measure]
        later = (outcome, np.zeros_like(predicted))
        forecast = DayForecast.of(day, measure, LAST_PERIOD, predicted, later)
        everybody = next(groups for name, groups in groups_of(day.customers, predicted))
        for row in self._totals[outcome.days].judged(forecast, ALL, everybody, bounded=False):
            yield row | {"horizon_days": outcome.days} | _errors(forecast)

    def _judged(self, day: PastDay, days: int, forecast: DayForecast) -> Iterator[dict[str, Any]]:
        totals = self._totals[days]
        for grouping, groups in groups_of(day.customers, forecast.predicted):
            if grouping not in (ALL, DECILE):
                continue
            for row in totals.judged(forecast, grouping, groups):
                of_all = _errors(forecast) if grouping == ALL else {}
                yield row | {"horizon_days": days} | of_all
            totals.learn(forecast, grouping, groups)


def horizon_notes(rows: Sequence[Mapping[str, Any]], method: str) -> list[str]:
    """Return what a reader must know of the horizons beyond the 90 days, a sentence each.

    Parameters
    ----------
    rows : sequence of mapping
        As :meth:`HorizonForecasts.judged` returns them, of all days.
    method : str
        The one in use.

    Returns
    -------
    list of str
        Which horizons were not tested, lost to the last period repeated, or have intervals that are
        too narrow. Empty where nothing could be tested: the verdict says so.
    """
    of_all = [row for row in rows if _is_of_all(row)]
    measure = REVENUE if any(row["measure"] == REVENUE for row in of_all) else PURCHASES
    of_all = [row for row in of_all if row["measure"] == measure]
    if not of_all:
        return []
    untested, notes = [], []
    for days in HORIZONS:
        of_days = [row for row in of_all if row["horizon_days"] == days]
        ours, theirs = (
            {row["forecast_on"]: row for row in of_days if row["forecast_method"] == name}
            for name in (method, LAST_PERIOD)
        )
        if ours:
            notes += _notes_of(days, measure, ours, theirs)
        else:
            untested.append(str(days))
    if untested:
        notes.append(
            f"Forecasts of {' and '.join(untested)} days have not been tested: no quarter with "
            "enough data ended so long before this day."
        )
    return notes


def _notes_of(days: int, measure: str, ours: RowsByDay, theirs: RowsByDay) -> list[str]:
    """Return what a reader must know of a horizon that was tested."""
    notes = []
    held = float(np.mean([row["interval_coverage"] for row in ours.values()]))
    if held < LEAST_COVERAGE:
        notes.append(
            f"Intervals of the {measure} of a customer in {days} days held for {held:.0%} "
            f"instead of {COVERAGE:.0%}: they are too narrow."
        )
    both = sorted(ours.keys() & theirs.keys())
    # The verdict says it of the 90 days.
    if both and days != PERIOD_DAYS:
        error, simple = (_pooled(by_day, both) for by_day in (ours, theirs))
        if error > simple:
            notes.append(
                f"Do not rely on forecasts of {days} days: their error (RMSE of {measure} per "
                f"customer) was {error_in_words(error)}, that of the last {days} days repeated "
                f"{error_in_words(simple)}."
            )
    return notes


def _pooled(rows: RowsByDay, days: Sequence[datetime.date]) -> float:
    return float(np.sqrt(np.mean([rows[day]["rmse"] ** 2 for day in days])))


def _is_of_all(row: Mapping[str, Any]) -> bool:
    return bool(row["grouped_by"] == ALL)


def _errors(forecast: DayForecast) -> dict[str, float | None]:
    found = metrics(forecast.actual, forecast.predicted)
    return {name: found[name] for name in _METRICS}


def _bounds(
    day: PastDay, forecast: DayForecast, days: int, level: Numbers, histories: Histories
) -> tuple[Numbers, Numbers]:
    """Return the interval of each customer, as ``fct_customer_value_forecast`` would have it."""
    of_purchases = forecast.measure == PURCHASES
    scale = level
    if not of_purchases and day.fitted.spend is not None:
        spend, customers = day.fitted.spend.model, day.customers
        scale = level * spend.scale(customers.purchases.frequency, customers.mean_repeat_spend)
    name = f"purchases_{days}_days" if of_purchases else f"revenue_factor_{days}_days"
    lower, upper = scale * histories[f"lower_{name}"], scale * histories[f"upper_{name}"]
    if forecast.method == COMBINED:
        lower = np.minimum(lower, forecast.predicted)
        upper = np.maximum(upper, forecast.predicted)
    return (np.floor(lower), np.ceil(upper)) if of_purchases else (lower, upper)
