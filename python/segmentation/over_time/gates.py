"""The gates that a refit has to pass to take over from the current model.

Each compares a figure that a fit measures with a limit: of the options, of the current model's own
fit, or the lower of both. If the customers of a shop form no groups, clusters are unstable and the
silhouette is low at every fit; then a refit only has to be no worse.
"""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.registry.gate_options import GateOptions
from segmentation.registry.stored_gates import Gate

STABILITY, SILHOUETTE, AGREEMENT = "stability", "silhouette", "agreement"
SMALLEST_SHARE, NAMES = "smallest share", "names"

# A figure that is summed up in another order may differ in its last digits.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class FitFigures:
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


def judged_gates(
    fit: FitFigures, current: FitFigures, kept_share: float | None, limits: GateOptions
) -> list[Gate]:
    """Return the gates of a refit, in a fixed order.

    Parameters
    ----------
    fit : FitFigures
        Of the new fit.
    current : FitFigures
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
        gates.append(_gate(STABILITY, fit.stability, limit))
    if (
        limits.gate_silhouette_loss is not None
        and fit.silhouette is not None
        and current.silhouette is not None
    ):
        limit = current.silhouette - limits.gate_silhouette_loss
        gates.append(_gate(SILHOUETTE, fit.silhouette, limit))
    if limits.gate_agreement is not None and kept_share is not None:
        gates.append(_gate(AGREEMENT, kept_share, limits.gate_agreement))
    if limits.gate_smallest_share is not None:
        gates.append(_gate(SMALLEST_SHARE, fit.smallest_share, limits.gate_smallest_share))
    if limits.gate_names:
        gates.append(_gate(NAMES, fit.named_share, current.named_share))
    return gates


def _gate(name: str, value: float, limit: float) -> Gate:
    return Gate(name, float(value), float(limit), bool(value >= limit - _ROUNDING))
