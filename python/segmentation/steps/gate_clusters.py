"""Measures the gates of a refit of a clustering."""

from __future__ import annotations

from segmentation.clustering.agreement import agreement_of, counted_moves
from segmentation.clustering.customer_segments import missing_features, with_features_of
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.over_time.gates import ClusterFigures, cluster_gates
from segmentation.playbook.matching import DESCRIPTION
from segmentation.registry.stored_gates import Gate
from segmentation.steps.begin import Step


def gates_of_clusters(
    step: Step,
    table: str,
    model: SegmentationModel,
    current: SegmentationModel,
    naming: NamingInputs,
) -> list[Gate]:
    """Return the gates of a clustering that was just fitted.

    Parameters
    ----------
    step : Step
    table : str
        A from-item with all customers.
    model, current : SegmentationModel
        The new one, and the one in force.
    naming : NamingInputs
        Of this build; its limits are the options of the build.
    """
    limits = naming.limits
    assert isinstance(limits, SegmentationOptions)
    kept_share = None
    if not missing_features(step.engine, with_features_of(step.engine, table, current), current):
        applied = step.applied_today(current, table)
        moves = counted_moves(step.engine, table, (applied, model), naming)
        kept_share = agreement_of(moves).kept_share
    return cluster_gates(figures_of(model), figures_of(current), kept_share, limits)


def figures_of(model: SegmentationModel) -> ClusterFigures:
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
    return ClusterFigures(
        stability=judged.stability_mean if judged else None,
        silhouette=judged.silhouette if judged else None,
        smallest_share=smallest / in_clusters if in_clusters else 0.0,
        named_share=sum(named) / len(named) if named else 0.0,
    )
