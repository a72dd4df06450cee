"""The step that fits the classifier of prospects, where a fit is needed."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from segmentation.classification import ClassifierOptions
from segmentation.classification.model import ProspectsModel
from segmentation.classification.storage import StoredClassifierError
from segmentation.engine.base import Session, Table
from segmentation.registry.header import StoredModelError
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.refit_policy import FitReason
from segmentation.registry.refit_requests import announce_kept
from segmentation.steps.begin import begin
from segmentation.steps.decision_log import FITTED, KEPT, NOBODY, log_decision
from segmentation.steps.fit_decision import FitDecision, PastFits, decide
from segmentation.steps.gate_prospects import gates_of_prospects
from segmentation.steps.gate_refits import through_gates
from segmentation.steps.learn_prospects import ProspectTargets, learn_prospects
from segmentation.steps.overrides import LayeredSettings
from segmentation.steps.prospect_targets import SEGMENT_AT_AGE, TablesAtAge
from segmentation.steps.prospects_row import prospect_segments, prospects_row

log = logging.getLogger("segmentation")


@dataclass(frozen=True)
class ProspectFitTables:
    """What the fit of the classifier of prospects reads: relations or table names.

    Attributes
    ----------
    features, value_per_year, run_settings
        ``int_prospect_features``, ``int_customer_value_per_year``, ``int_run_settings``.
    at_age : TablesAtAge
        Read only where no segments are known.
    feature_words
        The seed.
    """

    features: Table
    at_age: TablesAtAge
    value_per_year: Table
    run_settings: Table
    feature_words: Table


def fit_prospects_if_needed(
    session: Session,
    *,
    tables: ProspectFitTables,
    settings: LayeredSettings,
    past: PastFits,
    first_days: Mapping[str, Any] | None = None,
) -> pa.Table:
    """Fit a classifier where one is needed.

    As :func:`segmentation.steps.fit_clusters.fit_if_needed`; also where the stored one cannot be
    read by the scikit-learn that is installed, or was trained on other features or segments than
    there are now: where no segments are known, those of the current value model at the horizon.
    Where it cannot stay and no classifier can be fitted, a row without a classifier takes its
    place: a model that was fitted on other features or segments is never applied. Where there is no
    customer at all (``dbt build --empty``), a stored classifier that can be read stays, and so does
    a damaged one, which is not applied.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    tables : ProspectFitTables
    settings : LayeredSettings
        See :class:`segmentation.classification.options.ClassifierOptions`.
    past : PastFits
    first_days : mapping, optional
        The vars that decide what the features count; others mean another fit.

    Returns
    -------
    pyarrow.Table
        The rows to store: none where nothing was fitted and all have digests.

    Raises
    ------
    StoredModelError
        If people put a model in force that cannot be applied any more.
    """
    step = begin(session, tables.run_settings)
    options = settings.read(ClassifierOptions)
    configuration = FitConfiguration(options, _counted(first_days or {}))
    decision = decide(step, "prospects", ProspectsModel, configuration, past)
    stored, latest = decision.stored, decision.stored.current
    table = step.engine.from_item(tables.features)
    source = ProspectTargets(step, table, tables.at_age)
    unusable = _why_not_kept(source, latest) if latest is not None else None
    if latest is not None and stored.outranks_fits and not configuration.counts_as(latest):
        unusable = "its features count other first days than those of today"
    reason = _reason(decision, unusable)
    words = reason.words if reason else None
    is_usable = latest is not None and unusable is None
    # What is damaged is left to a build that has somebody to learn from.
    can_stay = is_usable or stored.damage is not None
    if reason is None or (can_stay and not step.engine.rows(f"select 1 from {table} limit 1")):
        if latest is not None:
            announce_kept("prospects", latest, step.run, decision.before_request)
        log_decision(step, decision, past.runs_schema, NOBODY if reason else KEPT, reason=words)
        return ProspectsModel.as_table([], stored.without_digest)
    log.info("prospects: fitting, because %s", words)
    learned = learn_prospects(source, options)
    if learned.fitted.classifier is None:
        log.warning("prospects: nothing fitted; no segments are predicted")
        if stored.damage is None and (latest is None or not latest.segments):
            log_decision(step, decision, past.runs_schema, NOBODY, reason=words)
            return ProspectsModel.as_table([], stored.without_digest)
    revenue = step.engine.frame(
        f"select customer_id, cast(revenue_per_year as double) as revenue_per_year "
        f"from {step.engine.from_item(tables.value_per_year)}"
    )
    segments = prospect_segments(learned, options, step.words(tables.feature_words), revenue)
    model = prospects_row(
        decision.request(step, reason.words), options, configuration.fit_hash, learned, segments
    )
    log.info("prospects: fitted %s: %s", model.model_version, model.algorithm)
    if latest is not None and is_usable and configuration.counts_as(latest):
        gates = gates_of_prospects(model, latest, learned, options)
        model = through_gates(model, latest, gates, reason)
    log_decision(step, decision, past.runs_schema, FITTED, reason=words, fitted=model)
    return ProspectsModel.as_table([model], stored.without_digest)


def _reason(decision: FitDecision[ProspectsModel], unusable: str | None) -> FitReason | None:
    """Return why a classifier has to be fitted: a current one that is of no use binds no fit."""
    if unusable is None:
        return decision.reason
    if decision.stored.outranks_fits:
        raise StoredModelError(
            f"seeds/model_promotions.csv puts {decision.stored.current_version} in force, which "
            f"cannot be applied: {unusable}. Remove its row, and build: dbt build"
        )
    if decision.reason is None or decision.reason.is_bound_by_gates:
        return FitReason(unusable)
    return decision.reason


def _counted(first_days: Mapping[str, Any]) -> str:
    """Return what the features count, as JSON."""
    return json.dumps({name: str(value) for name, value in first_days.items()}, sort_keys=True)


def _why_not_kept(source: ProspectTargets, model: ProspectsModel) -> str | None:
    if not model.segments:
        return "nothing could be learned before"
    if source.target_source not in (model.target_source, None):
        return (
            f"segments are learned from: {source.target_source}; "
            f"they were from: {model.target_source}"
        )
    if source.target_source == SEGMENT_AT_AGE:
        if source.horizon.days != model.horizon_days:
            return (
                f"segments are forecast for {source.horizon.days or 'no'} days after the first "
                f"purchase; they were for {model.horizon_days or 'no'}"
            )
        if source.rule and source.rule.text != model.value_rule:
            return "the value segments are others than those that were learned"
    try:
        model.check_classifier()
    except StoredClassifierError as error:
        return f"the stored one cannot be read: {error}"
    return None
