"""Compares the algorithms on the same rows, with the same dissimilarity and figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score

from segmentation.clustering.algorithms import ALGORITHMS
from segmentation.clustering.judgements import AlgorithmJudgement
from segmentation.clustering.k_choice import FitsToJudge, bootstrap_agreement, resample_fit
from segmentation.clustering.silhouettes import silhouettes
from segmentation.features.arrays import Codes
from segmentation.features.mixed_sample import MixedSample
from segmentation.scoring.prototypes import NOISE


def compare_algorithms(
    sample: MixedSample,
    names: Sequence[str],
    k: int,
    fits: FitsToJudge,
    announce: Callable[[str], None] = lambda _: None,
) -> list[AlgorithmJudgement]:
    """Judge algorithms on the same rows.

    Parameters
    ----------
    sample : MixedSample
    names : sequence of str
        Keys of :data:`segmentation.clustering.ALGORITHMS`. An algorithm that needs numbers and
        categories is omitted if the sample lacks either.
    k : int
        Number of segments, for the algorithms that take one.
    fits : FitsToJudge
        Of each algorithm.
    announce : callable
        Called before each algorithm, with a message.

    Returns
    -------
    list of AlgorithmJudgement
        In the order of `names`; empty if fewer than k + 1 rows are distinct, or k is 1.
    """
    if k < 2 or sample.distinct_rows <= k:
        return []
    is_mixed = bool(sample.numbers.shape[1]) and bool(sample.codes.shape[1])
    judgements = []
    for name in names:
        if ALGORITHMS[name].needs_both_kinds and not is_mixed:
            continue
        announce(f"comparing {name}")
        judgements.append(_judge(sample, name, k, fits))
    return judgements


def _judge(sample: MixedSample, name: str, k: int, fits: FitsToJudge) -> AlgorithmJudgement:
    algorithm = ALGORITHMS[name]
    rows = sample.rows(slice(0, algorithm.most_rows))
    start = time.process_time()
    fitted = algorithm.fit(rows, k, n_init=fits.n_init, seed=fits.seed)
    seconds = time.process_time() - start
    labels = fitted.labels
    agreement = bootstrap_agreement(
        rows,
        labels,
        resample_fit(algorithm, k, fits.n_init),
        np.random.default_rng([fits.seed, k]),
        fits.resamples,
    )
    inside = labels != NOISE
    points, own = rows.embedded[inside], labels[inside]
    judged = _internal(points, own)
    return AlgorithmJudgement(
        algorithm=name,
        family=algorithm.family,
        segments=len(np.unique(own)),
        silhouette=judged[0],
        calinski_harabasz=judged[1],
        davies_bouldin=judged[2],
        stability_mean=float(np.mean(agreement)),
        stability_p10=float(np.quantile(agreement, 0.10)),
        noise_share=float(1 - inside.mean()),
        scoring_agreement=float(adjusted_rand_score(labels, fitted.prototypes.assign(rows))),
        seconds=seconds,
        scoring_rule=algorithm.scoring_rule,
        noise_rule=algorithm.noise_rule,
    )


def _internal(points: np.ndarray, labels: Codes) -> tuple[float | None, float | None, float | None]:
    if not 2 <= len(np.unique(labels)) < len(labels):
        return None, None, None
    return (
        float(silhouettes(points, [labels])[0].mean()),
        float(calinski_harabasz_score(points, labels)),
        float(davies_bouldin_score(points, labels)),
    )
