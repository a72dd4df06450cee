"""The step that fits the models of lifetime value, where a fit is needed."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pyarrow as pa

from segmentation.engine.base import Engine, Session, Table
from segmentation.lifetime_value.model import SEGMENTATION, LifetimeValueModel
from segmentation.lifetime_value.options import FEWEST_CUSTOMERS, LifetimeValueOptions
from segmentation.registry.current import StoredModels
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.refit_policy import FitReason
from segmentation.registry.refit_requests import announce_kept
from segmentation.steps.begin import begin
from segmentation.steps.decision_log import FITTED, KEPT, NOBODY, log_decision
from segmentation.steps.fit_decision import PastFits, decide
from segmentation.steps.fits import fit_lifetime_value
from segmentation.steps.gate_forecasts import gates_of_forecasts
from segmentation.steps.gate_refits import through_gates
from segmentation.steps.overrides import LayeredSettings

log = logging.getLogger("segmentation")


def fit_lifetime_value_if_needed(
    session: Session,
    *,
    customers: Table,
    backtests: Table,
    run_settings: Table,
    settings: LayeredSettings,
    past: PastFits,
) -> pa.Table:
    """Fit the models of lifetime value where a fit is needed.

    As :func:`segmentation.steps.fit_clusters.fit_if_needed`. With too little to learn from, the row
    that is stored says why; it is fitted again as soon as there is enough.

    Parameters
    ----------
    session : Session
        What dbt hands to the model.
    customers, backtests, run_settings : relation or table name
        ``int_customer_repeat_purchases``, ``int_value_forecast_backtests``, ``int_run_settings``.
    settings : LayeredSettings
        See :class:`segmentation.lifetime_value.options.LifetimeValueOptions`.
    past : PastFits

    Returns
    -------
    pyarrow.Table
        The rows to store: none where nothing was fitted and all have digests.
    """
    step = begin(session, run_settings)
    options = settings.read(LifetimeValueOptions)
    configuration = FitConfiguration(options)
    decision = decide(step, SEGMENTATION, LifetimeValueModel, configuration, past)
    tables = step.engine.from_item(customers), step.engine.from_item(backtests)
    current, known = decision.stored.current, _known(step.engine, tables[0])
    reason = decision.reason
    if reason is None and known.are_enough and not _forecasts(decision.stored):
        reason = FitReason("there is enough to learn from now")
    words = reason.words if reason else None
    if reason is None or not known.customers:
        if current is not None:
            announce_kept(SEGMENTATION, current, step.run, decision.before_request)
        log_decision(step, decision, past.runs_schema, NOBODY if reason else KEPT, reason=words)
        return LifetimeValueModel.as_table([], decision.stored.without_digest)
    log.info("lifetime_value: fitting, because %s", reason.words)
    request = decision.request(step, reason.words)
    model = fit_lifetime_value(step.engine, *tables, options, request, configuration.fit_hash)
    if model.why_none:
        log.warning("lifetime_value: no forecast: %s", model.why_none)
    log.info("lifetime_value: fitted %s: %s", model.model_version, model.algorithm)
    if current is not None and current.has_forecast:
        gates = gates_of_forecasts(step, tables, model, current, options)
        model = through_gates(model, current, gates, reason)
    log_decision(step, decision, past.runs_schema, FITTED, reason=words, fitted=model)
    return LifetimeValueModel.as_table([model], decision.stored.without_digest)


def _forecasts(stored: StoredModels[LifetimeValueModel]) -> bool:
    """Return whether the current model has a forecast, or the last fit."""
    return any(
        model is not None and model.has_forecast for model in (stored.current, stored.newest)
    )


@dataclass(frozen=True)
class _Known:
    """How many customers there are, and how many of them bought again."""

    customers: int
    repeat_customers: int

    @property
    def are_enough(self) -> bool:
        return self.customers >= FEWEST_CUSTOMERS and self.repeat_customers > 0


def _known(engine: Engine, table: str) -> _Known:
    (row,) = engine.rows(
        f"select count(*), count(case when repeat_purchases > 0 then 1 end) from {table}"
    )
    return _Known(int(row[0]), int(row[1]))
