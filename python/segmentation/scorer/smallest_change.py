"""The smallest change of one feature that would give a person another segment.

Features are tried one at a time, the others stay: numbers over the range that customers have,
categories over those that the model knows. What is returned was scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from segmentation.features.arrays import Codes, Matrix
from segmentation.scorer.columns_of_people import People

# A change of category counts as one standard deviation.
SIZE_OF_A_CATEGORY = 1.0
# So often is the gap between what does and what does not change the segment halved.
HALVINGS = 40


class SegmentRule(Protocol):
    """The part of a scorer that finds segments and measures changes."""

    def segments_of(self, people: People) -> Codes:
        """Return the segment_id of people, shape (n,)."""
        ...

    def size_of_change(self, name: str, before: float, after: Matrix, deviation: float) -> Matrix:
        """Return how large changes of a number are, in standard deviations as the model sees it.

        Parameters
        ----------
        name : str
        before : float
            NaN is taken as the model takes what is missing.
        after : ndarray of shape (n,)
        deviation : float
            Of the observed values, for models that scale nothing.
        """
        ...


@dataclass(frozen=True)
class Observed:
    """What customers have in a feature.

    Attributes
    ----------
    values : ndarray or sequence of str
        Of a number, quantiles from the smallest to the largest; of a category, all that are known.
    deviation : float
        Standard deviation of a number.
    decimals : int
        Digits that a number is written with.
    """

    values: Matrix | Sequence[str]
    deviation: float = 1.0
    decimals: int = 2


@dataclass(frozen=True)
class Change:
    """A change of one feature that gives a person another segment.

    Attributes
    ----------
    feature : str
    before, after : float, str or None
        None where nothing is known.
    size : float
        In standard deviations as the model sees them; 1 for a category.
    """

    feature: str
    before: float | str | None
    after: float | str
    size: float


def smallest_change(
    rule: SegmentRule, person: People, segment_id: int, observed: Mapping[str, Observed]
) -> Change | None:
    """Return the smallest change of one feature by which a person is in a segment.

    Parameters
    ----------
    rule : SegmentRule
    person : People
        One person.
    segment_id : int
        The segment to be reached.
    observed : mapping of str to Observed
        The features that may change.

    Returns
    -------
    Change or None
        Of equal ones, the feature that is named first; None where no single one does it.
    """
    found: list[Change] = []
    for name, of in observed.items():
        if isinstance(of.values, np.ndarray):
            change = _change_of_number(rule, person, segment_id, name, of)
        else:
            change = _change_of_category(rule, person, segment_id, name, list(of.values))
        if change is not None:
            found.append(change)
    return min(found, key=lambda change: change.size, default=None)


def _change_of_category(
    rule: SegmentRule, person: People, segment_id: int, name: str, categories: list[str]
) -> Change | None:
    before = person.text(name)[0]
    others = [category for category in categories if category != before]
    if not others:
        return None
    texts = {**_repeated(person, len(others)).texts, name: others}
    people = People(len(others), _repeated(person, len(others)).numbers, texts)
    reached = np.flatnonzero(rule.segments_of(people) == segment_id)
    if not len(reached):
        return None
    return Change(name, before, others[int(reached[0])], SIZE_OF_A_CATEGORY)


def _change_of_number(
    rule: SegmentRule, person: People, segment_id: int, name: str, of: Observed
) -> Change | None:
    before = float(person.number(name)[0])
    values = np.asarray(of.values, dtype=float)
    reached = values[_reaches(rule, person, segment_id, name, values)]
    if not len(reached):
        return None
    changes = []
    known = before == before
    for side in [reached[reached > before], reached[reached < before]] if known else [reached]:
        if len(side):
            sizes = rule.size_of_change(name, before, side, of.deviation)
            after = float(side[sizes.argmin()])
            if known:
                after = _nearer(rule, person, segment_id, name, (before, after))
                after = _written(rule, person, segment_id, name, (before, after), of.decimals)
            size = rule.size_of_change(name, before, np.array([after]), of.deviation)
            changes.append(Change(name, before if known else None, after, float(size[0])))
    return min(changes, key=lambda change: change.size, default=None)


def _nearer(
    rule: SegmentRule, person: People, segment_id: int, name: str, ends: tuple[float, float]
) -> float:
    """Return a value near the boundary that reaches the segment; the second end does."""
    outside, inside = ends
    for _ in range(HALVINGS):
        middle = (outside + inside) / 2
        if middle in (outside, inside):
            break
        if _reaches(rule, person, segment_id, name, np.array([middle]))[0]:
            inside = middle
        else:
            outside = middle
    return inside


def _written(
    rule: SegmentRule,
    person: People,
    segment_id: int,
    name: str,
    ends: tuple[float, float],
    decimals: int,
) -> float:
    """Return the value as it is written, further from the first end, where that reaches too."""
    before, after = ends
    step = 10.0**decimals
    further = (np.ceil if after > before else np.floor)(after * step) / step
    if _reaches(rule, person, segment_id, name, np.array([further]))[0]:
        return float(further)
    return after


def _reaches(
    rule: SegmentRule, person: People, segment_id: int, name: str, values: Matrix
) -> np.ndarray:
    """Return which values of a feature give the person the segment, shape (n,)."""
    people = _repeated(person, len(values))
    changed = People(len(values), {**people.numbers, name: values}, people.texts)
    found: np.ndarray = rule.segments_of(changed) == segment_id
    return found


def _repeated(person: People, count: int) -> People:
    return People(
        count,
        {name: np.repeat(values, count) for name, values in person.numbers.items()},
        {name: list(values) * count for name, values in person.texts.items()},
    )
