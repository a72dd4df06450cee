"""The options of a clustering: all groups together, and what holds between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from segmentation.clustering import ALGORITHMS
from segmentation.clustering.gamma import HALF_MEAN_DEVIATION
from segmentation.clustering.naming_options import NamingOptions, StateOptions
from segmentation.clustering.preparation_options import FeatureOptions, PreparationOptions
from segmentation.clustering.search_options import AlgorithmOptions, ComparisonOptions, KOptions
from segmentation.registry.gate_options import GateOptions
from segmentation.registry.option_groups import Options


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
