"""Options about how segments are searched for: the algorithm, their number, the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from segmentation.clustering import ALGORITHMS
from segmentation.clustering.gamma import AUTO, GAMMA_RULES
from segmentation.registry.option_checks import (
    LARGEST_SEED,
    MOST_SEGMENTS,
    number,
    one_of,
    whole_number,
)
from segmentation.registry.option_groups import OptionGroup

# The package kmodes runs the algorithm that kprototypes runs, and a hundred times as long.
COMPARED_ALGORITHMS = tuple(name for name in ALGORITHMS if name != "kmodes")


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
