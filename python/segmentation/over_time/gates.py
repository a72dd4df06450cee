"""The gates that a refit has to pass to take over from the current model.

Each compares a figure that a fit measures with a limit: of the options, of the current model's own
fit, or the lower of both. A shop whose customers form no groups has unstable clusters and a low
silhouette at every fit; what counts there is that a refit is not worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segmentation.registry.gate_options import GateOptions
from segmentation.registry.gates import Gate

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


@dataclass(frozen=True)
class Agreement:
    """How the segments that two models give the same customers agree.

    Attributes
    ----------
    customers : int
    kept : int
        Customers whose segment has the same slug.
    adjusted_rand_index : float
        1 where the groups are the same, whatever they are called; near 0 of unrelated ones.
    """

    customers: int
    kept: int
    adjusted_rand_index: float

    @property
    def kept_share(self) -> float:
        """The share who keep their segment; 1 of nobody."""
        return self.kept / self.customers if self.customers else 1.0


def judged_gates(
    fit: FitFigures, current: FitFigures, agreement: Agreement, limits: GateOptions
) -> list[Gate]:
    """Return the gates of a refit, in a fixed order.

    Parameters
    ----------
    fit : FitFigures
        Of the new fit.
    current : FitFigures
        Of the current model, at its own fit.
    agreement : Agreement
        Between the two, on today's customers.
    limits : GateOptions

    Returns
    -------
    list of Gate
        Without those that the options leave out, and those whose figure one of the two fits lacks.
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
    if limits.gate_agreement is not None:
        gates.append(_gate(AGREEMENT, agreement.kept_share, limits.gate_agreement))
    if limits.gate_smallest_share is not None:
        gates.append(_gate(SMALLEST_SHARE, fit.smallest_share, limits.gate_smallest_share))
    if limits.gate_names:
        gates.append(_gate(NAMES, fit.named_share, current.named_share))
    return gates


def agreement_of(counts: Sequence[tuple[str, str, int]]) -> Agreement:
    """Return how two segmentations of the same customers agree.

    Parameters
    ----------
    counts : sequence of (slug by one, slug by the other, number of customers)
        A row for each pair of slugs.

    Notes
    -----
    The adjusted Rand index is that of Hubert and Arabie (1985). Pairs are counted in whole numbers.
    """
    customers = sum(count for _, _, count in counts)
    kept = sum(count for one, other, count in counts if one == other)
    by_one: dict[str, int] = {}
    by_other: dict[str, int] = {}
    for one, other, count in counts:
        by_one[one] = by_one.get(one, 0) + count
        by_other[other] = by_other.get(other, 0) + count
    together = sum(_pairs(count) for _, _, count in counts)
    in_one, in_other = (sum(map(_pairs, sizes.values())) for sizes in (by_one, by_other))
    everything = _pairs(customers)
    # In units of 1 / everything, so that nothing is rounded before the last division.
    expected = in_one * in_other
    index = together * everything - expected
    most = (in_one + in_other) * everything / 2 - expected
    return Agreement(customers, kept, float(index / most) if most else 1.0)


def _gate(name: str, value: float, limit: float) -> Gate:
    return Gate(name, float(value), float(limit), bool(value >= limit - _ROUNDING))


def _pairs(customers: int) -> int:
    return customers * (customers - 1) // 2
