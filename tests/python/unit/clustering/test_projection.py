"""Two dimensions: scikit-learn's principal components, a sign that is a rule, the same in SQL."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from mixed_customers import planted_customers, prepared_features, put, sample_of, with_gaps
from segmentation.clustering.projection import (
    embedded_prototypes,
    fit_projection,
    projection_expressions,
)
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.mixed_sample import MixedSample, numbers_only
from segmentation.scoring.columns import scaled_table
from sklearn.decomposition import PCA


@pytest.fixture(scope="module")
def sample() -> MixedSample:
    frame = planted_customers()
    return sample_of(frame, prepared_features(frame))


def test_components_are_those_of_scikit_learn(sample: MixedSample) -> None:
    found = fit_projection(sample)
    oracle = PCA(2).fit(sample.embedded)
    loadings = np.array([found.x_loadings, found.y_loadings])
    signs = np.sign((loadings * oracle.components_).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(loadings, oracle.components_ * signs, atol=1e-9)
    shares = [found.x_explained_variance, found.y_explained_variance]
    np.testing.assert_allclose(shares, oracle.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(
        found.projected(sample.embedded), oracle.transform(sample.embedded) * signs.T, atol=1e-9
    )


def test_the_largest_loading_is_positive(sample: MixedSample) -> None:
    for numbers in (sample.numbers, -sample.numbers, sample.numbers[::-1]):
        turned = MixedSample(numbers, sample.codes, sample.category_counts, sample.gamma)
        found = fit_projection(turned)
        for loadings in (found.x_loadings, found.y_loadings):
            assert loadings[int(np.abs(loadings).argmax())] > 0


def test_of_equally_large_loadings_the_first_is_positive() -> None:
    along = np.arange(20.0)
    found = fit_projection(numbers_only(np.column_stack([along, -along])))
    np.testing.assert_allclose(found.x_loadings, [np.sqrt(0.5), -np.sqrt(0.5)])
    assert found.x_explained_variance == pytest.approx(1.0)


@pytest.mark.parametrize(("numbers", "categories"), [(True, True), (True, False), (False, True)])
def test_sql_places_rows_as_numpy_does(
    connection: duckdb.DuckDBPyConnection, numbers: bool, categories: bool
) -> None:
    clean = planted_customers()
    features = prepared_features(clean, numbers=numbers, categories=categories)
    sample = sample_of(clean, features)
    projection = fit_projection(sample)
    dirty = with_gaps(clean)
    put(connection, dirty)
    x, y = projection_expressions(projection, features, sample.gamma)
    engine = DuckDBEngine(connection)
    table = scaled_table(engine, "t", features, keep=["position"])
    found = engine.rows(f"select {x}, {y} from ({table}) order by position")
    rows = sample_of(dirty, features, sample.gamma)
    np.testing.assert_allclose(found, projection.projected(rows.embedded), rtol=1e-9, atol=1e-9)


def test_means_and_shares_lie_where_their_rows_do(sample: MixedSample) -> None:
    own = sample.rows(slice(0, 100))
    shares = [
        np.bincount(codes, minlength=count)[None, :] / 100
        for codes, count in zip(own.codes.T, sample.category_counts, strict=True)
    ]
    means = own.numbers.mean(axis=0, keepdims=True)
    point = embedded_prototypes(means, shares, sample.gamma)
    np.testing.assert_allclose(point[0], own.embedded.mean(axis=0), atol=1e-12)


def test_one_column_has_no_second_dimension() -> None:
    found = fit_projection(numbers_only(np.array([[1.0], [2.0], [6.0]])))
    assert (found.x_loadings, found.y_loadings) == ([1.0], [0.0])
    assert (found.x_explained_variance, found.y_explained_variance) == (1.0, 0.0)
    assert found.projected(np.array([[3.0], [4.0]])).tolist() == [[0.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize("columns", [0, 1, 3])
def test_rows_that_are_all_alike_lie_in_one_point(columns: int) -> None:
    rows = numbers_only(np.full((5, columns), 0.3))
    found = fit_projection(rows)
    assert (found.x_explained_variance, found.y_explained_variance) == (0.0, 0.0)
    np.testing.assert_allclose(found.projected(rows.embedded), np.zeros((5, 2)), atol=1e-15)
    (row,) = fit_projection(rows.rows(slice(0, 1))).projected(rows.embedded[:1]).tolist()
    assert row == [0.0, 0.0]
