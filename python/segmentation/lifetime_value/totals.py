"""Forecasts of totals, with intervals that know how well the parameters are known.

A total varies for two reasons, or three. Customers decide at random and independently of each other
given the parameters: variances add. The parameters are estimates: what they do to a total is linear
to first order (the delta method), and they move all customers together. And the model is wrong
somehow: :mod:`segmentation.lifetime_value.calibration` learns by how much from earlier back-tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from segmentation.lifetime_value.calibration import Calibration
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.forecast import Pairs
from segmentation.lifetime_value.options import HORIZONS, ForecastOptions
from segmentation.lifetime_value.purchase_models import PurchaseModel
from segmentation.lifetime_value.purchases_while_active import purchases_while_active
from segmentation.lifetime_value.repeat_purchases import DAYS_PER_WEEK, Numbers, RepeatPurchases
from segmentation.lifetime_value.spend_model import SpendModel

PURCHASES, BUYERS, REVENUE = "purchases", "buyers", "revenue"
MEASURES = (PURCHASES, BUYERS, REVENUE)

CELL_COLUMNS = (
    *("group", "frequency", "recency", "age"),
    *("customers", "spend_sum", "spend_square_sum"),
)

# Of the logarithm of a parameter, for derivatives.
_STEP = 1e-4

# A beta prime variable of tail 2 or less has no finite variance; this stands in for it.
_LEAST_TAIL = 2.5

# From this shape on, a gamma variable is normal.
_NORMAL_FROM = 1e5


@dataclass(frozen=True)
class _Cells:
    """Customers of one history and group, sorted."""

    group: NDArray[np.intp]
    groups: list[object]
    histories: RepeatPurchases
    pairs: Pairs
    customers: Numbers
    spend_sum: Numbers
    spend_square_sum: Numbers

    @classmethod
    def of(cls, cells: pd.DataFrame) -> _Cells:
        ordered = cells.sort_values(list(CELL_COLUMNS), kind="stable", ignore_index=True)
        code, groups = pd.factorize(ordered.group, sort=True)
        histories = RepeatPurchases.of(*(ordered[name] for name in ("frequency", "recency", "age")))
        return cls(
            code.astype(np.intp),
            list(groups),
            histories,
            Pairs.of(histories),
            *(
                ordered[name].to_numpy(np.float64)
                for name in ("customers", "spend_sum", "spend_square_sum")
            ),
        )

    def total(self, of_cell: Numbers) -> Numbers:
        """Return the sum over each group's cells."""
        return np.bincount(self.group, of_cell, len(self.groups)).astype(np.float64)


def cells_of(
    fitted: LifetimeValueFit, customers: pd.DataFrame, groups: pd.Series | None = None
) -> pd.DataFrame:
    """Return customers by group and history, as :func:`forecast_totals` takes them.

    Parameters
    ----------
    fitted : LifetimeValueFit
    customers : DataFrame
        frequency, recency, age (weeks) and, with a spend model, spend.
    groups : Series, optional
        The group of each row; all customers are one group, ``"all"``, unless given.

    Returns
    -------
    DataFrame
        group, frequency, recency, age, customers; spend_sum and spend_square_sum (of mean spends
        on a repeat purchase day, with everybody's where there is none of use).
    """
    table = pd.DataFrame(
        {
            "group": "all" if groups is None else groups.to_numpy(),
            **{name: customers[name].to_numpy() for name in ("frequency", "recency", "age")},
        }
    )
    spend = np.zeros(len(table))
    if fitted.spend is not None:
        spend = fitted.spend.model.known_spend(
            table.frequency.to_numpy(), customers["spend"].to_numpy(np.float64, na_value=np.nan)
        )
        # Without a repeat purchase a mean spend counts for nothing.
        spend = np.where(table.frequency > 0, spend, 0.0)
    table["spend_sum"], table["spend_square_sum"] = spend, spend**2
    # Sorted, so that sums do not depend on the order of the rows.
    table = table.sort_values(list(table.columns), kind="stable")
    by = table.groupby(["group", "frequency", "recency", "age"], as_index=False)
    return by.agg(
        customers=("spend_sum", "size"),
        spend_sum=("spend_sum", "sum"),
        spend_square_sum=("spend_square_sum", "sum"),
    )


