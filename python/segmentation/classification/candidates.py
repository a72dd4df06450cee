"""The candidate classifiers, the simplest first.

**Order of simplicity.** A fitted candidate is simpler if it consists of fewer numbers: they must be
stored, they determine the cost of scoring a person, and a reviewer would have to read them. On
8,000 rows, nine features and four segments, a logistic regression has about 100 coefficients, and
small boosted trees have a few thousand leaves. Of the boosted ones, scikit-learn's plain one comes
first, because it splits at the values themselves; the histogram one also stores bins; XGBoost is
one more library. A random forest, whose trees grow to leaves of 5 or 10 rows, has some hundred
thousand numbers and comes last, although its idea is simple.

**Depth.** Trees of default depth memorise rows (a default random forest has an accuracy of 0.49,
one with leaves of 5 rows 0.54), so every grid holds small trees only.

scikit-learn is imported where a pipeline is made: options name candidates, and need none.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from segmentation.classification.features import CATEGORY, FeatureColumn
from segmentation.registry.option_checks import OptionError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

# Code of a missing category: a category of its own, if the fit has seen any.
MISSING = -2.0


@dataclass(frozen=True)
class Candidate:
    """A candidate classifier.

    Attributes
    ----------
    name : str
        Its name in options and marts.
    make : callable
        ``(seed, **setting) -> classifier``.
    grid : tuple of mapping
        The settings to search.
    scaled : bool
        Whether numbers are standardised first.
    needs : str
        An optional package; empty if it needs none.
    """

    name: str
    make: Callable[..., Any]
    grid: tuple[Mapping[str, Any], ...] = field(hash=False)
    scaled: bool = False
    needs: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether the package that it needs is installed."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None

    def pipeline(
        self, columns: Sequence[FeatureColumn], seed: int, setting: Mapping[str, Any]
    ) -> Pipeline:
        """Return an unfitted pipeline: imputation, encoding, classifier.

        It takes the matrix of :func:`segmentation.classification.features.as_matrix` and classes
        numbered from 0. A missing number takes the median. A missing category is a category of its
        own. An unseen category is none of the known ones.
        """
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

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
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1_000, random_state=seed, **setting)


def _gradient_boosting(seed: int, **setting: Any) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(
        n_estimators=60, max_features=0.5, min_samples_leaf=20, random_state=seed, **setting
    )


def _hist_gradient_boosting(seed: int, **setting: Any) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    # Early stopping would hold out random rows and split the rows of a person.
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
    from sklearn.ensemble import RandomForestClassifier

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
        Their names; all installed candidates unless given.

    Raises
    ------
    OptionError
        If a named candidate needs a package that is not installed.
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
