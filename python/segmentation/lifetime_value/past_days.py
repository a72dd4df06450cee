"""Earlier days as of which forecasts are made: what was known then, and the outcomes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.engine.base import Engine
from segmentation.engine.sql import select
from segmentation.lifetime_value.combined_forecast import CombinedForecast, learn_combination
from segmentation.lifetime_value.customers_on_day import (
    COLUMNS,
    STATE_COLUMN,
    CustomersOnDay,
    Expected,
    expect,
)
from segmentation.lifetime_value.fit import LifetimeValueFit, NoModel, fit_lifetime_value
from segmentation.lifetime_value.forecast import forecast_histories
from segmentation.lifetime_value.options import (
    COMBINED,
    HORIZONS,
    MEASURES,
    PERIOD_DAYS,
    PURCHASE_MODEL,
    LifetimeValueOptions,
)
from segmentation.lifetime_value.repeat_purchases import DAYS_PER_WEEK, Numbers

# Columns of int_value_forecast_backtests that are read, each as a double: what was known, and what
# customers bought in the horizons before and after the day.
BACKTEST_COLUMNS = (
    *COLUMNS,
    *(
        f"{measure}_{days}_days"
        for days in HORIZONS
        for measure in MEASURES
        if f"{measure}_{days}_days" not in COLUMNS
    ),
    *(f"actual_{measure}_{days}_days" for days in HORIZONS for measure in MEASURES),
)

# With a shorter history, a forecast of 90 days is a guess.
FEWEST_WEEKS = 8


@dataclass(frozen=True)
class Outcome:
    """What customers bought in a number of days after a day, all of which have passed.

    Attributes
    ----------
    days : int
        One of :data:`segmentation.lifetime_value.options.HORIZONS`.
    actual : dict of str to ndarray, shape (n,)
        Purchases and revenue of these days.
    last_period : dict of str to ndarray, shape (n,)
        Of as many days up to the day; empty where the shop had not been selling for so long.
    """

    days: int
    actual: dict[str, Numbers]
    last_period: dict[str, Numbers]


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
    outcomes : sequence of Outcome
        Of every horizon that has ended, these 90 days among them.
    """

    day: datetime.date
    customers: CustomersOnDay
    fitted: LifetimeValueFit
    expected: Expected
    actual: dict[str, Numbers]
    outcomes: Sequence[Outcome] = ()

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

    def histories(self) -> dict[str, Numbers]:
        """Return what the purchase model says of each customer, in their order, by column.

        The columns are those of :func:`segmentation.lifetime_value.forecast.forecast_histories`.
        """
        grouped = self.customers.purchases.grouped()
        forecast = forecast_histories(self.fitted, grouped)
        return {
            str(name): values.to_numpy(np.float64)[grouped.position]
            for name, values in forecast.items()
        }

    def forecasts(
        self, measure: str, before: PastDay | None, *, combine: bool
    ) -> dict[str, Numbers]:
        """Return what was expected of the 90 days after: by method, shape (n,).

        Parameters
        ----------
        measure : str
        before : PastDay or None
            The quarter's end before, which the weights of recent paces are learned from.
        combine : bool
            Whether they are weighed at all.
        """
        found = {PURCHASE_MODEL: self.expected.mean[measure]}
        if before is None or measure not in before.measures or not combine:
            return found
        combination = before.combination(measure)
        if combination.is_learned:
            found[COMBINED] = combination.predict(
                self.customers.paces[measure],
                self.expected.probability_active,
                self.expected.mean[measure],
            )
        return found


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
        if not isinstance(fitted, NoModel):
            days.append(past_day(day, frame, fitted))
    return days


def backtest_frames(
    engine: Engine, backtests: str, days: Sequence[datetime.date] | None = None
) -> list[tuple[datetime.date, pd.DataFrame]]:
    """Return the rows of ``int_value_forecast_backtests`` by day, in the order of customer_id.

    Parameters
    ----------
    engine : Engine
    backtests : str
        A from-item.
    days : sequence of date, optional
        One or more; all of them unless given.
    """
    columns = [
        "customer_id",
        *(f"cast({name} as double) as {name}" for name in BACKTEST_COLUMNS),
        STATE_COLUMN,
    ]
    listed = ", ".join(f"date '{day.isoformat()}'" for day in days or ())
    frame = engine.frame(
        select(
            ["forecast_on", *columns],
            backtests,
            where=f"forecast_on in ({listed})" if listed else "",
            order_by="forecast_on, customer_id",
        )
    )
    return [
        (day.date(), frame[frame["forecast_on"] == day].reset_index(drop=True))
        for day in pd.DatetimeIndex(frame["forecast_on"].unique())
    ]


def past_day(day: datetime.date, frame: pd.DataFrame, fitted: LifetimeValueFit) -> PastDay:
    """Return an earlier day whose models are known.

    Parameters
    ----------
    day : date
    frame : DataFrame
        Rows of ``int_value_forecast_backtests`` of that day, in the order of customer_id.
    fitted : LifetimeValueFit
    """
    customers = CustomersOnDay.from_frame(frame)
    outcomes = list(_outcomes(customers, frame))
    (actual,) = (outcome.actual for outcome in outcomes if outcome.days == PERIOD_DAYS)
    return PastDay(day, customers, fitted, expect(fitted, customers), actual, outcomes)


def _outcomes(customers: CustomersOnDay, frame: pd.DataFrame) -> Iterator[Outcome]:
    days_known = DAYS_PER_WEEK * float(customers.purchases.age.max(initial=0.0)) + 1
    for days in HORIZONS:
        actual = {measure: _column(frame, f"actual_{measure}_{days}_days") for measure in MEASURES}
        if any(np.isnan(values).any() for values in actual.values()):
            continue
        is_known = round(days_known) >= days
        last_period = {measure: _column(frame, f"{measure}_{days}_days") for measure in MEASURES}
        yield Outcome(days, actual, last_period if is_known else {})


def _column(frame: pd.DataFrame, name: str) -> Numbers:
    return frame[name].to_numpy(np.float64, na_value=np.nan)