def forecast_totals(
    fitted: LifetimeValueFit,
    cells: pd.DataFrame,
    options: ForecastOptions | None = None,
    calibration: Calibration | None = None,
) -> pd.DataFrame:
    """Forecast purchases, buyers and revenue of groups of customers.

    Parameters
    ----------
    fitted : LifetimeValueFit
    cells : DataFrame
        The columns of :data:`CELL_COLUMNS`, as :func:`cells_of` returns them.
    options : ForecastOptions, optional
    calibration : Calibration, optional
        Learned factors and the spread of earlier errors, that of totals for a single group and
        that of groups for several; neither unless given. Customers of one group and history share
        a multiplier, that of their mean.

    Returns
    -------
    DataFrame
        group, horizon_days, measure (purchases, buyers: customers with a purchase, revenue),
        customers, expected, standard_error, lower, upper; sorted. Revenue is left out without a
        spend model.

    Raises
    ------
    ValueError
        If a column is missing.
    """
    options = options or ForecastOptions()
    absent = [name for name in CELL_COLUMNS if name not in cells]
    if absent:
        raise ValueError(f"The cells lack {', '.join(absent)}. They need {CELL_COLUMNS}.")
    grouped = _Cells.of(cells)
    parts = []
    for days in HORIZONS:
        figures = _with_uncertainty(fitted, grouped, days, calibration)
        for measure, (mean, variance) in figures.items():
            spread = _spread(calibration, measure, days, of_all=len(grouped.groups) == 1)
            error = np.sqrt(variance + (spread * mean) ** 2)
            lower, upper = gamma_interval(mean, error, options.interval)
            columns = {
                "group": grouped.groups,
                "horizon_days": days,
                "measure": measure,
                "customers": grouped.total(grouped.customers).astype(np.int64),
                "expected": mean,
                "standard_error": error,
                "lower": lower,
                "upper": upper,
            }
            parts.append(pd.DataFrame(columns))
    totals = pd.concat(parts, ignore_index=True)
    keys = ["group", "horizon_days", "measure"]
    return totals.sort_values(keys, kind="stable", ignore_index=True)


def _spread(calibration: Calibration | None, measure: str, days: int, *, of_all: bool) -> float:
    if calibration is None:
        return 0.0
    learned = calibration.factor(measure, days)
    return learned.spread if of_all else learned.spread_of_groups


def gamma_interval(mean: Numbers, error: Numbers, share: float) -> tuple[Numbers, Numbers]:
    """Return bounds of a quantity that cannot be negative, from mean and standard error.

    Those of a gamma distribution with the same mean and variance.
    """
    outside = (1.0 - share) / 2.0
    variance = np.maximum(error, 1e-300) ** 2
    with np.errstate(divide="ignore", over="ignore"):
        shape = np.where(mean > 0, mean**2 / np.maximum(variance, 1e-300), 1.0)
    bounds = []
    for level in (outside, 1.0 - outside):
        normal = np.maximum(mean + special.ndtri(level) * error, 0.0)
        skewed = mean / shape * special.gammaincinv(np.minimum(shape, _NORMAL_FROM), level)
        bounds.append(np.where(shape > _NORMAL_FROM, normal, skewed))
    return bounds[0], bounds[1]


