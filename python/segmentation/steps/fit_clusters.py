"""The step that fits a segmentation, where a fit is needed.

It takes what a dbt Python model has at hand (relations, settings) and returns what the model
returns. Nothing here knows dbt.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.clustering.segments_of_table import as_named_today
from segmentation.engine.base import Session
from segmentation.features.further_columns import with_further_columns
from segmentation.over_time.drift import LEAST_PSI
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.refit_policy import FitReason, read_flag
from segmentation.registry.refit_requests import announce_kept
from segmentation.steps.begin import Step, begin
from segmentation.steps.decision_log import FITTED, KEPT, NOBODY, log_decision
from segmentation.steps.fit_decision import FitDecision, PastFits, decide
from segmentation.steps.fits import fit_model
from segmentation.steps.further_numbers import check_further_numbers
from segmentation.steps.gate_clusters import gates_of_clusters
from segmentation.steps.gate_refits import through_gates
from segmentation.steps.measure_drift import read_least_psi, refit_reason, with_distributions
from segmentation.steps.overrides import LayeredSettings
from segmentation.steps.step_tables import FitTables

log = logging.getLogger("segmentation")


@dataclass(frozen=True)
class RefitOnDrift:
    """Whether drift is a reason to fit.

    Attributes
    ----------
    refit : bool
        Whether a model is fitted anew when one of its features drifted other than by construction,
        see :mod:`segmentation.over_time.drift`.
    least_psi : float
        Below it, an index is no drift.
    """

    refit: Any = False
    least_psi: Any = LEAST_PSI


def fit_if_needed(
    session: Session,
    *,
    segmentation: str,
    tables: FitTables,
    settings: LayeredSettings,
    past: PastFits,
    drift: RefitOnDrift | None = None,
) -> pa.Table:
    """Fit a model where one is needed.

    It is needed when the data set has none, when it is asked for, when the configuration
    changed, when the last one is too old, and when it is damaged; and when a feature drifted, if
    that is a reason. Models that were stored before rows had digests are returned again, with
    theirs.

    A fit for age or drift takes over from the current model if it passes the gates, see
    :mod:`segmentation.over_time.gates`; else it is a challenger.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    segmentation : str
    tables : FitTables
    settings : LayeredSettings
        See :class:`segmentation.clustering.options.SegmentationOptions`.
    past : PastFits
    drift : RefitOnDrift, optional
        Default: drift is no reason for a fit.

    Returns
    -------
    pyarrow.Table
        The rows to store: none where nothing was fitted and all have digests.
    """
    step = begin(session, tables.run_settings)
    options = settings.read(SegmentationOptions)
    decision = decide(step, segmentation, SegmentationModel, FitConfiguration(options), past)
    table = step.engine.from_item(tables.features)
    reason = decision.reason
    newest = decision.stored.newest
    drift = drift or RefitOnDrift()
    if read_flag("refit_on_drift", drift.refit) and reason is None and newest is not None:
        drifted = refit_reason(step, table, newest, read_least_psi(drift.least_psi))
        reason = FitReason(drifted, is_bound_by_gates=True) if drifted else None
    if reason is None:
        _announce_kept(step, decision, table)
        log_decision(step, decision, past.runs_schema, KEPT)
        return SegmentationModel.as_table([], decision.stored.without_digest)
    log.info("%s: fitting, because %s", segmentation, reason.words)
    numbers = [*options.features, *options.trims]
    check_further_numbers(step.engine, table, numbers)
    naming = NamingInputs(
        step.vocabularies(tables.playbook, segmentation), step.words(tables.feature_words), options
    )
    predecessor = decision.stored.predecessor
    earlier = predecessor and as_named_today(
        step.engine, table, step.applied_today(predecessor, table), naming
    )
    model = fit_model(
        step.engine,
        with_further_columns(
            step.engine, table, numbers=numbers, texts=options.categorical_features
        ),
        options,
        decision.request(step, reason.words),
        dataclasses.replace(naming, earlier=earlier),
    )
    if model is None:
        log.warning("%s: nobody to segment as of %s; nothing fitted", segmentation, step.run.as_of)
        log_decision(step, decision, past.runs_schema, NOBODY, reason=reason.words)
        return SegmentationModel.as_table([], decision.stored.without_digest)
    log.info("%s: fitted %s", segmentation, model.model_version)
    model = with_distributions(step, table, model, naming)
    current = decision.stored.current
    if current is not None:
        gates = gates_of_clusters(step, table, model, current, naming)
        model = through_gates(model, current, gates, reason)
    log_decision(step, decision, past.runs_schema, FITTED, reason=reason.words, fitted=model)
    return SegmentationModel.as_table([model], decision.stored.without_digest)


def _announce_kept(step: Step, decision: FitDecision[SegmentationModel], features: str) -> None:
    latest = decision.stored.current
    if latest is None:
        return
    announce_kept(decision.segmentation, latest, step.run, decision.before_request)
    if step.run.as_of < latest.as_of:
        log.warning(
            "%s: it was fitted on days after %s, which this build is of; refit: true fits anew",
            decision.segmentation,
            step.run.as_of,
        )
    if not step.engine.rows(f"select 1 from {features} limit 1"):
        log.warning("%s: nobody to score as of %s", decision.segmentation, step.run.as_of)
