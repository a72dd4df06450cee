"""Lifetime value: who is a customer still, how often they will buy, and for how much.

A library over arrays and frames: it knows neither dbt nor the engine.

Histories
    :class:`~segmentation.lifetime_value.repeat_purchases.RepeatPurchases` holds frequency, recency
    and age of customers, in weeks, and groups equal ones.
Fit
    :func:`~segmentation.lifetime_value.fit.fit_lifetime_value` fits BG/NBD, MBG/NBD and
    Gamma-Gamma, chooses the purchase model by a
    :class:`~segmentation.lifetime_value.time_split.TimeSplit`, and returns a
    :class:`~segmentation.lifetime_value.fit.LifetimeValueFit`, or a
    :class:`~segmentation.lifetime_value.fit.NoModel` that says why. Both are plain numbers:
    ``as_record`` and ``from_record``.
Forecast
    :func:`~segmentation.lifetime_value.forecast.forecast_histories` for distinct histories, to be
    joined in the database, and
    :func:`~segmentation.lifetime_value.forecast.forecast_customers` for a frame of customers;
    :mod:`~segmentation.lifetime_value.combined_forecast` weighs recent paces beside the purchase
    model, :func:`~segmentation.lifetime_value.forecast_query.forecast_query` writes the forecast of
    all customers as one query, and :mod:`~segmentation.lifetime_value.curves` says what is expected
    of everybody.
Back-tests
    :func:`~segmentation.lifetime_value.backtest.judge` compares earlier forecasts with the
    outcomes and with forecasts without a model;
    :func:`~segmentation.lifetime_value.verdict.reach_verdict` says which forecast is used, and for
    what.

No value depends on the order of customers or on who else is in a batch.
"""

from typing import TYPE_CHECKING, Any

from segmentation.lifetime_value.options import HORIZONS, LifetimeValueOptions

if TYPE_CHECKING:
    from segmentation.lifetime_value.fit import LifetimeValueFit, NoModel, fit_lifetime_value
    from segmentation.lifetime_value.forecast import forecast_customers, forecast_histories
    from segmentation.lifetime_value.repeat_purchases import RepeatPurchases
    from segmentation.lifetime_value.time_split import TimeSplit

__all__ = [
    "HORIZONS",
    "LifetimeValueFit",
    "LifetimeValueOptions",
    "NoModel",
    "RepeatPurchases",
    "TimeSplit",
    "fit_lifetime_value",
    "forecast_customers",
    "forecast_histories",
]

# Loaded on demand: a check of options needs neither SciPy nor pandas.
_PLACES = {
    "LifetimeValueFit": "fit",
    "NoModel": "fit",
    "RepeatPurchases": "repeat_purchases",
    "TimeSplit": "time_split",
    "fit_lifetime_value": "fit",
    "forecast_customers": "forecast",
    "forecast_histories": "forecast",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
