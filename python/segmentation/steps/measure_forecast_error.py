"""The step that compares the forecasts of lifetime value with their outcomes."""

from __future__ import annotations

import datetime
import math

import pandas as pd
import pyarrow as pa

from segmentation.engine.base import Engine, Session, Table
from segmentation.engine.sql import select
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import MEASURES, PERIOD_DAYS
from segmentation.over_time.population_stability import stand_out
from segmentation.steps.begin import Step, begin

FORECAST_ERROR = "forecast error"


def measure_forecast_error(
    session: Session,
    *,
    backtests: Table,
    models: Table,
    current_model: Table,
    run_settings: Table,
) -> pa.Table:
    """Compare the newest forecast of lifetime value with its outcome.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    backtests : relation or table name
        ``int_value_forecast_backtests``. It is read only if a quarter ended since the model was
        fitted, and its outcome is known.
    models, current_model, run_settings : relation or table name

    Returns
    -------
    pyarrow.Table
        One row for purchases and one for revenue, see
        :class:`segmentation.lifetime_value.forecast_error.ForecastError`; none where there is no
        model, or no forecast whose outcome is known.
    """
    step = begin(session, run_settings)
    model = step.model(models, current_model, LifetimeValueModel, backtests)
    if model is None or not model.has_forecast:
        return DRIFT_OF_FORECASTS.empty_table()
    # SciPy takes a part of a second to load: a shop without a model does not wait for it.
    from segmentation.lifetime_value.forecast_error import forecast_errors, newest_quarter_end

    day = newest_quarter_end(step.run.as_of)
    frame = read_quarter(step.engine, backtests, day) if day >= model.as_of else None
    errors = forecast_errors(model, day, frame)
    outstanding = stand_out([error.p_value for error in errors])
    records = [
        {
            **_record(step, model),
            "feature": error.measure,
            "forecast_error": error.error_share,
            "threshold": error.allowed,
            "p_value": error.p_value,
            "has_drifted": error.has_drifted,
            "is_alarm": error.has_drifted and stands_out,
            "index_in_words": _in_words(error.log_ratio, error.allowed),
            "customers_now": error.customers,
            "moved_most": (
                f"{error.measure} of the {PERIOD_DAYS} days after {error.forecast_on}: "
                f"{error.expected:,.0f} expected, {error.actual:,.0f} came"
            ),
        }
        for error, stands_out in zip(errors, outstanding, strict=True)
    ]
    return pa.Table.from_pylist(records, schema=DRIFT_OF_FORECASTS)


def read_quarter(engine: Engine, backtests: Table, day: datetime.date) -> pd.DataFrame:
    """Return the rows of ``int_value_forecast_backtests`` of a day, by customer_id."""
    from segmentation.lifetime_value.customers_on_day import COLUMNS

    columns = [*COLUMNS, *(f"actual_{measure}_{PERIOD_DAYS}_days" for measure in MEASURES)]
    return engine.frame(
        select(
            [f"cast({name} as double) as {name}" for name in columns],
            engine.from_item(backtests),
            where=f"forecast_on = date '{day.isoformat()}'",
            order_by="customer_id",
        )
    )


def _record(step: Step, model: LifetimeValueModel) -> dict[str, object]:
    return {
        "segmentation": model.segmentation,
        "subject_kind": FORECAST_ERROR,
        "threshold_source": "earlier quarters",
        "expected_to_drift": False,
        "model_version": model.model_version,
        "fitted_as_of": model.as_of,
        "as_of": step.run.as_of,
    }


def _in_words(log_ratio: float, allowed: float) -> str:
    """Return an error beside what is allowed, e.g. ``"5 % more came, up to 31 % is allowed"``."""
    if math.isinf(log_ratio):
        return "nothing was expected"
    more = log_ratio >= 0
    came = abs(math.expm1(log_ratio))
    most = abs(math.expm1(allowed if more else -allowed))
    return (
        f"{100 * came:.0f} % {'more' if more else 'less'} came, up to {100 * most:.0f} % is allowed"
    )


DRIFT_OF_FORECASTS = pa.schema(
    {
        "segmentation": pa.string(),
        "subject_kind": pa.string(),
        "feature": pa.string(),
        "forecast_error": pa.float64(),
        "threshold": pa.float64(),
        "threshold_source": pa.string(),
        "p_value": pa.float64(),
        "has_drifted": pa.bool_(),
        "is_alarm": pa.bool_(),
        "expected_to_drift": pa.bool_(),
        "index_in_words": pa.string(),
        "customers_now": pa.int64(),
        "moved_most": pa.string(),
        "model_version": pa.string(),
        "fitted_as_of": pa.date32(),
        "as_of": pa.date32(),
    }
)
