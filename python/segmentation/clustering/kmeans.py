"""K-Means: restarts on a sample in Python, then Lloyd passes over all rows in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from sklearn.cluster import KMeans

from segmentation.engine import DuckDBEngine
from segmentation.preprocessing import Matrix, PreparedFeature
from segmentation.scoring import (
    assigned_table,
    by_segment,
    scaled_column,
    scaled_table,
    squared_distance_expression,
)


@dataclass(frozen=True)
class RefinedCentroids:
    """What the Lloyd passes over all rows arrived at.

    Attributes
    ----------
    centroids : ndarray of shape (k, n_features)
        In scaled units.
    counts : list of int, length k
        Rows that are nearest to each centroid.
    inertia : float
        Sum of squared distances of the rows to the nearest of `centroids`, in scaled units.
    passes : int
        Lloyd passes made.
    converged : bool
        Whether the last pass moved no centroid by more than the tolerance.
    """

    centroids: Matrix
    counts: list[int]
    inertia: float
    passes: int
    converged: bool


def kmeans_centroids(scaled: Matrix, k: int, *, n_init: int, seed: int) -> Matrix:
    """Fit K-Means to a sample.

    Lloyd (1982) with the k-means++ starts of Arthur and Vassilvitskii (2007), by scikit-learn.

    Parameters
    ----------
    scaled : ndarray of shape (n_samples, n_features)
    k : int
        At most the number of distinct rows.
    n_init : int
        Restarts, of which that with the lowest inertia is kept.
    seed : int

    Returns
    -------
    ndarray of shape (k, n_features)
    """
    fitted = KMeans(k, n_init=n_init, random_state=seed, tol=0.0, max_iter=1000).fit(scaled)
    centroids: Matrix = fitted.cluster_centers_
    return centroids


def refine_centroids(
    engine: DuckDBEngine,
    table: str,
    features: list[PreparedFeature],
    centroids: Matrix,
    *,
    max_passes: int,
    tolerance: float,
) -> RefinedCentroids:
    """Move centroids to the mean of their rows until they rest, one ``group by`` a pass.

    The sums are taken over whole numbers (scaled values times a power of two), so that they do
    not depend on the order in which threads finish. A centroid that no row is nearest to stays
    where it is.

    Parameters
    ----------
    engine : DuckDBEngine
    table : str
        A from-item with the raw columns of `features`.
    features : list of PreparedFeature
    centroids : ndarray of shape (k, n_features)
        Where to begin, in scaled units.
    max_passes : int
        Most passes.
    tolerance : float
        A pass that moves no coordinate by more than this is the last.

    Returns
    -------
    RefinedCentroids
        Counts and inertia are those of the centroids returned.
    """
    scales = _sum_scales(_largest_absolute(engine, table, features), len(features))
    passes, moved = 0, np.inf
    while True:
        if passes == max_passes or moved <= tolerance:
            counts, inertia = _inertia(engine, table, features, centroids, scales[1])
            return RefinedCentroids(centroids, counts, inertia, passes, bool(moved <= tolerance))
        sums, counts = _sums(engine, table, features, centroids, scales[0])
        means = np.array(
            [
                [float(Fraction(total) / Fraction(scales[0]) / count) for total in row]
                if count
                else centroid
                for row, count, centroid in zip(sums, counts, centroids, strict=True)
            ]
        ).reshape(centroids.shape)
        moved = float(np.abs(means - centroids).max(initial=0.0))
        centroids = means
        passes += 1


def _sums(
    engine: DuckDBEngine,
    table: str,
    features: list[PreparedFeature],
    centroids: Matrix,
    scale: float,
) -> tuple[list[list[int]], list[int]]:
    totals = "".join(
        f", sum({engine.scaled_integer(scaled_column(j), scale)})" for j in range(len(features))
    )
    sums = [[0] * len(features) for _ in centroids]
    counts = [0] * len(centroids)
    for segment, count, *row in engine.rows(
        f"select segment_id, count(*){totals} "
        f"from ({assigned_table(engine, table, features, centroids)}) group by segment_id"
    ):
        counts[segment] = int(count)
        sums[segment] = [int(total) for total in row]
    return sums, counts


def _inertia(
    engine: DuckDBEngine,
    table: str,
    features: list[PreparedFeature],
    centroids: Matrix,
    scale: float,
) -> tuple[list[int], float]:
    distance = by_segment([squared_distance_expression(centroid) for centroid in centroids])
    counts, inertia = [0] * len(centroids), Fraction(0)
    for segment, count, total in engine.rows(
        f"select segment_id, count(*), sum({engine.scaled_large_integer(distance, scale)}) "
        f"from ({assigned_table(engine, table, features, centroids)}) group by segment_id"
    ):
        counts[segment] = int(count)
        inertia += Fraction(int(total)) / Fraction(scale)
    return counts, float(inertia)


def _largest_absolute(engine: DuckDBEngine, table: str, features: list[PreparedFeature]) -> float:
    largest = [f"max(abs({scaled_column(j)}))" for j in range(len(features))]
    if not largest:
        return 0.0
    row = engine.rows(f"select {', '.join(largest)} from ({scaled_table(engine, table, features)})")
    return max((float(value) for value in row[0] if value is not None), default=0.0)


def _sum_scales(largest: float, n_features: int) -> tuple[float, float]:
    """Return the powers of two by which values, and squared distances, become whole numbers.

    As fine as keeps the widest value below 2^62, and the widest squared distance below 2^100,
    which leaves room for 2^27 of them in 128 bits.
    """
    if largest == 0.0:
        return 1.0, 1.0
    bits = int(np.ceil(np.log2(2 * largest * np.sqrt(max(n_features, 1)))))
    return 2.0 ** (62 - bits), 2.0 ** (100 - 2 * bits)
