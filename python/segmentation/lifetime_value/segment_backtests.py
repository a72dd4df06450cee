"""Compares forecasts of earlier days with the outcomes, by the segments of these days."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.lifetime_value.backtest_groups import Groups
from segmentation.lifetime_value.buyers import BuyerForecasts
from segmentation.lifetime_value.group_totals import DayForecast, GroupTotals
from segmentation.lifetime_value.options import PURCHASES
from segmentation.lifetime_value.past_days import PastDay
from segmentation.lifetime_value.spreads import SEGMENT

# Of a customer whom the history does not list on the day.
NOT_LISTED = "not listed"


def judge_by_segment(
    days: Sequence[tuple[PastDay, PastDay | None]],
    segments: Mapping[datetime.date, NDArray[np.object_]],
    *,
    combine: bool,
) -> Iterator[dict[str, Any]]:
    """Return rows of ``rpt_value_forecast_accuracy`` by segment, but for ``is_in_use``.

    An interval learns from earlier days whose segments are known.

    Parameters
    ----------
    days : sequence of (PastDay, PastDay or None)
        The oldest first, each with the quarter's end before.
    segments : mapping of date to ndarray of str, shape (n,)
        The slug of each customer of these days, in their order.
    combine : bool
        Whether recent paces were weighed.

    Yields
    ------
    dict
        ``group_name`` is the slug.
    """
    totals, buyers = GroupTotals(), BuyerForecasts()
    for day, before in days:
        groups = _groups(segments[day.day])
        for measure in day.measures:
            for method, predicted in day.forecasts(measure, before, combine=combine).items():
                forecast = DayForecast.of(day, measure, method, predicted)
                yield from totals.judged(forecast, SEGMENT, groups)
                totals.learn(forecast, SEGMENT, groups)
        chance, bought = day.expected.any_purchase, day.actual[PURCHASES] > 0
        yield from buyers.judged(day.day, [(SEGMENT, groups)], chance, bought)


def _groups(slugs: NDArray[np.object_]) -> Groups:
    return [(i + 1, slug, slugs == slug) for i, slug in enumerate(sorted(set(slugs)))]
