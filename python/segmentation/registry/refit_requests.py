"""Which request for a refit a build repeats: a run that is killed may have committed its fit."""

from __future__ import annotations

import json
import logging

from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, text_literal
from segmentation.registry.header import ModelHeader
from segmentation.registry.refit_policy import answers_request
from segmentation.registry.run import Run

log = logging.getLogger("segmentation")


def model_before_request(
    engine: Engine, runs_schema: str | None, run: Run, segmentation: str
) -> int | None:
    """Return the number of the last model before the refit that is now asked for was first asked.

    A command with ``refit: true`` that is repeated because it was killed is one request. It began
    with the first run of this data set, variant and as_of that asked for a refit after the last
    run of the data set and variant that ended. A model with a higher number answers the request.

    Parameters
    ----------
    engine : Engine
    runs_schema : str or None
        Schema of the table `build_runs`, in which dbt's hooks list runs; None where none does.
    run : Run
    segmentation : str

    Returns
    -------
    int or None
        0 where there was no model; None where no unfinished run asks for a refit.
    """
    if runs_schema is None:
        return None
    runs = f"{quoted(runs_schema)}.build_runs"
    this_data = f"dataset = {text_literal(run.dataset)} and variant = {text_literal(run.variant)}"
    rows = engine.rows(
        f"select models_before from {runs} where {this_data} and refit "
        f"and as_of = date '{run.as_of}' and run_number > (select coalesce(max(run_number), 0) "
        f"from {runs} where {this_data} and ended_at is not null) order by run_number limit 1"
    )
    # A run of an earlier version knew fewer kinds of models: it had none of this one.
    return int(json.loads(rows[0][0]).get(segmentation, 0)) if rows else None


def announce_kept(
    segmentation: str, latest: ModelHeader, run: Run, before_request: int | None
) -> None:
    """Log that a model stays, and whether it is that of a run that was asked for it and killed."""
    log.info("%s: kept %s, fitted as of %s", segmentation, latest.model_version, latest.as_of)
    if answers_request(latest, run, before_request):
        log.info(
            "%s: the run that was asked to fit it did not end; it is not fitted again", segmentation
        )
