"""The step that forecasts what each customer will buy, and what they are worth."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator

import pyarrow as pa

from segmentation.engine.base import Engine, Relation, Session, Table
from segmentation.lifetime_value.combined_forecast import CombinedForecast
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.forecast import forecast_histories
from segmentation.lifetime_value.forecast_query import (
    COMBINED,
    distinct_histories,
    forecast_query,
)
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import HORIZONS, LifetimeValueOptions
from segmentation.lifetime_value.reasons import reasons_of_histories
from segmentation.lifetime_value.repeat_purchases import RepeatPurchases
from segmentation.steps.begin import begin
from segmentation.steps.overrides import read_overrides

log = logging.getLogger("segmentation")

_HISTORIES = "segmentation_forecast_histories"

# Histories that are forecast together: what Python holds at a time.
_BATCH = 250_000


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
    settings, overrides = step.settings(current_model)
    options = LifetimeValueOptions.from_mapping(settings, read_overrides(overrides))
    fitted = LifetimeValueFit.from_record(model.fit_record)
    histories = _forecast_histories(engine, table, fitted, options, step.run.as_of)
    log.info("lifetime_value: forecast %s histories of purchases", f"{histories:,}")
    verdict = model.verdict or {}
    combined = verdict.get("method") == COMBINED
    return engine.relation(
        forecast_query(
            engine,
            table,
            _HISTORIES,
            spend=None if fitted.spend is None else fitted.spend.model,
            combinations=(
                {c["measure"]: CombinedForecast.from_record(c) for c in model.combinations}
                if combined
                else {}
            ),
            ranks_customers=bool(verdict.get("ranks_customers")),
            model_version=model.model_version,
            as_of=step.run.as_of.isoformat(),
        )
    )


def _forecast_histories(
    engine: Engine,
    customers: str,
    fitted: LifetimeValueFit,
    options: LifetimeValueOptions,
    as_of: datetime.date,
) -> int:
    """Write the forecast of each distinct history to a temporary table; return how many."""
    count = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal count
        for batch in engine.reader(distinct_histories(customers), _BATCH):
            frame = batch.to_pandas()
            purchases = RepeatPurchases.of(frame["frequency"], frame["recency"], frame["age"])
            forecast = forecast_histories(fitted, purchases, options)
            forecast = forecast.assign(
                **reasons_of_histories(forecast, as_of, options.lifetime_years)
            )
            count += len(forecast)
            yield from pa.Table.from_pandas(
                forecast, schema=_history_schema(fitted), preserve_index=False
            ).to_batches()

    reader = pa.RecordBatchReader.from_batches(_history_schema(fitted), batches())
    engine.execute_with(
        f"create or replace temporary table {_HISTORIES} as select * from forecast_histories",
        "forecast_histories",
        reader,
    )
    return count


def _history_schema(fitted: LifetimeValueFit) -> pa.Schema:
    fields: dict[str, pa.DataType] = {
        name: pa.float64() for name in ("frequency", "recency", "age", "probability_active")
    }
    for days in HORIZONS:
        fields |= {
            f"{name}_purchases_{days}_days": pa.float64() for name in ("expected", "lower", "upper")
        }
        if fitted.spend is not None:
            fields |= {
                f"{name}_revenue_factor_{days}_days": pa.float64() for name in ("lower", "upper")
            }
    if fitted.spend is not None:
        fields["expected_spend_factor"] = pa.float64()
    return pa.schema(
        {
            **fields,
            "discounted_purchases": pa.float64(),
            "days_to_next_purchase": pa.float64(),
            "is_new": pa.bool_(),
            "history": pa.string(),
            "next_purchase": pa.string(),
        }
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
