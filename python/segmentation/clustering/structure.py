"""Whether a sample has groups at all, and how many, beside data without groups."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans

from segmentation.clustering.judgements import NullComparison
from segmentation.clustering.mixture import mixture_bic
from segmentation.clustering.null_data import continuum_like
from segmentation.clustering.silhouettes import silhouettes
from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample

GROUPS = "groups"
CONTINUUM = "continuum"

# Groups are there where a silhouette exceeds that of the null data by so many deviations.
LEAST_DEVIATIONS = 3.0

# Restarts of K-Means.
STARTS = 3

# Null data of few distinct rows can all have the same silhouette: no deviation counts as less.
LEAST_DEVIATION = 0.003


def compare_with_null(
    sample: MixedSample, ks: Sequence[int], *, draws: int, seed: int
) -> list[NullComparison]:
    """Compare a sample with draws of :func:`segmentation.clustering.null_data.continuum_like`.

    Whether there are groups is a question about the rows, not about an algorithm: rows and null
    data are clustered as points (:attr:`MixedSample.embedded`) by K-Means, which is fast.

    Parameters
    ----------
    sample : MixedSample
    ks : sequence of int
        A k is omitted if there are not more distinct rows.
    draws : int
        Null data, at least 2.
    seed : int

    Returns
    -------
    list of NullComparison
        In order of k.
    """
    ks = [k for k in ks if k < sample.distinct_rows]
    if not ks:
        return []
    random = np.random.default_rng([seed, draws])
    labellings, inertias = _fits(sample, ks, seed)
    scores = _mean_silhouettes(sample, labellings)
    null_scores, null_inertias = np.zeros((draws, len(ks))), np.zeros((draws, len(ks)))
    for i in range(draws):
        null = continuum_like(sample, random)
        null_labellings, null_inertias[i] = _fits(null, ks, seed + i + 1)
        null_scores[i] = _mean_silhouettes(null, null_labellings)
    simulated = np.sqrt(1 + 1 / draws)
    return [
        NullComparison(
            k=k,
            silhouette=float(scores[j]),
            silhouette_null_mean=float(null_scores[:, j].mean()),
            silhouette_null_deviation=float(null_scores[:, j].std() * simulated),
            gap=float(null_inertias[:, j].mean() - inertias[j]),
            gap_standard_error=float(null_inertias[:, j].std() * simulated),
            bic=mixture_bic(sample, labellings[j], k),
        )
        for j, k in enumerate(ks)
    ]


def structure_of(comparisons: Sequence[NullComparison]) -> str | None:
    """Return ``"groups"`` or ``"continuum"``; None if nothing was compared.

    There are groups where the largest excess of a silhouette over its null mean is larger than
    three null deviations, averaged over all k.
    """
    if not comparisons:
        return None
    deviation = float(np.mean([c.silhouette_null_deviation for c in comparisons]))
    largest = max(c.excess for c in comparisons)
    is_beyond = largest > LEAST_DEVIATIONS * (deviation + LEAST_DEVIATION)
    return GROUPS if is_beyond else CONTINUUM


def number_of_groups(comparisons: Sequence[NullComparison], least: int, most: int) -> int | None:
    """Return the median of three criteria' choices from `least` to `most`; None if there is none.

    They are: the largest excess of the silhouette over its null mean; the smallest k with
    ``gap(k) >= gap(k + 1) - standard error(k + 1)``, else the largest k; the lowest BIC. Ties go to
    the smaller k.
    """
    eligible = [c for c in comparisons if least <= c.k <= most]
    if not eligible:
        return None
    following = {c.k - 1: c.gap - c.gap_standard_error for c in comparisons}
    sufficient = [c.k for c in eligible if c.gap >= following.get(c.k, -np.inf)]
    chosen = (
        max(eligible, key=lambda c: (c.excess, -c.k)).k,
        sufficient[0] if sufficient else eligible[-1].k,
        min(eligible, key=lambda c: (c.bic, c.k)).k,
    )
    return sorted(chosen)[1]


def _fits(sample: MixedSample, ks: Sequence[int], seed: int) -> tuple[list[Codes], Matrix]:
    """Return labels for each k, and the logarithms of the inertias, shape (n_ks,)."""
    labellings, inertias = [], []
    for k in ks:
        with warnings.catch_warnings():
            # Null data may have fewer than k distinct rows; they still count.
            warnings.filterwarnings("ignore", message="Number of distinct")
            fitted = KMeans(k, n_init=STARTS, random_state=seed).fit(sample.embedded)
        labellings.append(fitted.labels_.astype(np.intp))
        inertias.append(fitted.inertia_)
    # Where every row is its own centroid, nothing is left.
    return labellings, np.log(np.maximum(inertias, np.finfo(float).tiny))


def _mean_silhouettes(sample: MixedSample, labellings: Sequence[Codes]) -> Matrix:
    return np.array([scores.mean() for scores in silhouettes(sample.embedded, labellings)])
