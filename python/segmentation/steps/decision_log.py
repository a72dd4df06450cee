"""What each run decided about each model: rows of ``fit_decisions``, a table beside ``build_runs``.

A fit step writes its own row, because dbt's hooks do not know why nothing was fitted.
"""

from __future__ import annotations

from segmentation.engine.sql import quoted, text_literal
from segmentation.registry.header import ModelHeader
from segmentation.registry.refit_policy import answers_request
from segmentation.registry.stored_gates import CHALLENGER, failed_in_words
from segmentation.steps.begin import Step
from segmentation.steps.fit_decision import FitDecision, Model

FITTED, KEPT, NOBODY = "fitted", "kept", "nobody to fit"


def log_decision(
    step: Step,
    decision: FitDecision[Model],
    runs_schema: str | None,
    outcome: str,
    *,
    reason: str | None = None,
    fitted: ModelHeader | None = None,
) -> None:
    """List what a fit step decided, once per run and segmentation.

    Parameters
    ----------
    step : Step
    decision : FitDecision
    runs_schema : str or None
        Schema of the tables of runs; None where no run is listed.
    outcome : str
        ``"fitted"``, ``"kept"`` or ``"nobody to fit"``.
    reason : str, optional
        Why a model had to be fitted, where one had to be.
    fitted : ModelHeader, optional
        The new model.
    """
    if runs_schema is None:
        return
    stored = decision.stored
    takes_over = fitted is not None and fitted.became != CHALLENGER and not stored.outranks_fits
    champion = fitted.model_version if fitted and takes_over else stored.current_version
    values = {
        "dataset": step.run.dataset,
        "variant": step.run.variant,
        "segmentation": decision.segmentation,
        "decision": outcome,
        "reason": _in_words(step, decision, outcome, reason, fitted),
        "latest_version": fitted.model_version if fitted else stored.version,
        "became": fitted.became if fitted else None,
        "champion_version": champion,
    }
    runs, decisions = (f"{quoted(runs_schema)}.{name}" for name in ("build_runs", "fit_decisions"))
    literals = ", ".join("null" if v is None else text_literal(v) for v in values.values())
    step.engine.execute(
        f"insert into {decisions} (run_number, as_of, {', '.join(values)}) "
        f"select last_run.run_number, date '{step.run.as_of}', {literals} "
        f"from (select max(run_number) as run_number from {runs}) as last_run "
        "where last_run.run_number is not null and not exists "
        f"(select 1 from {decisions} as listed where listed.run_number = last_run.run_number "
        f"and listed.segmentation = {text_literal(decision.segmentation)})"
    )


def _in_words(
    step: Step,
    decision: FitDecision[Model],
    outcome: str,
    reason: str | None,
    fitted: ModelHeader | None,
) -> str:
    if fitted is not None:
        words = reason or ""
        waits = fitted.became == CHALLENGER
        if failed := failed_in_words(fitted.gates):
            ending = ", and it waits" if waits else ""
            words += f"; it failed gates ({failed}){ending}"
        if decision.stored.outranks_fits:
            kept_out = f"{decision.stored.current_version} stays in force"
            return f"{words}; {kept_out}, as seeds/model_promotions.csv says"
        return f"{words}, and it took over nevertheless" if failed and not waits else words
    if outcome == NOBODY:
        return f"{reason}; there are too few customers to learn from"
    newest = decision.stored.newest
    if newest is not None and answers_request(newest, step.run, decision.before_request):
        return "a run that did not end fitted what was asked for"
    return "nothing asked for a fit"
