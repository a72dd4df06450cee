"""Prototypes: what is left of a clustering once it is fitted, and all that scoring needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from segmentation.features.arrays import Codes, Matrix
from segmentation.features.mixed_sample import MixedSample, one_hot_length

NOISE = -1


@dataclass(frozen=True)
class Prototypes:
    """Points that rows are compared with; a row joins the segment of the nearest one.

    The dissimilarity of a row and a prototype is ``offset + sum_j weight_j (x_j - center_j)^2``
    plus, for each categorical column, the cost of the row's category.

    Attributes
    ----------
    segment_ids : ndarray of shape (n_prototypes,)
        The segment that each stands for, ascending from 0.
    centers : ndarray of shape (n_prototypes, n_numbers)
        In scaled units.
    category_costs : tuple of ndarray, one for each categorical column
        Of shape (n_prototypes, n_categories + 1): what each category adds, in squared scaled
        units; the last column is for categories that are not known.
    offsets : ndarray of shape (n_prototypes,)
        Zero but for a Gaussian mixture.
    weights : ndarray of shape (n_prototypes, n_numbers) or None
        None where all are one.
    reaches : ndarray of shape (n_prototypes,) or None
        A row whose nearest prototype is more dissimilar than this is noise. None where there is
        no noise.
    """

    segment_ids: Codes
    centers: Matrix
    category_costs: tuple[Matrix, ...]
    offsets: Matrix
    weights: Matrix | None = None
    reaches: Matrix | None = None

    @property
    def segments(self) -> int:
        """The number of segments."""
        return int(self.segment_ids.max(initial=-1)) + 1

    @property
    def is_one_each(self) -> bool:
        """Whether every segment has one prototype, and the two have the same number."""
        return bool(np.array_equal(self.segment_ids, np.arange(len(self.segment_ids))))

    def dissimilarities(self, sample: MixedSample) -> Matrix:
        """Return how far each row is from each prototype, shape (n_rows, n_prototypes)."""
        columns = []
        for i, center in enumerate(self.centers):
            squares = (sample.numbers - center) ** 2
            if self.weights is not None:
                squares = squares * self.weights[i]
            column = np.full(len(sample), self.offsets[i])
            for square in squares.T:
                column = column + square
            for codes, costs in zip(sample.codes.T, self.category_costs, strict=True):
                column = column + costs[i][codes]
            columns.append(column)
        return np.column_stack(columns) if columns else np.zeros((len(sample), 0))

    def nearest(self, sample: MixedSample) -> Codes:
        """Return the nearest prototype of each row, shape (n_rows,), as the engine finds it.

        See :func:`nearest_seen_from_first`.
        """
        if self.weights is not None:
            return np.argmin(self.dissimilarities(sample), axis=1)
        mismatches = self.excess_mismatches

        def categories(i: int) -> Iterator[np.ndarray]:
            if mismatches is None:
                for codes, costs in zip(sample.codes.T, self.category_costs, strict=True):
                    yield (costs[i] - costs[0])[codes]
                return
            cost, differences = mismatches
            count = np.zeros(len(sample), dtype=np.intp)
            for codes, difference in zip(sample.codes.T, differences, strict=True):
                count += difference[i][codes]
            yield cost * count

        return nearest_seen_from_first(sample.numbers, *self.proximities, categories)

    @property
    def proximities(self) -> tuple[Matrix, Matrix]:
        """Offsets, shape (n_prototypes,), and slopes, (n_prototypes, n_numbers): lines in numbers.

        See :func:`lines_seen_from_first`.
        """
        lines, slopes = lines_seen_from_first(self.centers)
        return lines + (self.offsets - self.offsets[0]), slopes

    @property
    def excess_mismatches(self) -> tuple[float, list[Codes]] | None:
        """What a mismatch costs, and how many more of them a prototype has than the first.

        The second is, for each categorical column, -1, 0 or 1 by prototype and code, shape
        (n_prototypes, n_categories + 1). None where costs are not all 0 or the same: then they are
        no mismatches with modes. Whole numbers add up without rounding, in every order.
        """
        if not self.category_costs:
            return None
        found = np.unique(np.concatenate([costs.ravel() for costs in self.category_costs]))
        if not (found[-1] > 0 and np.isin(found, (0.0, found[-1])).all()):
            return None
        differs = [(costs > 0).astype(np.intp) for costs in self.category_costs]
        return float(found[-1]), [column - column[0] for column in differs]

    def assign(self, sample: MixedSample) -> Codes:
        """Return the segment of each row, shape (n_rows,); -1 is noise."""
        if not len(self.centers):
            return np.full(len(sample), NOISE)
        nearest = self.nearest(sample)
        labels = self.segment_ids[nearest]
        if self.reaches is not None:
            apart = self.dissimilarities(sample)[np.arange(len(sample)), nearest]
            labels = np.where(apart > self.reaches[nearest], NOISE, labels)
        return labels

    def inertia(self, sample: MixedSample) -> float:
        """Return the sum of the rows' dissimilarities to their nearest prototypes."""
        rows = np.arange(len(sample))
        return float(self.dissimilarities(sample)[rows, self.nearest(sample)].sum())

    def reordered(self, order: Sequence[int]) -> Prototypes:
        """Return the same with segment ``order[i]`` as segment i."""
        place = np.argsort(np.asarray(order, dtype=np.intp))
        ids = place[self.segment_ids]
        rows = np.argsort(ids, kind="stable")
        return replace(
            self,
            segment_ids=ids[rows],
            centers=self.centers[rows],
            category_costs=tuple(costs[rows] for costs in self.category_costs),
            offsets=self.offsets[rows],
            weights=None if self.weights is None else self.weights[rows],
            reaches=None if self.reaches is None else self.reaches[rows],
        )

    def without(self, segment: int) -> Prototypes:
        """Return the same without a segment; those after it move up by one."""
        rows = self.segment_ids != segment
        return replace(
            self,
            segment_ids=self.segment_ids[rows] - (self.segment_ids[rows] > segment),
            centers=self.centers[rows],
            category_costs=tuple(costs[rows] for costs in self.category_costs),
            offsets=self.offsets[rows],
            weights=None if self.weights is None else self.weights[rows],
            reaches=None if self.reaches is None else self.reaches[rows],
        )


