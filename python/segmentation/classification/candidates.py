"""The candidates: what can learn a segment, from the simplest to the most intricate.

**Order of simplicity.** A candidate is simpler the fewer numbers it is made of once it is fitted:
that is what has to be stored, what scoring a person costs, and what somebody would have to read to
check it. On 8,000 rows, nine features and four segments that is about 100 coefficients for a
logistic regression, and a few thousand leaves for boosted trees kept small. Among the boosted ones,
scikit-learn's plain one comes first, for it splits at values as they are; the histogram one also
keeps bins; XGBoost is one more library. A random forest, whose trees are grown until leaves of
5 or 10 rows, has some hundred thousand numbers and comes last, simple as its idea is.

**Depth.** Trees of default depth learn rows by heart (a default random forest has 0.49 accuracy
where one with leaves of 5 rows has 0.54): every grid holds small trees alone.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from segmentation.classification.features import CATEGORY, FeatureColumn
from segmentation.registry.option_checks import OptionError

# What stands for a missing category: a category of its own, where the fit has seen any.
MISSING = -2.0


@dataclass(frozen=True)
class Candidate:
    """A kind of classifier.

    Attributes
    ----------
    name : str
        As options and marts name it.
    make : callable
        ``(seed, **setting) -> classifier``.
    grid : tuple of mapping
        The settings that are searched.
    scaled : bool
        Whether numbers are standardised first.
    needs : str
        A package that is not always installed; empty where there is none.
    """

    name: str
    make: Callable[..., Any]
    grid: tuple[Mapping[str, Any], ...] = field(hash=False)
    scaled: bool = False
    needs: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether what it needs is there."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None

    def pipeline(
        self, columns: Sequence[FeatureColumn], seed: int, setting: Mapping[str, Any]
    ) -> Pipeline:
        """Return an unfitted pipeline: imputation, encoding, classifier.

        It takes the matrix of :func:`segmentation.classification.features.as_matrix` and classes
        numbered from 0. Numbers take the median where they are missing; a missing category is a
        category of its own; one that the fit has not seen is none of those it has.
        """
        numbers = [j for j, column in enumerate(columns) if column.kind != CATEGORY]
        categories = [j for j, column in enumerate(columns) if column.kind == CATEGORY]
        of_numbers: list[tuple[str, Any]] = [
            ("impute", SimpleImputer(strategy="median", keep_empty_features=True))
        ]
        if self.scaled:
            of_numbers.append(("scale", StandardScaler()))
        of_categories = [
            (
                "impute",
                SimpleImputer(strategy="constant", fill_value=MISSING, keep_empty_features=True),
            ),
            ("encode", OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
        ]
        prepare = ColumnTransformer(
            [
                ("numbers", Pipeline(of_numbers), numbers),
                ("categories", Pipeline(of_categories), categories),
            ]
        )
        return Pipeline([("prepare", prepare), ("classify", self.make(seed, **setting))])


def _logistic_regression(seed: int, **setting: Any) -> Any:
    return LogisticRegression(max_iter=1_000, random_state=seed, **setting)


def _gradient_boosting(seed: int, **setting: Any) -> Any:
    return GradientBoostingClassifier(
        n_estimators=60, max_features=0.5, min_samples_leaf=20, random_state=seed, **setting
    )


def _hist_gradient_boosting(seed: int, **setting: Any) -> Any:
    # Early stopping would hold rows out at random, whoever they belong to.
    return HistGradientBoostingClassifier(early_stopping=False, random_state=seed, **setting)


def _xgboost(seed: int, **setting: Any) -> Any:
    from xgboost import XGBClassifier

    return XGBClassifier(
        n_estimators=60,
        learning_rate=0.1,
        tree_method="hist",
        n_jobs=1,
        random_state=seed,
        **setting,
    )


def _random_forest(seed: int, **setting: Any) -> Any:
    return RandomForestClassifier(n_estimators=100, n_jobs=1, random_state=seed, **setting)


CANDIDATES: dict[str, Candidate] = {
    candidate.name: candidate
    for candidate in (
        Candidate(
            "logistic_regression", _logistic_regression, ({"C": 0.1}, {"C": 1.0}), scaled=True
        ),
        Candidate("gradient_boosting", _gradient_boosting, ({"max_depth": 3}, {"max_depth": 4})),
        Candidate(
            "hist_gradient_boosting",
            _hist_gradient_boosting,
            ({"max_leaf_nodes": 8, "max_iter": 60}, {"max_leaf_nodes": 15, "max_iter": 50}),
        ),
        Candidate(
            "xgboost",
            _xgboost,
            (
                {"max_depth": 3},
                {
                    "max_depth": 4,
                    "min_child_weight": 5,
                    "subsample": 0.8,
                    "colsample_bytree": 0.5,
                },
            ),
            needs="xgboost",
        ),
        Candidate(
            "random_forest", _random_forest, ({"min_samples_leaf": 5}, {"min_samples_leaf": 10})
        ),
    )
}


def chosen_candidates(names: Sequence[str] | None) -> list[Candidate]:
    """Return candidates, the simplest first.

    Parameters
    ----------
    names : sequence of str, optional
        Which; all that are installed unless given.

    Raises
    ------
    OptionError
        If one that is named needs a package that is not installed.
    """
    if names is None:
        return [candidate for candidate in CANDIDATES.values() if candidate.is_installed]
    chosen = [candidate for candidate in CANDIDATES.values() if candidate.name in names]
    for candidate in chosen:
        if not candidate.is_installed:
            raise OptionError(
                f"candidates names '{candidate.name}', which needs the package "
                f"'{candidate.needs}'. Install it, or leave the candidate out."
            )
    return chosen
