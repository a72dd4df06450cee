"""K-Prototypes on arrays: the search for the prototypes of numbers and categories together.

The method is Huang's (1998), Data Mining and Knowledge Discovery 2: K-Means for the numbers, modes
for the categories, one dissimilarity for both. What is added is where it starts and how it goes
on: greedy k-means++ (Arthur and Vassilvitskii, 2007) under that dissimilarity, and random swaps
(Fränti, 2018, Journal of Big Data 5), which leave the poor optima that a descent ends in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.utils import check_random_state

from segmentation.preprocessing import Matrix

Codes = NDArray[np.intp]
Labels = NDArray[np.intp]

STARTS = ("k-means++", "random")

# Rows that a greedy start or a swap looks at before it takes the best of them.
CANDIDATES = 10
# Random swaps tried per restart, and the passes that a swap has to show that it is worth keeping.
SWAPS = 5
PASSES_PER_SWAP = 3
# The descent before the swaps ends when a pass gains less than this share of the cost: the swaps
# need a fair comparison, and only what is kept in the end needs the last digits.
ROUGH_GAIN = 1e-3

# A square beyond this is no finite number any more.
LARGEST_NUMBER = 1e150

# Joint codes stay below this, far from the end of 64 bits.
LARGEST_CODE = 2**62


@dataclass(frozen=True)
class PrototypeFit:
    """Prototypes, and how the rows lie around them.

    Attributes
    ----------
    centers : ndarray of shape (k, n_numeric)
        Means of the numbers, in the units given.
    modes : ndarray of shape (k, n_categorical)
        Most frequent codes.
    labels : ndarray of shape (n,)
        The nearest prototype of each row, by :func:`nearest_prototypes`.
    cost : float
        Weighted sum of the dissimilarities between the rows and their prototypes.
    gamma : float
        What a differing category cost.
    n_iter : int
        Passes over the rows in the descent that the prototypes come from.
    converged : bool
        Whether that descent came to rest before `max_iter`.
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
    *,
    gamma: float | None,
    n_init: int,
    max_iter: int,
    tol: float,
    random_state: Any,
    init: str | tuple[Matrix, Codes] = "k-means++",
    sample_weight: ArrayLike | None = None,
) -> PrototypeFit:
    """Find the prototypes that rows of numbers and categories lie nearest to.

    The dissimilarity between a row and a prototype is the squared Euclidean distance of their
    numbers plus `gamma` for every category in which they differ; the cost is its weighted sum.

    Rules:

    - A row of weight 2 is that row twice, a row of weight 0 is not there, and the order of the
      rows does not matter: rows are put into an order of their own and equal rows are merged.
    - Of modes that are equally frequent, the smaller code is taken.
    - Of prototypes that are equally near, the one with the lower number.
    - A cluster that runs empty takes the row that adds most to the cost.
    - With fewer distinct rows than clusters, each distinct row is a prototype and the last of them
      fills up: duplicates have no rows.

    Parameters
    ----------
    numbers : ndarray of shape (n, n_numeric)
        Finite; n_numeric may be 0.
    codes : ndarray of int, shape (n, n_categorical)
        From 0 to ``category_counts[j] - 1``; n_categorical may be 0.
    category_counts : sequence of int, length n_categorical
    n_clusters : int
        Number of prototypes, k. At most the number of rows.
    gamma : float or None
        None takes half the mean of the standard deviations of the numeric columns (as the package
        kmodes does), or 1 where no numeric column varies.
    n_init : int
        Restarts, of which that with the lowest cost is kept. More of them are never worse: the
        first ones start as before. One start is made from given prototypes.
    max_iter : int
        Most passes of one descent.
    tol : float
        A descent ends when a pass lowers the cost by no more than this share of it; 0 goes on
        until no row changes its cluster.
    random_state : int, RandomState or None
        As in scikit-learn; an int makes the result repeatable.
    init : {"k-means++", "random"} or pair of ndarray
        How a restart begins. ``"random"`` takes k of the rows. Given prototypes (centers and
        modes, shaped as in the result) are followed down as they are, without swaps.
    sample_weight : array-like of shape (n,), optional
        Not negative.

    Returns
    -------
    PrototypeFit

    Raises
    ------
    ValueError
        If a weight, number, code or setting is something that it cannot be.
    """
    numbers = np.asarray(numbers, dtype=np.float64)
    codes = np.asarray(codes, dtype=np.intp)
    counts = [int(count) for count in category_counts]
    weights = _checked_weights(sample_weight, len(numbers))
    _check(numbers, codes, counts, n_clusters, gamma, n_init, max_iter, tol, init)
    rows = _Rows(numbers, codes, counts, weights, gamma)
    if rows.count <= n_clusters and isinstance(init, str):
        found = rows.one_each(n_clusters)
    else:
        found = _best_descent(rows, n_clusters, n_init, max_iter, tol, random_state, init)
    return _finished(rows, found, numbers, codes)


