"""The step that judges earlier forecasts of lifetime value by the segments of their day."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from segmentation.engine.base import Engine, Session, Table
from segmentation.engine.sql import select
from segmentation.lifetime_value.model import ACCURACY, LifetimeValueModel
from segmentation.lifetime_value.options import COMBINED
from segmentation.registry.arrow import TEXT
from segmentation.steps.begin import begin

BY_SEGMENT = pa.schema({**ACCURACY, "model_version": TEXT})


def judge_forecasts_by_segment(
    session: Session,
    *,
    outcomes: Table,
    backtests: Table,
    models: Table,
    current_model: Table,
    run_settings: Table,
) -> pa.Table:
    """Compare earlier forecasts with their outcomes, by the value segments of each day.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    outcomes : relation or table name
        ``segment_outcomes``: who was in which segment on the observed days.
    backtests : relation or table name
        ``int_value_forecast_backtests``. It is read only if a quarter ended on an observed day.
    models, current_model, run_settings : relation or table name

    Returns
    -------
    pyarrow.Table
        Rows of ``rpt_value_forecast_accuracy`` with the slug as ``group_name``; none without a
        model, or without an observed day that it was tested on.
    """
    step = begin(session, run_settings)
    model = step.model(models, current_model, LifetimeValueModel, outcomes)
    days = [] if model is None else sorted(fit["forecast_on"] for fit in model.past_fits)
    if model is None or not days:
        return BY_SEGMENT.empty_table()
    segments = _segments(step.engine, outcomes, days)
    if segments.empty:
        return BY_SEGMENT.empty_table()
    method = (model.verdict or {}).get("method")
    rows = [
        {
            **row,
            "is_in_use": row["forecast_method"] == method,
            "model_version": model.model_version,
        }
        for row in _judged(step.engine, backtests, model, days, segments)
    ]
    return pa.Table.from_pylist(rows, schema=BY_SEGMENT)


def _segments(engine: Engine, outcomes: Table, days: Sequence[datetime.date]) -> pd.DataFrame:
    listed = ", ".join(f"date '{day.isoformat()}'" for day in days)
    return engine.frame(
        select(
            ["observed_on", "customer_id", "segment_slug"],
            engine.from_item(outcomes),
            where=f"segmentation = 'value' and observed_on in ({listed})",
            order_by="observed_on, customer_id",
        )
    )


def _judged(
    engine: Engine,
    backtests: Table,
    model: LifetimeValueModel,
    days: Sequence[datetime.date],
    segments: pd.DataFrame,
) -> list[dict[str, Any]]:
    # SciPy takes a part of a second to load: a shop without a history does not wait for it.
    from segmentation.lifetime_value.fit import LifetimeValueFit
    from segmentation.lifetime_value.past_days import backtest_frames, past_day
    from segmentation.lifetime_value.segment_backtests import NOT_LISTED, judge_by_segment

    day_before = dict(zip(days[1:], days[:-1], strict=True))
    slugs = {
        day: segments[segments["observed_on"] == pd.Timestamp(day)].set_index("customer_id")[
            "segment_slug"
        ]
        for day in days
    }
    observed = [day for day in days if len(slugs[day])]
    needed = {*observed, *(day_before[day] for day in observed if day in day_before)}
    fits = {fit["forecast_on"]: LifetimeValueFit.from_record(fit) for fit in model.past_fits}
    frames = dict(backtest_frames(engine, engine.from_item(backtests), sorted(needed)))
    past = {day: past_day(day, frame, fits[day]) for day, frame in frames.items()}
    judged = [day for day in observed if day in past]
    return list(
        judge_by_segment(
            [(past[day], past[day_before[day]] if day in day_before else None) for day in judged],
            {
                day: frames[day]["customer_id"].map(slugs[day]).fillna(NOT_LISTED).to_numpy(object)
                for day in judged
            },
            combine=any(row["forecast_method"] == COMBINED for row in model.accuracy),
        )
    )
