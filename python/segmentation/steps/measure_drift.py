"""The step that measures drift, and what a fit has to do with it."""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from segmentation.clustering.assign import assignments_query
from segmentation.clustering.customer_segments import with_features_of
from segmentation.clustering.days_covered import days_since_first_purchase
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment, NamingInputs, read_segments
from segmentation.clustering.segments_of_table import segments_of_table
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.engine.base import Session, Table
from segmentation.features.bins import DISTANCE, SEGMENTS
from segmentation.over_time.counting import (
    AssignedCustomers,
    counted_features,
    counted_segments,
    fitted_distributions,
)
from segmentation.over_time.drift import (
    LEAST_PSI,
    DriftFigure,
    ShopAge,
    WordsOfDrift,
    alarms,
    drift_figures,
    drift_reason,
    index_in_words,
)
from segmentation.registry.option_checks import OptionError
from segmentation.scoring.prototypes import NOISE
from segmentation.steps.begin import Step, begin
from segmentation.steps.step_tables import ModelTables

log = logging.getLogger("segmentation")


def measure_drift(
    session: Session,
    *,
    tables: ModelTables,
    assignments: Table,
    segments: Table,
    feature_words: Table,
    least_psi: Any = LEAST_PSI,
) -> pa.Table:
    """Compare the customers of a build with those that the current model was fitted to.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    tables : ModelTables
    assignments, segments, feature_words : relation or table name
    least_psi : float
        Below it, an index is no drift.

    Returns
    -------
    pyarrow.Table
        One row per figure, see :class:`segmentation.over_time.drift.DriftFigure`. None where there
        is no model, nobody to score, or a model of a version that counted nothing at its fit.
    """
    step = begin(session, tables.run_settings)
    least = read_least_psi(least_psi)
    model = step.model(tables.models, tables.current_model, SegmentationModel, tables.features)
    if model is None:
        return DRIFT.empty_table()
    if not model.distributions:
        log.warning(
            "%s: drift is not known: %s was fitted by a version that did not count its customers; "
            "refit: true fits one that does",
            model.segmentation,
            model.model_version,
        )
        return DRIFT.empty_table()
    engine = step.engine
    table = with_features_of(engine, engine.from_item(tables.features), model)
    named = read_segments(step.records(segments))
    assigned = AssignedCustomers(engine.from_item(assignments), _keys(model, named))
    now = counted_features(engine, table, model.distributions)
    now += counted_segments(engine, assigned, model.distributions)
    names = {assigned.keys[s.segment_id]: s.segment_name for s in named}
    figures = drift_figures(
        model.distributions,
        now,
        _shop_age(step, table, model),
        WordsOfDrift(step.words(feature_words), names),
        least,
    )
    records = [
        _record(step, model, figure, is_alarm)
        for figure, is_alarm in zip(figures, alarms(figures), strict=True)
    ]
    return pa.Table.from_pylist(records, schema=DRIFT)


def with_distributions(
    step: Step, table: str, model: SegmentationModel, naming: NamingInputs
) -> SegmentationModel:
    """Return a model that was just fitted, with its customers counted in bins.

    Parameters
    ----------
    step : Step
    table : str
        A from-item with all customers.
    model : SegmentationModel
    naming : NamingInputs
        Of this build: they are counted in the segments that the build will give them.
    """
    engine = step.engine
    table = with_features_of(engine, table, model)
    named = segments_of_table(engine, table, model, naming)
    query = assignments_query(engine, table, model, named, naming.words)
    assigned = AssignedCustomers(query.from_item, _keys(model, named))
    counted = fitted_distributions(engine, table, model.prepared_features, assigned)
    return dataclasses.replace(model, distributions=counted)


def read_least_psi(value: Any) -> float:
    """Return the index below which nothing is called drift.

    Raises
    ------
    OptionError
        If it is no number from 0 to 1.
    """
    try:
        least = float(value)
    except (TypeError, ValueError):
        least = math.nan
    if not 0 <= least <= 1:
        raise OptionError(f"least_psi is {value!r}. It must be a number from 0 to 1, e.g. 0.01.")
    return least


def refit_reason(
    step: Step, table: str, model: SegmentationModel, least_psi: float = LEAST_PSI
) -> str | None:
    """Return which feature drifted since a model was fitted; None if none did.

    Segments and distances are not looked at: they follow from the features. A build of the day of
    the model or of an earlier one is no reason.

    Parameters
    ----------
    step : Step
    table : str
        A from-item with all customers.
    model : SegmentationModel
    least_psi : float
        Below it, an index is no drift.
    """
    if step.run.as_of <= model.as_of:
        return None
    features = [d for d in model.distributions if d.kind not in (SEGMENTS, DISTANCE)]
    table = with_features_of(step.engine, table, model)
    now = counted_features(step.engine, table, features)
    age = _shop_age(step, table, model)
    figures = drift_figures(features, now, age, WordsOfDrift({}, {}), least_psi)
    return drift_reason(figures)


def _keys(model: SegmentationModel, named: Sequence[NamedSegment]) -> dict[int, str]:
    """Return the segment_id of each segment to what it is counted under.

    A cluster is renamed without a refit, and a state gets another id when the playbook has another
    order: a cluster keeps its number, a state its slug.
    """
    keys = {NOISE: str(NOISE)} if model.prototypes.reaches is not None else {}
    keys |= {i: str(i) for i in range(model.k)}
    return keys | {s.segment_id: s.segment_slug for s in named if s.segment_id >= STATE_IDS_FROM}


def _shop_age(step: Step, table: str, model: SegmentationModel) -> ShopAge:
    since_fit = (step.run.as_of - model.as_of).days
    oldest = days_since_first_purchase(step.engine, table)
    return ShopAge(
        days_since_fit=since_fit,
        days_at_fit=None if oldest is None else oldest - since_fit,
        window_days=step.run.lrfm_window_days,
    )


def _record(
    step: Step, model: SegmentationModel, figure: DriftFigure, is_alarm: bool
) -> dict[str, object]:
    moved = figure.moved
    return {
        "segmentation": model.segmentation,
        "subject_kind": figure.subject_kind,
        "feature": figure.feature,
        "bins": figure.bins,
        "psi": figure.psi,
        "threshold": figure.threshold,
        "threshold_source": figure.threshold_source,
        "p_value": figure.p_value,
        "has_drifted": figure.has_drifted,
        "is_alarm": is_alarm,
        "expected_to_drift": figure.is_expected,
        "index_in_words": index_in_words(figure),
        "customers_at_fit": figure.customers_at_fit,
        "customers_now": figure.customers_now,
        "moved_most": moved and moved.words,
        "share_at_fit": moved and moved.share_at_fit,
        "share_now": moved and moved.share_now,
        "model_version": model.model_version,
        "fitted_as_of": model.as_of,
        "as_of": step.run.as_of,
    }


DRIFT = pa.schema(
    {
        "segmentation": pa.string(),
        "subject_kind": pa.string(),
        "feature": pa.string(),
        "bins": pa.int32(),
        "psi": pa.float64(),
        "threshold": pa.float64(),
        "threshold_source": pa.string(),
        "p_value": pa.float64(),
        "has_drifted": pa.bool_(),
        "is_alarm": pa.bool_(),
        "expected_to_drift": pa.bool_(),
        "index_in_words": pa.string(),
        "customers_at_fit": pa.int64(),
        "customers_now": pa.int64(),
        "moved_most": pa.string(),
        "share_at_fit": pa.float64(),
        "share_now": pa.float64(),
        "model_version": pa.string(),
        "fitted_as_of": pa.date32(),
        "as_of": pa.date32(),
    }
)
