"""The step that forecasts what each customer will buy, and what they are worth."""

from __future__ import annotations

import logging

import pyarrow as pa

from segmentation.engine.base import Relation, Session, Table
from segmentation.lifetime_value.forecast_query import ForecastMethod, forecast_query
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import COMBINED, HORIZONS, LifetimeValueOptions
from segmentation.steps.begin import begin

log = logging.getLogger("segmentation")

_HISTORIES = "segmentation_forecast_histories"


def forecast_lifetime_value(
    session: Session,
    *,
    customers: Table,
    models: Table,
    current_model: Table,
    run_settings: Table,
) -> Relation:
    """Apply the current models of lifetime value to every customer with a purchase.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    customers : relation or table name
        ``int_customer_repeat_purchases``.
    models, current_model, run_settings : relation or table name

    Returns
    -------
    Relation
        One row per customer, see :func:`segmentation.lifetime_value.forecast_query.forecast_query`;
        none where there is no model.
    """
    step = begin(session, run_settings)
    engine = step.engine
    table = engine.from_item(customers)
    model = step.model(models, current_model, LifetimeValueModel, customers)
    if model is None or not model.has_forecast:
        return engine.nothing(_FORECAST)
    # SciPy takes a part of a second to load: a shop without a model does not wait for it.
    from segmentation.lifetime_value.combined_forecast import CombinedForecast
    from segmentation.lifetime_value.fit import LifetimeValueFit
    from segmentation.lifetime_value.forecast_histories import forecast_into

    options = step.settings(current_model).read(LifetimeValueOptions)
    fitted = LifetimeValueFit.from_record(model.fit_record)
    histories = forecast_into(engine, table, _HISTORIES, fitted, options, step.run.as_of)
    log.info("lifetime_value: forecast %s histories of purchases", f"{histories:,}")
    verdict = model.verdict or {}
    combined = verdict.get("method") == COMBINED
    method = ForecastMethod(
        spend=None if fitted.spend is None else fitted.spend.model,
        combinations=(
            {c["measure"]: CombinedForecast.from_record(c) for c in model.combinations}
            if combined
            else {}
        ),
        ranks_customers=bool(verdict.get("ranks_customers")),
    )
    return engine.relation(
        forecast_query(
            engine,
            table,
            _HISTORIES,
            method,
            model_version=model.model_version,
            as_of=step.run.as_of.isoformat(),
        )
    )


def _forecast_schema() -> pa.Schema:
    fields = {"customer_id": pa.string(), "probability_active": pa.float64()}
    for measure in ("purchases", "revenue"):
        fields |= {
            f"{name}_{measure}_{days}_days": pa.float64()
            for days in HORIZONS
            for name in ("expected", "lower", "upper")
        }
    return pa.schema(
        {
            **fields,
            **{name: pa.float64() for name in ("lifetime_value", "run_rate", "expected_loss")},
            "expected_next_purchase_on": pa.date32(),
            "is_new": pa.bool_(),
            **{name: pa.string() for name in ("reason_1", "reason_2", "reason_3")},
            "forecast_by": pa.string(),
            "model_version": pa.string(),
        }
    )


_FORECAST = _forecast_schema()
