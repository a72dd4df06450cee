"""The options of a clustering: what may be set, and what is said of one that is wrong."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segmentation.clustering import ALGORITHMS
from segmentation.features.numbers import OUTLIER_RULES, SCALINGS, TRANSFORMS
from segmentation.registry.option_checks import (
    LARGEST_SEED,
    MOST_SEGMENTS,
    OptionError,
    is_number,
    known_options,
    names,
    names_and_values,
    number,
    number_above,
    one_of,
    whole_number,
)

IMPUTATIONS = ("median", "mice")

# The package kmodes runs the algorithm that kprototypes runs, and a hundred times as long.
COMPARED_ALGORITHMS = tuple(name for name in ALGORITHMS if name != "kmodes")


@dataclass(frozen=True)
class SegmentationOptions:
    """How a segmentation is fitted.

    Attributes
    ----------
    features : tuple of str
        Numeric columns of the feature table, in the order in which ties between them are broken.
    categorical_features : tuple of str
        Columns of categories, after the numbers in that order.
    algorithm : str
        A key of :data:`segmentation.clustering.ALGORITHMS`.
    k : int, "auto" or mapping of str to (int or "auto")
        Number of segments; a mapping has one for each algorithm, and those that it does not name
        are ``"auto"``: of `auto_k_from` to `auto_k_to`, among those whose stability reaches
        `stability_floor`, see :func:`segmentation.clustering.k_choice.choose_k`. Algorithms that
        find as many segments as there are do not look at it.
    gamma : float or None
        What a category that differs adds to a squared distance, in squared scaled units (Huang,
        1998). None is half the mean standard deviation of the scaled numbers.
    imputation : str
        What stands for a missing value during the fit: ``"median"``, or ``"mice"``, which
        predicts it from the other features (iterative imputation with gradient-boosted trees,
        after van Buuren and Groothuis-Oudshoorn, 2011). Where something was imputed, the
        centroids of the sample are not refined on all rows. When customers are scored it is the
        median in either case.
    trims : mapping of str to (float or None, float or None)
        Numeric column of the feature table to its lowest and highest believable value, both
        included. A row beyond takes no part in the fit; it is scored all the same.
    outliers : str
        ``"none"``; ``"clip"``: values beyond the quartiles by more than `outlier_factor`
        interquartile ranges are taken as that bound; ``"drop"``: such rows do not take part in
        the fit (they are scored all the same).
    outlier_factor : float
        In interquartile ranges (Tukey, 1977: 1.5).
    transform : str or mapping of str to str
        ``"none"``, ``"log"`` (signed ``ln(1 + |x|)``) or ``"yeo_johnson"``, for all features or
        by feature; features that a mapping does not name have none.
    scaling : str
        ``"none"``, ``"standard"`` or ``"min_max"``.
    seed : int
        Seed of every random choice.
    n_init : int
        Restarts of the algorithm on the sample.
    sample_rows : int
        Most rows that Python reads.
    max_passes : int
        Most Lloyd passes over all rows.
    tolerance : float
        A pass that moves no centroid by more than this, in scaled units, is the last one.
    scan_from, scan_to : int
        The k that the scan tries.
    auto_k_from, auto_k_to : int
        The k that ``"auto"`` chooses from.
    stability_floor : float
        Least 10th percentile of the bootstrap ARI that ``"auto"`` accepts.
    stability_resamples : int
        Bootstrap resamples per k.
    scan_rows : int
        Most rows of the sample on which a k is judged.
    scan_n_init : int
        Restarts of the algorithm for each k that is judged.
    compared_algorithms : tuple of str
        What the comparison judges, see :mod:`segmentation.clustering.comparison`; none makes none.
    compared_rows : int
        Most rows of the sample that they are compared on.
    compared_n_init : int
        Restarts of each.
    compared_resamples : int
        Bootstrap resamples of each.
    naming_limit : float
        Largest root mean square difference, in z-scores, between a segment and the playbook
        row whose name it takes.
    carry_over_limit : float
        The same between a segment and one of the model before, whose slug it takes.
    """

    features: tuple[str, ...]
    categorical_features: tuple[str, ...] = ()
    algorithm: str = "kmeans"
    k: int | str | Mapping[str, int | str] = 4
    gamma: float | None = None
    imputation: str = "median"
    trims: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    outliers: str = "none"
    outlier_factor: float = 1.5
    transform: str | Mapping[str, str] = "none"
    scaling: str = "standard"
    seed: int = 0
    n_init: int = 30
    sample_rows: int = 50_000
    max_passes: int = 50
    tolerance: float = 1e-4
    scan_from: int = 2
    scan_to: int = 10
    auto_k_from: int = 3
    auto_k_to: int = 8
    stability_floor: float = 0.6
    stability_resamples: int = 20
    scan_rows: int = 5_000
    scan_n_init: int = 10
    compared_algorithms: tuple[str, ...] = COMPARED_ALGORITHMS
    compared_rows: int = 500
    compared_n_init: int = 3
    compared_resamples: int = 10
    naming_limit: float = 1.0
    carry_over_limit: float = 0.5

    def __post_init__(self) -> None:
        problems = [
            *self._wrong_names(),
            *self._wrong_columns(),
            *self._wrong_bounds(),
            *self._wrong_k(),
            *self._wrong_numbers(),
        ]
        if problems:
            raise OptionError(*problems)

    def _wrong_names(self) -> list[str]:
        problems = [
            *one_of("algorithm", self.algorithm, tuple(ALGORITHMS)),
            *one_of("imputation", self.imputation, IMPUTATIONS),
            *one_of("outliers", self.outliers, OUTLIER_RULES),
            *one_of("scaling", self.scaling, SCALINGS),
        ]
        asked = self.transform
        for transform in asked.values() if isinstance(asked, Mapping) else (asked,):
            problems += one_of("transform", transform, TRANSFORMS)
        for name in self.compared_algorithms:
            problems += one_of("compared_algorithms", name, tuple(ALGORITHMS))
        return problems

    def _wrong_columns(self) -> list[str]:
        named = [*self.features, *self.categorical_features]
        if not named:
            return [
                "features and categorical_features are empty. Name at least one column of the "
                "feature table."
            ]
        problems = []
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            problems.append(
                f"features and categorical_features name a column twice: {', '.join(twice)}."
            )
        if (
            self.algorithm in tuple(ALGORITHMS)
            and self.algorithm_needs_both_kinds
            and not (self.features and self.categorical_features)
        ):
            problems.append(
                f"The algorithm {self.algorithm} needs numbers and categories. Name both in "
                "features and categorical_features, or choose kprototypes, which does with either."
            )
        problems += [
            f"transform names {name!r}, which is not one of the features: "
            f"{', '.join(self.features)}."
            for name in (self.transform if isinstance(self.transform, Mapping) else ())
            if name not in self.features
        ]
        return problems

    def _wrong_bounds(self) -> list[str]:
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

    def _wrong_k(self) -> list[str]:
        problems = []
        given = {"k": self.k}
        if isinstance(self.k, Mapping):
            for name in self.k:
                problems += one_of("an algorithm that k names", name, tuple(ALGORITHMS))
            given = {f"k of {name}": k for name, k in self.k.items()}
        for name, k in given.items():
            if k != "auto":
                problems += whole_number(name, k, 1, MOST_SEGMENTS, ', or "auto"')
        ranges = []
        for first, last in (("scan_from", "scan_to"), ("auto_k_from", "auto_k_to")):
            wrong = whole_number(first, getattr(self, first), 2, MOST_SEGMENTS)
            least = 2 if wrong else getattr(self, first)
            ranges += wrong + whole_number(last, getattr(self, last), least, MOST_SEGMENTS)
        problems += ranges
        if (
            not ranges
            and self.algorithm in tuple(ALGORITHMS)
            and self.k_of_algorithm == "auto"
            and ALGORITHMS[self.algorithm].takes_k
            and not (self.scan_from <= self.auto_k_from and self.auto_k_to <= self.scan_to)
        ):
            problems.append(
                f'k is "auto", which chooses from {self.auto_k_from} to {self.auto_k_to} '
                f"(auto_k_from, auto_k_to); the scan only tries {self.scan_from} to "
                f"{self.scan_to} (scan_from, scan_to)."
            )
        return problems

    def _wrong_numbers(self) -> list[str]:
        problems = [] if self.gamma is None else number("gamma", self.gamma, least=0.0)
        for name, (least, most) in _WHOLE_NUMBERS.items():
            problems += whole_number(name, getattr(self, name), least, most)
        return [
            *problems,
            *number_above("outlier_factor", self.outlier_factor, 0.0),
            *number("naming_limit", self.naming_limit, least=0.0),
            *number("carry_over_limit", self.carry_over_limit, least=0.0),
            *number("tolerance", self.tolerance, least=0.0),
            *number("stability_floor", self.stability_floor, least=-1.0, most=1.0),
        ]

    @property
    def k_of_algorithm(self) -> int | str:
        """The number of segments that the algorithm is asked for, or "auto"."""
        return self.k.get(self.algorithm, "auto") if isinstance(self.k, Mapping) else self.k

    @property
    def algorithm_needs_both_kinds(self) -> bool:
        """Whether the algorithm refuses to do without numbers, or without categories."""
        return ALGORITHMS[self.algorithm].needs_both_kinds

    @property
    def transforms(self) -> tuple[str, ...]:
        """The transform of each feature."""
        if isinstance(self.transform, Mapping):
            return tuple(self.transform.get(name, "none") for name in self.features)
        return (self.transform,) * len(self.features)

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
    ) -> SegmentationOptions:
        """Read options as they come from YAML.

        Parameters
        ----------
        settings : mapping
            Option names to values.
        overrides : mapping, optional
            Laid over `settings`.

        Raises
        ------
        OptionError
            If a name is unknown or a value is not possible; the message lists all that is wrong,
            and the right ones.
        """
        problems = [
            *names_and_values(settings, "settings of a segmentation", "{k: 4}"),
            *names_and_values(overrides or {}, "overrides of a segmentation", "{k: 4}"),
        ]
        if problems:
            raise OptionError(*problems)
        merged: dict[str, Any] = {**settings, **(overrides or {})}
        known = [field.name for field in dataclasses.fields(cls)]
        problems += known_options(merged, known)
        values = {name: value for name, value in merged.items() if name in known}
        for option in _NAME_LISTS:
            if option in values or option == "features":
                values[option], wrong = names(option, values.get(option))
                problems += wrong
        if isinstance(values.get("k"), Mapping):
            values["k"] = {name: _read_k(k) for name, k in values["k"].items()}
        elif "k" in values:
            values["k"] = _read_k(values["k"])
        try:
            options = cls(**values)
        except OptionError as error:
            problems += error.problems
        if problems:
            raise OptionError(*problems)
        return options

    def as_json(self) -> str:
        """Return the options as JSON text, keys sorted."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def fit_hash(self) -> str:
        """Return a hash of the options: another one means another fit."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:16]


# The least and the most; beyond, a fit would take all memory or not end.
_WHOLE_NUMBERS = {
    "seed": (0, LARGEST_SEED),
    "n_init": (1, 1_000),
    "sample_rows": (100, 1_000_000),
    "max_passes": (1, 1_000),
    "stability_resamples": (2, 1_000),
    "scan_rows": (100, 20_000),
    "scan_n_init": (1, 1_000),
    "compared_rows": (10, 20_000),
    "compared_n_init": (1, 1_000),
    "compared_resamples": (2, 1_000),
}

_NAME_LISTS = ("features", "categorical_features", "compared_algorithms")


def _read_k(k: object) -> Any:
    # Other digits than these ten are digits to Python too.
    return int(k) if isinstance(k, str) and re.fullmatch("[0-9]{1,9}", k) else k


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
