"""The rows of a mixed table, laid out for fast passes of K-Prototypes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from segmentation.clustering.gamma import default_gamma
from segmentation.clustering.kprototypes.distances import Codes, Labels, mismatches
from segmentation.features.arrays import Matrix

# Joint codes stay below this bound, so that they fit into 64 bits.
LARGEST_CODE = 2**62
# Of a table of categories and their combinations, which is read at every pass.
MOST_BYTES = 2**24
# Of the same table, in floats: with so few a product with zeros is faster than a sparse one.
FEW_ENTRIES = 2**17


class DistinctRows:
    """Distinct rows, sorted and laid out for fast passes.

    Attributes
    ----------
    count : int
        Number of distinct rows of positive weight, m.
    numbers : ndarray of shape (n_numeric, m)
        Relative to their weighted mean, so that large values keep their digits in products.
    weights, weighted : ndarray of shape (m,) and (n_numeric, m)
        Weights, and numbers times weights.
    cumulative : ndarray of shape (m,)
        Cumulative weights, for drawing rows.
    norms : ndarray of shape (m,)
        Squared length of the numbers.
    joint : ndarray of shape (m,)
        All categories of a row as one number: its position in `patterns`.
    patterns : ndarray of shape (g, n_categorical)
        Combinations of codes.
    place : ndarray of shape (n,)
        Position of each input row among the distinct ones; -1 for rows of weight 0.
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
        # Turns negative zeros into zeros.
        raw = numbers[kept] + 0.0
        joint, patterns = joint_codes(codes[kept], category_counts)
        # Read column by column at every pass.
        self.patterns = np.asfortranarray(patterns)
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
        # A second time, to remove the rounding error of a large mean.
        rest = self._mean(rows)
        rows -= rest[:, None]
        self.center += rest
        self.numbers = rows
        self.norms = (rows * rows).sum(axis=0)
        self.equal_weights = bool((self.weights == 1).all())
        self.weighted = rows if self.equal_weights else rows * self.weights
        self.joint = joint[ordered]
        self.starts = np.concatenate([[0], np.cumsum(category_counts)]).astype(np.intp)
        deviations = np.sqrt((self.weighted * self.numbers).sum(axis=1) / self.total)
        self.gamma = default_gamma(deviations) if gamma is None else float(gamma)
        self.indicator = self._indicator()
        self.same_category = self._same_category()
        # Sums of whole numbers are exact in any order; others are added in the order of the rows.
        is_small = self.starts[-1] * len(self.patterns) <= FEW_ENTRIES
        is_exact = bool((self.weights == np.floor(self.weights)).all())
        self.dense_indicator = self.indicator.toarray().T.copy() if is_small and is_exact else None
        self._memory: dict[tuple[str, int], Matrix] = {}

    def _mean(self, rows: Matrix) -> Matrix:
        # Weights are divided first: a sum of large values might not be finite.
        mean: Matrix = (rows * (self.weights / self.total)).sum(axis=1)
        return mean

    def _indicator(self) -> csr_array:
        """Return which patterns have each category of each column, shape (categories, g)."""
        g, q = self.patterns.shape
        places = self.patterns + self.starts[:-1]
        of_patterns = csr_array(
            (np.ones(g * q), places.ravel(), np.arange(g + 1) * q), shape=(g, int(self.starts[-1]))
        )
        return of_patterns.T.tocsr()

    def _same_category(self) -> NDArray[np.uint8] | None:
        """Return the same, with a byte for each entry; None where that would be large."""
        (g, q), categories = self.patterns.shape, int(self.starts[-1])
        if q >= 256 or categories * g > MOST_BYTES:
            return None
        same = np.zeros((categories, g), dtype=np.uint8)
        same[self.patterns + self.starts[:-1], np.arange(g)[:, None]] = 1
        return same

    def mismatches(self, modes: Codes) -> Matrix:
        """Return the number of categories in which patterns differ from modes, shape (k, g)."""
        if self.same_category is None:
            return mismatches(self.patterns, modes)
        same = self.same_category[modes + self.starts[:-1]].sum(axis=1, dtype=np.uint8)
        return modes.shape[1] - same.astype(float)

    def codes(self) -> Codes:
        """Return the codes, shape (m, n_categorical)."""
        return self.patterns[self.joint]

    def proximities(self, centers: Matrix, modes: Codes, place: str = "prototypes") -> Matrix:
        """Return dissimilarities less `norms`, shape (k, m).

        The result is overwritten by the next call with as many prototypes and the same `place`:
        allocating new memory for every pass costs more than filling it.
        """
        k = len(centers)
        if (place, k) not in self._memory:
            self._memory[place, k] = np.empty((2, k, self.count))
        found, products = self._memory[place, k]
        table = self.gamma * self.mismatches(modes)
        table += (centers * centers).sum(axis=1)[:, None]
        np.take(table, self.joint, axis=1, out=found, mode="clip")
        if len(self.numbers):
            np.matmul(-2 * centers, self.numbers, out=products)
            found += products
        return found

    def assign(self, centers: Matrix, modes: Codes) -> tuple[Labels, Matrix]:
        """Return the nearest prototype and the dissimilarity to it, both of shape (m,)."""
        near = self.proximities(centers, modes)
        labels, apart = lowest(near)
        apart += self.norms
        return labels, apart

    def update(self, labels: Labels, centers: Matrix, modes: Codes) -> tuple[Matrix, Codes]:
        """Return means and modes of the clusters; empty clusters keep theirs."""
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
        means = np.empty((k, len(self.weighted)))
        for j, column in enumerate(self.weighted):
            means[:, j] = np.bincount(labels, column, minlength=k) / divisor
        found = np.empty_like(modes)
        if modes.shape[1]:
            frequencies = self._frequencies(by_pattern.astype(float))
            for j in range(modes.shape[1]):
                found[:, j] = frequencies[:, self.starts[j] : self.starts[j + 1]].argmax(axis=1)
        if empty.any():
            means[empty], found[empty] = centers[empty], modes[empty]
        return means, found

    def _frequencies(self, by_pattern: Matrix) -> Matrix:
        """Return weights of categories, (k, categories), from those of patterns, (k, g)."""
        if self.dense_indicator is not None:
            return by_pattern @ self.dense_indicator
        frequencies: Matrix = (self.indicator @ by_pattern.T).T
        return frequencies

    def gains(self, centers: Matrix, modes: Codes, labels: Labels) -> tuple[Matrix, Labels]:
        """Return the gain of each row's best move to another cluster, and that cluster, (m,).

        Means follow the row. Modes are assumed to stay; if they change, the gain is larger.
        """
        k = len(centers)
        if k == 1:
            return np.zeros(self.count), labels
        categories = self.gamma * self.mismatches(modes)
        squares = (-2 * centers) @ self.numbers + self.norms
        squares += (centers * centers).sum(axis=1)[:, None]
        mass = np.bincount(labels, self.weights, minlength=k)
        own, rows = labels, np.arange(self.count)
        left = mass[own] - self.weights
        # A row that is alone in its cluster stays.
        alone = left <= 0
        saved = squares[own, rows] * mass[own] / np.where(alone, 1.0, left)
        saved += categories[own, self.joint]
        squares *= mass[:, None] / (mass[:, None] + self.weights)
        squares += categories[:, self.joint]
        squares[own, rows] = np.inf
        targets = squares.argmin(axis=0)
        gains = (saved - squares[targets, rows]) * self.weights
        return np.where(alone, 0.0, gains), targets

    def exchanges(
        self,
        random: np.random.Generator,
        centers: Matrix,
        modes: Codes,
        candidates: int,
    ) -> tuple[Labels, Matrix]:
        """Return candidate rows, drawn by their share of the cost, and the cost of exchanges.

        Returns
        -------
        rows : ndarray of shape (candidates,)
        costs : ndarray of shape (candidates, k)
            The cost after a row has replaced a prototype, before anything else moves.
        """
        near = self.proximities(centers, modes)
        near += self.norms
        labels, closest = lowest(near)
        np.maximum(closest, 0.0, out=closest)
        near[labels, np.arange(self.count)] = np.inf
        second = np.maximum(near.min(axis=0), 0.0)
        rows = self.drawn_by_cost(random, closest, candidates)
        apart = self.proximities(
            self.numbers[:, rows].T, self.patterns[self.joint[rows]], "candidates"
        )
        apart += self.norms
        with_both = np.minimum(apart, closest)
        # Extra cost of a prototype's rows if they move to their second nearest prototype.
        without = np.minimum(apart, second, out=apart)
        without -= with_both
        members = np.zeros((self.count, len(centers)))
        members[np.arange(self.count), labels] = self.weights
        return rows, (with_both @ self.weights)[:, None] + without @ members

    def drawn(self, random: np.random.Generator, among: Matrix, size: int) -> Labels:
        """Draw rows with probabilities proportional to the differences of cumulative sums."""
        at = np.searchsorted(among, random.random(size) * among[-1], side="right")
        return np.minimum(at, self.count - 1)

    def drawn_by_cost(self, random: np.random.Generator, closest: Matrix, size: int) -> Labels:
        """Draw rows with probabilities proportional to their share of the cost."""
        among = np.cumsum(closest * self.weights)
        return self.drawn(random, among if among[-1] > 0 else self.cumulative, size)

    def best_addition(
        self, random: np.random.Generator, closest: Matrix, candidates: int
    ) -> tuple[Matrix, Codes, Matrix]:
        """Return a row as an additional prototype, and the resulting lowest dissimilarities.

        Candidates are drawn by their share of the cost. The one that lowers the cost most is
        returned; of equal ones the first drawn.
        """
        rows = self.drawn_by_cost(random, closest, candidates)
        centers, modes = self.numbers[:, rows].T, self.patterns[self.joint[rows]]
        near = self.proximities(centers, modes, "candidates")
        near += self.norms
        np.minimum(near, closest, out=near)
        np.maximum(near, 0.0, out=near)
        best = int(np.argmin(near @ self.weights))
        return centers[best], modes[best], near[best].copy()


