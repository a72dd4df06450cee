"""Options about what a clustering is fitted to: features, and how their values are made ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from segmentation.features.numbers import (
    MAX_ABSOLUTE_VALUE,
    OUTLIER_RULES,
    SCALINGS,
    TRANSFORMS,
)
from segmentation.registry.option_checks import is_number, number, number_above, one_of
from segmentation.registry.option_groups import OptionGroup

IMPUTATIONS = ("median", "mice")


@dataclass(frozen=True)
class FeatureOptions(OptionGroup):
    """What customers are compared by.

    Attributes
    ----------
    features : tuple of str
        Numeric columns of the feature table, in the order in which ties between them are broken.
    categorical_features : tuple of str
        Columns of categories, after the numbers in that order.
    """

    IS_FITTED: ClassVar = True
    NAME_LISTS: ClassVar[tuple[str, ...]] = ("features", "categorical_features")

    features: tuple[str, ...] = ()
    categorical_features: tuple[str, ...] = ()

    def problems(self) -> list[str]:
        """Return what is wrong with the names of columns."""
        named = [*self.features, *self.categorical_features]
        if not named:
            return [
                "features and categorical_features are empty. Name at least one column of the "
                "feature table."
            ]
        twice = sorted({name for name in named if named.count(name) > 1})
        if not twice:
            return []
        return [f"features and categorical_features name a column twice: {', '.join(twice)}."]


@dataclass(frozen=True)
class PreparationOptions(OptionGroup):
    """Which rows are fitted, and how their values are made ready.

    Attributes
    ----------
    sample_rows : int
        Most rows that Python reads.
    trims : mapping of str to (float or None, float or None)
        Numeric column of the feature table to its lowest and highest believable value, both
        included. A row beyond is excluded from the fit but still scored.
    imputation : str
        Fill value for a missing value during the fit: ``"median"``, or ``"mice"``, which
        predicts it from the other features (iterative imputation with gradient-boosted trees,
        after van Buuren and Groothuis-Oudshoorn, 2011). Where something was imputed, the
        centroids of the sample are not refined on all rows. When customers are scored it is the
        median in either case.
    outliers : str
        ``"none"``; ``"clip"``: values beyond the quartiles by more than `outlier_factor`
        interquartile ranges are taken as that bound; ``"winsorize"``: the `winsorized_share` of
        the rows at either end of a feature are taken as the bound (Tukey, 1962), so that no few
        rows decide a transform or a centroid, however far out they lie; ``"drop"``: rows beyond
        the bounds of ``"clip"`` are excluded from the fit but still scored.
    outlier_factor : float
        In interquartile ranges (Tukey, 1977: 1.5).
    winsorized_share : float
        What ``"winsorize"`` bounds at either end, as a share of the rows.
    floors : mapping of str to float
        Feature to the least value that counts, e.g. 0 for an amount that refunds make negative.
    transform : str or mapping of str to str
        ``"none"``, ``"log"`` (signed ``ln(1 + |x|)``) or ``"yeo_johnson"``, for all features or
        by feature; features that a mapping does not name have none.
    scaling : str
        ``"none"``, ``"standard"`` or ``"min_max"``.
    """

    IS_FITTED: ClassVar = True
    WHOLE_NUMBERS: ClassVar = {"sample_rows": (100, 1_000_000)}

    sample_rows: int = 50_000
    trims: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    imputation: str = "median"
    outliers: str = "none"
    outlier_factor: float = 1.5
    winsorized_share: float = 0.005
    floors: Mapping[str, float] = field(default_factory=dict)
    transform: str | Mapping[str, str] = "none"
    scaling: str = "standard"

    def problems(self) -> list[str]:
        """Return what is wrong with rules, bounds and numbers of the preparation."""
        problems = [
            *one_of("imputation", self.imputation, IMPUTATIONS),
            *one_of("outliers", self.outliers, OUTLIER_RULES),
            *one_of("scaling", self.scaling, SCALINGS),
        ]
        asked = self.transform
        for transform in asked.values() if isinstance(asked, Mapping) else (asked,):
            problems += one_of("transform", transform, TRANSFORMS)
        return [
            *problems,
            *self._wrong_trims(),
            *self._wrong_floors(),
            *number_above("outlier_factor", self.outlier_factor, 0.0),
            *number("winsorized_share", self.winsorized_share, least=0.0, most=0.25),
        ]

    def _wrong_floors(self) -> list[str]:
        if not isinstance(self.floors, Mapping):
            return [
                "floors is written as features and their least values, e.g. {monetary: 0}; "
                f"found {self.floors!r}."
            ]
        return [
            problem
            for name, floor in self.floors.items()
            for problem in number(f"floors of {name}", floor, least=-MAX_ABSOLUTE_VALUE)
        ]

    def _wrong_trims(self) -> list[str]:
        if not isinstance(self.trims, Mapping):
            return [
                "trims is written as features and bounds, e.g. {income: [null, 600000]}; "
                f"found {self.trims!r}."
            ]
        return [
            problem
            for name, bounds in self.trims.items()
            for problem in _bounds(f"trims of {name}", bounds)
        ]


def _bounds(name: str, bounds: object) -> list[str]:
    pair = list(bounds) if isinstance(bounds, Sequence) and not isinstance(bounds, str) else []
    if len(pair) != 2 or not all(bound is None or is_number(bound) for bound in pair):
        return [
            f"{name} is {bounds!r}. It is written as [lowest, highest], two numbers, null where "
            "there is no bound."
        ]
    if None not in pair and pair[0] > pair[1]:
        return [f"{name} is {bounds!r}. The lowest comes first."]
    return []
