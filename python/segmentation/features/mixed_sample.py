"""The rows that a clustering is fitted to: scaled numbers and coded categories, one geometry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segmentation.features.arrays import Codes, Matrix


@dataclass(frozen=True)
class MixedSample:
    """Rows of numbers and categories.

    How far two rows are apart is the dissimilarity of K-Prototypes (Huang, 1998): the squared
    Euclidean distance between the numbers, plus `gamma` for every category that differs.

    Attributes
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        Scaled, all finite.
    codes : ndarray of shape (n_rows, n_categories)
        Column f holds codes from 0; ``category_counts[f]`` is the code of a category that is not
        known.
    category_counts : tuple of int, length n_categories
        Known categories of each column.
    gamma : float
        What a category that differs adds, in squared scaled units.
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

        The categories are one-hot columns, as long as makes the squared Euclidean distance between
        two points the dissimilarity of their rows. A category that is not known is all zeros.
        """
        length = one_hot_length(self.gamma)
        blocks = [self.numbers]
        for codes, count in zip(self.codes.T, self.category_counts, strict=True):
            blocks.append(np.eye(count + 1, count)[codes] * length)
        return np.hstack(blocks)

    @cached_property
    def distinct_rows(self) -> int:
        """Rows that are apart from one another; where gamma is 0, categories make no difference."""
        columns = np.hstack([self.numbers, self.codes]) if self.gamma > 0 else self.numbers
        if not len(self) or not columns.shape[1]:
            return min(len(self), 1)
        return len(np.unique(columns, axis=0))


def numbers_only(scaled: Matrix) -> MixedSample:
    """Return scaled numbers, shape (n_rows, n_numbers), as a sample without categories."""
    return MixedSample(scaled, np.zeros((len(scaled), 0), dtype=np.intp), (), 1.0)


def one_hot_length(gamma: float) -> float:
    """Return the length of a one-hot column: two that differ are `gamma` apart, squared."""
    return float(np.sqrt(gamma / 2))
