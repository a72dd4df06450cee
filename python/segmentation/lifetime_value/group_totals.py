"""Totals of groups of customers: what was predicted, with an interval, beside what came."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.lifetime_value.backtest_groups import Groups
from segmentation.lifetime_value.options import PERIOD_DAYS, PURCHASES
from segmentation.lifetime_value.past_days import Outcome, PastDay
from segmentation.lifetime_value.repeat_purchases import Numbers
from segmentation.lifetime_value.spreads import Spread, SpreadsOfGroupings


@dataclass(frozen=True)
class DayForecast:
    """A forecast of customers as of a day, and its outcome.

    Attributes
    ----------
    day, known_on : date
        Of the forecast, and from which on its outcome is known.
    measure, method : str
    predicted, variance, actual : ndarray, shape (n,)
        The variance is that by chance.
    half_a_purchase : float
        Added to totals, so that one of 0 has a logarithm.
    """

    day: datetime.date
    known_on: datetime.date
    measure: str
    method: str
    predicted: Numbers
    variance: Numbers
    actual: Numbers
    half_a_purchase: float

    @classmethod
    def of(
        cls,
        past: PastDay,
        measure: str,
        method: str,
        predicted: Numbers,
        later: tuple[Outcome, Numbers] | None = None,
    ) -> DayForecast:
        """Return the forecast of an earlier day.

        Parameters
        ----------
        past : PastDay
        measure, method : str
        predicted : ndarray, shape (n,)
        later : (Outcome, ndarray of shape (n,)), optional
            The horizon and the variance by chance; of 90 days unless given.
        """
        spend = past.fitted.spend
        mean = 1.0 if measure == PURCHASES or spend is None else spend.model.mean_spend
        days = later[0].days if later else PERIOD_DAYS
        return cls(
            past.day,
            past.day + datetime.timedelta(days=days),
            measure,
            method,
            predicted,
            later[1] if later else past.expected.variance[measure],
            later[0].actual[measure] if later else past.actual[measure],
            0.5 * mean,
        )


class GroupTotals:
    """Judges the totals of groups, the oldest day first.

    How far totals were off on days whose outcome was known by then decides how wide an interval is.
    """

    def __init__(self) -> None:
        self._errors: dict[tuple[str, str, str], list[tuple[datetime.date, tuple[Numbers, ...]]]]
        self._errors = {}

    def judged(
        self, forecast: DayForecast, grouping: str, groups: Groups, *, bounded: bool = True
    ) -> Iterator[dict[str, Any]]:
        """Return a row of ``rpt_value_forecast_accuracy`` for each group.

        Parameters
        ----------
        forecast : DayForecast
        grouping : str
            A key of :data:`segmentation.lifetime_value.spreads.EXPECTED_ERROR`.
        groups : list of (int, str, ndarray of bool)
            Number, name and customers of each.
        bounded : bool
            Whether totals get an interval.
        """
        spread = self._spread(forecast, grouping)
        for number, name, rows in groups:
            predicted = float(forecast.predicted[rows].sum())
            row: dict[str, Any] = {
                "forecast_on": forecast.day,
                "measure": forecast.measure,
                "forecast_method": forecast.method,
                "grouped_by": grouping,
                "group_number": number,
                "group_name": name,
                "customers": int(rows.sum()),
                "predicted": predicted,
                "actual": float(forecast.actual[rows].sum()),
            }
            if bounded:
                row["lower_predicted"], row["upper_predicted"] = spread.interval(
                    predicted, float(forecast.variance[rows].sum())
                )
            yield row

    def learn(self, forecast: DayForecast, grouping: str, groups: Groups) -> None:
        """Learn how far the totals of a day were off."""
        half = forecast.half_a_purchase
        rows = [rows for _, _, rows in groups]
        expected = np.array([forecast.predicted[r].sum() for r in rows]) + half
        actual = np.array([forecast.actual[r].sum() for r in rows]) + half
        variance = np.array([forecast.variance[r].sum() for r in rows])
        key = (forecast.measure, forecast.method, grouping)
        self._errors.setdefault(key, []).append((forecast.known_on, (expected, actual, variance)))

    def _spread(self, forecast: DayForecast, grouping: str) -> Spread:
        spreads = SpreadsOfGroupings()
        key = (forecast.measure, forecast.method, grouping)
        for known_on, totals in self._errors.get(key, []):
            if known_on <= forecast.day:
                spreads.add(grouping, *totals)
        return spreads.of(grouping)
