"""The dissimilarity of numbers and categories: by definition, by one-hot points, by prototypes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.clustering.gamma import default_gamma
from segmentation.features.categories import PreparedCategory
from segmentation.features.mixed_sample import MixedSample, numbers_only, one_hot_length
from segmentation.scoring.prototypes import (
    NOISE,
    Prototypes,
    from_centers,
    from_modes,
    from_points,
    share_costs,
    split_embedding,
)
from sklearn.metrics import pairwise_distances


def mixed(
    n: int, p: int, counts: tuple[int, ...], gamma: float, *, new: bool = False
) -> MixedSample:
    random = np.random.default_rng([n, p, len(counts)])
    codes = [random.integers(count + new, size=n) for count in counts]
    return MixedSample(
        random.normal(size=(n, p)),
        np.array(codes, dtype=np.intp).reshape(len(counts), n).T,
        counts,
        gamma,
    )


@pytest.mark.parametrize("gamma", [0.0, 0.3, 5.0])
@pytest.mark.parametrize(("p", "counts"), [(3, (2, 5)), (0, (3, 3, 2)), (2, ()), (1, (1,))])
def test_squares_between_embedded_rows_are_dissimilarities(
    p: int, counts: tuple[int, ...], gamma: float
) -> None:
    sample = mixed(40, p, counts, gamma)
    squares = pairwise_distances(sample.embedded, metric="sqeuclidean")
    for i in range(len(sample)):
        apart = ((sample.numbers - sample.numbers[i]) ** 2).sum(axis=1)
        apart = apart + gamma * (sample.codes != sample.codes[i]).sum(axis=1)
        np.testing.assert_allclose(squares[i], apart, atol=1e-12)
    prototypes = from_modes(sample.numbers, sample.codes, counts, gamma)
    np.testing.assert_allclose(prototypes.dissimilarities(sample), squares, atol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 5.0])
@pytest.mark.parametrize("counts", [(2, 5), (4,), ()])
def test_points_cost_what_they_are_apart(counts: tuple[int, ...], gamma: float) -> None:
    """Means of one-hot columns, and rows whose categories are not known: all zeros."""
    sample = mixed(60, 2, counts, gamma, new=True)
    points = np.array([sample.embedded[start::4].mean(axis=0) for start in range(4)])
    expected = pairwise_distances(sample.embedded, points, metric="sqeuclidean")
    found = from_points(points, sample).dissimilarities(sample)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_points_are_taken_apart_and_put_together() -> None:
    sample = mixed(30, 2, (3, 2), 0.8)
    numbers, (three, two) = split_embedding(sample.embedded, sample)
    np.testing.assert_array_equal(numbers, sample.numbers)
    np.testing.assert_allclose(three, np.eye(3)[sample.codes[:, 0]])
    np.testing.assert_allclose(two, np.eye(2)[sample.codes[:, 1]])


def test_shares_that_are_all_one_category_cost_what_a_mode_does() -> None:
    """But for a category that is not known: half a mismatch to a mean, a whole one to a mode."""
    costs = share_costs(np.eye(3), 0.8)
    modes = from_modes(np.zeros((3, 0)), np.arange(3)[:, None], (3,), 0.8).category_costs[0]
    np.testing.assert_allclose(costs[:, :3], modes[:, :3], atol=1e-15)
    np.testing.assert_allclose(costs[:, 3], 0.4)
    np.testing.assert_allclose(modes[:, 3], 0.8)


def test_a_category_that_is_not_known_is_unlike_every_mode() -> None:
    """Also where most rows of a fit had one: two unknown categories need not be the same."""
    modes = from_modes(np.zeros((2, 0)), np.array([[0], [2]]), (2,), 0.5)
    np.testing.assert_array_equal(modes.category_costs[0], [[0.0, 0.5, 0.5], [0.5, 0.5, 0.5]])


@given(st.floats(0, 1e6))
def test_two_one_hot_columns_are_gamma_apart(gamma: float) -> None:
    assert 2 * one_hot_length(gamma) ** 2 == pytest.approx(gamma)


def test_the_default_gamma_is_half_the_mean_deviation() -> None:
    numbers = np.random.default_rng(0).normal(0, [1.0, 4.0], (5000, 2))
    assert default_gamma(numbers.std(axis=0)) == pytest.approx(numbers.std(axis=0).mean() / 2)
    assert default_gamma(np.zeros(0)) == 1.0


def test_distinct_rows_differ_in_numbers_or_categories() -> None:
    numbers = np.array([[1.0], [1.0], [1.0], [2.0]])
    codes = np.array([[0], [1], [0], [0]])
    assert MixedSample(numbers, codes, (2,), 1.0).distinct_rows == 3
    assert MixedSample(numbers, codes[:, :0], (), 1.0).distinct_rows == 2
    assert MixedSample(numbers[:, :0], codes, (2,), 1.0).distinct_rows == 2
    assert MixedSample(numbers[:, :0], codes[:, :0], (), 1.0).distinct_rows == 1
    assert numbers_only(np.zeros((0, 2))).distinct_rows == 0
    # Categories that cost nothing make no row another one.
    assert MixedSample(numbers, codes, (2,), 0.0).distinct_rows == 2
    assert MixedSample(numbers[:, :0], codes, (2,), 0.0).distinct_rows == 1


def test_codes_of_what_a_column_can_hold() -> None:
    category = PreparedCategory("home", ["", "True", "flat"], "flat")
    found = category.codes(["flat", "", None, float("nan"), "Flat", "flat ", True, "nan"])
    assert found.tolist() == [2, 0, 2, 2, 3, 3, 1, 3]


def test_prototypes_in_another_order() -> None:
    prototypes = Prototypes(
        segment_ids=np.array([0, 0, 1, 2]),
        centers=np.array([[0.0], [1.0], [10.0], [20.0]]),
        category_costs=(np.arange(8.0).reshape(4, 2),),
        offsets=np.array([0.0, 0.1, 0.2, 0.3]),
        weights=np.array([[1.0], [1.1], [1.2], [1.3]]),
        reaches=np.array([9.0, 8.0, 7.0, 6.0]),
    )
    moved = prototypes.reordered([2, 0, 1])
    assert moved.segment_ids.tolist() == [0, 1, 1, 2]
    assert moved.centers.ravel().tolist() == [20.0, 0.0, 1.0, 10.0]
    assert moved.category_costs[0].tolist() == [[6.0, 7.0], [0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    assert moved.offsets.tolist() == [0.3, 0.0, 0.1, 0.2]
    assert moved.weights is not None
    assert moved.weights.ravel().tolist() == [1.3, 1.0, 1.1, 1.2]
    assert moved.reaches is not None
    assert moved.reaches.tolist() == [6.0, 9.0, 8.0, 7.0]
    assert (moved.segments, moved.is_one_each) == (3, False)


def test_without_prototypes_every_row_is_noise() -> None:
    nothing = from_centers(np.zeros((0, 2)))
    assert nothing.segments == 0
    assert nothing.assign(numbers_only(np.zeros((3, 2)))).tolist() == [NOISE] * 3
