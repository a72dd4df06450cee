"""Makes forecasts as of earlier days and compares them with the outcomes.

On each day only what was known then is used: the models are fitted to the purchases up to it, and
what learns from outcomes (the weights of recent paces, cells, gradient boosting, the width of
intervals) learns from the days before, whose outcomes were known by then.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.lifetime_value.accuracy import coverage, metrics
from segmentation.lifetime_value.backtest_groups import groups_of
from segmentation.lifetime_value.baselines import RfmCells
from segmentation.lifetime_value.buyers import BuyerForecasts
from segmentation.lifetime_value.combined_forecast import CombinedForecast
from segmentation.lifetime_value.customers_on_day import CustomersOnDay
from segmentation.lifetime_value.gradient_boosting import learn_and_predict
from segmentation.lifetime_value.group_totals import DayForecast, GroupTotals
from segmentation.lifetime_value.horizons import HorizonForecasts
from segmentation.lifetime_value.options import (
    COMBINED,
    LAST_PERIOD,
    PERIOD_DAYS,
    PURCHASE_MODEL,
    PURCHASES,
    REVENUE,
    LifetimeValueOptions,
)
from segmentation.lifetime_value.past_days import PastDay
from segmentation.lifetime_value.repeat_purchases import Numbers
from segmentation.lifetime_value.spreads import ALL

CELLS, BOOSTING = "rfm cells", "gradient boosting"


@dataclass(frozen=True)
class Judgement:
    """What back-tests say.

    Attributes
    ----------
    days : sequence of PastDay
        Those that were judged, the oldest first.
    accuracy : list of dict
        Rows of ``rpt_value_forecast_accuracy``, but for ``is_in_use``.
    horizons : list of dict
        Rows of ``rpt_value_forecast_horizons``, but for ``is_in_use``.
    squared_errors : dict of (measure, method) to dict of date to float
        Mean squared error of each forecast.
    losses : list of dict
        How the expected loss found what was lost, by day, method and fifth.
    """

    days: Sequence[PastDay]
    accuracy: list[dict[str, Any]] = field(default_factory=list)
    horizons: list[dict[str, Any]] = field(default_factory=list)
    squared_errors: dict[tuple[str, str], dict[datetime.date, float]] = field(default_factory=dict)
    losses: list[dict[str, Any]] = field(default_factory=list)

    @property
    def combinations(self) -> dict[str, CombinedForecast]:
        """The weights learned on the newest day; empty without a day, or with too few customers."""
        if not self.days:
            return {}
        newest = self.days[-1]
        learned = {measure: newest.combination(measure) for measure in newest.measures}
        return {measure: c for measure, c in learned.items() if c.is_learned}


def judge(days: Sequence[PastDay], options: LifetimeValueOptions) -> Judgement:
    """Compare the forecasts of earlier days with the outcomes.

    Parameters
    ----------
    days : sequence of PastDay
        The oldest first.
    options : LifetimeValueOptions
        Whether gradient boosting is judged too, and its seed.
    """
    judgement = Judgement(days)
    totals = GroupTotals()
    horizons = HorizonForecasts()
    buyers = BuyerForecasts()
    for i, day in enumerate(days):
        before = days[i - 1] if i else None
        histories = day.histories()
        forecasts = {
            measure: day.forecasts(measure, before, combine=options.combine)
            for measure in day.measures
        }
        judgement.horizons.extend(horizons.judged(day, forecasts, histories))
        for measure, ours in forecasts.items():
            others = dict(_others(day, before, measure, options))
            for method, predicted in (ours | others).items():
                forecast = DayForecast.of(day, measure, method, predicted)
                judgement.accuracy.extend(_judged(day, forecast, totals, histories))
                squared = judgement.squared_errors.setdefault((measure, method), {})
                squared[day.day] = float(np.mean((predicted - day.actual[measure]) ** 2))
        for method, predicted in forecasts.get(REVENUE, {}).items():
            judgement.losses.extend(_losses(day, before, method, predicted))
        chance, bought = day.expected.any_purchase, day.actual[PURCHASES] > 0
        groupings = list(groups_of(day.customers, chance))
        judgement.accuracy.extend(buyers.judged(day.day, groupings, chance, bought))
    return judgement


def _others(
    day: PastDay, before: PastDay | None, measure: str, options: LifetimeValueOptions
) -> Iterator[tuple[str, Numbers]]:
    """Return what forecasts are compared with."""
    yield LAST_PERIOD, day.customers.paces[measure].last_90_days
    if before is None or measure not in before.measures:
        return
    cells = RfmCells.learn(_rfm(before.customers), before.actual[measure])
    yield CELLS, cells.forecast(_rfm(day.customers))
    if options.gradient_boosting:
        yield (
            BOOSTING,
            learn_and_predict(
                (before.customers, before.expected),
                before.actual[measure],
                (day.customers, day.expected),
                options.seed,
            ),
        )


def _rfm(customers: CustomersOnDay) -> Numbers:
    purchases, paces = customers.purchases, customers.paces
    revenue = paces[REVENUE].window
    return np.column_stack([purchases.age - purchases.recency, paces[PURCHASES].window, revenue])


def _judged(
    day: PastDay, forecast: DayForecast, totals: GroupTotals, histories: Mapping[str, Numbers]
) -> Iterator[dict[str, Any]]:
    is_ours = forecast.method in (PURCHASE_MODEL, COMBINED)
    for grouping, groups in groups_of(day.customers, forecast.predicted):
        if grouping != ALL and not is_ours:
            continue
        for row in totals.judged(forecast, grouping, groups, bounded=is_ours):
            if grouping == ALL:
                row |= metrics(forecast.actual, forecast.predicted)
                if (forecast.measure, forecast.method) == (PURCHASES, PURCHASE_MODEL):
                    lower, upper = (
                        histories[f"{end}_purchases_{PERIOD_DAYS}_days"]
                        for end in ("lower", "upper")
                    )
                    row["interval_coverage"] = coverage(forecast.actual, lower, upper)
            yield row
        if is_ours:
            totals.learn(forecast, grouping, groups)


def _losses(
    day: PastDay, before: PastDay | None, method: str, predicted: Numbers
) -> list[dict[str, Any]]:
    """Return what the fifths of customers with the largest expected losses lost.

    Lost is the pace of the window less what was spent, of those who spent less than half of it.
    """
    pace, spent = day.customers.paces[REVENUE].window, day.actual[REVENUE]
    expected = np.maximum(pace - predicted, 0.0)
    lost = np.where(2.0 * spent < pace, pace - spent, 0.0)
    everything = float(lost.sum())
    fifths = {
        name: _fifth(values)
        for name, values in (("loss", expected), ("run_rate", pace), ("actual", lost))
    }

    def share(by: str, i: int) -> float | None:
        return float(lost[fifths[by] == i].sum()) / everything if everything > 0 else None

    return [
        {
            "forecast_on": day.day,
            "forecast_method": method,
            "fifth": i + 1,
            "customers": int((fifths["loss"] == i).sum()),
            "learned_from_customers": 0 if before is None else len(before.customers),
            "expected_loss": float(expected[fifths["loss"] == i].sum()),
            "actual_loss": float(lost[fifths["loss"] == i].sum()),
            "share_of_actual_loss": share("loss", i),
            "share_by_run_rate": share("run_rate", i),
            "largest_possible_share": share("actual", i),
        }
        for i in range(5)
    ]


def _fifth(values: Numbers) -> NDArray[np.int64]:
    """Return the fifth of each value, 0 for the largest, as ``ntile(5)`` cuts them."""
    order = np.argsort(-values, kind="stable")
    fifth = np.empty(len(values), dtype=np.int64)
    for i, part in enumerate(np.array_split(order, 5)):
        fifth[part] = i
    return fifth