def nearest_prototypes(
    numbers: Matrix, codes: Codes, centers: Matrix, modes: Codes, gamma: float
) -> Labels:
    """Return the number of the nearest prototype of each row, shape (n,).

    Compared is what :mod:`segmentation.scoring` compares in the engine, term by term in the same
    order: the squared distance as seen from the first centroid, which large values with small
    differences lose no digits in, plus `gamma` times the mismatches that a prototype has more than
    the first. Of prototypes that are equally near, the one with the lower number wins.

    Parameters
    ----------
    numbers : ndarray of shape (n, n_numeric)
    codes : ndarray of int, shape (n, n_categorical)
        A code that no mode has differs from all.
    centers : ndarray of shape (k, n_numeric)
    modes : ndarray of int, shape (k, n_categorical)
    gamma : float
    """
    apart = centers - centers[0]
    offsets = (apart * (centers + centers[0])).sum(axis=1)
    slopes = -2 * apart
    differing = _mismatches(codes, modes)
    differing -= differing[0].copy()
    nearest = np.zeros(len(numbers), dtype=np.intp)
    lowest = np.zeros(len(numbers))
    # The first prototype's own proximity is 0. Sums run column by column, not through BLAS: a
    # row's figure must not depend on where it stands.
    for i in range(1, len(centers)):
        proximity = np.full(len(numbers), offsets[i])
        for j, slope in enumerate(slopes[i]):
            proximity += slope * numbers[:, j]
        proximity += gamma * differing[i]
        nearer = proximity < lowest
        nearest[nearer] = i
        lowest[nearer] = proximity[nearer]
    return nearest


def dissimilarities(
    numbers: Matrix, codes: Codes, centers: Matrix, modes: Codes, gamma: float
) -> Matrix:
    """Return the dissimilarity of every row to every prototype, shape (n, k).

    The parameters are those of :func:`nearest_prototypes`. Differences are squared as they are.
    """
    found = gamma * _mismatches(codes, modes).T
    for i, center in enumerate(centers):
        found[:, i] += ((numbers - center) ** 2).sum(axis=1)
    return found


def _mismatches(codes: Codes, modes: Codes) -> Matrix:
    """Return in how many categories rows differ from modes, shape (k, n)."""
    differing = np.zeros((len(modes), len(codes)))
    for j in range(codes.shape[1]):
        differing += codes[:, j] != modes[:, j, None]
    return differing


@dataclass(frozen=True)
class _Descent:
    """Prototypes that a descent came to; centers are seen from the mean of the rows."""

    centers: Matrix
    modes: Codes
    labels: Labels
    cost: float
    passes: int
    converged: bool


