"""Preparing features: scikit-learn's conventions, and the same numbers in NumPy and in SQL."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.numbers import (
    MAX_ABSOLUTE_VALUE,
    OUTLIER_RULES,
    SCALINGS,
    TRANSFORMS,
    restored,
    transformed,
)
from segmentation.features.preprocessor import FeaturePreprocessor
from segmentation.scoring.columns import bounded_expression, scaled_expression
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

BOUNDS = Path(__file__).parents[4] / "macros" / "contract" / "bounds.sql"


@parametrize_with_checks(
    [
        FeaturePreprocessor(),
        FeaturePreprocessor(outliers="clip", transformation="log", scaling="min_max"),
        FeaturePreprocessor(outliers="drop", transformation="yeo_johnson", scaling="none"),
    ]
)
def test_keeps_to_scikit_learns_conventions(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def skewed() -> np.ndarray:
    random = np.random.default_rng(3)
    return np.column_stack([random.lognormal(3, 1, 500), random.normal(-5, 2, 500)])


def test_standard_scaling_is_that_of_scikit_learn(skewed: np.ndarray) -> None:
    np.testing.assert_allclose(
        FeaturePreprocessor().fit_transform(skewed),
        StandardScaler().fit_transform(skewed),
        rtol=1e-12,
        atol=1e-12,
    )


def test_min_max_scaling_is_that_of_scikit_learn(skewed: np.ndarray) -> None:
    np.testing.assert_allclose(
        FeaturePreprocessor(scaling="min_max").fit_transform(skewed),
        MinMaxScaler().fit_transform(skewed),
        rtol=1e-12,
        atol=1e-12,
    )


def test_yeo_johnson_is_that_of_scikit_learn(skewed: np.ndarray) -> None:
    np.testing.assert_allclose(
        FeaturePreprocessor(transformation="yeo_johnson").fit_transform(skewed),
        PowerTransformer().fit_transform(skewed),
        rtol=1e-9,
        atol=1e-9,
    )


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20),
    st.floats(-3, 5).filter(lambda power: abs(power) > 1e-3 and abs(power - 2) > 1e-3),
)
def test_any_yeo_johnson_power_is_that_of_scipy(values: list[float], power: float) -> None:
    x = np.array(values)
    ours = transformed(x, "yeo_johnson", power)
    scipys = stats.yeojohnson(x, lmbda=power)
    # Ours is written with pow() as the engine's is; SciPy goes through log1p and expm1.
    np.testing.assert_allclose(ours, scipys, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_a_transform_can_be_undone(transform: str, power: float) -> None:
    x = np.array([-250.0, -1.0, 0.0, 0.5, 1.0, 99.0])
    np.testing.assert_allclose(
        restored(transformed(x, transform, power), transform, power), x, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_missing_and_infinite_values_take_the_median(bad: float) -> None:
    prepared = FeaturePreprocessor(scaling="none").fit(np.array([[1.0], [2.0], [9.0], [bad]]))
    assert prepared.transform(np.array([[bad]])) == [[2.0]]


def test_clipping_takes_tukeys_bounds() -> None:
    values = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [1000.0]])
    prepared = FeaturePreprocessor(outliers="clip", scaling="none").fit(values)
    first, third = np.quantile(values, [0.25, 0.75])
    assert prepared.transform(np.array([[1000.0]]))[0, 0] == third + 1.5 * (third - first)
    assert prepared.transform(np.array([[-1000.0]]))[0, 0] == first - 1.5 * (third - first)


def test_dropped_outliers_are_in_no_statistic_and_still_scaled() -> None:
    values = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [1000.0]])
    prepared = FeaturePreprocessor(outliers="drop").fit(values)
    assert prepared.inliers(values).tolist() == [True] * 5 + [False]
    np.testing.assert_allclose(prepared.transform(values)[:5].mean(), 0.0, atol=1e-12)
    assert prepared.transform(values)[5, 0] > 100


def test_a_wrong_rule_lists_the_right_ones() -> None:
    with pytest.raises(ValueError, match="It can be: none, clip, winsorize, drop"):
        FeaturePreprocessor(outliers="remove").fit(np.ones((3, 1)))


def test_names_of_columns_are_kept() -> None:
    frame = pd.DataFrame({"spend": [1.0, 2.0, 3.0], "age": [1.0, 5.0, 9.0]})
    prepared = FeaturePreprocessor().fit(frame)
    assert [feature.name for feature in prepared.features_] == ["spend", "age"]
    assert prepared.get_feature_names_out().tolist() == ["spend", "age"]


@functools.cache
def fitted_to_spends(**options: str) -> FeaturePreprocessor:
    spends = pd.DataFrame({"spend": np.random.default_rng(1).lognormal(3, 1, 200)})
    return FeaturePreprocessor(**options).fit(spends)


@pytest.mark.long
@given(
    values=st.lists(
        st.one_of(
            st.none(),
            st.floats(allow_nan=True, allow_infinity=True),
            st.floats(-1000, 1000),
        ),
        min_size=1,
        max_size=30,
    ),
    outliers=st.sampled_from(OUTLIER_RULES),
    transformation=st.sampled_from(TRANSFORMS),
    scaling=st.sampled_from(SCALINGS),
)
def test_sql_prepares_a_value_as_numpy_does(
    connection_of_examples: duckdb.DuckDBPyConnection,
    values: list[float | None],
    outliers: str,
    transformation: str,
    scaling: str,
) -> None:
    fitted = fitted_to_spends(outliers=outliers, transformation=transformation, scaling=scaling)
    # Arrow keeps null and NaN apart.
    spends = pa.array(values, pa.float64())
    connection_of_examples.register(
        "t", pa.table({"position": range(len(values)), "spend": spends})
    )
    feature = fitted.features_[0]
    bounded = bounded_expression(DuckDBEngine(connection_of_examples), feature)
    expression = scaled_expression(bounded, feature)
    found = connection_of_examples.execute(
        f"select {expression} from t order by position"
    ).fetchall()
    raw = np.array([np.nan if value is None else value for value in values])
    expected = fitted.transform(pd.DataFrame({"spend": raw}))[:, 0]
    assert np.isfinite(expected).all()
    np.testing.assert_allclose([row[0] for row in found], expected, rtol=1e-12, atol=1e-12)


def test_sql_has_the_same_largest_value() -> None:
    body = BOUNDS.read_text(encoding="utf-8").split("macro largest_amount()")[1]
    found = re.search(r"return\((\d+)\)", body)
    assert found
    assert int(found[1]) == MAX_ABSOLUTE_VALUE


def test_winsorizing_bounds_are_values_of_rows() -> None:
    """Two of 400 rows, the share of 0.5 %: a bound between rows would lie halfway to them."""
    spend = np.arange(400.0)[:, None]
    spend[[100, 200]] = 1e9
    assert FeaturePreprocessor(outliers="winsorize").fit(spend).features_[0].upper == 399.0
    spend[[100, 200]] = -1e9
    assert FeaturePreprocessor(outliers="winsorize").fit(spend).features_[0].lower == 0.0
