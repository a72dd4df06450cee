"""All prepared features of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from segmentation.features.categories import PreparedCategory
from segmentation.features.numbers import (
    PreparedFeature,
)


@dataclass(frozen=True)
class PreparedFeatures:
    """The features of a clustering: numbers first, then categories."""

    numbers: Sequence[PreparedFeature]
    categories: Sequence[PreparedCategory] = ()

    @property
    def names(self) -> list[str]:
        """The columns of the feature table."""
        return [f.name for f in self.numbers] + [f.name for f in self.categories]