class _Rows:
    """Distinct rows in an order of their own, laid out for fast passes.

    Attributes
    ----------
    count : int
        Distinct rows of positive weight, m.
    numbers : ndarray of shape (n_numeric, m)
        Seen from their weighted mean, so that large values lose no digits in products.
    weights, weighted : ndarray of shape (m,) and (n_numeric, m)
        Weights, and numbers times weights.
    cumulative : ndarray of shape (m,)
        Sums of the weights, to draw rows by.
    norms : ndarray of shape (m,)
        Squared length of the numbers.
    joint : ndarray of shape (m,)
        All categories of a row as one number: its place in `patterns`.
    patterns : ndarray of shape (g, n_categorical)
        Combinations of codes.
    place : ndarray of shape (n,)
        Where each row given is among the distinct ones; -1 for rows of no weight.
    """

    def __init__(
        self,
        numbers: Matrix,
        codes: Codes,
        category_counts: Sequence[int],
        weights: Matrix | None,
        gamma: float | None,
    ) -> None:
        kept = np.arange(len(numbers)) if weights is None else np.flatnonzero(weights)
        # Negative zeros equal zeros; here they become them.
        raw = numbers[kept] + 0.0
        joint, self.patterns = _joint_codes(codes[kept], category_counts)
        order, group = _merged(raw, joint, None if weights is None else weights[kept])
        first = np.flatnonzero(np.diff(group, prepend=-1))
        ordered = order[first]
        self.count = len(first)
        self.place = np.full(len(numbers), -1, dtype=np.intp)
        self.place[kept[order]] = group
        self.given = kept[ordered]
        if weights is None:
            self.weights = np.diff(first, append=len(order)).astype(float)
        else:
            self.weights = np.add.reduceat(weights[kept[order]], first)
        self.cumulative = np.cumsum(self.weights)
        self.total = float(self.cumulative[-1])
        rows = raw[ordered].T.copy()
        self.center = self._mean(rows)
        rows -= self.center[:, None]
        # A second time, for what rounding left of a large mean.
        rest = self._mean(rows)
        rows -= rest[:, None]
        self.center += rest
        self.numbers = rows
        self.norms = (rows * rows).sum(axis=0)
        self.equal_weights = bool((self.weights == 1).all())
        self.weighted = rows if self.equal_weights else rows * self.weights
        self.joint = joint[ordered]
        self.starts = np.concatenate([[0], np.cumsum(category_counts)]).astype(np.intp)
        self.gamma = self._default_gamma() if gamma is None else float(gamma)
        self.indicator = self._indicator()

    def _mean(self, rows: Matrix) -> Matrix:
        # Shares before sums: a sum of large values might not be finite.
        mean: Matrix = (rows * (self.weights / self.total)).sum(axis=1)
        return mean

    def _default_gamma(self) -> float:
        if not len(self.numbers):
            return 1.0
        deviations = np.sqrt((self.weighted * self.numbers).sum(axis=1) / self.total)
        return float(0.5 * deviations.mean()) or 1.0

    def _indicator(self) -> csr_array:
        """Return which category of which column each pattern has, shape (g, categories)."""
        g, q = self.patterns.shape
        places = self.patterns + self.starts[:-1]
        return csr_array(
            (np.ones(g * q), places.ravel(), np.arange(g + 1) * q), shape=(g, int(self.starts[-1]))
        )

    def codes(self) -> Codes:
        """Return the codes, shape (m, n_categorical)."""
        return self.patterns[self.joint]

    def one_each(self, k: int) -> _Descent:
        """Return k prototypes of at most k distinct rows."""
        chosen = np.minimum(np.arange(k), self.count - 1)
        return _Descent(
            self.numbers.T[chosen],
            self.codes()[chosen],
            np.arange(self.count),
            cost=0.0,
            passes=1,
            converged=True,
        )

    def proximities(self, centers: Matrix, modes: Codes) -> Matrix:
        """Return dissimilarities less `norms`, shape (k, m)."""
        table = self.gamma * _mismatches(self.patterns, modes)
        table += (centers * centers).sum(axis=1)[:, None]
        found = np.take(table, self.joint, axis=1, mode="clip")
        if len(self.numbers):
            found += (-2 * centers) @ self.numbers
        return found

    def assign(self, centers: Matrix, modes: Codes) -> tuple[Labels, Matrix]:
        """Return the nearest prototype and the dissimilarity to it, both of shape (m,)."""
        near = self.proximities(centers, modes)
        small = np.uint8 if len(near) <= 256 else np.uint16 if len(near) <= 65536 else np.intp
        labels = np.zeros(self.count, dtype=small)
        lowest = near[0]
        # Numbers only grow from one prototype to the next: the largest that was nearer at its turn
        # is the label. Bytes make this the cheapest part, unlike argmin along a short axis.
        for i in range(1, len(near)):
            nearer = near[i] < lowest
            np.maximum(labels, nearer.astype(small) * small(i), out=labels)
            np.minimum(lowest, near[i], out=lowest)
        lowest += self.norms
        return labels.astype(np.intp), lowest

    def update(self, labels: Labels, centers: Matrix, modes: Codes) -> tuple[Matrix, Codes]:
        """Return means and modes of the clusters; those of empty clusters stay as they are."""
        k = len(centers)
        weights = None if self.equal_weights else self.weights
        patterns = len(self.patterns)
        by_pattern = np.bincount(
            labels * patterns + self.joint if patterns > 1 else labels,
            weights,
            minlength=k * patterns,
        ).reshape(k, patterns)
        mass = by_pattern.sum(axis=1)
        empty = mass == 0
        divisor = np.where(empty, 1, mass)
        means = np.column_stack(
            [np.bincount(labels, column, minlength=k) / divisor for column in self.weighted]
            or [np.zeros((k, 0))]
        )
        found = np.empty_like(modes)
        if modes.shape[1]:
            frequencies = (self.indicator.T @ by_pattern.T.astype(float)).T
            for j in range(modes.shape[1]):
                found[:, j] = frequencies[:, self.starts[j] : self.starts[j + 1]].argmax(axis=1)
        if empty.any():
            means[empty], found[empty] = centers[empty], modes[empty]
        return means, found

    def gains(self, found: _Descent) -> tuple[Matrix, Labels]:
        """Return what the best move of each row to another cluster gains, and to which, (m,).

        Numbers follow the row, and modes are taken to stay as they are: where they do not, the
        gain is larger still.
        """
        k = len(found.centers)
        if k == 1:
            return np.zeros(self.count), found.labels
        categories = self.gamma * _mismatches(self.patterns, found.modes)
        squares = (-2 * found.centers) @ self.numbers + self.norms
        squares += (found.centers * found.centers).sum(axis=1)[:, None]
        mass = np.bincount(found.labels, self.weights, minlength=k)
        own, rows = found.labels, np.arange(self.count)
        left = mass[own] - self.weights
        # Whoever is alone in a cluster stays.
        alone = left <= 0
        saved = squares[own, rows] * mass[own] / np.where(alone, 1.0, left)
        saved += categories[own, self.joint]
        squares *= mass[:, None] / (mass[:, None] + self.weights)
        squares += categories[:, self.joint]
        squares[own, rows] = np.inf
        targets = squares.argmin(axis=0)
        gains = (saved - squares[targets, rows]) * self.weights
        return np.where(alone, 0.0, gains), targets

    def drawn(self, random: np.random.Generator, among: Matrix, size: int) -> Labels:
        """Draw rows with chances in proportion to the differences of cumulative sums."""
        at = np.searchsorted(among, random.random(size) * among[-1], side="right")
        return np.minimum(at, self.count - 1)

    def best_addition(
        self, random: np.random.Generator, closest: Matrix
    ) -> tuple[Matrix, Codes, Matrix]:
        """Return a row as one more prototype, and the dissimilarity to the closest then.

        The row is that of some, drawn by their part in the cost, which lowers the cost most.
        """
        among = np.cumsum(closest * self.weights)
        rows = self.drawn(random, among if among[-1] > 0 else self.cumulative, CANDIDATES)
        centers, modes = self.numbers[:, rows].T, self.patterns[self.joint[rows]]
        near = self.proximities(centers, modes)
        near += self.norms
        np.minimum(near, closest, out=near)
        np.maximum(near, 0.0, out=near)
        best = int(np.argmin(near @ self.weights))
        return centers[best], modes[best], near[best]


