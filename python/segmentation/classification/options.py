"""The options of a classifier: what may be set, to what, and what is said when it is wrong."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from segmentation.classification.candidates import CANDIDATES
from segmentation.options import OptionError


@dataclass(frozen=True)
class ClassifierOptions:
    """How the segment that a person will join is learnt.

    Attributes
    ----------
    features : tuple of str
        Columns of the frame, in the order in which ties between them are broken. Numbers and
        flags are taken as numbers, everything else as categories.
    ordered_categories : mapping of str to tuple of str
        Feature to its categories from lowest to highest; such a feature counts as a number, 1 for
        the lowest.
    candidates : tuple of str, optional
        Keys of :data:`segmentation.classification.candidates.CANDIDATES`; those installed unless
        given.
    folds : int
        Of a cross-validation.
    repeats : int
        Of the grouped cross-validation, each with folds of its own. The ungrouped one, which is
        there for comparison, is done once.
    tuning_folds : int
        Folds on which the settings of a candidate are searched.
    tuning_rows : int
        Most labelled rows that take part in that search.
    importance_repeats : int
        Shuffles of each feature on each held-out fold.
    exclude_shared_identities : bool
        Leave labelled rows of people who are among the prospects out of the training.
    leak_gap : float
        Largest believable excess of a candidate's ungrouped accuracy over its grouped one.
    leak_accuracy : float
        From this grouped accuracy on, a candidate is too good to be believed unread.
    seed : int
        Seed of every random choice.
    """

    features: tuple[str, ...]
    ordered_categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    candidates: tuple[str, ...] | None = None
    folds: int = 5
    repeats: int = 2
    tuning_folds: int = 3
    tuning_rows: int = 4_000
    importance_repeats: int = 3
    exclude_shared_identities: bool = False
    leak_gap: float = 0.05
    leak_accuracy: float = 0.99
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.features:
            raise OptionError("features is empty. Name at least one column of the frame.")
        twice = sorted({name for name in self.features if self.features.count(name) > 1})
        if twice:
            raise OptionError(f"features names a column twice: {', '.join(twice)}.")
        if self.candidates is not None:
            if not self.candidates:
                raise OptionError(
                    f"candidates is empty. Name at least one of: {', '.join(CANDIDATES)}."
                )
            for name in self.candidates:
                _one_of("candidates", name, tuple(CANDIDATES))
        self._check_ordered_categories()
        for name, least in (
            ("folds", 2),
            ("repeats", 1),
            ("tuning_folds", 2),
            ("tuning_rows", 100),
            ("importance_repeats", 1),
            ("seed", 0),
        ):
            _whole_number(name, getattr(self, name), least)
        for name in ("leak_gap", "leak_accuracy"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise OptionError(f"{name} is {value!r}. It must be a number from 0 to 1.")
        if not isinstance(self.exclude_shared_identities, bool):
            raise OptionError(
                f"exclude_shared_identities is {self.exclude_shared_identities!r}. "
                "It must be true or false."
            )

    def _check_ordered_categories(self) -> None:
        for name, categories in self.ordered_categories.items():
            if name not in self.features:
                raise OptionError(
                    f"ordered_categories names {name!r}, which is not one of the features: "
                    f"{', '.join(self.features)}."
                )
            if len(categories) < 2 or len(set(categories)) < len(categories):
                raise OptionError(
                    f"ordered_categories of {name} is {list(categories)!r}. "
                    "Name at least two categories, lowest first, each once."
                )

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
    ) -> ClassifierOptions:
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
                    f"The {source} of a classifier are written as names and values, "
                    f"e.g. {{folds: 5}}; found {given!r}."
                )
        merged = {**settings, **(overrides or {})}
        known = [field.name for field in dataclasses.fields(cls)]
        for name in merged:
            if name not in known:
                near = difflib.get_close_matches(str(name), known, n=1)
                hint = f" Did you mean '{near[0]}'?" if near else ""
                raise OptionError(
                    f"There is no option '{name}'.{hint} The options are: {', '.join(known)}."
                )
        merged["features"] = _names("features", merged.get("features", ()))
        if merged.get("candidates") is not None:
            merged["candidates"] = _names("candidates", merged["candidates"])
        ordered = merged.get("ordered_categories", {})
        if not isinstance(ordered, Mapping):
            raise OptionError(
                "ordered_categories is written as features and lists, lowest first, "
                f"e.g. {{spending_level: [Low, Average, High]}}; found {ordered!r}."
            )
        merged["ordered_categories"] = {
            str(name): _names(f"ordered_categories of {name}", categories)
            for name, categories in ordered.items()
        }
        return cls(**merged)

    def as_json(self) -> str:
        """Return the options as JSON text, keys sorted."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def fit_hash(self) -> str:
        """Return a hash of the options: another one means another fit."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:16]


def _names(option: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise OptionError(f"{option} is a list of names; found {value!r}.")
    return tuple(str(name) for name in value)


def _one_of(option: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise OptionError(f"{option} names {value!r}.{hint} It can name: {', '.join(allowed)}.")


def _whole_number(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OptionError(f"{name} is {value!r}. It must be a whole number, {least} or more.")
