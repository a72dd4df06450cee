"""Forecasts the distinct histories of all customers, a batch at a time, into a table."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pyarrow as pa

from segmentation.engine.base import Engine
from segmentation.lifetime_value.fit import LifetimeValueFit
from segmentation.lifetime_value.forecast import forecast_histories
from segmentation.lifetime_value.forecast_query import distinct_histories
from segmentation.lifetime_value.options import HORIZONS, LifetimeValueOptions
from segmentation.lifetime_value.reasons import reasons_of_histories
from segmentation.lifetime_value.repeat_purchases import RepeatPurchases

# Histories that are forecast together: what Python holds at a time.
_BATCH = 250_000


def forecast_into(
    engine: Engine,
    customers: str,
    into: str,
    fitted: LifetimeValueFit,
    options: LifetimeValueOptions,
    as_of: datetime.date,
) -> int:
    """Write the forecast of each distinct history to a temporary table.

    Parameters
    ----------
    engine : Engine
    customers : str
        A from-item with the columns of ``int_customer_repeat_purchases``, committed.
    into : str
        The table that is made, or replaced: the columns of
        :func:`segmentation.lifetime_value.forecast.forecast_histories`, and the reasons ``history``
        and ``next_purchase``.
    fitted : LifetimeValueFit
    options : LifetimeValueOptions
    as_of : date

    Returns
    -------
    int
        Distinct histories.
    """
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
                forecast, schema=_schema(fitted), preserve_index=False
            ).to_batches()

    reader = pa.RecordBatchReader.from_batches(_schema(fitted), batches())
    engine.execute_with(
        f"create or replace temporary table {into} as select * from forecast_histories",
        "forecast_histories",
        reader,
    )
    return count


def _schema(fitted: LifetimeValueFit) -> pa.Schema:
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
