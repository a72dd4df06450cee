"""People as columns: what a model looks at, as numbers and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.features.arrays import Matrix

Texts = Sequence[str | None]


@dataclass(frozen=True)
class Inputs:
    """The columns that a model can look at.

    Attributes
    ----------
    numbers : tuple of str
    texts : tuple of str
        Columns of categories.
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, numbers first."""
        return self.numbers + self.texts


@dataclass(frozen=True)
class People:
    """Some people, a value for each column and person.

    Attributes
    ----------
    count : int
    numbers : mapping of str to ndarray of shape (count,)
        NaN where a value is missing; none is infinite.
    texts : mapping of str to sequence of str or None, length count
    """

    count: int
    numbers: Mapping[str, Matrix]
    texts: Mapping[str, Texts]

    def number(self, name: str) -> Matrix:
        """Return a column of numbers; one that was not given is missing for everybody."""
        found = self.numbers.get(name)
        return np.full(self.count, np.nan) if found is None else found

    def text(self, name: str) -> Texts:
        """Return a column of categories; one that was not given is missing for everybody."""
        return self.texts.get(name) or [None] * self.count

    def is_known(self) -> np.ndarray:
        """Return of whom there is a value in any column, shape (count,)."""
        found: np.ndarray = np.zeros(self.count, dtype=bool)
        for values in self.numbers.values():
            found |= ~np.isnan(values)
        for texts in self.texts.values():
            found |= np.array([text is not None for text in texts], dtype=bool)
        return found