def _joint_codes(codes: Codes, category_counts: Sequence[int]) -> tuple[Codes, Codes]:
    """Return every row's combination of codes as one number, and the codes of each number."""
    joint = np.zeros(len(codes), dtype=np.intp)
    combinations = 1
    whole = True
    for j, count in enumerate(category_counts):
        if combinations * count > LARGEST_CODE:
            present, joint = np.unique(joint, return_inverse=True)
            combinations, whole = len(present), False
        joint = joint * count + codes[:, j]
        combinations *= count
    if whole and combinations <= max(len(codes), 1):
        shape = tuple(category_counts)
        unravelled = np.unravel_index(np.arange(combinations), shape) if shape else ()
        return joint, np.array(unravelled, dtype=np.intp).reshape(len(shape), combinations).T
    _, first, joint = np.unique(joint, return_index=True, return_inverse=True)
    return joint.astype(np.intp), codes[first]


def _merged(numbers: Matrix, joint: Codes, weights: Matrix | None) -> tuple[Labels, Labels]:
    """Return an order in which equal rows are neighbours, and the number of each one's group.

    Rows are ordered by a hash of their values: as good as their values for an order that does not
    depend on the one given, in one sort of whole numbers. Rows that differ and have the same hash
    would only stay apart from their equals. Equal rows go by weight, so that their sum rounds alike.
    """
    key = _scrambled(joint.astype(np.uint64))
    for column in numbers.T:
        key = _scrambled(key ^ np.ascontiguousarray(column).view(np.uint64))
    order = np.argsort(key) if weights is None else np.lexsort((weights, key))
    differs = np.zeros(len(order), dtype=bool)
    for values in (key, joint, *numbers.T):
        ordered = values[order]
        differs[1:] |= ordered[1:] != ordered[:-1]
    return order, np.cumsum(differs)


