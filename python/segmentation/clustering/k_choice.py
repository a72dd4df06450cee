"""Criteria for every number of segments, on the sample."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from kneed import KneeLocator
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score

from segmentation.clustering.algorithms import Algorithm, Clustering
from segmentation.clustering.judgements import KJudgement
from segmentation.clustering.silhouettes import silhouettes
from segmentation.features.arrays import Codes
from segmentation.features.mixed_sample import MixedSample

# Most rows of a bootstrap resample: with more, restarts take too long.
RESAMPLE_ROWS = 2_500


@dataclass(frozen=True)
class FitsToJudge:
    """How many fits a judgement rests on.

    Attributes
    ----------
    n_init : int
        Restarts per fit, see :func:`resample_fit` for those of a resample.
    seed : int
    resamples : int
        Bootstrap resamples, each fitted once.
    """

    n_init: int
    seed: int
    resamples: int


def scan_k(
    sample: MixedSample,
    algorithm: Algorithm,
    ks: Sequence[int],
    fits: FitsToJudge,
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
    fits : FitsToJudge
        Of each k.
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
        judgement, labels = _judge(sample, algorithm, k, fits)
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


def _judge(
    sample: MixedSample, algorithm: Algorithm, k: int, fits: FitsToJudge
) -> tuple[KJudgement, Codes]:
    fitted = algorithm.fit(sample, k, n_init=fits.n_init, seed=fits.seed)
    labels = fitted.labels
    several = len(np.unique(labels)) > 1
    agreement = bootstrap_agreement(
        sample,
        labels,
        resample_fit(algorithm, k, fits.n_init),
        np.random.default_rng([fits.seed, k]),
        fits.resamples,
    )
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
    labels: Codes,
    fit: Callable[[MixedSample, int], Clustering],
    random: np.random.Generator,
    resamples: int,
) -> list[float]:
    """Return the agreement of clusterings of resamples with that of the sample.

    Parameters
    ----------
    sample : MixedSample
    labels : ndarray of shape (n_rows,)
        Of the sample; noise is a label of its own.
    fit : callable
        From a resample and a seed to its clustering, see :func:`resample_fit`.
    random : numpy.random.Generator
    resamples : int
        Each has as many rows as the sample, at most `RESAMPLE_ROWS`.

    Returns
    -------
    list of float, length resamples
        Adjusted Rand indices (Hubert and Arabie, 1985) over the rows of the sample, which the
        clustering of a resample labels by its scoring rule.
    """
    size = min(len(sample), RESAMPLE_ROWS)
    agreement: list[float] = []
    while len(agreement) < resamples:
        drawn = sample.rows(random.integers(len(sample), size=size))
        with warnings.catch_warnings():
            # A resample may hold fewer than k distinct rows; it still counts.
            warnings.filterwarnings("ignore", message="Number of distinct")
            fitted = fit(drawn, int(random.integers(2**31)))
        agreement.append(float(adjusted_rand_score(labels, fitted.prototypes.assign(sample))))
    return agreement


def resample_fit(
    algorithm: Algorithm, k: int, n_init: int
) -> Callable[[MixedSample, int], Clustering]:
    """Return the fit of a resample, with as many restarts as that of the sample has in effect.

    With fewer, resamples differ because some end in a poor optimum, not because groups are vague.
    """
    starts = min(n_init, algorithm.resample_starts or n_init)
    return lambda drawn, seed: algorithm.fit(drawn, k, n_init=starts, seed=seed)


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
