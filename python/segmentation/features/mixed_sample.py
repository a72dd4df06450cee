"""The rows that a clustering is fitted to: scaled numbers and category codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segmentation.features.arrays import Codes, Matrix


@dataclass(frozen=True)
class MixedSample:
    """Rows of numbers and categories.

    The dissimilarity of two rows is that of K-Prototypes (Huang, 1998): the squared Euclidean
    distance between the numbers, plus `gamma` for every category that differs.

    Attributes
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        Scaled, all finite.
    codes : ndarray of shape (n_rows, n_categories)
        Column f holds codes from 0; ``category_counts[f]`` is the code of an unseen category.
    category_counts : tuple of int, length n_categories
        Known categories of each column.
    gamma : float
        Contribution of a category that differs, in squared scaled units.
    """

    numbers: Matrix
    codes: Codes
    category_counts: tuple[int, ...]
    gamma: float

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, chosen: NDArray[np.intp] | NDArray[np.bool_] | slice) -> MixedSample:
        """Return some of the rows."""
        return replace(self, numbers=self.numbers[chosen], codes=self.codes[chosen])

    @cached_property
    def embedded(self) -> Matrix:
        """The rows as points, shape (n_rows, n_numbers + sum of category_counts).

        Categories become one-hot columns, scaled so that the squared Euclidean distance between two
        points is the dissimilarity of their rows. An unseen category is all zeros.
        """
        length = one_hot_length(self.gamma)
        blocks = [self.numbers]
        for codes, count in zip(self.codes.T, self.category_counts, strict=True):
            blocks.append(np.eye(count + 1, count)[codes] * length)
        return np.hstack(blocks)

    @cached_property
    def distinct_rows(self) -> int:
        """The number of distinct rows; if gamma is 0, categories make no difference."""
        columns = np.hstack([self.numbers, self.codes]) if self.gamma > 0 else self.numbers
        if not len(self) or not columns.shape[1]:
            return min(len(self), 1)
        return len(np.unique(columns, axis=0))


def numbers_only(scaled: Matrix) -> MixedSample:
    """Return scaled numbers, shape (n_rows, n_numbers), as a sample without categories."""
    return MixedSample(scaled, np.zeros((len(scaled), 0), dtype=np.intp), (), 1.0)


def one_hot_length(gamma: float) -> float:
    """Return the one-hot value for which two different categories have squared distance `gamma`."""
    return float(np.sqrt(gamma / 2))