def lowest(near: Matrix) -> tuple[Labels, Matrix]:
    """Return the row of the lowest entry of each column, the first of equal ones, and the entry.

    The label of a column grows whenever a later row is lower, so the maximum is the last such row.
    With bytes this is several times as fast as argmin along a short axis.
    """
    small = np.uint8 if len(near) <= 256 else np.uint16 if len(near) <= 65536 else np.intp
    labels = np.zeros(near.shape[1], dtype=small)
    found = near[0].copy()
    for i in range(1, len(near)):
        lower = near[i] < found
        np.maximum(labels, lower.astype(small) * small(i), out=labels)
        np.minimum(found, near[i], out=found)
    return labels.astype(np.intp), found


def joint_codes(codes: Codes, category_counts: Sequence[int]) -> tuple[Codes, Codes]:
    """Return every row's combination of codes as one number, and the codes of each number.

    Parameters
    ----------
    codes : ndarray of int, shape (n, n_categorical)
    category_counts : sequence of int, length n_categorical

    Returns
    -------
    joint : ndarray of int, shape (n,)
        A row of `patterns`.
    patterns : ndarray of int, shape (g, n_categorical)
        All combinations where they are no more than the rows, otherwise those that there are.
    """
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
    would only stay apart from their equals. Equal rows go by weight: so their sum rounds alike.
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
