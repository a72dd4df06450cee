"""The rules of a clustering for one person, in plain Python.

For one person, calls of NumPy cost more than the arithmetic. Sums run in the same order, so that
the figures are the same to the last bit.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from segmentation.clustering.kept_promises import CUSTOMER_SLACK
from segmentation.clustering.typical_values import ScoringRule
from segmentation.playbook.conditions import Condition
from segmentation.scoring.prototypes import NOISE

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


class PlainRules:
    """Prototypes, promises and states as plain numbers.

    Parameters
    ----------
    rule : ScoringRule

    Attributes
    ----------
    are_enough : bool
        Whether they score a person: one prototype to a cluster, no noise, no weights.
    """

    def __init__(self, rule: ScoringRule) -> None:
        prototypes = rule.prototypes
        self.are_enough = (
            prototypes.is_one_each and prototypes.weights is None and prototypes.reaches is None
        )
        offsets, slopes = prototypes.proximities
        self._lines = list(zip(offsets.tolist(), slopes.tolist(), strict=True))
        self._centers = list(
            zip(prototypes.offsets.tolist(), prototypes.centers.tolist(), strict=True)
        )
        self._costs = _by_prototype(prototypes.category_costs, len(self._lines))
        mismatches = prototypes.excess_mismatches
        self._mismatch_cost = mismatches[0] if mismatches else None
        differences: Sequence[Any] = [costs - costs[:1] for costs in prototypes.category_costs]
        if mismatches:
            differences = mismatches[1]
        self._differences = _by_prototype(differences, len(self._lines))
        self._states = {
            state: _comparisons(condition, rule.states.thresholds, 1.0)
            for state, condition in rule.states.conditions.items()
        }
        self._promises = {
            cluster: _comparisons(condition, rule.promises.thresholds, CUSTOMER_SLACK)
            for cluster, condition in rule.promises.conditions.items()
        }

    def cluster(self, numbers: Sequence[float], codes: Sequence[int]) -> int:
        """Return the nearest cluster, as :meth:`Prototypes.nearest` finds it."""
        nearest, lowest = 0, 0.0
        for i in range(1, len(self._lines)):
            proximity, slopes = self._lines[i]
            for slope, number in zip(slopes, numbers, strict=True):
                proximity += slope * number
            differing = [of[code] for of, code in zip(self._differences[i], codes, strict=True)]
            if self._mismatch_cost is not None:
                proximity += self._mismatch_cost * sum(differing)
            else:
                for term in differing:
                    proximity += term
            if proximity < lowest:
                nearest, lowest = i, proximity
        return nearest

    def squared_distances(self, numbers: Sequence[float], codes: Sequence[int]) -> list[float]:
        """Return the dissimilarity to each cluster, length k."""
        found = []
        for (apart, center), costs in zip(self._centers, self._costs, strict=True):
            for number, of in zip(numbers, center, strict=True):
                apart += (number - of) * (number - of)
            for of_column, code in zip(costs, codes, strict=True):
                apart += of_column[code]
            found.append(apart)
        return found

    def named_cluster(
        self, nearest: int, squared: Sequence[float], figures: Mapping[str, float]
    ) -> int:
        """Return the nearest cluster whose name the figures do not contradict.

        See :mod:`segmentation.clustering.kept_promises`.
        """
        if not self._is_contradicted(nearest, figures):
            return nearest
        fitting = [i for i in range(len(squared)) if not self._is_contradicted(i, figures)]
        return min(fitting, key=lambda i: squared[i], default=nearest)

    def _is_contradicted(self, cluster: int, figures: Mapping[str, float]) -> bool:
        # What is not known contradicts nothing.
        return any(
            not holds(figures[column], bound)
            for column, holds, bound in self._promises.get(cluster, ())
            if figures[column] == figures[column] and bound == bound
        )

    def state(self, figures: Mapping[str, float]) -> int:
        """Return the first state whose condition holds of figures; -1 where none does."""
        for state, comparisons in self._states.items():
            if all(holds(figures[column], bound) for column, holds, bound in comparisons):
                return state
        return NOISE


def _comparisons(
    condition: Condition, thresholds: Mapping[str, float], slack: float
) -> list[tuple[str, Callable[[float, float], bool], float]]:
    """Return a column, an operator and a bound for each comparison of a condition."""
    return [
        (c.column, _OPERATORS[c.operator], c.bound(thresholds, slack))
        for c in condition.comparisons
    ]


def _by_prototype(columns: Sequence[Any], prototypes: int) -> list[list[list[float]]]:
    """Return, for each prototype, a list by code of each column of categories."""
    return [[np.asarray(column)[i].tolist() for column in columns] for i in range(prototypes)]
