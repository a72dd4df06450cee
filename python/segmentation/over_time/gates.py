"""The gates that a refit has to pass to take over from the current model.

Each compares a figure that a fit measures with a limit: of the options, of the current model, or
the lower of both. If the customers of a shop form no groups, clusters are unstable and the
silhouette is low at every fit; then a refit only has to be no worse. In each figure more is better.
"""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.registry.gate_options import (
    ClassifierGateOptions,
    ForecastGateOptions,
    GateOptions,
)
from segmentation.registry.stored_gates import Gate

STABILITY, SILHOUETTE, AGREEMENT = "stability", "silhouette", "agreement"
SMALLEST_SHARE, NAMES = "smallest share", "names"

SEGMENTS, SKILL, LOG_LOSS_GAIN = "segments", "skill", "log loss gain"
MODELS, LIKELIHOOD = "models", "likelihood"

# Chance alone makes a mean differ by so many of its standard errors, in 39 of 40 cases one way.
_STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class ClusterFigures:
    """What a fit measured of its segments.

    Attributes
    ----------
    stability : float or None
        Mean adjusted Rand index with the clusterings of bootstrap resamples; None where there
        are none.
    silhouette : float or None
    smallest_share : float
        Share of the smallest cluster among the customers in clusters.
    named_share : float
        Share of the clusters with a name that is more than a description.
    """

    stability: float | None
    silhouette: float | None
    smallest_share: float
    named_share: float


def cluster_gates(
    fit: ClusterFigures, current: ClusterFigures, kept_share: float | None, limits: GateOptions
) -> list[Gate]:
    """Return the gates of a refit, in a fixed order.

    Parameters
    ----------
    fit : ClusterFigures
        Of the new fit.
    current : ClusterFigures
        Of the current model, at its own fit.
    kept_share : float or None
        Share of today's customers whom both give the same segment; None where the current model
        cannot be applied any more.
    limits : GateOptions

    Returns
    -------
    list of Gate
        Without gates that the options leave out, and gates whose figure one of the two fits lacks.
    """
    gates: list[Gate] = []
    if limits.gate_stability is not None and fit.stability is not None:
        limit = limits.gate_stability
        if current.stability is not None:
            limit = min(limit, current.stability - limits.gate_stability_loss)
        gates.append(Gate.judged(STABILITY, fit.stability, limit))
    if (
        limits.gate_silhouette_loss is not None
        and fit.silhouette is not None
        and current.silhouette is not None
    ):
        limit = current.silhouette - limits.gate_silhouette_loss
        gates.append(Gate.judged(SILHOUETTE, fit.silhouette, limit))
    if limits.gate_agreement is not None and kept_share is not None:
        gates.append(Gate.judged(AGREEMENT, kept_share, limits.gate_agreement))
    if limits.gate_smallest_share is not None:
        gates.append(Gate.judged(SMALLEST_SHARE, fit.smallest_share, limits.gate_smallest_share))
    if limits.gate_names:
        gates.append(Gate.judged(NAMES, fit.named_share, current.named_share))
    return gates


@dataclass(frozen=True)
class ClassifierFigures:
    """What a fit of a classifier measured.

    Attributes
    ----------
    segments : frozenset of str
        Those that it can predict.
    skill : float or None
        By what share its log loss is below that of predicting the shares of the segments for
        everybody, out of fold; by macro F1, how far it is above that of the majority class.
    """

    segments: frozenset[str]
    skill: float | None


@dataclass(frozen=True)
class LogLossGain:
    """The log loss of the current classifier less that of a refit, for the same customers.

    Attributes
    ----------
    mean, standard_error : float
    """

    mean: float
    standard_error: float


def classifier_gates(
    fit: ClassifierFigures,
    current: ClassifierFigures,
    gain: LogLossGain | None,
    limits: ClassifierGateOptions,
) -> list[Gate]:
    """Return the gates of a refit of a classifier, in a fixed order.

    Parameters
    ----------
    fit : ClassifierFigures
        Of the new fit.
    current : ClassifierFigures
        Of the current classifier, at its own fit; with a segment.
    gain : LogLossGain or None
        For customers whom neither has learned from; None where there are too few.
    limits : ClassifierGateOptions
    """
    gates: list[Gate] = []
    if limits.gate_segments is not None:
        kept = len(fit.segments & current.segments) / len(current.segments)
        gates.append(Gate.judged(SEGMENTS, kept, limits.gate_segments))
    if limits.gate_skill_loss is not None and fit.skill is not None and current.skill is not None:
        # Not worse than the shares of the segments either, unless the current one is.
        least = max(current.skill - limits.gate_skill_loss, min(current.skill, 0.0))
        gates.append(Gate.judged(SKILL, fit.skill, least))
    if limits.gate_log_loss is not None and gain is not None:
        allowed = max(limits.gate_log_loss, _STANDARD_ERRORS * gain.standard_error)
        gates.append(Gate.judged(LOG_LOSS_GAIN, gain.mean, -allowed))
    return gates


@dataclass(frozen=True)
class ForecastFigures:
    """What is known of a fit of lifetime value.

    Attributes
    ----------
    models : int
        1 where purchases can be forecast, 2 where revenue can too, 0 where nothing can; everything
        below is None then.
    likelihood : float or None
        Mean log-likelihood of today's purchase histories.
    skill : float or None
        By what share its RMSE is below that of the last 90 days repeated, for the newest quarter
        whose outcome is known; None without such a quarter.
    """

    models: int
    likelihood: float | None = None
    skill: float | None = None


def forecast_gates(
    fit: ForecastFigures, current: ForecastFigures, limits: ForecastGateOptions
) -> list[Gate]:
    """Return the gates of a refit of lifetime value, in a fixed order.

    Parameters
    ----------
    fit, current : ForecastFigures
        Of the new fit and of the current model, for the same customers and quarter.
    limits : ForecastGateOptions
    """
    gates: list[Gate] = []
    if limits.gate_models:
        gates.append(Gate.judged(MODELS, fit.models, current.models))
    for name, value, of_current, loss in (
        (LIKELIHOOD, fit.likelihood, current.likelihood, limits.gate_likelihood_loss),
        (SKILL, fit.skill, current.skill, limits.gate_skill_loss),
    ):
        if loss is not None and value is not None and of_current is not None:
            gates.append(Gate.judged(name, value, of_current - loss))
    return gates
