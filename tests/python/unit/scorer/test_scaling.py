"""Scaled numbers one by one: those of the features' own definition, and of the engine's."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.numbers import PreparedFeature
from segmentation.scorer.scaling import scaled_column, scaled_numbers
from segmentation.scoring.columns import bounded_expression, scaled_expression

FEATURES = [
    PreparedFeature("x", 4.0, -60.0, 1e6, "yeo_johnson", 0.21, 2.0, 0.7, factor=0.83),
    PreparedFeature("x", 4.0, -60.0, 1e6, "log", 1.0, 2.0, 0.3, factor=1.7),
    PreparedFeature("x", 4.0, -60.0, 1e6, "none", 1.0, 2.0, 0.3, factor=1.7),
    PreparedFeature("x", 3.0, -50.0, 1e6, "none", 1.0, 2.0, 5.0),
    PreparedFeature("x", -99.0, -50.0, 1e6, "log", 1.0, 2.0, 0.3),
    PreparedFeature("x", 3.0, -50.0, 1e15, "yeo_johnson", 0.21, 2.0, 0.7),
    PreparedFeature("x", 3.0, -1e15, 1e6, "yeo_johnson", 0.0, -1.0, 1.1),
    PreparedFeature("x", 3.0, -1e3, 1e3, "yeo_johnson", 2.0, 0.5, 1.1),
]


@pytest.mark.parametrize("feature", FEATURES)
@given(values=st.lists(st.floats(), max_size=20))
def test_as_the_feature_defines_them(feature: PreparedFeature, values: list[float]) -> None:
    found = scaled_numbers(feature, values)
    np.testing.assert_allclose(found, feature.scaled(np.array(values, float)), rtol=1e-12)


@pytest.mark.long
@pytest.mark.parametrize("feature", FEATURES)
@given(values=st.lists(st.floats(), max_size=20))
def test_many_at_once_are_equal_to_the_last_bit(
    feature: PreparedFeature, values: list[float]
) -> None:
    np.testing.assert_array_equal(
        scaled_column(feature, np.array(values, float)), scaled_numbers(feature, values)
    )


@pytest.mark.parametrize("feature", FEATURES)
def test_to_the_last_bit_as_the_engine(
    feature: PreparedFeature, connection: duckdb.DuckDBPyConnection
) -> None:
    values = np.random.default_rng(5).lognormal(2, 3, 2_000) * np.tile([1.0, -1.0], 1_000)
    connection.execute("create table people as select unnest($1) as x", [values.tolist()])
    bounded = bounded_expression(DuckDBEngine(connection), feature)
    scaled = scaled_expression("bounded", feature)
    rows = connection.sql(
        f"select x, {scaled} from (select x, {bounded} as bounded from people)"
    ).fetchall()
    assert scaled_numbers(feature, [x for x, _ in rows]) == [expected for _, expected in rows]
