"""Conditions: what a name promises of a customer, or of what is typical of a segment.

A condition is written as people read it, in the column ``condition`` of the playbook::

    overdue_ratio > late_ratio and monetary >= 1.5 * typical_monetary

On the left stands a column of the feature table; on the right a number, or a threshold of the shop,
which a fit measures and stores: ``typical_monetary`` is the median of ``monetary``. ``monetary is
highest`` is true of the one segment, of those that are left, with the largest value.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from segmentation.engine.sql import all_of, number, quoted
from segmentation.playbook.errors import PlaybookError

# What a threshold that is a median is called: typical_<column>.
TYPICAL = "typical_"

_COMPARISON = re.compile(
    r"(?P<column>[a-z][a-z0-9_]*)\s*(?P<operator><=|>=|<|>|=)\s*"
    r"(?:(?P<factor>[0-9]+(?:\.[0-9]+)?)\s*\*\s*)?"
    r"(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<threshold>[a-z][a-z0-9_]*))"
)
_HIGHEST = re.compile(r"(?P<column>[a-z][a-z0-9_]*)\s+is\s+highest")

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True)
class Comparison:
    """A column beside a number, or beside a multiple of a threshold.

    Attributes
    ----------
    column : str
        Of the feature table.
    operator : str
        ``<``, ``<=``, ``=``, ``>=`` or ``>``.
    factor : float
        The number itself where there is no threshold.
    threshold : str or None
        What the factor multiplies.
    """

    column: str
    operator: str
    factor: float
    threshold: str | None = None

    def bound(self, thresholds: Mapping[str, float], slack: float = 1.0) -> float:
        """Return the number that the column is compared with; NaN where it is not known.

        Parameters
        ----------
        thresholds : mapping of str to float
        slack : float
            By which factor a value may miss the bound, from 1; ``=`` knows no slack.
        """
        bound = self.factor
        if self.threshold is not None:
            bound *= thresholds.get(self.threshold, math.nan)
        if self.operator in (">", ">="):
            return min(bound / slack, bound * slack)
        if self.operator in ("<", "<="):
            return max(bound / slack, bound * slack)
        return bound

    def holds(
        self, values: Mapping[str, float], thresholds: Mapping[str, float], slack: float = 1.0
    ) -> bool:
        """Return whether it is true of values; of an unknown value nothing is.

        Parameters
        ----------
        values : mapping of str to float
            Column to value; NaN is unknown.
        thresholds : mapping of str to float
        slack : float
            By which factor a value may miss the bound, from 1.
        """
        value = values.get(self.column, math.nan)
        return _OPERATORS[self.operator](value, self.bound(thresholds, slack))

    def sql(self, thresholds: Mapping[str, float], slack: float = 1.0) -> str:
        """Return SQL that is true where it holds, and null where the column is."""
        bound = self.bound(thresholds, slack)
        if math.isnan(bound):
            return "false"
        return f"cast({quoted(self.column)} as double) {self.operator} {number(bound)}"

    def written(self, thresholds: Mapping[str, float]) -> str:
        """Return it as people read it, with the number that a threshold stands for."""
        begun = f"{self.column} {self.operator}"
        if self.threshold is None:
            return f"{begun} {self.factor:,.15g}"
        multiple = self.threshold if self.factor == 1 else f"{self.factor:g} * {self.threshold}"
        bound = self.bound(thresholds)
        if math.isnan(bound):
            return f"{begun} {multiple} (not known)"
        shown = f"{bound:,.0f}" if abs(bound) >= 1000 else f"{bound:,.4g}"
        return f"{begun} {shown} ({multiple})"


@dataclass(frozen=True)
class Condition:
    """Comparisons that all have to hold.

    Attributes
    ----------
    text : str
        As written in the playbook.
    comparisons : tuple of Comparison
    highest : tuple of str
        Columns of which no other segment that is left may have a larger value.
    """

    text: str
    comparisons: tuple[Comparison, ...]
    highest: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that it looks at, each once, in order."""
        named = [comparison.column for comparison in self.comparisons]
        return list(dict.fromkeys([*named, *self.highest]))

    @property
    def thresholds(self) -> list[str]:
        """The thresholds that it needs, each once, in order."""
        named = [comparison.threshold for comparison in self.comparisons]
        return list(dict.fromkeys(name for name in named if name is not None))

    def broken(
        self, values: Mapping[str, float], thresholds: Mapping[str, float], slack: float = 1.0
    ) -> list[Comparison]:
        """Return the comparisons that do not hold of values."""
        return [c for c in self.comparisons if not c.holds(values, thresholds, slack)]

    def sql(self, thresholds: Mapping[str, float]) -> str:
        """Return SQL that is true of the rows for which all comparisons hold."""
        return all_of([comparison.sql(thresholds) for comparison in self.comparisons])

    def contradiction_sql(self, thresholds: Mapping[str, float], slack: float) -> str:
        """Return SQL that is true of the rows whose own figures contradict it, else false.

        A figure, or a threshold, that is not known contradicts nothing, and ``is highest`` compares
        segments.

        Parameters
        ----------
        thresholds : mapping of str to float
        slack : float
            By which factor a figure may miss its bound.
        """
        known = [c for c in self.comparisons if not math.isnan(c.bound(thresholds))]
        if not known:
            return "false"
        held = all_of([comparison.sql(thresholds, slack) for comparison in known])
        return f"coalesce(not ({held}), false)"

    def written(self, thresholds: Mapping[str, float]) -> str:
        """Return it as people read it, with the numbers that thresholds stand for."""
        parts = [comparison.written(thresholds) for comparison in self.comparisons]
        return " and ".join([*parts, *(f"{column} is highest" for column in self.highest)])


@dataclass(frozen=True)
class ConditionsOfSegments:
    """The conditions of several segments, and the thresholds of the shop.

    Attributes
    ----------
    conditions : mapping of int to Condition
        By segment_id, in their order.
    thresholds : mapping of str to float
        What the conditions compare with.
    """

    conditions: Mapping[int, Condition] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The columns that the conditions look at, each once."""
        named = (name for condition in self.conditions.values() for name in condition.columns)
        return list(dict.fromkeys(named))


def read_condition(text: str, where: str) -> Condition:
    """Read a condition.

    Parameters
    ----------
    text : str
    where : str
        What row it is of, for the message.

    Raises
    ------
    PlaybookError
        If a part of it cannot be read; the message says which, and how it is written.
    """
    comparisons: list[Comparison] = []
    highest: list[str] = []
    for part in re.split(r"\band\b", text):
        written = part.strip()
        if found := _HIGHEST.fullmatch(written):
            highest.append(found["column"])
        elif found := _COMPARISON.fullmatch(written):
            factor = float(found["factor"] or 1)
            if found["number"] is not None:
                factor *= float(found["number"])
            comparisons.append(
                Comparison(found["column"], found["operator"], factor, found["threshold"])
            )
        else:
            raise PlaybookError(
                f"{where}: condition has {written!r}. Write a column, <, <=, =, >= or >, and a "
                "number or a threshold, several with 'and' between them, e.g. "
                "'overdue_ratio > late_ratio and monetary >= 1.5 * typical_monetary'."
            )
    return Condition(text.strip(), tuple(comparisons), tuple(highest))
