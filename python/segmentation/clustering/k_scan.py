"""How many segments: every k judged on the sample, and the rule of ``k: auto``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from kneed import KneeLocator
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    pairwise_distances,
)

from segmentation.preprocessing import Matrix
from segmentation.scoring import nearest


@dataclass(frozen=True)
class KJudgement:
    """What speaks for one number of segments.

    Attributes
    ----------
    k : int
    inertia : float
        Sum of squared distances to the nearest centroid, over the judged rows, in scaled units.
    silhouette, silhouette_standard_error : float
        Mean silhouette (Rousseeuw, 1987), from -1 to 1, and its standard error over the rows.
    calinski_harabasz : float
        Higher is better (Calinski and Harabasz, 1974).
    davies_bouldin : float
        Lower is better (Davies and Bouldin, 1979).
    stability_mean, stability_p10 : float
        Mean and 10th percentile of the adjusted Rand index between the clustering and those of
        bootstrap resamples (Hennig, 2007): 1 where the same groups come back every time.
    is_knee : bool
        Whether the inertia bends here (Satopaa et al., 2011).
    """

    k: int
    inertia: float
    silhouette: float
    silhouette_standard_error: float
    calinski_harabasz: float
    davies_bouldin: float
    stability_mean: float
    stability_p10: float
    is_knee: bool = False


def scan_k(
    scaled: Matrix,
    algorithm: Callable[..., Matrix],
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
    scaled : ndarray of shape (n_samples, n_features)
    algorithm : callable
        One of :data:`segmentation.clustering.ALGORITHMS`.
    ks : sequence of int
        From 2. Those that have no meaning for so few distinct rows are left out.
    n_init : int
        Restarts per fit of the judged clustering; a resample starts three times.
    seed : int
    resamples : int
        Bootstrap resamples per k.
    announce : callable
        Told of each k as its turn comes.

    Returns
    -------
    list of KJudgement
        In order of k.
    """
    distinct = len(np.unique(scaled, axis=0)) if scaled.size else 0
    # Taken once for all k: 200 MB for 5,000 rows.
    distances = pairwise_distances(scaled) if distinct > 1 else np.zeros((0, 0))
    judgements = []
    for k in ks:
        if k >= distinct:
            break
        announce(f"judging k = {k}")
        judgements.append(_judge(scaled, distances, algorithm, k, n_init, seed, resamples))
    knee = _knee(judgements)
    return [replace(judgement, is_knee=judgement.k == knee) for judgement in judgements]


def choose_k(
    judgements: Sequence[KJudgement], *, least: int, most: int, floor: float, otherwise: int
) -> int:
    """Choose k by the rule of ``k: auto``.

    Of the k from `least` to `most` whose ``stability_p10`` reaches `floor`, the one with the
    highest Calinski-Harabasz index; where none is that stable, the most stable one. Ties go to
    the smaller k. Where the scan has no k in the range, the largest it has; where it has none at
    all, `otherwise`.
    """
    eligible = [j for j in judgements if least <= j.k <= most]
    if not eligible:
        return max((j.k for j in judgements), default=otherwise)
    stable = [j for j in eligible if j.stability_p10 >= floor]
    if stable:
        return max(stable, key=lambda j: (j.calinski_harabasz, -j.k)).k
    return max(eligible, key=lambda j: (j.stability_p10, -j.k)).k


def _judge(
    scaled: Matrix,
    distances: Matrix,
    algorithm: Callable[..., Matrix],
    k: int,
    n_init: int,
    seed: int,
    resamples: int,
) -> KJudgement:
    centroids = algorithm(scaled, k, n_init=n_init, seed=seed)
    labels = nearest(scaled, centroids)
    silhouettes = _silhouettes(distances, labels)
    agreement = _bootstrap_agreement(scaled, algorithm, labels, k, seed, resamples)
    return KJudgement(
        k=k,
        inertia=float(((scaled - centroids[labels]) ** 2).sum()),
        silhouette=float(silhouettes.mean()),
        silhouette_standard_error=float(silhouettes.std(ddof=1) / np.sqrt(len(silhouettes))),
        calinski_harabasz=float(calinski_harabasz_score(scaled, labels)),
        davies_bouldin=float(davies_bouldin_score(scaled, labels)),
        stability_mean=float(np.mean(agreement)),
        stability_p10=float(np.quantile(agreement, 0.10)),
    )


def _silhouettes(distances: Matrix, labels: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Matrix:
    """Return the silhouette of every row, shape (n,): scikit-learn's, three times as fast.

    One matrix product sums the distances of every row to every segment, and all k share the
    distances. A row alone in its segment counts as 0 (Rousseeuw, 1987).
    """
    members = np.eye(labels.max() + 1)[labels]
    sizes = members.sum(axis=0)
    present = sizes > 0
    members, sizes = members[:, present], sizes[present]
    own = np.argmax(members, axis=1)
    rows = np.arange(len(labels))
    sums = distances @ members
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = sums[rows, own] / (sizes[own] - 1)
        means = sums / sizes
        means[rows, own] = np.inf
        nearest_other = means.min(axis=1)
        scores = (nearest_other - inside) / np.maximum(inside, nearest_other)
    silhouettes: Matrix = np.where(sizes[own] > 1, np.nan_to_num(scores), 0.0)
    return silhouettes


def _bootstrap_agreement(
    scaled: Matrix,
    algorithm: Callable[..., Matrix],
    labels: np.ndarray[tuple[int], np.dtype[np.intp]],
    k: int,
    seed: int,
    resamples: int,
) -> list[float]:
    random = np.random.default_rng([seed, k])
    agreement: list[float] = []
    while len(agreement) < resamples:
        drawn = scaled[random.integers(len(scaled), size=len(scaled))]
        with warnings.catch_warnings():
            # A resample of few distinct rows may hold fewer than k of them; it still counts.
            warnings.filterwarnings("ignore", message="Number of distinct clusters")
            centroids = algorithm(drawn, k, n_init=3, seed=int(random.integers(2**31)))
        agreement.append(float(adjusted_rand_score(labels, nearest(scaled, centroids))))
    return agreement


def _knee(judgements: Sequence[KJudgement]) -> int | None:
    if len(judgements) < 3:
        return None
    with warnings.catch_warnings():
        # kneed warns where a curve has no knee; here that is an answer like any other.
        warnings.simplefilter("ignore")
        found = KneeLocator(
            [j.k for j in judgements],
            [j.inertia for j in judgements],
            curve="convex",
            direction="decreasing",
        ).knee
    return None if found is None else int(found)
