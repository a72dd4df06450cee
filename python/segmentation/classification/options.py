"""The options of a classifier, and the checks of their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from segmentation.classification.candidates import CANDIDATES
from segmentation.registry.gate_options import ClassifierGateOptions
from segmentation.registry.option_checks import LARGEST_SEED, names, number, one_of
from segmentation.registry.option_groups import OptionGroup, Options

LOG_LOSS, MACRO_F1 = "log_loss", "macro_f1"
CRITERIA = (LOG_LOSS, MACRO_F1)


@dataclass(frozen=True)
class FeatureOptions(OptionGroup):
    """What a segment is learned from.

    Attributes
    ----------
    features : tuple of str
        Columns of the frame, in the order in which ties between them are broken. Numbers and
        flags are taken as numbers, everything else as categories.
    ordered_categories : mapping of str to tuple of str
        Feature to its categories from lowest to highest; such a feature counts as a number, 1 for
        the lowest.
    """

    IS_FITTED: ClassVar = True
    NAME_LISTS: ClassVar = ("features",)

    features: tuple[str, ...] = ()
    ordered_categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """Return what is wrong with the names of columns, and with orders of categories."""
        problems = [] if self.features else ["features is empty. Name at least one column."]
        twice = sorted({name for name in self.features if self.features.count(name) > 1})
        if twice:
            problems.append(f"features names a column twice: {', '.join(twice)}.")
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


@dataclass(frozen=True)
class AlgorithmOptions(OptionGroup):
    """What learns, and from which rows.

    Attributes
    ----------
    candidates : tuple of str, optional
        Keys of :data:`segmentation.classification.candidates.CANDIDATES`; those installed unless
        given.
    exclude_shared_identities : bool
        Leave labelled rows of people who are among the prospects out of the training.
    seed : int
        Seed of every random choice.
    """

    IS_FITTED: ClassVar = True
    WHOLE_NUMBERS: ClassVar = {"seed": (0, LARGEST_SEED)}

    candidates: tuple[str, ...] | None = None
    exclude_shared_identities: bool = False
    seed: int = 0

    def problems(self) -> list[str]:
        """Return the problems of the candidates and of the numbers of rows."""
        problems = []
        if self.candidates is not None and not self.candidates:
            problems.append(f"candidates is empty. Name at least one of: {', '.join(CANDIDATES)}.")
        for name in self.candidates or ():
            problems += one_of("candidates", name, tuple(CANDIDATES), does="names")
        if not isinstance(self.exclude_shared_identities, bool):
            problems.append(
                f"exclude_shared_identities is {self.exclude_shared_identities!r}. "
                "It must be true or false."
            )
        return problems


@dataclass(frozen=True)
class ChoiceOptions(OptionGroup):
    """How candidates and their settings are judged, and one is chosen.

    Attributes
    ----------
    folds : int
        Of a cross-validation.
    repeats : int
        Of the grouped cross-validation, each with folds of its own. The ungrouped one, which is
        there for comparison, is done once.
    tuning_folds : int
        Folds on which the settings of a candidate are searched.
    tuning_rows : int
        Most labelled rows that take part in that search.
    judged_rows : int
        Most labelled rows that candidates are judged on, drawn at random; the winner learns from
        all.
    criterion : str
        What candidates are compared by: ``"log_loss"``, the right one for probabilities and sums
        of them, or ``"macro_f1"``, which weighs small and large segments alike.
    """

    IS_FITTED: ClassVar = True
    WHOLE_NUMBERS: ClassVar = {
        "folds": (2, 100),
        "repeats": (1, 100),
        "tuning_folds": (2, 100),
        "tuning_rows": (100, 1_000_000),
        "judged_rows": (100, 1_000_000),
    }

    folds: int = 5
    repeats: int = 2
    tuning_folds: int = 3
    tuning_rows: int = 4_000
    judged_rows: int = 10_000
    criterion: str = LOG_LOSS

    def problems(self) -> list[str]:
        """Return what is wrong with the criterion."""
        return one_of("criterion", self.criterion, CRITERIA)


@dataclass(frozen=True)
class ReportOptions(OptionGroup):
    """What is reported of a fit, and warned of: it changes no choice.

    Attributes
    ----------
    importance_repeats : int
        Shuffles of each feature on each held-out fold.
    leak_gap : float
        Largest believable excess of a candidate's ungrouped accuracy over its grouped one.
    leak_accuracy : float
        From this grouped accuracy on, a candidate is too good to be believed unread.
    """

    IS_FITTED: ClassVar = False
    WHOLE_NUMBERS: ClassVar = {"importance_repeats": (1, 1_000)}

    importance_repeats: int = 3
    leak_gap: float = 0.05
    leak_accuracy: float = 0.99

    def problems(self) -> list[str]:
        """Return what is wrong with the bounds."""
        return [
            *number("leak_gap", self.leak_gap, least=0.0, most=1.0),
            *number("leak_accuracy", self.leak_accuracy, least=0.0, most=1.0),
        ]


@dataclass(frozen=True)
class ClassifierOptions(
    Options,
    ClassifierGateOptions,
    ReportOptions,
    ChoiceOptions,
    AlgorithmOptions,
    FeatureOptions,
):
    """How the segment that a person will join is learned, chosen and reported."""

    OF: ClassVar = "a classifier"
    EXAMPLE: ClassVar = "{folds: 5}"

    @classmethod
    def _read(cls, values: dict[str, Any]) -> list[str]:
        problems: list[str] = []
        if values.get("candidates") is not None:
            values["candidates"], problems = names("candidates", values["candidates"])
        values["ordered_categories"], wrong = _ordered(values.get("ordered_categories", {}))
        return problems + wrong


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
