"""K-Prototypes on arrays: the search for prototypes of numbers and categories.

The method is Huang's (1998), Data Mining and Knowledge Discovery 2: K-Means for the numbers, modes
for the categories, one dissimilarity for both. Two steps are added: greedy k-means++ starts (Arthur
and Vassilvitskii, 2007) under that dissimilarity, and random swaps (Fränti, 2018, Journal of Big
Data 5), which escape the poor optima of a descent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from segmentation.clustering.kprototypes.descent import Descent, descend, settled, without_empty
from segmentation.clustering.kprototypes.distances import Codes, Labels, nearest_prototypes
from segmentation.clustering.kprototypes.distinct_rows import DistinctRows
from segmentation.clustering.kprototypes.input_checks import (
    check_arrays,
    check_settings,
    check_start,
    checked_weights,
)
from segmentation.features.arrays import Matrix

# Rows that a greedy start or a swap compares before it takes the best.
CANDIDATES = 10


@dataclass(frozen=True)
class _Effort:
    """Effort of a restart before its last descent.

    Attributes
    ----------
    failures : int
        Swaps end after this many in a row without a gain.
    passes : int
        Passes after which a swap is accepted or rejected.
    gain : float
        A descent before the last ends when a pass gains less than this share of the cost.
    """

    failures: int
    passes: int
    gain: float


# With at most this many distinct rows a thorough search takes milliseconds. Small tables need it:
# with few rows for each prototype, descents often end in poor optima.
FEW_ROWS = 5_000
THOROUGH = _Effort(failures=10, passes=10, gain=1e-5)
QUICK = _Effort(failures=5, passes=3, gain=1e-3)


@dataclass(frozen=True)
class PrototypeSearch:
    """How prototypes are searched for.

    Attributes
    ----------
    gamma : float or None
        None takes half the mean of the standard deviations of the numeric columns (as the package
        kmodes does), or 1 if no numeric column varies.
    n_init : int
        Restarts; the one with the lowest cost is kept. More restarts are never worse, because the
        first ones are the same. Given prototypes are one start.
    max_iter : int
        Most passes of one descent.
    tol : float
        A descent ends when a pass lowers the cost by no more than this share of it; 0 goes on
        until no row changes its cluster.
    random_state : int, RandomState or None
        As in scikit-learn; an int makes the result repeatable.
    init : {"k-means++", "random"} or pair of ndarray
        How a restart begins. ``"random"`` takes k of the rows. Given prototypes (centers and
        modes, shaped as in the result) start one descent without swaps.
    """

    gamma: float | None
    n_init: int
    max_iter: int
    tol: float
    random_state: Any
    init: str | tuple[Matrix, Codes] = "k-means++"


@dataclass(frozen=True)
class PrototypeFit:
    """Prototypes, with the labels and cost of the rows.

    Attributes
    ----------
    centers : ndarray of shape (k, n_numeric)
        Means of the numbers, in the units given.
    modes : ndarray of shape (k, n_categorical)
        Most frequent codes.
    labels : ndarray of shape (n,)
        The nearest prototype of each row, by
        :func:`segmentation.clustering.kprototypes.distances.nearest_prototypes`.
    cost : float
        Weighted sum of the dissimilarities between the rows and their prototypes.
    gamma : float
        Cost of a category that differs.
    n_iter : int
        Passes over the rows in the descent that the prototypes come from.
    converged : bool
        Whether that descent converged before `max_iter`.
    """

    centers: Matrix
    modes: Codes
    labels: Labels
    cost: float
    gamma: float
    n_iter: int
    converged: bool


def fit_prototypes(
    numbers: Matrix,
    codes: Codes,
    category_counts: Sequence[int],
    n_clusters: int,
    search: PrototypeSearch,
    sample_weight: ArrayLike | None = None,
) -> PrototypeFit:
    """Find the prototypes with the lowest cost for rows of numbers and categories.

    The dissimilarity between a row and a prototype is the squared Euclidean distance of their
    numbers plus gamma for every category in which they differ; the cost is its weighted sum.

    Rules:

    - A row of weight 2 counts as two rows, a row of weight 0 as none. The order of the rows does
      not matter: rows are sorted and equal rows are merged.
    - Of equally frequent modes, the smaller code is taken.
    - Of equally near prototypes, the one with the lower number is taken.
    - An empty cluster takes the row that adds most to the cost.
    - With fewer distinct rows than clusters, each distinct row is a prototype, and the last one is
      repeated. Repeated prototypes have no rows.
    - Clusters are numbered from the heaviest; equally heavy ones by their centers, then by their
      modes. Given prototypes keep their numbers.

    Parameters
    ----------
    numbers : ndarray of shape (n, n_numeric)
        Finite; n_numeric may be 0.
    codes : ndarray of int, shape (n, n_categorical)
        From 0 to ``category_counts[j] - 1``; n_categorical may be 0.
    category_counts : sequence of int, length n_categorical
    n_clusters : int
        Number of prototypes, k. At most the number of rows.
    search : PrototypeSearch
    sample_weight : array-like of shape (n,), optional
        Not negative.

    Returns
    -------
    PrototypeFit

    Raises
    ------
    ValueError
        If a weight, number, code or setting is impossible.
    """
    numbers = np.asarray(numbers, dtype=np.float64)
    codes = np.asarray(codes, dtype=np.intp)
    counts = [int(count) for count in category_counts]
    weights = checked_weights(sample_weight, len(numbers))
    check_arrays(numbers, codes, counts)
    check_settings(
        len(numbers), n_clusters, search.gamma, search.n_init, search.max_iter, search.tol
    )
    check_start(search.init, n_clusters, counts, numbers.shape[1])
    rows = DistinctRows(numbers, codes, counts, weights, search.gamma)
    if rows.count <= n_clusters and isinstance(search.init, str):
        found = _one_each(rows, n_clusters)
    else:
        found = _best_descent(rows, n_clusters, search)
    if isinstance(search.init, str):
        found = _numbered(found, rows.weights)
    return _finished(rows, found, numbers, codes)


def _one_each(rows: DistinctRows, k: int) -> Descent:
    chosen = np.minimum(np.arange(k), rows.count - 1)
    return Descent(
        rows.numbers.T[chosen],
        rows.codes()[chosen],
        np.arange(rows.count),
        cost=0.0,
        passes=1,
        converged=True,
    )


def _best_descent(rows: DistinctRows, k: int, search: PrototypeSearch) -> Descent:
    init, max_iter, tol = search.init, search.max_iter, search.tol
    if not isinstance(init, str):
        centers = np.asarray(init[0], dtype=np.float64) - rows.center
        return descend(rows, centers, np.asarray(init[1], dtype=np.intp), max_iter, tol)
    best: Descent | None = None
    random = check_random_state(search.random_state)
    for seed in random.randint(np.iinfo(np.int32).max, size=search.n_init):
        found = _restart(rows, k, max_iter, tol, np.random.default_rng(seed), init)
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    return best


def _restart(
    rows: DistinctRows, k: int, max_iter: int, tol: float, random: np.random.Generator, init: str
) -> Descent:
    start = _greedy_start if init == "k-means++" else _random_start
    effort = THOROUGH if rows.count <= FEW_ROWS else QUICK
    rough = max(tol, effort.gain)
    found = descend(rows, *start(rows, k, random), max_iter, rough)
    failures = 0
    while failures < effort.failures and k > 1:
        swapped = _swapped(rows, found, random, anywhere=failures % 2 == 1)
        tried = descend(rows, *swapped, min(effort.passes, max_iter), rough)
        if tried.cost < found.cost:
            found, failures = tried, 0
        else:
            failures += 1
    found = descend(rows, found.centers, found.modes, max_iter, tol)
    return settled(rows, found, max_iter, tol)


def _greedy_start(rows: DistinctRows, k: int, random: np.random.Generator) -> tuple[Matrix, Codes]:
    row = rows.drawn(random, rows.cumulative, 1)
    centers, modes = rows.numbers[:, row].T, rows.patterns[rows.joint[row]]
    closest = np.maximum(rows.proximities(centers, modes)[0] + rows.norms, 0.0)
    for _ in range(1, k):
        center, mode, closest = rows.best_addition(random, closest, CANDIDATES)
        centers, modes = np.vstack([centers, center]), np.vstack([modes, mode])
    return centers, modes


def _random_start(rows: DistinctRows, k: int, random: np.random.Generator) -> tuple[Matrix, Codes]:
    # Without replacement, by weight: the largest of exponential keys (Efraimidis and Spirakis).
    keys = random.exponential(size=rows.count) / rows.weights
    chosen = np.argsort(keys)[:k]
    return rows.numbers[:, chosen].T, rows.patterns[rows.joint[chosen]]


def _swapped(
    rows: DistinctRows, found: Descent, random: np.random.Generator, *, anywhere: bool
) -> tuple[Matrix, Codes]:
    """Return prototypes of which one was replaced by a candidate row.

    It is the one whose removal costs least (Lattanzi and Sohler, 2019), or with `anywhere` a random
    one.
    """
    candidates, costs = rows.exchanges(random, found.centers, found.modes, CANDIDATES)
    if anywhere:
        taken = int(random.integers(len(found.centers)))
        row = candidates[np.argmin(costs[:, taken])]
    else:
        best, taken = divmod(int(np.argmin(costs)), len(found.centers))
        row = candidates[best]
    centers, modes = found.centers.copy(), found.modes.copy()
    centers[taken], modes[taken] = rows.numbers[:, row], rows.patterns[rows.joint[row]]
    return centers, modes


def _numbered(found: Descent, weights: Matrix) -> Descent:
    """Return the clusters numbered from the heaviest.

    Ids are then stable from seed to seed, and proximities are relative to the largest cluster.
    """
    mass = np.bincount(found.labels, weights, minlength=len(found.centers))
    order = np.lexsort((*found.modes.T[::-1], *found.centers.T[::-1], -mass))
    return replace(
        found,
        centers=found.centers[order],
        modes=found.modes[order],
        labels=np.argsort(order)[found.labels],
    )


def _finished(rows: DistinctRows, found: Descent, numbers: Matrix, codes: Codes) -> PrototypeFit:
    """Return the fit in the units of the input, with labels by the scoring rule."""
    centers, modes = found.centers + rows.center, found.modes.copy()
    distinct, distinct_codes = numbers[rows.given], rows.codes()
    # The mean of a single row must equal the row to the last digit.
    alone = np.flatnonzero(np.bincount(found.labels, minlength=len(centers))[found.labels] == 1)
    centers[found.labels[alone]] = distinct[alone]
    # A descent that was cut short may leave clusters without rows.
    for repairs_left in reversed(range(2 * len(centers))):
        labels = nearest_prototypes(distinct, distinct_codes, centers, modes, rows.gamma)
        own = ((distinct - centers[labels]) ** 2).sum(axis=1)
        own += rows.gamma * (distinct_codes != modes[labels]).sum(axis=1)
        moved = without_empty(rows, labels, own, len(centers)) != labels
        if not repairs_left or not moved.any():
            break
        used = np.unique(labels)
        for row, cluster in zip(
            np.flatnonzero(moved),
            np.setdiff1d(np.arange(len(centers)), used),
            strict=False,
        ):
            centers[cluster], modes[cluster] = distinct[row], distinct_codes[row]
    given = rows.place >= 0
    all_labels = labels[rows.place]
    if not given.all():
        all_labels[~given] = nearest_prototypes(
            numbers[~given], codes[~given], centers, modes, rows.gamma
        )
    return PrototypeFit(
        centers=centers,
        modes=modes,
        labels=all_labels,
        cost=float((own * rows.weights).sum()),
        gamma=rows.gamma,
        n_iter=found.passes,
        converged=found.converged,
    )
