"""The choice of k: criteria for every k on the sample, and the rule of ``k: auto``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from kneed import KneeLocator
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score

from segmentation.clustering.algorithms import Algorithm
from segmentation.clustering.judgements import KJudgement
from segmentation.clustering.silhouettes import silhouettes
from segmentation.features.arrays import Codes
from segmentation.features.mixed_sample import MixedSample


def scan_k(
    sample: MixedSample,
    algorithm: Algorithm,
    ks: Sequence[int],
    *,
    n_init: int,
    seed: int,
    resamples: int,
    announce: Callable[[str], None] = lambda _: None,
) -> list[KJudgement]:
    """Judge every k on a sample.

    Parameters
    ----------
    sample : MixedSample
    algorithm : Algorithm
        One of :data:`segmentation.clustering.ALGORITHMS` that takes a k.
    ks : sequence of int
        From 2. A k is omitted if there are not more distinct rows.
    n_init : int
        Restarts per fit of the sample; a resample has `Algorithm.resample_starts`.
    seed : int
    resamples : int
        Bootstrap resamples per k.
    announce : callable
        Called before each k, with a message.

    Returns
    -------
    list of KJudgement
        In order of k.
    """
    judgements, labellings = [], []
    for k in ks:
        if k >= sample.distinct_rows:
            break
        announce(f"judging k = {k}")
        judgement, labels = _judge(sample, algorithm, k, n_init, seed, resamples)
        judgements.append(judgement)
        labellings.append(labels)
    knee = knee_of(judgements)
    return [
        replace(
            judgement,
            silhouette=float(scores.mean()),
            silhouette_standard_error=float(scores.std(ddof=1) / np.sqrt(len(scores))),
            is_knee=judgement.k == knee,
        )
        for judgement, scores in zip(
            judgements, silhouettes(sample.embedded, labellings), strict=True
        )
    ]


def choose_k(
    judgements: Sequence[KJudgement],
    *,
    least: int,
    most: int,
    floor: float,
    otherwise: int,
    is_mixed: bool = False,
) -> int:
    """Choose k by the rule of ``k: auto``.

    Only k from `least` to `most` with a ``stability_p10`` of at least `floor` are eligible. For
    numbers alone, the rule takes the k with the highest Calinski-Harabasz index. With categories
    among the features that index is not meaningful; the rule then takes the smallest k whose
    silhouette lies within one standard error of the highest. If no k is stable enough, it takes the
    most stable one. Ties go to the smaller k. If the scan has no k in the range, the rule takes its
    largest k; if the scan is empty, `otherwise`.
    """
    eligible = [j for j in judgements if least <= j.k <= most]
    if not eligible:
        return max((j.k for j in judgements), default=otherwise)
    stable = [j for j in eligible if j.stability_p10 >= floor]
    if stable and is_mixed:
        best = max(stable, key=lambda j: (j.silhouette, -j.k))
        near = best.silhouette - best.silhouette_standard_error
        return min(j.k for j in stable if j.silhouette >= near)
    if stable:
        return max(stable, key=lambda j: (j.calinski_harabasz, -j.k)).k
    return max(eligible, key=lambda j: (j.stability_p10, -j.k)).k


def _judge(
    sample: MixedSample, algorithm: Algorithm, k: int, n_init: int, seed: int, resamples: int
) -> tuple[KJudgement, Codes]:
    fitted = algorithm.fit(sample, k, n_init=n_init, seed=seed)
    labels = fitted.labels
    several = len(np.unique(labels)) > 1
    agreement = bootstrap_agreement(sample, algorithm, labels, k, seed, resamples)
    judgement = KJudgement(
        k=k,
        inertia=fitted.prototypes.inertia(sample),
        silhouette=0.0,
        silhouette_standard_error=0.0,
        calinski_harabasz=float(calinski_harabasz_score(sample.embedded, labels)) if several else 0,
        davies_bouldin=float(davies_bouldin_score(sample.embedded, labels)) if several else 0,
        stability_mean=float(np.mean(agreement)),
        stability_p10=float(np.quantile(agreement, 0.10)),
    )
    return judgement, labels


def bootstrap_agreement(
    sample: MixedSample,
    algorithm: Algorithm,
    labels: Codes,
    k: int,
    seed: int,
    resamples: int,
) -> list[float]:
    """Return the agreement of clusterings of resamples with that of the sample.

    Parameters
    ----------
    sample : MixedSample
    algorithm : Algorithm
    labels : ndarray of shape (n_rows,)
        Of the sample; noise is a label of its own.
    k, seed : int
    resamples : int

    Returns
    -------
    list of float, length resamples
        Adjusted Rand indices (Hubert and Arabie, 1985) over the rows of the sample, which the
        clustering of a resample labels by its scoring rule.
    """
    random = np.random.default_rng([seed, k])
    agreement: list[float] = []
    while len(agreement) < resamples:
        drawn = sample.rows(random.integers(len(sample), size=len(sample)))
        with warnings.catch_warnings():
            # A resample may hold fewer than k distinct rows; it still counts.
            warnings.filterwarnings("ignore", message="Number of distinct")
            fitted = algorithm.fit(
                drawn, k, n_init=algorithm.resample_starts, seed=int(random.integers(2**31))
            )
        agreement.append(float(adjusted_rand_score(labels, fitted.prototypes.assign(sample))))
    return agreement


def knee_of(judgements: Sequence[KJudgement]) -> int | None:
    """Return the k at the knee of the inertia (Satopaa et al., 2011); None if there is none."""
    if len(judgements) < 3:
        return None
    with warnings.catch_warnings():
        # kneed warns if a curve has no knee; here that is a valid answer.
        warnings.simplefilter("ignore")
        found = KneeLocator(
            [j.k for j in judgements],
            [j.inertia for j in judgements],
            curve="convex",
            direction="decreasing",
        ).knee
    return None if found is None else int(found)