def lines_seen_from_first(centers: Matrix) -> tuple[Matrix, Matrix]:
    """Return squared distances less that to the first center, as offsets and slopes of lines.

    The squared distance from x to c is ``|x|^2 - 2 x.c + |c|^2``. Seen from the first center f it
    is larger by ``(c - f).(c + f) - 2 x.(c - f)``: that keeps the order, without the digits that
    large values with small differences would lose.

    Parameters
    ----------
    centers : ndarray of shape (k, n_numbers)

    Returns
    -------
    offsets : ndarray of shape (k,)
    slopes : ndarray of shape (k, n_numbers)
    """
    apart = centers - centers[:1]
    return (apart * (centers + centers[:1])).sum(axis=1), -2 * apart


def nearest_seen_from_first(
    numbers: Matrix,
    offsets: Matrix,
    slopes: Matrix,
    categories: Callable[[int], Iterable[np.ndarray]],
) -> Codes:
    """Return the nearest prototype of each row, shape (n_rows,); of equally near ones, the first.

    Sums run term by term, as :mod:`segmentation.scoring.nearest` has them in SQL, and not through
    BLAS: which of two is nearer may hang on the last bit, and a row's figure must not depend on
    where it stands.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
    offsets, slopes : ndarray of shape (k,) and (k, n_numbers)
        See :func:`lines_seen_from_first`.
    categories : callable
        Returns what categories add for a prototype, less what they add for the first: terms of
        shape (n_rows,).
    """
    # The first one's own proximity is 0.
    nearest = np.zeros(len(numbers), dtype=np.intp)
    lowest = np.zeros(len(numbers))
    for i in range(1, len(offsets)):
        proximity = np.full(len(numbers), offsets[i])
        for j, slope in enumerate(slopes[i]):
            proximity += slope * numbers[:, j]
        for term in categories(i):
            proximity += term
        nearer = proximity < lowest
        nearest[nearer] = i
        lowest[nearer] = proximity[nearer]
    return nearest


def from_centers(centers: Matrix, category_costs: Sequence[Matrix] = ()) -> Prototypes:
    """Return one prototype for each segment, shape (k, n_numbers)."""
    return Prototypes(
        segment_ids=np.arange(len(centers)),
        centers=np.asarray(centers, dtype=float),
        category_costs=tuple(category_costs),
        offsets=np.zeros(len(centers)),
    )


def from_modes(
    centers: Matrix, modes: Codes, category_counts: Sequence[int], gamma: float
) -> Prototypes:
    """Return prototypes of numbers and modes.

    Parameters
    ----------
    centers : ndarray of shape (k, n_numbers)
    modes : ndarray of shape (k, n_categories)
        Codes.
    category_counts : sequence of int, length n_categories
    gamma : float
        The cost of a category other than the mode; one that is not known is never the mode.
    """
    costs = []
    for mode, count in zip(modes.T, category_counts, strict=True):
        differs = np.arange(count + 1)[None, :] != mode[:, None]
        # The last is for whatever is not known: two such categories need not be the same.
        differs[:, count] = True
        costs.append(gamma * differs)
    return from_centers(centers, costs)


def from_points(points: Matrix, sample: MixedSample) -> Prototypes:
    """Return prototypes of points, shape (k, n_columns), among ``sample.embedded``."""
    centers, blocks = split_embedding(points, sample)
    return from_centers(centers, [share_costs(block, sample.gamma) for block in blocks])


def split_embedding(points: Matrix, sample: MixedSample) -> tuple[Matrix, list[Matrix]]:
    """Return the numbers of embedded points, and for each categorical column its shares."""
    n_numbers = sample.numbers.shape[1]
    edges = n_numbers + np.cumsum([0, *sample.category_counts])
    length = one_hot_length(sample.gamma)
    # gamma may be 0: then no category makes a difference, and there are no shares to find.
    blocks = [
        points[:, start:end] / length if length > 0 else np.zeros((len(points), end - start))
        for start, end in pairwise(edges.tolist())
    ]
    return points[:, :n_numbers], blocks


def share_costs(shares: Matrix, gamma: float) -> Matrix:
    """Return what each category adds to a squared distance to a mean of one-hot columns.

    Parameters
    ----------
    shares : ndarray of shape (k, n_categories)
        Of each category among the rows of a segment.
    gamma : float

    Returns
    -------
    ndarray of shape (k, n_categories + 1)
        The last column is for a category that is not known, whose one-hot columns are all zero.
    """
    squares = (shares**2).sum(axis=1, keepdims=True)
    return gamma / 2 * np.hstack([1 - 2 * shares + squares, squares])
