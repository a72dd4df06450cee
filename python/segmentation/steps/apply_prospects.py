"""The steps that apply the classifier of prospects: predictions, and the forecast from them."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa

from segmentation.classification.assign import NewTable, score_into
from segmentation.classification.backtest import Backtest
from segmentation.classification.features import NUMBER
from segmentation.classification.forecast import (
    Revenue,
    forecast_at_age,
    forecast_records,
    tally_probabilities,
)
from segmentation.classification.model import ProspectsModel
from segmentation.classification.sales import SpendModel
from segmentation.classification.sales_so_far import SalesSoFar, tally_with_sales
from segmentation.engine.base import Relation, Session, Table
from segmentation.engine.sql import case, select, text_literal
from segmentation.features.further_columns import with_further_columns
from segmentation.steps.begin import begin
from segmentation.steps.step_tables import ModelTables

log = logging.getLogger("segmentation")

_PREDICTIONS = "segmentation_prospect_predictions"


def assign_prospects(
    session: Session,
    *,
    tables: ModelTables,
    feature_words: Table,
) -> Relation:
    """Apply the current classifier to every prospect, in batches.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    tables : ModelTables
    feature_words : relation or table name

    Returns
    -------
    Relation
        customer_id, segment_id, probability, runner_up_id, margin (probability less that of the
        runner-up), probabilities (in the order of segment_id), reason_1, reason_2, reason_3,
        model_version. No rows where there is no model.
    """
    step = begin(session, tables.run_settings)
    engine = step.engine
    model = step.model(tables.models, tables.current_model, ProspectsModel, tables.features)
    has_prospects = f"select 1 from {engine.from_item(tables.features)} where is_prospect limit 1"
    if model is None or not model.segments or not engine.rows(has_prospects):
        return engine.nothing(_PREDICTED)
    words = step.words(feature_words)
    classifier = model.classifier()
    numbers = [column.name for column in classifier.columns if column.kind == NUMBER]
    table = with_further_columns(
        engine,
        engine.from_item(tables.features),
        numbers=numbers,
        texts=[column.name for column in classifier.columns if column.name not in numbers],
    )
    scored = score_into(
        engine,
        f"(select * from {table} where is_prospect)",
        classifier,
        NewTable(_PREDICTIONS, is_temporary=True),
        keep=["customer_id"],
        words=words,
    )
    log.info("prospects: predicted a segment for %s", f"{scored.rows:,}")
    ids = [(text_literal(s.label), str(s.segment_id)) for s in model.segments]
    made = {
        "segment_id": f"cast({case(ids, of='segment')} as integer)",
        "runner_up_id": f"cast({case(ids, of='runner_up')} as integer)",
        "model_version": text_literal(model.model_version),
    }
    columns = [f"{made[name]} as {name}" if name in made else name for name in _PREDICTED.names]
    return engine.relation(select(columns, _PREDICTIONS))


def forecast_prospects(
    session: Session,
    *,
    tables: ModelTables,
    assignments: Table,
    later_sales: Table,
    sales_by_age: Table,
) -> pa.Table:
    """Say how many prospects will be in each segment, and what they will spend.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    tables : ModelTables
    assignments : relation or table name
    later_sales, sales_by_age : relation or table name
        ``int_later_sales`` and ``int_sales_by_age``, for segments at an age.

    Returns
    -------
    pyarrow.Table
        One row per segment, see :mod:`segmentation.classification.forecast`; none where there is
        no model.
    """
    step = begin(session, tables.run_settings)
    engine = step.engine
    model = step.model(tables.models, tables.current_model, ProspectsModel, assignments)
    if model is None or not model.segments:
        return _FORECAST.empty_table()
    k = len(model.segments)
    if model.spend is None or model.backtest is None:
        batches = (
            np.array(batch.column(0).to_pylist(), dtype=float).reshape(-1, k)
            for batch in engine.batches(
                f"select probabilities from {engine.from_item(assignments)}"
            )
        )
        records = forecast_records(
            model.classifier(), tally_probabilities(batches, k), _yearly_revenues(model)
        )
    else:
        sales = SalesSoFar(
            engine.from_item(tables.features),
            engine.from_item(later_sales),
            engine.from_item(sales_by_age),
            SpendModel.from_record(model.spend),
        )
        tallied, factor = tally_with_sales(
            engine, engine.from_item(assignments), sales, model.segment_sales
        )
        past = Backtest(**model.backtest)
        records = forecast_at_age([segment.label for segment in model.segments], tallied, past)
        for record in records:
            record |= {
                "horizon_days": model.horizon_days,
                "sales_factor": factor,
                "sales_backtest_ratio": model.sales_backtest_ratio,
            }
    ids = {segment.label: segment.segment_id for segment in model.segments}
    return pa.Table.from_pylist(
        [
            {**record, "segment_id": ids[record["segment"]], "model_version": model.model_version}
            for record in records
        ],
        schema=_FORECAST,
    )


def _yearly_revenues(model: ProspectsModel) -> dict[str, Revenue]:
    return {
        segment.label: Revenue(segment.yearly_revenue, segment.yearly_revenue_error or 0.0)
        for segment in model.segments
        if segment.yearly_revenue is not None
    }


_PREDICTED = pa.schema(
    {
        "customer_id": pa.string(),
        "segment_id": pa.int32(),
        "probability": pa.float64(),
        "runner_up_id": pa.int32(),
        "margin": pa.float64(),
        "probabilities": pa.list_(pa.float64()),
        "reason_1": pa.string(),
        "reason_2": pa.string(),
        "reason_3": pa.string(),
        "model_version": pa.string(),
    }
)

_FORECAST = pa.schema(
    {
        "segment_id": pa.int32(),
        "horizon_days": pa.int32(),
        "most_likely_customers": pa.int64(),
        "expected_customers": pa.float64(),
        "expected_share": pa.float64(),
        "interval_low": pa.float64(),
        "interval_high": pa.float64(),
        "nominal_coverage": pa.float64(),
        "backtest_cohorts": pa.int32(),
        "backtest_coverage": pa.float64(),
        "no_interval_because": pa.string(),
        "mean_yearly_revenue": pa.float64(),
        "expected_sales": pa.float64(),
        "lower_sales": pa.float64(),
        "upper_sales": pa.float64(),
        "sales_so_far": pa.float64(),
        "sales_factor": pa.float64(),
        "sales_backtest_ratio": pa.float64(),
        "model_version": pa.string(),
    }
)
