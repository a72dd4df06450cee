"""The options of a segmentation: what may be set, to what, and what is said when it is wrong."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segmentation.clustering import ALGORITHMS
from segmentation.preprocessing import OUTLIER_RULES, SCALINGS, TRANSFORMS

IMPUTATIONS = ("median", "mice")

# The package kmodes runs the algorithm that kprototypes runs, and a hundred times as long.
COMPARED_ALGORITHMS = tuple(name for name in ALGORITHMS if name != "kmodes")


class OptionError(ValueError):
    """An option that is unknown, or set to something it cannot be."""


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
        `stability_floor`, see :func:`segmentation.clustering.k_scan.choose_k`. Algorithms that
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
        _one_of("algorithm", self.algorithm, tuple(ALGORITHMS))
        _one_of("imputation", self.imputation, IMPUTATIONS)
        _one_of("outliers", self.outliers, OUTLIER_RULES)
        for transform in self.transforms:
            _one_of("transform", transform, TRANSFORMS)
        _one_of("scaling", self.scaling, SCALINGS)
        for name in self.compared_algorithms:
            _one_of("compared_algorithms", name, tuple(ALGORITHMS))
        named = [*self.features, *self.categorical_features]
        if not named:
            raise OptionError(
                "features and categorical_features are empty. Name at least one column of the "
                "feature table."
            )
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise OptionError(
                f"features and categorical_features name a column twice: {', '.join(twice)}."
            )
        if self.algorithm_needs_both_kinds and not (self.features and self.categorical_features):
            raise OptionError(
                f"The algorithm {self.algorithm} needs numbers and categories. Name both in "
                "features and categorical_features, or choose kprototypes, which does with either."
            )
        if isinstance(self.transform, Mapping):
            for name in self.transform:
                if name not in self.features:
                    raise OptionError(
                        f"transform names {name!r}, which is not one of the features: "
                        f"{', '.join(self.features)}."
                    )
        for name, bounds in self.trims.items():
            _bounds(f"trims of {name}", bounds)
        self._check_numbers()

    def _check_numbers(self) -> None:
        if isinstance(self.k, Mapping):
            for name in self.k:
                _one_of("an algorithm that k names", name, tuple(ALGORITHMS))
            given = {f"k of {name}": k for name, k in self.k.items()}
        else:
            given = {"k": self.k}
        for name, asked in given.items():
            if asked != "auto":
                _whole_number(name, asked, least=1, instead='or "auto"')
        k = self.k_of_algorithm
        if self.gamma is not None:
            _number("gamma", self.gamma, least=0.0)
        for name, least in (
            ("seed", 0),
            ("n_init", 1),
            ("sample_rows", 100),
            ("max_passes", 1),
            ("scan_from", 2),
            ("auto_k_from", 2),
            ("stability_resamples", 2),
            ("scan_rows", 100),
            ("scan_n_init", 1),
            ("compared_rows", 10),
            ("compared_n_init", 1),
            ("compared_resamples", 2),
        ):
            _whole_number(name, getattr(self, name), least=least)
        _whole_number("scan_to", self.scan_to, least=self.scan_from)
        _whole_number("auto_k_to", self.auto_k_to, least=self.auto_k_from)
        if (
            k == "auto"
            and ALGORITHMS[self.algorithm].takes_k
            and not (self.scan_from <= self.auto_k_from and self.auto_k_to <= self.scan_to)
        ):
            raise OptionError(
                f'k is "auto", which chooses from {self.auto_k_from} to {self.auto_k_to} '
                f"(auto_k_from, auto_k_to); the scan only tries {self.scan_from} to "
                f"{self.scan_to} (scan_from, scan_to)."
            )
        for name in ("outlier_factor", "naming_limit", "carry_over_limit"):
            _number(name, getattr(self, name), least=0.0)
        _number("tolerance", self.tolerance, least=0.0)
        _number("stability_floor", self.stability_floor, least=-1.0)

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
            If a name is unknown or a value is not possible; the message lists the right ones.
        """
        for given, source in ((settings, "settings"), (overrides or {}, "overrides")):
            if not isinstance(given, Mapping):
                raise OptionError(
                    f"The {source} of a segmentation are written as names and values, "
                    f"e.g. {{k: 4}}; found {given!r}."
                )
        merged: dict[str, Any] = {**settings, **(overrides or {})}
        known = [field.name for field in dataclasses.fields(cls)]
        for name in merged:
            if name not in known:
                near = difflib.get_close_matches(str(name), known, n=1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                raise OptionError(
                    f"There is no option '{name}'.{hint} The options are: {', '.join(known)}."
                )
        for option in _NAME_LISTS:
            if option in merged or option == "features":
                merged[option] = _read_names(option, merged.get(option))
        if not isinstance(merged.get("trims", {}), Mapping):
            raise OptionError(
                "trims is written as features and bounds, e.g. {income: [null, 600000]}; "
                f"found {merged['trims']!r}."
            )
        if isinstance(merged.get("k"), Mapping):
            merged["k"] = {name: _read_k(k) for name, k in merged["k"].items()}
        elif "k" in merged:
            merged["k"] = _read_k(merged["k"])
        return cls(**merged)

    def as_json(self) -> str:
        """Return the options as JSON text, keys sorted."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def fit_hash(self) -> str:
        """Return a hash of the options: another one means another fit."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:16]


_NAME_LISTS = ("features", "categorical_features", "compared_algorithms")


def _read_names(option: str, given: object) -> tuple[str, ...]:
    if given is not None and (isinstance(given, str) or not isinstance(given, Sequence)):
        raise OptionError(f"{option} is a list of names; found {given!r}.")
    return tuple(str(name) for name in given or ())


def _read_k(k: object) -> Any:
    return int(k) if isinstance(k, str) and k.isdigit() else k


def _one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise OptionError(f"{name} is {value!r}.{hint} It can be: {', '.join(allowed)}.")


def _bounds(name: str, bounds: object) -> None:
    pair = list(bounds) if isinstance(bounds, Sequence) and not isinstance(bounds, str) else []
    if len(pair) != 2 or not all(
        bound is None or (isinstance(bound, int | float) and not isinstance(bound, bool))
        for bound in pair
    ):
        raise OptionError(
            f"{name} is {bounds!r}. It is written as [lowest, highest], null where there is none."
        )
    if None not in pair and pair[0] > pair[1]:
        raise OptionError(f"{name} is {bounds!r}. The lowest comes first.")


def _whole_number(name: str, value: object, *, least: int, instead: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(
            f"{name} is {value!r}. It must be a whole number, {least} or more"
            + (f", {instead}." if instead else ".")
        )


def _number(name: str, value: object, *, least: float) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not least <= value < math.inf
    ):
        raise OptionError(f"{name} is {value!r}. It must be a number, {least:g} or more.")
