"""The clustering algorithms, by the name that the option `algorithm` gives them.

A new algorithm is one entry of :data:`ALGORITHMS`: a function from a sample to prototypes, or any
estimator with ``fit_predict`` wrapped in :func:`_by_labels`, with a description of its rules. Scan,
comparison, scoring in the engine, names and reasons use the entry.

Each function imports the library that it needs: options, names and scores use the entries too, and
scikit-learn takes seconds to load.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample
from segmentation.scoring.prototypes import (
    Prototypes,
    from_centers,
    from_modes,
    from_points,
    share_costs,
)

NEAREST = "the segment of the nearest centroid; of equally near ones the lower id"
REPRESENTED = (
    "the segment of the nearest of up to twelve points that stand for the rows of each segment"
)
NO_NOISE = "no noise: everybody is in a segment"
BEYOND_REACH = (
    "farther from the nearest of these points than any row of the sample that it stands for"
)


@dataclass(frozen=True)
class Clustering:
    """A fit: labels of the sample, shape (n_rows,), -1 for noise, and prototypes for new rows."""

    labels: Codes
    prototypes: Prototypes


@dataclass(frozen=True)
class Algorithm:
    """An entry of the registry.

    Attributes
    ----------
    family : str
        Partitioning, hierarchical, model-based, density or grid.
    fit : callable
        ``(sample, k, *, n_init, seed) -> Clustering``.
    scoring_rule : str
        Which segment a new row joins, in words.
    noise_rule : str
        When a row is noise, in words.
    takes_k : bool
        Whether it finds k segments; otherwise it determines the number itself.
    recentered : callable or None
        ``(means, shares, gamma) -> Prototypes``: the prototypes after a Lloyd pass over all rows,
        from the means of the numbers, shape (k, n_numbers), and the shares of the categories, each
        of shape (k, n_categories). None if the prototypes of the sample are final.
    resample_starts : int or None
        Most restarts of a fit to a bootstrap resample; None is as many as for the sample, see
        :func:`segmentation.clustering.k_choice.resample_fit`.
    needs_both_kinds : bool
        Whether it needs both numbers and categories.
    most_rows : int
        Most rows of a fit, for algorithms that compare every row with every other.
    """

    family: str
    fit: Callable[..., Clustering]
    scoring_rule: str = NEAREST
    noise_rule: str = NO_NOISE
    takes_k: bool = True
    recentered: Callable[[Matrix, list[Matrix], float], Prototypes] | None = None
    resample_starts: int | None = None
    needs_both_kinds: bool = False
    most_rows: int = 1_000_000


def _kmeans(sample: MixedSample, k: int, *, n_init: int, seed: int) -> Clustering:
    from sklearn.cluster import KMeans

    # Lloyd (1982) with the k-means++ starts of Arthur and Vassilvitskii (2007).
    fitted = KMeans(k, n_init=n_init, random_state=seed, tol=0.0, max_iter=1000)
    return _nearest(sample, from_points(fitted.fit(sample.embedded).cluster_centers_, sample))


def _kprototypes(sample: MixedSample, k: int, *, n_init: int, seed: int) -> Clustering:
    from segmentation.clustering.kprototypes.search import PrototypeSearch, fit_prototypes

    fitted = fit_prototypes(
        sample.numbers,
        # An unseen category is one more category to a fit.
        sample.codes,
        [count + 1 for count in sample.category_counts],
        k,
        PrototypeSearch(sample.gamma, n_init, max_iter=1000, tol=0.0, random_state=seed),
    )
    modes = from_modes(fitted.centers, fitted.modes, sample.category_counts, sample.gamma)
    return _nearest(sample, modes)


def _packaged_kprototypes(sample: MixedSample, k: int, *, n_init: int, seed: int) -> Clustering:
    from kmodes.kprototypes import KPrototypes as PackagedKPrototypes

    n_numbers, n_categories = sample.numbers.shape[1], sample.codes.shape[1]
    columns = np.hstack([sample.numbers, sample.codes.astype(float)])
    fitted = PackagedKPrototypes(
        k, n_init=n_init, gamma=sample.gamma, random_state=seed, init="Cao", n_jobs=1
    ).fit(columns, categorical=list(range(n_numbers, n_numbers + n_categories)))
    centroids = np.asarray(fitted.cluster_centroids_, dtype=float)
    modes = from_modes(
        centroids[:, :n_numbers],
        centroids[:, n_numbers:].astype(np.intp),
        sample.category_counts,
        sample.gamma,
    )
    return _nearest(sample, modes)


def _bisecting_kmeans(sample: MixedSample, k: int, *, n_init: int, seed: int) -> Clustering:
    from sklearn.cluster import BisectingKMeans

    fitted = BisectingKMeans(k, n_init=n_init, random_state=seed).fit(sample.embedded)
    return _nearest(sample, from_points(fitted.cluster_centers_, sample))


def _kmedoids(sample: MixedSample, k: int, *, n_init: int, seed: int) -> Clustering:
    import kmedoids
    from sklearn.metrics import pairwise_distances

    # FasterPAM (Schubert and Rousseeuw, 2021) on the distances themselves.
    distances = pairwise_distances(sample.embedded)
    fits = [
        kmedoids.fasterpam(distances, k, init="random", random_state=seed + start, n_cpu=1)
        for start in range(n_init)
    ]
    best = min(fits, key=lambda fit: fit.loss)
    chosen = np.sort(np.asarray(best.medoids, dtype=np.intp))
    modes = from_modes(
        sample.numbers[chosen], sample.codes[chosen], sample.category_counts, sample.gamma
    )
    return _nearest(sample, modes)


def _gaussian_mixture(sample: MixedSample, k: int, *, n_init: int, seed: int) -> Clustering:
    from sklearn.mixture import GaussianMixture

    fitted = GaussianMixture(
        k, covariance_type="diag", n_init=n_init, random_state=seed, reg_covar=1e-2
    ).fit(sample.embedded)
    # Minus twice the log density of a component, up to a constant shared by all components.
    weights = 1.0 / fitted.covariances_
    offsets = -2 * np.log(fitted.weights_) + np.log(fitted.covariances_).sum(axis=1)
    n_numbers = sample.numbers.shape[1]
    costs = []
    start = n_numbers
    length = np.sqrt(sample.gamma / 2)
    for count in sample.category_counts:
        block = slice(start, start + count)
        ones = np.vstack([np.eye(count) * length, np.zeros((1, count))])
        apart = (ones[None] - fitted.means_[:, None, block]) ** 2
        costs.append((apart * weights[:, None, block]).sum(axis=2))
        start += count
    prototypes = Prototypes(
        segment_ids=np.arange(k),
        centers=fitted.means_[:, :n_numbers],
        category_costs=tuple(costs),
        offsets=offsets - offsets.min(),
        weights=weights[:, :n_numbers],
    )
    return _nearest(sample, prototypes)


def _nearest(sample: MixedSample, prototypes: Prototypes) -> Clustering:
    return Clustering(prototypes.assign(sample), prototypes)


def _by_labels(
    label: Callable[[MixedSample, int], Codes], *, has_noise: bool
) -> Callable[..., Clustering]:
    """Return the fit of an algorithm that labels the sample but cannot score other rows."""

    def fit(sample: MixedSample, k: int, *, n_init: int, seed: int) -> Clustering:  # noqa: ARG001
        from segmentation.clustering.representatives import representatives

        labels = np.asarray(label(sample, k), dtype=np.intp)
        points = representatives(sample, labels, has_noise=has_noise, seed=seed)
        return Clustering(labels, points)

    return fit


def _neighbours(sample: MixedSample) -> int:
    """Return the rows that make a region dense: twice the features (Sander et al., 1998)."""
    return max(5, 2 * (sample.numbers.shape[1] + sample.codes.shape[1]))


def _smallest_group(sample: MixedSample) -> int:
    """Return the least size of a segment: 2 % of the rows, at least five if there are five."""
    return max(2, min(max(5, len(sample) // 50), len(sample)))


def _dbscan(sample: MixedSample, k: int) -> Codes:  # noqa: ARG001
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import NearestNeighbors

    neighbours = min(_neighbours(sample), len(sample))
    nearest = NearestNeighbors(n_neighbors=neighbours).fit(sample.embedded)
    reach = np.quantile(nearest.kneighbors()[0][:, -1], 0.9) if len(sample) > neighbours else 1.0
    # Identical rows have no distance, but the radius must be positive.
    radius = max(float(reach), 1e-9)
    return DBSCAN(eps=radius, min_samples=neighbours).fit_predict(sample.embedded)


def _hdbscan(sample: MixedSample, k: int) -> Codes:  # noqa: ARG001
    from sklearn.cluster import HDBSCAN

    smallest = _smallest_group(sample)
    return HDBSCAN(min_cluster_size=smallest, copy=True).fit_predict(sample.embedded)


def _optics(sample: MixedSample, k: int) -> Codes:  # noqa: ARG001
    from segmentation.clustering.reachability import optics_labels

    neighbours = min(_neighbours(sample), len(sample))
    with warnings.catch_warnings():
        # Identical rows give 0 / 0; OPTICS still treats them as reachable.
        warnings.simplefilter("ignore", RuntimeWarning)
        return optics_labels(sample.embedded, neighbours, _smallest_group(sample))


def _agglomerative(sample: MixedSample, k: int) -> Codes:
    from sklearn.cluster import AgglomerativeClustering

    return AgglomerativeClustering(k, linkage="ward").fit_predict(sample.embedded)


def _grid(sample: MixedSample, k: int) -> Codes:  # noqa: ARG001
    from segmentation.clustering.grid import grid_labels

    return grid_labels(sample)


def _means(means: Matrix, shares: list[Matrix], gamma: float) -> Prototypes:
    return from_centers(means, [share_costs(block, gamma) for block in shares])


def _modes(means: Matrix, shares: list[Matrix], gamma: float) -> Prototypes:
    # Of equally frequent categories the first, in the order of their code points.
    modes = [np.argmax(block, axis=1) for block in shares]
    stacked = np.column_stack(modes) if modes else np.zeros((len(means), 0), dtype=np.intp)
    return from_modes(means, stacked, [block.shape[1] for block in shares], gamma)


ALGORITHMS: dict[str, Algorithm] = {
    # With three, resamples can agree by chance: they end in the same poor optimum. With ten the
    # tenth percentiles of stability are those of five within 0.02 up to k = 8.
    "kmeans": Algorithm("partitioning", _kmeans, recentered=_means, resample_starts=5),
    # Each start searches further by swaps.
    "kprototypes": Algorithm("partitioning", _kprototypes, recentered=_modes, resample_starts=2),
    "kmodes": Algorithm(
        "partitioning",
        _packaged_kprototypes,
        recentered=_modes,
        needs_both_kinds=True,
        most_rows=20_000,
    ),
    "kmedoids": Algorithm("partitioning", _kmedoids, most_rows=5_000),
    "bisecting_kmeans": Algorithm("hierarchical", _bisecting_kmeans),
    "agglomerative": Algorithm(
        "hierarchical",
        _by_labels(_agglomerative, has_noise=False),
        scoring_rule=REPRESENTED,
        most_rows=5_000,
    ),
    "gaussian_mixture": Algorithm(
        "model-based",
        _gaussian_mixture,
        scoring_rule="the component with the highest density times weight",
    ),
    "dbscan": Algorithm(
        "density",
        _by_labels(_dbscan, has_noise=True),
        scoring_rule=REPRESENTED,
        noise_rule=BEYOND_REACH,
        takes_k=False,
        most_rows=20_000,
    ),
    "hdbscan": Algorithm(
        "density",
        _by_labels(_hdbscan, has_noise=True),
        scoring_rule=REPRESENTED,
        noise_rule=BEYOND_REACH,
        takes_k=False,
        most_rows=20_000,
    ),
    "optics": Algorithm(
        "density",
        _by_labels(_optics, has_noise=True),
        scoring_rule=REPRESENTED,
        noise_rule=BEYOND_REACH,
        takes_k=False,
        most_rows=5_000,
    ),
    "grid": Algorithm(
        "grid",
        _by_labels(_grid, has_noise=True),
        scoring_rule=REPRESENTED,
        noise_rule=BEYOND_REACH,
        takes_k=False,
    ),
}