def _scrambled(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # The finisher of SplitMix64 (Steele, Lea and Flood, 2014).
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


def _best_descent(
    rows: _Rows,
    k: int,
    n_init: int,
    max_iter: int,
    tol: float,
    random_state: Any,
    init: str | tuple[Matrix, Codes],
) -> _Descent:
    if not isinstance(init, str):
        centers = np.asarray(init[0], dtype=np.float64) - rows.center
        return _descend(rows, centers, np.asarray(init[1], dtype=np.intp), max_iter, tol)
    best: _Descent | None = None
    for seed in check_random_state(random_state).randint(np.iinfo(np.int32).max, size=n_init):
        found = _restart(rows, k, max_iter, tol, np.random.default_rng(seed), init)
        if best is None or found.cost < best.cost:
            best = found
    assert best is not None
    return best


def _restart(
    rows: _Rows, k: int, max_iter: int, tol: float, random: np.random.Generator, init: str
) -> _Descent:
    start = _greedy_start if init == "k-means++" else _random_start
    rough = max(tol, ROUGH_GAIN)
    found = _descend(rows, *start(rows, k, random), max_iter, rough)
    for _ in range(SWAPS if k > 1 else 0):
        swapped = _swapped(rows, found, random)
        tried = _descend(rows, *swapped, min(PASSES_PER_SWAP, max_iter), rough)
        if tried.cost < found.cost:
            found = tried
    found = _descend(rows, found.centers, found.modes, max_iter, tol)
    return _settled(rows, found, max_iter, tol)


def _settled(rows: _Rows, found: _Descent, most: int, tol: float) -> _Descent:
    """Go on from where a descent rests, by moves of rows that take their prototypes with them.

    A row leaves its cluster where that lowers the cost once both prototypes have followed
    (Hartigan and Wong, 1979, Applied Statistics 28), which the distances alone do not show. All
    such rows move at once, or if that is no gain the one that gains most; then the descent goes
    on.
    """
    passes = found.passes
    while found.converged and passes < most:
        gains, targets = rows.gains(found)
        # Gains below this are rounding.
        movable = gains > max(tol, 1e-13) * found.cost
        if not movable.any():
            break
        for moving in (movable, gains == gains.max()):
            labels = np.where(moving, targets, found.labels)
            centers, modes = rows.update(labels, found.centers, found.modes)
            tried = _descend(rows, centers, modes, most - passes, tol)
            passes += tried.passes
            if tried.cost < found.cost or passes >= most:
                break
        if not tried.cost < found.cost:
            break
        found = tried
    return replace(found, passes=passes)


def _greedy_start(rows: _Rows, k: int, random: np.random.Generator) -> tuple[Matrix, Codes]:
    row = rows.drawn(random, rows.cumulative, 1)
    centers, modes = rows.numbers[:, row].T, rows.patterns[rows.joint[row]]
    closest = np.maximum(rows.proximities(centers, modes)[0] + rows.norms, 0.0)
    for _ in range(1, k):
        center, mode, closest = rows.best_addition(random, closest)
        centers, modes = np.vstack([centers, center]), np.vstack([modes, mode])
    return centers, modes


def _random_start(rows: _Rows, k: int, random: np.random.Generator) -> tuple[Matrix, Codes]:
    # Without replacement, by weight: the largest of exponential keys (Efraimidis and Spirakis).
    keys = random.exponential(size=rows.count) / rows.weights
    chosen = np.argsort(keys)[:k]
    return rows.numbers[:, chosen].T, rows.patterns[rows.joint[chosen]]


def _swapped(rows: _Rows, found: _Descent, random: np.random.Generator) -> tuple[Matrix, Codes]:
    """Return prototypes of which one, any, was taken away and put where it is needed more."""
    taken = int(random.integers(len(found.centers)))
    others = np.arange(len(found.centers)) != taken
    _, closest = rows.assign(found.centers[others], found.modes[others])
    center, mode, _ = rows.best_addition(random, np.maximum(closest, 0.0))
    centers, modes = found.centers.copy(), found.modes.copy()
    centers[taken], modes[taken] = center, mode
    return centers, modes


def _descend(rows: _Rows, centers: Matrix, modes: Codes, most: int, gain: float) -> _Descent:
    """Assign rows and move prototypes by turns until the gain ends."""
    labels, apart = rows.assign(centers, modes)
    cost = float(apart @ rows.weights)
    for passes in range(1, most + 1):
        labels = _without_empty(rows, labels, apart, len(centers))
        centers, modes = rows.update(labels, centers, modes)
        before, cost_before = labels, cost
        labels, apart = rows.assign(centers, modes)
        cost = float(apart @ rows.weights)
        if cost_before - cost <= gain * cost_before and (gain > 0 or (labels == before).all()):
            return _Descent(centers, modes, labels, cost, passes, converged=True)
    return _Descent(centers, modes, labels, cost, most, converged=False)


def _without_empty(rows: _Rows, labels: Labels, apart: Matrix, k: int) -> Labels:
    """Give clusters without rows those rows that add most to the cost, one each.

    Ties go to the first in the order of the distinct rows. A row that lies on its prototype stays.
    """
    empty = np.flatnonzero(np.bincount(labels, minlength=k) == 0)
    if not len(empty):
        return labels
    costs = apart * rows.weights
    farthest = np.argsort(-costs, kind="stable")[: len(empty)]
    farthest = farthest[costs[farthest] > 0]
    labels = labels.copy()
    labels[farthest] = empty[: len(farthest)]
    return labels


def _finished(rows: _Rows, found: _Descent, numbers: Matrix, codes: Codes) -> PrototypeFit:
    """Return the fit in the units given: labels by the rule of scoring, the cost as it is."""
    centers, modes = found.centers + rows.center, found.modes.copy()
    distinct, distinct_codes = numbers[rows.given], rows.codes()
    # A descent that was cut short may leave clusters without rows.
    for _ in range(2 * len(centers)):
        labels = nearest_prototypes(distinct, distinct_codes, centers, modes, rows.gamma)
        own = ((distinct - centers[labels]) ** 2).sum(axis=1)
        own += rows.gamma * (distinct_codes != modes[labels]).sum(axis=1)
        moved = _without_empty(rows, labels, own, len(centers)) != labels
        if not moved.any():
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


def _checked_weights(sample_weight: ArrayLike | None, n: int) -> Matrix | None:
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}. It needs one weight for each of {n} rows."
        )
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(wrong):
        raise ValueError(
            f"sample_weight is {weights[wrong[0]]} at row {wrong[0]} and negative or not finite in "
            f"{len(wrong)} rows. Weights are finite numbers from 0."
        )
    if not weights.any():
        raise ValueError("All of sample_weight is 0: no row is left to fit.")
    return weights


