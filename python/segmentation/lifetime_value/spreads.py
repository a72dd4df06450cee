"""Intervals of totals, with a width from the errors of earlier forecasts.

By chance alone, the sum over many customers varies little. Seasons, campaigns and stock make it
vary more. How much more is learned from the errors of earlier forecasts; an expected error counts
beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Numbers = NDArray[np.float64]

ALL, DECILE, REPEATS, STATE, SEGMENT = "all", "decile", "repeat purchases", "state", "segment"

# The expected error of a total, as a share: a tenth for all customers, a fifth for a group of them.
# It counts as three earlier forecasts.
EXPECTED_ERROR = {ALL: 0.1, DECILE: 0.2, REPEATS: 0.2, STATE: 0.2, SEGMENT: 0.2}
EXPECTED_COUNTS_AS = 3.0

COVERAGE = 0.9

# A total of less than this share of what is expected is called nothing.
_AS_GOOD_AS_NOTHING = 1e-3


@dataclass(frozen=True)
class Spread:
    """The error of totals beyond chance.

    Attributes
    ----------
    scale : float
        Of the logarithm of actual by expected total.
    degrees : float
        Of freedom: how many forecasts it was learned from, with those that are expected.
    """

    scale: float
    degrees: float

    def interval(self, expected: float, variance: float) -> tuple[float, float]:
        """Return the interval that holds :data:`COVERAGE` of such totals.

        Bounds are those of a gamma variable of the same mean and variance, which is never negative;
        few forecasts widen them as a t distribution does. Where next to nothing is expected, that
        variable is hardly ever 0 and often nearly so: the lower bound is 0 then, and the upper one
        at least what is expected.

        Parameters
        ----------
        expected, variance : float
            The latter by chance.
        """
        if expected <= 0:
            return 0.0, 0.0
        outside = (1.0 - COVERAGE) / 2.0
        wider = float(special.stdtrit(self.degrees, 1.0 - outside) / special.ndtri(1.0 - outside))
        relative = wider**2 * (self.scale**2 + variance / expected**2)
        lower, upper = special.gammaincinv(1.0 / relative, [outside, 1.0 - outside])
        if lower * relative < _AS_GOOD_AS_NOTHING:
            lower = 0.0
        return float(lower) * expected * relative, max(float(upper) * relative, 1.0) * expected


def learn_spread(
    grouping: str, squared_errors: Sequence[Numbers], by_chance: Sequence[Numbers]
) -> Spread:
    """Learn a spread from earlier forecasts.

    Parameters
    ----------
    grouping : str
        A key of :data:`EXPECTED_ERROR`.
    squared_errors : sequence of ndarray
        Of each forecast, the squared logarithm of actual by expected of every group. Groups of a
        forecast are wrong together: each forecast counts once, by its mean.
    by_chance : sequence of ndarray
        The part of each that chance explains.
    """
    beyond = [
        float(np.mean(np.maximum(errors - chance, 0.0)))
        for errors, chance in zip(squared_errors, by_chance, strict=True)
    ]
    degrees = EXPECTED_COUNTS_AS + len(beyond)
    square = (EXPECTED_COUNTS_AS * EXPECTED_ERROR[grouping] ** 2 + sum(beyond)) / degrees
    return Spread(float(np.sqrt(square)), degrees)


class SpreadsOfGroupings:
    """The errors of a forecast so far, by grouping."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[Numbers, Numbers]]] = {}

    def add(self, grouping: str, expected: Numbers, actual: Numbers, variance: Numbers) -> None:
        """Learn from the totals of a day, one for each group; all above 0.

        Parameters
        ----------
        grouping : str
            A key of :data:`EXPECTED_ERROR`.
        expected, actual, variance : ndarray, shape (n_groups,)
            The variance is that by chance.
        """
        found = (np.log(actual / expected) ** 2, variance / expected**2)
        self._known.setdefault(grouping, []).append(found)

    def of(self, grouping: str) -> Spread:
        """Return the spread that follows from the days so far."""
        known = self._known.get(grouping, [])
        return learn_spread(grouping, [s for s, _ in known], [c for _, c in known])
