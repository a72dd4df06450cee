"""Decides by its gates whether a refit becomes champion or challenger."""

from __future__ import annotations

import dataclasses
import logging
from typing import TypeVar

from segmentation.registry.header import ModelHeader
from segmentation.registry.refit_policy import FitReason
from segmentation.registry.stored_gates import CHALLENGER, CHAMPION, Gate, failed_in_words

log = logging.getLogger("segmentation")

Model = TypeVar("Model", bound=ModelHeader)


def through_gates(
    model: Model, current: ModelHeader, gates: list[Gate], reason: FitReason
) -> Model:
    """Return a model that was just fitted, with its gates and what it became.

    Parameters
    ----------
    model, current : ModelHeader
        The new one, and the one in force.
    gates : list of Gate
    reason : FitReason
        Why it was fitted, and whether the gates bind it.
    """
    failed = failed_in_words(gates)
    became = CHALLENGER if failed and reason.is_bound_by_gates else CHAMPION
    if became == CHALLENGER:
        log.warning(
            "%s: %s waits as a challenger, and %s stays in force: %s",
            model.segmentation, model.model_version, current.model_version, failed,
        )  # fmt: skip
    elif failed:
        log.warning(
            "%s: %s takes over from %s, because %s. It fails gates that bind a refit for age or "
            "drift: %s",
            model.segmentation, model.model_version, current.model_version, reason.words, failed,
        )  # fmt: skip
    return dataclasses.replace(model, gates=gates, became=became)
