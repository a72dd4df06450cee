"""Applies the gates to a refit of a clustering, which becomes champion or challenger."""

from __future__ import annotations

import dataclasses
import logging

from segmentation.clustering.agreement import agreement_of, counted_moves
from segmentation.clustering.customer_segments import missing_features, with_features_of
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.over_time.gates import FitFigures, judged_gates
from segmentation.playbook.matching import DESCRIPTION
from segmentation.registry.refit_policy import FitReason
from segmentation.registry.stored_gates import CHALLENGER, CHAMPION, failed_in_words
from segmentation.steps.begin import Step

log = logging.getLogger("segmentation")


def through_gates(
    step: Step,
    table: str,
    model: SegmentationModel,
    current: SegmentationModel,
    naming: NamingInputs,
    reason: FitReason,
) -> SegmentationModel:
    """Return a model that was just fitted, with its gates and what it became.

    Parameters
    ----------
    step : Step
    table : str
        A from-item with all customers.
    model, current : SegmentationModel
        The new one, and the one in force.
    naming : NamingInputs
        Of this build; its limits are the options of the build.
    reason : FitReason
        Why it was fitted, and whether the gates bind it.
    """
    limits = naming.limits
    assert isinstance(limits, SegmentationOptions)
    kept_share = None
    if not missing_features(step.engine, with_features_of(step.engine, table, current), current):
        moves = counted_moves(step.engine, table, (current, model), naming)
        kept_share = agreement_of(moves).kept_share
    gates = judged_gates(figures_of(model), figures_of(current), kept_share, limits)
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


def figures_of(model: SegmentationModel) -> FitFigures:
    """Return the figures of a model's fit that the gates use."""
    judged = next((judgement for judgement in model.k_scan if judgement.k == model.k), None)
    in_clusters = sum(segment.customers for segment in model.segments)
    smallest = min((segment.customers for segment in model.segments), default=0)
    # Where names are conditions, a name states what a row of the playbook says.
    named = (
        [promise.playbook_slug is not None for promise in model.promises]
        if model.promises
        else [segment.named_by != DESCRIPTION for segment in model.segments]
    )
    return FitFigures(
        stability=judged.stability_mean if judged else None,
        silhouette=judged.silhouette if judged else None,
        smallest_share=smallest / in_clusters if in_clusters else 0.0,
        named_share=sum(named) / len(named) if named else 0.0,
    )
