"""Learns everything that a row of lifetime_value_model holds, from the tables of a build."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segmentation.engine.base import Engine
from segmentation.lifetime_value.backtest import Judgement, judge
from segmentation.lifetime_value.combined_forecast import weights_in_words
from segmentation.lifetime_value.customers_on_day import COLUMNS
from segmentation.lifetime_value.fit import (
    LifetimeValueFit,
    NoModel,
    choice_in_words,
    fit_lifetime_value,
)
from segmentation.lifetime_value.fit_records import curve_records, parameter_records
from segmentation.lifetime_value.horizons import horizon_notes
from segmentation.lifetime_value.model import LifetimeValueModel
from segmentation.lifetime_value.options import (
    COMBINED,
    PERIOD_DAYS,
    PURCHASE_MODEL,
    PURCHASES,
    LifetimeValueOptions,
)
from segmentation.lifetime_value.past_days import PastDay, backtest_frames, past_days
from segmentation.lifetime_value.repeat_purchases import DAYS_PER_WEEK, RepeatPurchases
from segmentation.lifetime_value.time_split import TimeSplit
from segmentation.lifetime_value.verdict import Verdict, reach_verdict
from segmentation.registry.header import FitRequest, FittedContent

# Most customers that Python reads: those with the smallest hash of their id.
FITTED_CUSTOMERS = 1_000_000

_LIBRARIES = ("scipy", "scikit-learn", "numpy", "pandas", "duckdb", "segmentation")


@dataclass(frozen=True)
class _Learned:
    """What was learned: the fields of the fit, or why there is none, and what back-tests say."""

    algorithm: str
    record: Mapping[str, Any]
    customers: int
    repeat_customers: int
    judgement: Judgement
    verdict: Verdict | None
    fingerprint: str


def learn_model(
    engine: Engine,
    customers: str,
    backtests: str,
    options: LifetimeValueOptions,
    request: FitRequest,
    fit_hash: str,
) -> LifetimeValueModel:
    """Fit lifetime value, judge it by earlier forecasts, and return the row to store.

    Parameters
    ----------
    engine : Engine
    customers, backtests : str
        From-items with the columns of ``int_customer_repeat_purchases`` and
        ``int_value_forecast_backtests``.
    options : LifetimeValueOptions
    request : FitRequest
        Of what, why, and which number it gets.
    fit_hash : str
        Hash of the options that are fitted.
    """
    learned = _learn(engine, customers, backtests, options)
    return _model(request, options, fit_hash, learned)


def read_fitted_customers(engine: Engine, customers: str) -> pd.DataFrame:
    """Return the customers that a fit reads, with the columns that it needs.

    Parameters
    ----------
    engine : Engine
    customers : str
        A from-item with the columns of ``int_customer_repeat_purchases``.
    """
    return engine.sample(customers, columns=list(COLUMNS), key="customer_id", rows=FITTED_CUSTOMERS)


def _learn(
    engine: Engine, customers: str, backtests: str, options: LifetimeValueOptions
) -> _Learned:
    sample = read_fitted_customers(engine, customers)
    purchases = RepeatPurchases.of(
        sample["repeat_purchases"], sample["last_repeat_weeks"], sample["age_weeks"]
    )
    days = past_days(backtest_frames(engine, backtests), options)
    fitted = fit_lifetime_value(
        purchases,
        sample["mean_repeat_spend"].to_numpy(np.float64),
        _split(days),
        options,
    )
    has_model = not isinstance(fitted, NoModel)
    judgement = judge(days if has_model else [], options)
    return _Learned(
        algorithm="none" if isinstance(fitted, NoModel) else fitted.purchases.model.family,
        record=_fit_record(fitted, purchases),
        customers=len(purchases),
        repeat_customers=int((purchases.frequency > 0).sum()),
        judgement=judgement,
        verdict=reach_verdict(judgement) if has_model else None,
        fingerprint=hashlib.sha256(
            np.ascontiguousarray(sample.to_numpy(np.float64)).tobytes()
        ).hexdigest(),
    )


def _split(days: Sequence[PastDay]) -> TimeSplit | None:
    """Return the newest back-test as what the purchase model is chosen by."""
    if not days:
        return None
    newest = days[-1]
    return TimeSplit(
        newest.customers.purchases,
        newest.actual[PURCHASES].astype(np.int64),
        PERIOD_DAYS / DAYS_PER_WEEK,
    )


def _model(
    request: FitRequest, options: LifetimeValueOptions, fit_hash: str, learned: _Learned
) -> LifetimeValueModel:
    header = request.header(
        options.as_json(),
        fit_hash,
        FittedContent(
            algorithm=learned.algorithm,
            k=0,
            features=["repeat_purchases", "last_repeat_weeks", "age_weeks", "mean_repeat_spend"],
            dropped=[],
            content=json.dumps(learned.record, sort_keys=True).encode(),
            fingerprint=learned.fingerprint,
            libraries=_LIBRARIES,
        ),
    )
    return LifetimeValueModel(
        **dataclasses.asdict(header),
        customers=learned.customers,
        repeat_customers=learned.repeat_customers,
        **{**learned.record, **_judged(learned)},
    )


def _fit_record(fitted: LifetimeValueFit | NoModel, purchases: RepeatPurchases) -> dict[str, Any]:
    """Return the fields of a model row that the fit decides; of no model, why there is none."""
    if isinstance(fitted, NoModel):
        lists = ("candidates", "warnings", "parameters", "curves")
        nothing = ("chosen_by", "spend", "choice", "notes")
        return {
            "why_none": fitted.reason,
            **{name: [] for name in lists},
            **dict.fromkeys(nothing),
        }
    return {
        "why_none": None,
        **fitted.as_record(),
        "parameters": parameter_records(fitted),
        "curves": curve_records(fitted, purchases),
        "choice": choice_in_words(fitted),
        "notes": " ".join(fitted.warnings) or None,
    }


def _judged(learned: _Learned) -> dict[str, Any]:
    """Return the fields of a model row that back-tests decide; they add to the notes of the fit."""
    judgement, verdict = learned.judgement, learned.verdict
    newest = judgement.days[-1].day if judgement.days else None
    method = verdict.method if verdict else PURCHASE_MODEL
    combinations = judgement.combinations
    notes = [learned.record["notes"], *horizon_notes(judgement.horizons, method)]
    return {
        "combinations": [
            {"measure": measure, "learned_on": newest, **combination.as_record()}
            for measure, combination in sorted(combinations.items())
        ],
        "weights": weights_in_words(combinations) if method == COMBINED else None,
        "accuracy": _with_use(judgement.accuracy, method),
        "horizons": _with_use(judgement.horizons, method),
        "losses": [
            row
            for row in judgement.losses
            if row["forecast_on"] == newest and row["forecast_method"] == method
        ],
        "past_fits": [{"forecast_on": day.day, **day.fitted.as_record()} for day in judgement.days],
        "verdict": verdict.as_record() if verdict else None,
        "notes": " ".join(filter(None, notes)) or None,
    }


def _with_use(rows: Sequence[Mapping[str, Any]], method: str) -> list[dict[str, Any]]:
    return [{**row, "is_in_use": row["forecast_method"] == method} for row in rows]
