"""Measures the gates of a refit of lifetime value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import PURCHASES, REVENUE, LifetimeValueOptions
from segmentation.over_time.gates import ForecastFigures, forecast_gates
from segmentation.registry.stored_gates import Gate
from segmentation.steps.begin import Step
from segmentation.steps.measure_forecast_error import read_quarter

if TYPE_CHECKING:
    from segmentation.lifetime_value.repeat_purchases import RepeatPurchases

# Of a fit that found no model.
NOTHING_FORECAST = ForecastFigures(models=0)


def gates_of_forecasts(
    step: Step,
    tables: tuple[str, str],
    model: LifetimeValueModel,
    current: LifetimeValueModel,
    limits: LifetimeValueOptions,
) -> list[Gate]:
    """Return the gates of a fit of lifetime value.

    Parameters
    ----------
    step : Step
    tables : pair of str
        From-items: ``int_customer_repeat_purchases`` and ``int_value_forecast_backtests``.
    model, current : LifetimeValueModel
        The new one, and the one in force; the latter with a forecast.
    limits : LifetimeValueOptions
    """
    from segmentation.lifetime_value.customers_on_day import CustomersOnDay
    from segmentation.lifetime_value.learning import read_fitted_customers

    customers, backtests = tables
    purchases = CustomersOnDay.from_frame(read_fitted_customers(step.engine, customers)).purchases
    if not model.has_forecast:
        return forecast_gates(NOTHING_FORECAST, _figures(current, purchases), limits)
    skill, skill_of_current = _skills(step, backtests, model, current)
    return forecast_gates(
        _figures(model, purchases, skill), _figures(current, purchases, skill_of_current), limits
    )


def _figures(
    model: LifetimeValueModel, purchases: RepeatPurchases, skill: float | None = None
) -> ForecastFigures:
    from segmentation.lifetime_value.stored_fit import mean_log_likelihood

    return ForecastFigures(
        models=2 if model.spend else 1,
        likelihood=mean_log_likelihood(model, purchases),
        skill=skill,
    )


def _skills(
    step: Step, backtests: str, model: LifetimeValueModel, current: LifetimeValueModel
) -> tuple[float | None, float | None]:
    """Return the skill of both for the newest quarter whose outcome is known.

    That of the new one is of its back-test, which was fitted to what was known before the quarter.
    """
    from segmentation.lifetime_value.stored_fit import error_of_quarter, newest_quarter

    measure = REVENUE if model.spend and current.spend else PURCHASES
    tested = newest_quarter(model, measure)
    if tested is None:
        return None, None
    quarter = read_quarter(step.engine, backtests, tested.day)
    error = error_of_quarter(current, measure, quarter)
    return tested.skill(tested.error), tested.skill(error)
