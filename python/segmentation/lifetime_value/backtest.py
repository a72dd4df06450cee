"""Makes forecasts as of earlier days and compares them with the outcomes.

On each day only what was known then is used: the models are fitted to the purchases up to it, and
what learns from outcomes (the weights of recent paces, cells, gradient boosting, the width of
intervals) learns from the days before, whose outcomes were known by then.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.lifetime_value.accuracy import coverage, metrics
from segmentation.lifetime_value.backtest_groups import groups_of
from segmentation.lifetime_value.baselines import RfmCells
from segmentation.lifetime_value.buyers import BuyerForecasts
from segmentation.lifetime_value.combined_forecast import CombinedForecast, learn_combination
from segmentation.lifetime_value.customers_on_day import CustomersOnDay, Expected, expect
from segmentation.lifetime_value.fit import LifetimeValueFit, NoModel, fit_lifetime_value
from segmentation.lifetime_value.forecast import forecast_histories
from segmentation.lifetime_value.gradient_boosting import learn_and_predict
from segmentation.lifetime_value.options import (
    COMBINED,
    MEASURES,
    PERIOD_DAYS,
    PURCHASE_MODEL,
    PURCHASES,
    REVENUE,
    LifetimeValueOptions,
)
from segmentation.lifetime_value.repeat_purchases import Numbers
from segmentation.lifetime_value.spreads import ALL, Spread, SpreadsOfGroupings

LAST_PERIOD, CELLS, BOOSTING = "last period", "rfm cells", "gradient boosting"

# With a shorter history, a forecast of 90 days is a guess.
FEWEST_WEEKS = 8


@dataclass(frozen=True)
class PastDay:
    """The day of a forecast, what was known then, and the outcome.

    Attributes
    ----------
    day : date
    customers : CustomersOnDay
    fitted : LifetimeValueFit
        To what was known on the day.
    expected : Expected
    actual : dict of str to ndarray, shape (n,)
        Purchases and revenue of the 90 days after.
    """

    day: datetime.date
    customers: CustomersOnDay
    fitted: LifetimeValueFit
    expected: Expected
    actual: dict[str, Numbers]

    @property
    def measures(self) -> list[str]:
        """What is forecast: revenue needs a spend model."""
        return [measure for measure in MEASURES if measure in self.expected.mean]

    def combination(self, measure: str) -> CombinedForecast:
        """Learn the weights of recent paces from this day and its outcome."""
        return learn_combination(
            self.customers.paces[measure],
            self.expected.probability_active,
            self.expected.mean[measure],
            self.actual[measure],
        )

    def combined(self, measure: str, combination: CombinedForecast) -> Numbers:
        """Return the forecast under weights that were learned before."""
        return combination.predict(
            self.customers.paces[measure],
            self.expected.probability_active,
            self.expected.mean[measure],
        )


@dataclass(frozen=True)
class Judgement:
    """What back-tests say.

    Attributes
    ----------
    days : sequence of PastDay
        Those that were judged, the oldest first.
    accuracy : list of dict
        Rows of ``rpt_value_forecast_accuracy``, but for ``is_in_use``.
    squared_errors : dict of (measure, method) to dict of date to float
        Mean squared error of each forecast.
    losses : list of dict
        How the expected loss found what was lost, by day, method and fifth.
    """

    days: Sequence[PastDay]
    accuracy: list[dict[str, Any]] = field(default_factory=list)
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


def past_days(
    frames: Sequence[tuple[datetime.date, pd.DataFrame]], options: LifetimeValueOptions
) -> list[PastDay]:
    """Fit the models of earlier days.

    Parameters
    ----------
    frames : sequence of (date, DataFrame)
        The oldest first, each with rows of ``int_value_forecast_backtests`` of that day, in the
        order of customer_id.
    options : LifetimeValueOptions

    Returns
    -------
    list of PastDay
        Without the days on which too little was known.
    """
    days = []
    for day, frame in frames:
        customers = CustomersOnDay.from_frame(frame)
        if not len(customers) or customers.purchases.age.max() < FEWEST_WEEKS:
            continue
        fitted = fit_lifetime_value(
            customers.purchases, customers.mean_repeat_spend, options=options
        )
        if isinstance(fitted, NoModel):
            continue
        actual = {measure: frame[f"actual_{measure}"].to_numpy(np.float64) for measure in MEASURES}
        days.append(PastDay(day, customers, fitted, expect(fitted, customers), actual))
    return days


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
    errors = _Errors()
    buyers = BuyerForecasts()
    for i, day in enumerate(days):
        before = days[i - 1] if i else None
        for measure in day.measures:
            predictions = dict(_predictions(day, before, measure, options))
            for method, predicted in predictions.items():
                judgement.accuracy.extend(_judged(day, measure, method, predicted, errors))
                squared = judgement.squared_errors.setdefault((measure, method), {})
                squared[day.day] = float(np.mean((predicted - day.actual[measure]) ** 2))
            for method, predicted in predictions.items():
                errors.add(day, measure, method, predicted)
            if measure == REVENUE:
                for method in (PURCHASE_MODEL, COMBINED):
                    if method in predictions:
                        judgement.losses.extend(_losses(day, before, method, predictions[method]))
        bought = day.actual[PURCHASES] > 0
        judgement.accuracy.extend(
            buyers.judged(day.day, day.customers, day.expected.any_purchase, bought)
        )
    return judgement


def _predictions(
    day: PastDay, before: PastDay | None, measure: str, options: LifetimeValueOptions
) -> Iterator[tuple[str, Numbers]]:
    yield PURCHASE_MODEL, day.expected.mean[measure]
    yield LAST_PERIOD, day.customers.paces[measure].last_90_days
    if before is None or measure not in before.measures:
        return
    combination = before.combination(measure)
    if options.combine and combination.is_learned:
        yield COMBINED, day.combined(measure, combination)
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
    day: PastDay, measure: str, method: str, predicted: Numbers, errors: _Errors
) -> Iterator[dict[str, Any]]:
    actual = day.actual[measure]
    is_ours = method in (PURCHASE_MODEL, COMBINED)
    for grouping, groups in groups_of(day.customers, predicted):
        if grouping != ALL and not is_ours:
            continue
        for number, name, rows in groups:
            row: dict[str, Any] = {
                "forecast_on": day.day,
                "measure": measure,
                "forecast_method": method,
                "grouped_by": grouping,
                "group_number": number,
                "group_name": name,
                "customers": int(rows.sum()),
                "predicted": float(predicted[rows].sum()),
                "actual": float(actual[rows].sum()),
            }
            if is_ours:
                spread = errors.spread(measure, method, grouping)
                row["lower_predicted"], row["upper_predicted"] = spread.interval(
                    row["predicted"],
                    float(day.expected.variance[measure][rows].sum()),
                )
            if grouping == ALL:
                row |= metrics(actual, predicted)
                if (measure, method) == (PURCHASES, PURCHASE_MODEL):
                    row["interval_coverage"] = _interval_coverage(day)
            yield row


def _interval_coverage(day: PastDay) -> float:
    """Return the share of customers whose purchases lay in their own interval."""
    grouped = day.customers.purchases.grouped()
    histories = forecast_histories(day.fitted, grouped)
    lower, upper = (
        histories[f"{bound}_purchases_{PERIOD_DAYS}_days"].to_numpy(np.float64)[grouped.position]
        for bound in ("lower", "upper")
    )
    return coverage(day.actual[PURCHASES], lower, upper)


def _half_a_purchase(day: PastDay, measure: str) -> float:
    if measure == PURCHASES or day.fitted.spend is None:
        return 0.5
    return 0.5 * day.fitted.spend.model.mean_spend


class _Errors:
    """Errors of the forecasts so far, by measure, method and grouping."""

    def __init__(self) -> None:
        self._spreads: dict[tuple[str, str], SpreadsOfGroupings] = {}

    def add(self, day: PastDay, measure: str, method: str, predicted: Numbers) -> None:
        if method not in (PURCHASE_MODEL, COMBINED):
            return
        half = _half_a_purchase(day, measure)
        spreads = self._spreads.setdefault((measure, method), SpreadsOfGroupings())
        for grouping, groups in groups_of(day.customers, predicted):
            rows = [rows for _, _, rows in groups]
            expected = np.array([predicted[r].sum() for r in rows]) + half
            actual = np.array([day.actual[measure][r].sum() for r in rows]) + half
            variance = np.array([day.expected.variance[measure][r].sum() for r in rows])
            spreads.add(grouping, expected, actual, variance)

    def spread(self, measure: str, method: str, grouping: str) -> Spread:
        return self._spreads.get((measure, method), SpreadsOfGroupings()).of(grouping)


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
