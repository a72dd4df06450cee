"""The options of a clustering, and the checks of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from segmentation.clustering import ALGORITHMS
from segmentation.clustering.gamma import AUTO, GAMMA_RULES, HALF_MEAN_DEVIATION
from segmentation.features.numbers import (
    MAX_ABSOLUTE_VALUE,
    OUTLIER_RULES,
    SCALINGS,
    TRANSFORMS,
)
from segmentation.registry.gate_options import GateOptions
from segmentation.registry.option_checks import (
    LARGEST_SEED,
    MOST_SEGMENTS,
    is_number,
    number,
    number_above,
    one_of,
    whole_number,
)
from segmentation.registry.option_groups import OptionGroup, Options

IMPUTATIONS = ("median", "mice")

# The package kmodes runs the algorithm that kprototypes runs, and a hundred times as long.
COMPARED_ALGORITHMS = tuple(name for name in ALGORITHMS if name != "kmodes")


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


@dataclass(frozen=True)
class AlgorithmOptions(OptionGroup):
    """How segments are searched for.

    Attributes
    ----------
    algorithm : str
        A key of :data:`segmentation.clustering.ALGORITHMS`.
    gamma : float, "auto" or "half_mean_deviation"
        What a category that differs adds to a squared distance, in squared scaled units (Huang,
        1998). ``"auto"`` chooses it from the data, see
        :func:`segmentation.clustering.kprototypes.gamma_choice.gamma_from_data`.
        ``"half_mean_deviation"`` is half the mean standard deviation of the scaled numbers, the
        rule of the package kmodes; None, in options of earlier versions, means the same.
    seed : int
        Seed of every random choice.
    n_init : int
        Restarts of the algorithm on the sample.
    max_passes : int
        Most Lloyd passes over all rows.
    tolerance : float
        A pass that moves no centroid by more than this, in scaled units, is the last one.
    """

    IS_FITTED: ClassVar = True
    WHOLE_NUMBERS: ClassVar = {
        "seed": (0, LARGEST_SEED),
        "n_init": (1, 1_000),
        "max_passes": (1, 1_000),
    }

    algorithm: str = "kmeans"
    gamma: float | str = AUTO
    seed: int = 0
    n_init: int = 30
    max_passes: int = 50
    tolerance: float = 1e-4

    def problems(self) -> list[str]:
        """Return what is wrong with the algorithm and its numbers."""
        return [
            *one_of("algorithm", self.algorithm, tuple(ALGORITHMS)),
            *self._wrong_gamma(),
            *number("tolerance", self.tolerance, least=0.0),
        ]

    def _wrong_gamma(self) -> list[str]:
        if self.gamma in GAMMA_RULES:
            return []
        return [
            problem.removesuffix(".") + f", or {' or '.join(GAMMA_RULES)}."
            for problem in number("gamma", self.gamma, least=0.0)
        ]


@dataclass(frozen=True)
class KOptions(OptionGroup):
    """How many segments there are, and how every number of them is judged.

    Attributes
    ----------
    k : int, "auto" or mapping of str to (int or "auto")
        Number of segments; a mapping has one for each algorithm, and those that it does not name
        are ``"auto"``: of `auto_k_from` to `auto_k_to`, by
        :func:`segmentation.clustering.structure.number_of_groups`. Algorithms that find as many
        segments as there are do not look at it.
    scan_from, scan_to : int
        The k that the scan tries.
    auto_k_from, auto_k_to : int
        The k that ``"auto"`` chooses from.
    stability_resamples : int
        Bootstrap resamples per k.
    scan_rows : int
        Most rows of the sample on which a k is judged.
    scan_n_init : int
        Restarts of the algorithm for each k that is judged, and for each resample.
    null_draws : int
        Data without groups that the sample is compared with.
    null_rows : int
        Rows of the sample, and of each of these.
    """

    IS_FITTED: ClassVar = True
    WHOLE_NUMBERS: ClassVar = {
        "stability_resamples": (2, 1_000),
        "scan_rows": (100, 20_000),
        "scan_n_init": (1, 1_000),
        "null_draws": (2, 1_000),
        "null_rows": (100, 20_000),
    }

    k: int | str | Mapping[str, int | str] = 4
    scan_from: int = 2
    scan_to: int = 10
    auto_k_from: int = 2
    auto_k_to: int = 8
    stability_resamples: int = 20
    scan_rows: int = 5_000
    scan_n_init: int = 10
    null_draws: int = 20
    null_rows: int = 600

    def problems(self) -> list[str]:
        """Return what is wrong with k, ranges of it, and the numbers of the scan."""
        problems = []
        given = {"k": self.k}
        if isinstance(self.k, Mapping):
            for name in self.k:
                problems += one_of("an algorithm that k names", name, tuple(ALGORITHMS))
            given = {f"k of {name}": k for name, k in self.k.items()}
        for name, k in given.items():
            if k != "auto":
                problems += whole_number(name, k, 1, MOST_SEGMENTS, ', or "auto"')
        return [*problems, *self.wrong_ranges()]

    def wrong_ranges(self) -> list[str]:
        """Return what is wrong with the k that are tried, and those that "auto" chooses from."""
        problems = []
        for first, last in (("scan_from", "scan_to"), ("auto_k_from", "auto_k_to")):
            wrong = whole_number(first, getattr(self, first), 2, MOST_SEGMENTS)
            least = 2 if wrong else getattr(self, first)
            problems += wrong + whole_number(last, getattr(self, last), least, MOST_SEGMENTS)
        return problems


@dataclass(frozen=True)
class ComparisonOptions(OptionGroup):
    """What the chosen algorithm is compared with, at every fit: another comparison fits nothing.

    Attributes
    ----------
    compared_algorithms : tuple of str
        What the comparison judges, see :mod:`segmentation.clustering.comparison`; none makes none.
    compared_rows : int
        Most rows of the sample that they are compared on.
    compared_n_init : int
        Restarts of each.
    compared_resamples : int
        Bootstrap resamples of each.
    """

    IS_FITTED: ClassVar = False
    NAME_LISTS: ClassVar[tuple[str, ...]] = ("compared_algorithms",)
    WHOLE_NUMBERS: ClassVar = {
        "compared_rows": (10, 20_000),
        "compared_n_init": (1, 1_000),
        "compared_resamples": (2, 1_000),
    }

    compared_algorithms: tuple[str, ...] = COMPARED_ALGORITHMS
    compared_rows: int = 500
    compared_n_init: int = 3
    compared_resamples: int = 10

    def problems(self) -> list[str]:
        """Return what is wrong with the names of algorithms."""
        problems = []
        for name in self.compared_algorithms:
            problems += one_of("compared_algorithms", name, tuple(ALGORITHMS))
        return problems


@dataclass(frozen=True)
class StateOptions(OptionGroup):
    """Which customers are named before the clusters, and how small a segment may be.

    Attributes
    ----------
    states : bool
        Whether the conditions of the playbook name: customers by their states first, the
        clusters of the others by what is typical of them. Otherwise clusters are named after the
        target z-scores of the playbook.
    min_segment_share : float
        A segment with a smaller share of the customers, those in a state apart, does not leave a
        fit: its customers join the segments that are left. 0 keeps all.
    """

    IS_FITTED: ClassVar = True

    states: bool = False
    min_segment_share: float = 0.01

    def problems(self) -> list[str]:
        """Return what is wrong with the switch and the share."""
        problems: list[str] = []
        if not isinstance(self.states, bool):
            problems.append(f"states is {self.states!r}. It must be true or false.")
        return [
            *problems,
            *number("min_segment_share", self.min_segment_share, least=0.0, most=0.5),
        ]


@dataclass(frozen=True)
class NamingOptions(OptionGroup):
    """How near a segment has to be to what it is called after: other limits rename, never refit.

    Attributes
    ----------
    naming_limit : float
        Largest root mean square difference, in z-scores, between a segment and the playbook
        row whose name it takes.
    carry_over_share : float
        A segment takes the slug of one of the model before if at least this share of the customers
        is in both: of the shares of the one and of the other, the geometric mean.
    carry_over_limit : float
        Where the model before cannot be applied any more: the largest difference, as for
        `naming_limit`, between a segment and one of that model.
    carry_over : bool
        Whether segments of a new model take the slugs of the model before at all.
    """

    IS_FITTED: ClassVar = False

    naming_limit: float = 1.0
    carry_over_share: float = 0.5
    carry_over_limit: float = 0.5
    carry_over: bool = True

    def problems(self) -> list[str]:
        """Return what is wrong with the limits."""
        problems: list[str] = []
        if not isinstance(self.carry_over, bool):
            problems.append(f"carry_over is {self.carry_over!r}. It must be true or false.")
        return [
            *problems,
            *number("naming_limit", self.naming_limit, least=0.0),
            *number("carry_over_share", self.carry_over_share, least=0.0, most=1.0),
            *number("carry_over_limit", self.carry_over_limit, least=0.0),
        ]


@dataclass(frozen=True)
class SegmentationOptions(
    Options,
    GateOptions,
    NamingOptions,
    ComparisonOptions,
    StateOptions,
    KOptions,
    AlgorithmOptions,
    PreparationOptions,
    FeatureOptions,
):
    """How a segmentation is fitted, judged and named."""

    OF: ClassVar = "a segmentation"
    EXAMPLE: ClassVar = "{k: 4}"
    # A model that was fitted without a least share of a segment stays, and so does one that was
    # compared with nothing.
    ADDED_LATER: ClassVar = {
        "winsorized_share": 0.005,
        "floors": {},
        "states": False,
        "min_segment_share": 0.01,
        "null_draws": 20,
        "null_rows": 600,
    }

    def problems_between_groups(self) -> list[str]:
        """Return what is wrong with options of one group beside those of another."""
        problems = [
            f"{option} names {name!r}, which is not one of the features: "
            f"{', '.join(self.features)}."
            for option, given in (("transform", self.transform), ("floors", self.floors))
            for name in (given if isinstance(given, Mapping) else ())
            if name not in self.features
        ]
        if self.algorithm not in tuple(ALGORITHMS):
            return problems
        has_both_kinds = self.features and self.categorical_features
        has_any = self.features or self.categorical_features
        if self.algorithm_needs_both_kinds and has_any and not has_both_kinds:
            problems.append(
                f"The algorithm {self.algorithm} needs numbers and categories. Name both in "
                "features and categorical_features, or choose kprototypes, which does with either."
            )
        if (
            self.k_of_algorithm == "auto"
            and ALGORITHMS[self.algorithm].takes_k
            and not self.wrong_ranges()
            and not (self.scan_from <= self.auto_k_from and self.auto_k_to <= self.scan_to)
        ):
            problems.append(
                f'k is "auto", which chooses from {self.auto_k_from} to {self.auto_k_to} '
                f"(auto_k_from, auto_k_to); the scan only tries {self.scan_from} to "
                f"{self.scan_to} (scan_from, scan_to)."
            )
        return problems

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
    def fitted_values(cls, written: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options that decide a fit.

        Without categories, gamma decides nothing, and where k is given, what ``"auto"`` chooses
        from does not.
        """
        values = super().fitted_values(written)
        k = values["k"]
        if (k.get(values["algorithm"], "auto") if isinstance(k, Mapping) else k) != "auto":
            values |= {"auto_k_from": None, "auto_k_to": None}
        rule = values["gamma"]
        if not values["categorical_features"]:
            rule = None
        elif rule is None:
            rule = HALF_MEAN_DEVIATION
        return values | {"gamma": rule}

    @classmethod
    def _read(cls, values: dict[str, Any]) -> list[str]:
        if "gamma" in values and values["gamma"] is None:
            values["gamma"] = HALF_MEAN_DEVIATION
        if isinstance(values.get("k"), Mapping):
            values["k"] = {name: _read_k(k) for name, k in values["k"].items()}
        elif "k" in values:
            values["k"] = _read_k(values["k"])
        return []


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
