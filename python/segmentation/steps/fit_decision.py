"""Whether a step has to fit: the models so far, what is asked for, and the configuration."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from segmentation.engine.base import Table
from segmentation.registry.current import StoredModels, read_models, read_promotion
from segmentation.registry.header import FitRequest, ModelHeader
from segmentation.registry.option_groups import FitConfiguration
from segmentation.registry.refit_policy import FitReason, why_fit
from segmentation.registry.refit_requests import model_before_request
from segmentation.steps.begin import Step

log = logging.getLogger("segmentation")

Model = TypeVar("Model", bound=ModelHeader)


@dataclass(frozen=True)
class PastFits:
    """Where a fit step finds its past, and whether another fit is asked for.

    Attributes
    ----------
    history : relation or table name, optional
        The models fitted so far; None where there is no such table yet.
    refit : bool
        Whether a fit is asked for.
    refit_after_days : int, optional
        Age of a model, from its as_of to this build's, after which it is too old.
    runs_schema : str, optional
        Schema of the table of runs: a refit that a run committed and did not live to end is not
        made again, see :mod:`segmentation.registry.refit_requests`. What is decided is listed
        beside it, see :mod:`segmentation.steps.decision_log`.
    promotions : relation or table name, optional
        The seed ``model_promotions``.
    """

    history: Table | None
    refit: Any = False
    refit_after_days: Any = None
    runs_schema: str | None = None
    promotions: Table | None = None


@dataclass(frozen=True)
class FitDecision(Generic[Model]):
    """Whether a model is fitted, and what it follows.

    Attributes
    ----------
    segmentation : str
    stored : StoredModels
    before_request : int or None
        Number of the last model before the refit that is asked for, where a run did not end.
    reason : FitReason or None
        Why a model has to be fitted; None where the last fit can stay.
    """

    segmentation: str
    stored: StoredModels[Model]
    before_request: int | None
    reason: FitReason | None

    def request(self, step: Step, reason: str) -> FitRequest:
        """Return the fit that is to be made."""
        return FitRequest(
            self.segmentation, step.run, reason, self.stored.number + 1, self.stored.version
        )


def decide(
    step: Step,
    segmentation: str,
    kind: type[Model],
    configuration: FitConfiguration,
    past: PastFits,
) -> FitDecision[Model]:
    """Read the models fitted so far, and say whether another is needed.

    Parameters
    ----------
    step : Step
    segmentation : str
    kind : subclass of ModelHeader
        What the rows of the model table are.
    configuration : FitConfiguration
        Today's.
    past : PastFits

    Raises
    ------
    OptionError
        If what asks for a refit cannot be read.
    """
    promotion = read_promotion(step.engine, past.promotions, segmentation, step.run)
    stored = read_models(step.engine, past.history, step.run, kind, promotion)
    before = model_before_request(step.engine, past.runs_schema, step.run, segmentation)
    why = why_fit(stored.newest, configuration, step.run, past.refit, past.refit_after_days, before)
    if stored.without_digest:
        log.info("%s: digests for %d stored models", segmentation, len(stored.without_digest))
    return FitDecision(segmentation, stored, before, _why_not_kept(stored) or why)


def _why_not_kept(stored: StoredModels[Model]) -> FitReason | None:
    """Return why the stored models cannot stay as they are, whatever the settings say."""
    if stored.damage is not None and not stored.outranks_fits:
        return FitReason(stored.damage)
    if stored.current_version is None and stored.version is not None:
        return FitReason("no model is in force")
    if stored.newest_damage is not None:
        # Of a pinned model, too: the fit that follows it can be pinned in its place.
        return FitReason(stored.newest_damage, is_bound_by_gates=stored.current is not None)
    return None
