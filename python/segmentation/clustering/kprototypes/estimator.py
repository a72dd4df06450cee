"""K-Prototypes as a scikit-learn estimator, for tables with numbers and categories."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from segmentation.clustering.gamma import AUTO, GAMMA_RULES, HALF_MEAN_DEVIATION
from segmentation.clustering.kprototypes.distances import (
    Codes,
    Labels,
    dissimilarities,
    nearest_prototypes,
)
from segmentation.clustering.kprototypes.gamma_choice import gamma_from_data
from segmentation.clustering.kprototypes.input_checks import STARTS, checked_weights
from segmentation.clustering.kprototypes.search import PrototypeSearch, fit_prototypes
from segmentation.clustering.kprototypes.tables import (
    Categories,
    chosen_columns,
    decoded,
    encoded,
    numeric_column,
    refuse_large,
    sorted_categories,
)
from segmentation.features.arrays import Matrix

# A table of at most SMALL_TABLE rows has at least LEAST_STARTS starts.
SMALL_TABLE = 1_000
LEAST_STARTS = 5


class KPrototypes(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """Cluster rows of numbers and categories (Huang, 1998).

    A prototype is the mean of its rows' numbers and the most frequent category of each other
    column. The dissimilarity of a row is the squared Euclidean distance of the numbers plus
    `gamma` for each category that differs. How the prototypes are found, and the rules for ties,
    weights and empty clusters: :func:`segmentation.clustering.kprototypes.search.fit_prototypes`.

    Scale the numbers first: a squared difference has the square of their unit.

    A missing number takes the weighted median seen in fit (0 where there was none), a missing
    category the most frequent one seen in fit, of equally frequent ones the first in the order of
    `categories_`. A category not seen in fit differs from every mode.

    Parameters
    ----------
    n_clusters : int
        Number of clusters, k.
    n_init : int
        Restarts; the one with the lowest cost is kept. A table of at most 1,000 rows (by weight)
        has at least five, because they are fast and a single start often ends in a poor optimum.
        Given prototypes are one start.
    gamma : "auto", "half_mean_deviation" or float
        Cost of a category that differs. ``"auto"`` fits 0.5, 1, 1.5, 2, 3 and 4.5 times the mean
        variance of the numeric columns, and takes the one whose clusters have the highest
        classification log-likelihood, of equal ones the smallest:
        :func:`segmentation.clustering.kprototypes.gamma_choice.gamma_from_data`.
        ``"half_mean_deviation"`` (or None) takes half the mean of the standard deviations of the
        numeric columns, as the package kmodes does. Either is 1 if no numeric column varies.
    init : {"k-means++", "random"} or array-like of shape (k, n_features)
        How a restart begins; an array-like holds prototypes, its columns as in X.
    max_iter : int
        Most passes over the rows in one descent.
    tol : float
        A descent ends when a pass lowers the cost by no more than this share of it; 0 goes on
        until no row changes its cluster.
    random_state : int, RandomState or None
    categorical_features : "from_dtype", None, or array-like of str, int or bool
        Which columns hold categories. ``"from_dtype"``: those of a DataFrame whose type is string,
        object, category or boolean; an array has none. None: no column. Otherwise names, places,
        or a mask of length n_features.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (k, n_numeric)
        In the units of X, columns in their order there.
    modes_ : ndarray of object, shape (k, n_categorical)
    labels_ : ndarray of shape (n_samples,)
        Of the rows seen in fit; rows of weight 0 are labelled as by `predict`.
    cost_ : float
        Weighted sum of the dissimilarities between rows and their prototypes.
    gamma_ : float
        The gamma used.
    n_iter_ : int
        Passes in the descent that the prototypes come from.
    categories_ : list of ndarray of object
        Those seen in fit, one array per categorical column. Numbers come first, then other types
        by the type's name; values of a type are sorted, as text where they have no order. Equal
        values (``1`` and ``1.0``) are one category. A column without any holds None alone.
    is_categorical_ : ndarray of bool, shape (n_features,)
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Names of the columns, if they had any.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        n_init: int = 10,
        gamma: str | float | None = AUTO,
        init: str | ArrayLike = "k-means++",
        max_iter: int = 100,
        tol: float = 0.0,
        random_state: Any = None,
        categorical_features: str | ArrayLike | None = "from_dtype",
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.gamma = gamma
        self.init = init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.categorical_features = categorical_features

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:  # noqa: ARG002
        """Find the prototypes.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            NaN, None and NA are missing values; infinities are none.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            Not negative. A row of weight 2 counts as two rows, one of weight 0 as none.

        Raises
        ------
        ValueError
            If a parameter or a value of X is impossible.

        Warns
        -----
        ConvergenceWarning
            If there are fewer distinct rows than clusters.
        """
        columns = self._columns(X, reset=True)
        n = len(columns[0])
        weights = checked_weights(sample_weight, n)
        kept = slice(None) if weights is None else weights > 0
        positive = None if weights is None else weights[kept]

        raw = self._numbers(columns)
        self._fills = np.array([_weighted_median(column[kept], positive) for column in raw.T])
        self.categories_: list[Categories] = []
        columns_of_codes = []
        self._category_fills = np.zeros(int(self.is_categorical_.sum()), dtype=np.intp)
        for j, (name, values) in enumerate(self._categorical(columns)):
            of_kept = values[kept]
            categories = sorted_categories(of_kept, name)
            of_column = encoded(of_kept, categories, name)
            seen = of_column >= 0
            frequencies = np.bincount(
                of_column[seen],
                None if positive is None else positive[seen],
                minlength=len(categories),
            )
            self._category_fills[j] = frequencies.argmax()
            self.categories_.append(categories)
            columns_of_codes.append(np.where(seen, of_column, self._category_fills[j]))
        filled = self._filled(raw)
        codes = _stacked(columns_of_codes, len(filled[kept]))

        search = PrototypeSearch(
            gamma=self._gamma(filled[kept], codes, positive),
            n_init=self._starts(len(filled) if positive is None else float(positive.sum())),
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
            init=self._start(),
        )
        category_counts = [len(categories) for categories in self.categories_]
        found = fit_prototypes(
            filled[kept], codes, category_counts, self.n_clusters, search, positive
        )
        self.cluster_centers_ = found.centers
        self._mode_codes = found.modes
        self.modes_ = decoded(found.modes, self.categories_)
        self.gamma_ = found.gamma
        self.cost_ = found.cost
        self.n_iter_ = found.n_iter
        self._n_features_out = len(found.centers)
        self.labels_ = found.labels
        if weights is not None and not weights.all():
            self.labels_ = self._nearest(filled, self._codes(columns))
        used = len(np.unique(found.labels))
        if used < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({used}) found smaller than n_clusters "
                f"({self.n_clusters}). Possibly due to duplicate points in X.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X: Any) -> Labels:
        """Return the nearest prototype of each row, shape (n_samples,).

        Ties go to the lower number, and are the same here as where the engine scores:
        :func:`segmentation.clustering.kprototypes.distances.nearest_prototypes`.
        """
        return self._nearest(*self._seen(X))

    def transform(self, X: Any) -> Matrix:
        """Return the square root of the dissimilarity to each prototype, (n_samples, k)."""
        numbers, codes = self._seen(X)
        return np.sqrt(
            dissimilarities(numbers, codes, self.cluster_centers_, self._mode_codes, self.gamma_)
        )

    def score(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> float:  # noqa: ARG002
        """Return the negative cost of rows: higher is better."""
        numbers, codes = self._seen(X)
        weights = checked_weights(sample_weight, len(numbers))
        apart = dissimilarities(
            numbers, codes, self.cluster_centers_, self._mode_codes, self.gamma_
        ).min(axis=1)
        return -float((apart if weights is None else apart * weights).sum())

    def _nearest(self, numbers: Matrix, codes: Codes) -> Labels:
        return nearest_prototypes(
            numbers, codes, self.cluster_centers_, self._mode_codes, self.gamma_
        )

    def _seen(self, X: Any) -> tuple[Matrix, Codes]:
        check_is_fitted(self)
        columns = self._columns(X, reset=False)
        return self._filled(self._numbers(columns)), self._codes(columns)

    def _columns(self, X: Any, *, reset: bool) -> list[Any]:
        """Return the columns of X, numeric ones as float arrays; in fit, record which are which.

        Raises
        ------
        ValueError
            If X has no rows or columns, other columns than in fit, infinities, or text in a
            numeric column.
        """
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if not X.shape[0] or not X.shape[1]:
                check_array(np.empty(X.shape))
            if reset:
                self.is_categorical_ = chosen_columns(
                    self.categorical_features, list(X.dtypes), list(X.columns)
                )
            return [
                X.iloc[:, j] if categorical else numeric_column(X.iloc[:, j], str(X.columns[j]))
                for j, categorical in enumerate(self.is_categorical_)
            ]
        if reset:
            chosen = self.categorical_features
            mixed = chosen is not None and not (isinstance(chosen, str) and chosen == "from_dtype")
        else:
            mixed = bool(self.is_categorical_.any())
        if not mixed:
            table = validate_data(
                self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan"
            )
            if reset:
                self.is_categorical_ = chosen_columns(
                    self.categorical_features, [None] * table.shape[1]
                )
            refuse_large(table)
            return list(table.T)
        if np.iscomplexobj(np.asarray(X)):
            # As objects, complex numbers would be taken for categories; this raises.
            check_array(X)
        table = validate_data(self, X, reset=reset, dtype=object, ensure_all_finite=False)
        if reset:
            self.is_categorical_ = chosen_columns(
                self.categorical_features, [None] * table.shape[1]
            )
        return [
            table[:, j] if categorical else numeric_column(pd.Series(table[:, j]), f"x{j}")
            for j, categorical in enumerate(self.is_categorical_)
        ]

    def _numbers(self, columns: Sequence[Any]) -> Matrix:
        """Return the numeric columns, shape (n_samples, n_numeric), with NaN where missing."""
        chosen = [
            column
            for column, categorical in zip(columns, self.is_categorical_, strict=True)
            if not categorical
        ]
        return np.column_stack(chosen) if chosen else np.zeros((len(columns[0]), 0))

    def _categorical(self, columns: Sequence[Any]) -> list[tuple[str, Any]]:
        """Return names and values of the categorical columns."""
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(len(columns))])
        return [(str(names[j]), columns[j]) for j in np.flatnonzero(self.is_categorical_).tolist()]

    def _filled(self, numbers: Matrix) -> Matrix:
        return np.where(np.isnan(numbers), self._fills, numbers)

    def _codes(self, columns: Sequence[Any]) -> Codes:
        """Return codes, shape (n_samples, n_categorical); an unseen category has its own code."""
        columns_of_codes = []
        for j, (name, values) in enumerate(self._categorical(columns)):
            of_column = encoded(values, self.categories_[j], name)
            columns_of_codes.append(np.where(of_column >= 0, of_column, self._category_fills[j]))
        return _stacked(columns_of_codes, len(columns[0]))

    def _gamma(self, numbers: Matrix, codes: Codes, weights: Matrix | None) -> float | None:
        """Return the cost of a category that differs; None for half the mean deviation."""
        if self.gamma is None or not isinstance(self.gamma, str):
            return self.gamma
        if self.gamma not in GAMMA_RULES:
            raise ValueError(
                f"gamma is {self.gamma!r}. It is a number from 0, or {' or '.join(GAMMA_RULES)}."
            )
        if self.gamma == HALF_MEAN_DEVIATION:
            return None
        return gamma_from_data(
            numbers,
            codes,
            [len(categories) for categories in self.categories_],
            self.n_clusters,
            random_state=self.random_state,
            sample_weight=weights,
        )

    def _starts(self, rows: float) -> Any:
        is_number = isinstance(self.n_init, int | np.integer) and self.n_init >= 1
        return max(self.n_init, LEAST_STARTS) if is_number and rows <= SMALL_TABLE else self.n_init

    def _start(self) -> str | tuple[Matrix, Codes]:
        """Return how restarts begin: a name, or prototypes as arrays."""
        if isinstance(self.init, str):
            if self.init not in STARTS:
                raise ValueError(
                    f"init is {self.init!r}. It can be: {', '.join(STARTS)}, or prototypes."
                )
            return self.init
        if isinstance(self.init, pd.DataFrame):
            table = self.init.astype(object).to_numpy()
        else:
            table = check_array(self.init, dtype=object, ensure_all_finite=False)
        if table.shape != (self.n_clusters, self.n_features_in_):
            raise ValueError(
                f"init has shape {table.shape}. Needed is one row per cluster, columns as in X: "
                f"{(self.n_clusters, self.n_features_in_)}."
            )
        columns = [
            table[:, j] if categorical else numeric_column(pd.Series(table[:, j]), f"{j} of init")
            for j, categorical in enumerate(self.is_categorical_)
        ]
        codes = self._codes(columns)
        for j, (name, values) in enumerate(self._categorical(columns)):
            unseen = np.flatnonzero(codes[:, j] == len(self.categories_[j]))
            if len(unseen):
                raise ValueError(
                    f"init has the category {values[unseen[0]]!r} in column {name}. X does not."
                )
        return self._filled(self._numbers(columns)), codes

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _weighted_median(values: Matrix, weights: Matrix | None) -> float:
    """Return the median of known values, each as often as its weight says; 0 if there is none."""
    known = ~np.isnan(values)
    if not known.any():
        return 0.0
    if weights is None:
        return float(np.median(values[known]))
    order = np.argsort(values[known], kind="stable")
    ordered, cumulative = values[known][order], np.cumsum(weights[known][order])
    half = cumulative[-1] / 2
    last = len(ordered) - 1
    lower = ordered[min(int(np.searchsorted(cumulative, half, side="left")), last)]
    upper = ordered[min(int(np.searchsorted(cumulative, half, side="right")), last)]
    return float(lower / 2 + upper / 2)


def _stacked(columns: Sequence[Codes], n: int) -> Codes:
    return np.column_stack(columns) if columns else np.zeros((n, 0), dtype=np.intp)
