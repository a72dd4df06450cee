"""The options of a classifier: what may be set, to what, and what is said when it is wrong."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from segmentation.classification.candidates import CANDIDATES
from segmentation.registry.option_checks import (
    LARGEST_SEED,
    OptionError,
    known_options,
    names,
    names_and_values,
    number,
    one_of,
    whole_number,
)


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
        problems = [] if self.features else ["features is empty. Name at least one column."]
        twice = sorted({name for name in self.features if self.features.count(name) > 1})
        if twice:
            problems.append(f"features names a column twice: {', '.join(twice)}.")
        if self.candidates is not None and not self.candidates:
            problems.append(f"candidates is empty. Name at least one of: {', '.join(CANDIDATES)}.")
        for name in self.candidates or ():
            problems += one_of("candidates", name, tuple(CANDIDATES), does="names")
        problems += self._wrong_ordered_categories()
        for name, (least, most) in _WHOLE_NUMBERS.items():
            problems += whole_number(name, getattr(self, name), least, most)
        for name in ("leak_gap", "leak_accuracy"):
            problems += number(name, getattr(self, name), least=0.0, most=1.0)
        if not isinstance(self.exclude_shared_identities, bool):
            problems.append(
                f"exclude_shared_identities is {self.exclude_shared_identities!r}. "
                "It must be true or false."
            )
        if problems:
            raise OptionError(*problems)

    def _wrong_ordered_categories(self) -> list[str]:
        problems = []
        for name, categories in self.ordered_categories.items():
            if name not in self.features:
                problems.append(
                    f"ordered_categories names {name!r}, which is not one of the features: "
                    f"{', '.join(self.features)}."
                )
            if len(categories) < 2 or len(set(categories)) < len(categories):
                problems.append(
                    f"ordered_categories of {name} is {list(categories)!r}. "
                    "Name at least two categories, lowest first, each once."
                )
        return problems

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
            If a name is unknown or a value is not possible; the message lists all that is wrong,
            and the right ones.
        """
        problems = [
            *names_and_values(settings, "settings of a classifier", "{folds: 5}"),
            *names_and_values(overrides or {}, "overrides of a classifier", "{folds: 5}"),
        ]
        if problems:
            raise OptionError(*problems)
        merged: dict[str, Any] = {**settings, **(overrides or {})}
        known = [field.name for field in dataclasses.fields(cls)]
        problems += known_options(merged, known)
        values = {name: value for name, value in merged.items() if name in known}
        values["features"], wrong = names("features", values.get("features"))
        problems += wrong
        if values.get("candidates") is not None:
            values["candidates"], wrong = names("candidates", values["candidates"])
            problems += wrong
        values["ordered_categories"], wrong = _ordered(values.get("ordered_categories", {}))
        problems += wrong
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
    "folds": (2, 100),
    "repeats": (1, 100),
    "tuning_folds": (2, 100),
    "tuning_rows": (100, 1_000_000),
    "importance_repeats": (1, 1_000),
    "seed": (0, LARGEST_SEED),
}


def _ordered(given: object) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Read features and their ordered categories; those that cannot be read are left out."""
    if not isinstance(given, Mapping):
        return {}, [
            "ordered_categories is written as features and lists, lowest first, "
            f"e.g. {{spending_level: [Low, Average, High]}}; found {given!r}."
        ]
    ordered, problems = {}, []
    for name, categories in given.items():
        read, wrong = names(f"ordered_categories of {name}", categories)
        problems += wrong
        if not wrong:
            ordered[str(name)] = read
    return ordered, problems