def _with_uncertainty(
    fitted: LifetimeValueFit, cells: _Cells, days: int, calibration: Calibration | None
) -> dict[str, tuple[Numbers, Numbers]]:
    """Return expectation and variance of each measure, one value a group."""
    purchases, weeks = fitted.purchases, days / DAYS_PER_WEEK
    moments = _Moments.of(purchases.model, cells, weeks)
    moved = [
        _Moments.of(PurchaseModel.at(purchases.model.family, place), cells, weeks)
        for place in _around(purchases.model.logarithms)
    ]
    spend = None if fitted.spend is None else fitted.spend.model
    result = {}
    for measure in MEASURES if spend is not None else (PURCHASES, BUYERS):
        mean, variance = moments.of_cells(measure, cells, spend)
        # Learned multipliers are of a customer's forecast, and known: they move no parameter.
        multiplier = np.ones(len(mean))
        if calibration is not None:
            multiplier = calibration.factor(measure, days).multiplier(mean / cells.customers)
        total = cells.total(multiplier**2 * variance)
        total += _moved(
            [cells.total(multiplier * other.of_cells(measure, cells, spend)[0]) for other in moved],
            purchases.covariance,
        )
        if measure == REVENUE and fitted.spend is not None:
            total += _moved(
                [
                    cells.total(multiplier * moments.of_cells(measure, cells, other)[0])
                    for other in _spends_around(fitted.spend.model)
                ],
                fitted.spend.covariance,
            )
        result[measure] = (cells.total(multiplier * mean), total)
    return result


def _spends_around(spend: SpendModel) -> list[SpendModel]:
    logarithms = np.log([spend.p, spend.q - 1.0, spend.v])
    return [
        SpendModel(p, 1.0 + above_one, v)
        for p, above_one, v in (np.exp(place).tolist() for place in _around(logarithms))
    ]


def _around(logarithms: Numbers) -> list[Numbers]:
    """Return places a step above and below, parameter by parameter."""
    steps = np.eye(len(logarithms)) * _STEP
    return [logarithms + sign * step for step in steps for sign in (1.0, -1.0)]


def _moved(totals: list[Numbers], covariance: Numbers) -> Numbers:
    """Return the variance of totals that the parameters cause, one value a group."""
    slopes = np.array(
        [(up - down) / (2 * _STEP) for up, down in zip(totals[::2], totals[1::2], strict=True)]
    )
    return np.asarray((slopes * (covariance @ slopes)).sum(axis=0))


@dataclass(frozen=True)
class _Moments:
    """Mean and mean square of purchases, and probability of any, of a customer of each cell."""

    mean: Numbers
    mean_square: Numbers
    any_purchase: Numbers

    @classmethod
    def of(cls, model: PurchaseModel, cells: _Cells, weeks: float) -> _Moments:
        active = model.probability_active(cells.histories)
        pairs = cells.pairs
        ahead = purchases_while_active(model, pairs.frequency, pairs.age, weeks)
        at = pairs.of_history
        return cls(
            active * ahead.mean[at], active * ahead.mean_square[at], active * ahead.any_purchase[at]
        )

    def of_cells(
        self, measure: str, cells: _Cells, spend: SpendModel | None
    ) -> tuple[Numbers, Numbers]:
        """Return expectation and variance of a measure, one value a cell."""
        if measure == REVENUE and spend is not None:
            return self._revenue(cells, spend)
        if measure == BUYERS:
            chance = self.any_purchase
            return cells.customers * chance, cells.customers * chance * (1.0 - chance)
        return (
            cells.customers * self.mean,
            cells.customers * (self.mean_square - self.mean**2),
        )

    def _revenue(self, cells: _Cells, spend: SpendModel) -> tuple[Numbers, Numbers]:
        """Return expectation and variance of revenue.

        Of a customer with scale V = v + m x, spend on a day has the moments p V / (q' - 1) and
        p (p + 1) V² / ((q' - 1) (q' - 2)), two days have p² V² / ((q' - 1) (q' - 2)) together.
        """
        x, customers = cells.histories.frequency.astype(np.float64), cells.customers
        scale = spend.v * customers + x * cells.spend_sum
        square = (
            spend.v**2 * customers
            + 2.0 * spend.v * x * cells.spend_sum
            + x**2 * cells.spend_square_sum
        )
        tail = spend.q + spend.p * x
        factor = spend.p / (tail - 1.0)
        finite = np.maximum(tail, _LEAST_TAIL)
        both = spend.p / ((finite - 1.0) * (finite - 2.0))
        mean_square = both * (self.mean + spend.p * self.mean_square)
        return (
            scale * factor * self.mean,
            square * np.maximum(mean_square - (factor * self.mean) ** 2, 0.0),
        )
