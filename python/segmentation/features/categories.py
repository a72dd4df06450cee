"""Encodes a column of categories as integer codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segmentation.features.arrays import Codes


@dataclass(frozen=True)
class PreparedCategory:
    """Everything that turns one column of categories into codes.

    Attributes
    ----------
    name : str
        Column of the feature table.
    categories : list of str
        Categories seen in the fit, in the order of their code points; the code of a category is
        its position.
    fill : str
        Fill value for null: the most frequent category; of equally frequent ones the first.
    """

    name: str
    categories: list[str]
    fill: str

    @property
    def unknown_code(self) -> int:
        """The code of every category that the fit has not seen."""
        return len(self.categories)

    def codes(self, values: Iterable[object]) -> Codes:
        """Return categories, length n, as codes, shape (n,); null, NaN and None take the fill."""
        places = {category: code for code, category in enumerate(self.categories)}
        fill = places[self.fill]
        given = list(values)
        # Categories are few, people many: each category is looked up once.
        codes = {
            value: fill if _is_missing(value) else places.get(str(value), self.unknown_code)
            for value in set(given)
        }
        return np.array([codes[value] for value in given], dtype=np.intp)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)
