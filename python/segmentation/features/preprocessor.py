"""Prepares a numeric column: missing values, outliers, transform, scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import PowerTransformer
from sklearn.utils.validation import check_is_fitted, validate_data

from segmentation.features.arrays import Matrix
from segmentation.features.numbers import (
    LARGEST_POWER,
    MAX_ABSOLUTE_VALUE,
    OUTLIER_RULES,
    SCALINGS,
    TRANSFORMS,
    PreparedFeature,
    transformed,
)


class FeaturePreprocessor(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Impute, clip, transform and scale numeric features.

    Null, NaN and infinite values take the median of the column's finite values, or 0 if there are
    none. All statistics come from the rows of the fit.

    Parameters
    ----------
    outliers : {"none", "clip", "winsorize", "drop"}
        See :class:`segmentation.clustering.options.SegmentationOptions`. ``"clip"`` and
        ``"winsorize"`` bound values before anything else is estimated, and when they are
        transformed. ``"drop"`` excludes the outlying rows from the statistics; :meth:`inliers`
        returns the others.
    outlier_factor : float
        In interquartile ranges.
    winsorized_share : float
        Share of the rows at either end that ``"winsorize"`` bounds (Tukey, 1962).
    floors : sequence of (float or None), optional
        For each feature the least value that counts: a lower one is taken as this value.
    transformation : {"none", "log", "yeo_johnson"} or sequence of these
        Transform of skewed values; a sequence has one for each feature.
    scaling : {"none", "standard", "min_max"}
        ``"standard"``: mean 0 and standard deviation 1. ``"min_max"``: from 0 to 1.

    Attributes
    ----------
    features_ : list of PreparedFeature, length n_features
        The fitted numbers.
    bounds_ : ndarray of shape (2, n_features)
        Lower and upper bound beyond which a value is an outlier.
    n_features_in_ : int
        Columns seen in fit.
    feature_names_in_ : ndarray of str
        Their names, if they had any.
    """

    def __init__(
        self,
        outliers: str = "none",
        outlier_factor: float = 1.5,
        transformation: str | Sequence[str] = "none",
        scaling: str = "standard",
        winsorized_share: float = 0.005,
        floors: Sequence[float | None] | None = None,
    ) -> None:
        self.outliers = outliers
        self.outlier_factor = outlier_factor
        self.winsorized_share = winsorized_share
        self.floors = floors
        self.transformation = transformation
        self.scaling = scaling

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Learn fill values, bounds, powers, centers and scales.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            NaN and infinities are missing values.
        y : ignored

        Raises
        ------
        ValueError
            If a parameter has an impossible value.
        """
        raw = validate_data(self, X, dtype=np.float64, ensure_all_finite=False)
        rules = self.transformation
        transformations = [rules] * raw.shape[1] if isinstance(rules, str) else list(rules)
        for name, given, allowed in (
            ("outliers", [self.outliers], OUTLIER_RULES),
            ("transformation", transformations, TRANSFORMS),
            ("scaling", [self.scaling], SCALINGS),
        ):
            for value in given:
                if value not in allowed:
                    raise ValueError(f"{name} is {value!r}. It can be: {', '.join(allowed)}.")
        floors = list(self.floors or [None] * raw.shape[1])
        for name, listed in (("transformation", transformations), ("floors", floors)):
            if len(listed) != raw.shape[1]:
                raise ValueError(f"{name} has {len(listed)} entries for {raw.shape[1]} features.")
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(raw.shape[1])])
        fills = np.array([_median(column) for column in raw.T])
        filled = np.clip(
            np.where(np.isfinite(raw), raw, fills), -MAX_ABSOLUTE_VALUE, MAX_ABSOLUTE_VALUE
        )
        least = np.array([-MAX_ABSOLUTE_VALUE if floor is None else floor for floor in floors])
        filled = np.maximum(filled, least)
        self.bounds_ = (
            _winsorizing_bounds(filled, self.winsorized_share)
            if self.outliers == "winsorize"
            else _tukey_bounds(filled, self.outlier_factor)
        )
        lower, upper = least, np.full(len(least), MAX_ABSOLUTE_VALUE)
        if self.outliers in ("clip", "winsorize"):
            lower, upper = np.maximum(self.bounds_, least)
        kept = np.clip(filled, lower, upper)
        if self.outliers == "drop":
            kept = kept[_inside(filled, self.bounds_)]
        scales = [
            _power_center_and_scale(kept[:, j], transformations[j], self.scaling)
            for j in range(raw.shape[1])
        ]
        self.features_ = [
            PreparedFeature(
                name=str(names[j]),
                fill=float(fills[j]),
                lower=float(lower[j]),
                upper=float(upper[j]),
                transform=transformations[j],
                power=power,
                center=center,
                scale=scale,
            )
            for j, (power, center, scale) in enumerate(scales)
        ]
        return self

    def transform(self, X: Any) -> Matrix:
        """Return scaled features, shape (n_samples, n_features), all finite."""
        check_is_fitted(self)
        raw = validate_data(self, X, dtype=np.float64, ensure_all_finite=False, reset=False)
        return np.column_stack(
            [feature.scaled(raw[:, j]) for j, feature in enumerate(self.features_)]
        )

    def inverse_transform(self, X: Any) -> Matrix:
        """Return scaled features, shape (n_samples, n_features), in their own units."""
        check_is_fitted(self)
        scaled = np.asarray(X, dtype=np.float64)
        return np.column_stack(
            [feature.unscaled(scaled[:, j]) for j, feature in enumerate(self.features_)]
        )

    def inliers(self, X: Any) -> NDArray[np.bool_]:
        """Return which rows, shape (n_samples,), lie within the bounds on every feature."""
        check_is_fitted(self)
        raw = validate_data(self, X, dtype=np.float64, ensure_all_finite=False, reset=False)
        fills = np.array([feature.fill for feature in self.features_])
        return _inside(np.where(np.isfinite(raw), raw, fills), self.bounds_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _median(column: Matrix) -> float:
    finite = column[np.isfinite(column)]
    return float(np.median(finite)) if finite.size else 0.0


def _winsorizing_bounds(values: Matrix, share: float) -> Matrix:
    """Return values of the rows: one between two rows could lie as far out as the farther one."""
    lower = np.quantile(values, share, axis=0, method="higher")
    upper = np.quantile(values, 1 - share, axis=0, method="lower")
    return np.vstack([lower, np.maximum(lower, upper)])


def _tukey_bounds(values: Matrix, factor: float) -> Matrix:
    first, third = np.quantile(values, (0.25, 0.75), axis=0)
    reach = factor * (third - first)
    return np.vstack([first - reach, third + reach])


def _inside(values: Matrix, bounds: Matrix) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = ((values >= bounds[0]) & (values <= bounds[1])).all(axis=1)
    return inside


def _power_center_and_scale(
    values: Matrix, transformation: str, scaling: str
) -> tuple[float, float, float]:
    power = 1.0
    if transformation == "yeo_johnson" and np.ptp(values) > 0:
        fitted = PowerTransformer(method="yeo-johnson", standardize=False).fit(values[:, None])
        power = float(np.clip(fitted.lambdas_[0], 2 - LARGEST_POWER, LARGEST_POWER))
    shaped = transformed(values, transformation, power)
    center, scale = 0.0, 1.0
    if scaling == "standard":
        center, scale = float(shaped.mean()), float(shaped.std())
    elif scaling == "min_max":
        center, scale = float(shaped.min()), float(np.ptp(shaped))
    if not scale > 0 or np.ptp(shaped) == 0:
        scale = 1.0
    return power, center, scale