def _check(
    numbers: Matrix,
    codes: Codes,
    category_counts: Sequence[int],
    n_clusters: int,
    gamma: float | None,
    n_init: int,
    max_iter: int,
    tol: float,
    init: str | tuple[Matrix, Codes],
) -> None:
    n, q = len(numbers), len(category_counts)
    if numbers.ndim != 2 or codes.shape != (n, q):
        raise ValueError(
            f"numbers has shape {numbers.shape} and codes {codes.shape}. They need the same rows, "
            f"and codes a column for each of the {q} category_counts."
        )
    for name, value in (("n_clusters", n_clusters), ("n_init", n_init), ("max_iter", max_iter)):
        if value < 1:
            raise ValueError(f"{name} is {value}. It needs to be at least 1.")
    if not (np.isfinite(tol) and tol >= 0):
        raise ValueError(f"tol is {tol}. It is a finite number from 0.")
    if gamma is not None and not (np.isfinite(gamma) and gamma >= 0):
        raise ValueError(f"gamma is {gamma}. It is a finite number from 0, or None.")
    if n_clusters > n:
        raise ValueError(f"n_samples={n} should be >= n_clusters={n_clusters}.")
    if not (np.abs(numbers) <= LARGEST_NUMBER).all():
        raise ValueError(
            f"numbers holds NaN, infinity or a value beyond ±{LARGEST_NUMBER:g}, whose square is "
            "no finite number. Fill, clip or scale them."
        )
    for j, count in enumerate(category_counts):
        if codes[:, j].min() < 0 or codes[:, j].max() >= count:
            raise ValueError(f"codes has values outside 0 to {count - 1} in column {j}.")
    if isinstance(init, str):
        if init not in STARTS:
            raise ValueError(f"init is {init!r}. It can be: {', '.join(STARTS)}, or prototypes.")
        return
    shapes = tuple(np.shape(part) for part in init)
    expected = ((n_clusters, numbers.shape[1]), (n_clusters, q))
    if shapes != expected:
        raise ValueError(f"init has the shapes {shapes}. Needed are {expected}.")
