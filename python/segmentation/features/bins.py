"""Bins that are fixed when a model is fitted, and how many customers were in each.

A later build counts its customers in the same bins: only then can two days be compared.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER, CATEGORY, SEGMENTS, DISTANCE = "number", "category", "segments", "distance"

# Where many values are the same, there are fewer.
MOST_BINS = 10


@dataclass(frozen=True)
class CountedBins:
    """The bins of one column, and the customers in each when the model was fitted.

    Numbers have a bin up to each edge, one above the last edge, and one for missing values.
    Categories, and the segments of a model, have a bin each, one for those that were not known, and
    one for missing values.

    Attributes
    ----------
    kind : str
        ``"number"`` or ``"category"`` of a feature; ``"segments"``; ``"distance"``.
    name : str
        The feature; of the other two, the kind.
    edges : list of float
        Of numbers, ascending. A value that equals an edge is in the bin below it.
    lowest, highest : float or None
        The least and the largest value of all customers; None without numbers.
    categories : list of str
        Those that were known. A cluster is its number, a state its slug.
    counts : list of int
        Customers in each bin; the last are those with missing values.
    """

    kind: str
    name: str
    edges: list[float]
    lowest: float | None
    highest: float | None
    categories: list[str]
    counts: list[int]

    @property
    def is_number(self) -> bool:
        """Whether edges divide the values."""
        return self.kind in (NUMBER, DISTANCE)

    @property
    def missing(self) -> int:
        """The place of the bin of missing values: the last."""
        return bin_count(self.kind, self.edges, self.categories) - 1

    @property
    def unseen(self) -> int | None:
        """The place of the bin of categories that were not known; None of numbers."""
        return None if self.is_number else len(self.categories)


def bin_count(kind: str, edges: Sequence[float], categories: Sequence[str]) -> int:
    """Return the number of bins, that of missing values included."""
    return len(edges if kind in (NUMBER, DISTANCE) else categories) + 2


def edges_between(
    quantiles: Sequence[float | None], lowest: float | None, highest: float | None
) -> list[float]:
    """Return the edges between bins of numbers.

    Parameters
    ----------
    quantiles : sequence of (float or None)
        Ascending values of the column; None where it has no value.
    lowest, highest : float or None
        Its least and largest value.

    Returns
    -------
    list of float
        The quantiles, each once, without the largest value, above which there is nobody. If all
        values are the same, that value has a bin of its own between one of lower and one of higher
        values: a constant that changes is seen.
    """
    if lowest is None or highest is None:
        return []
    if lowest == highest:
        return [max(math.nextafter(lowest, -math.inf), -sys.float_info.max), lowest]
    return sorted({q for q in quantiles if q is not None and q < highest})
