"""Groups or a continuum, and how many groups: the written rules, and planted worlds."""

from __future__ import annotations

import numpy as np
import pytest
from segmentation.clustering.structure import (
    CONTINUUM,
    GROUPS,
    NullComparison,
    compare_with_null,
    number_of_groups,
    structure_of,
)
from segmentation.features.mixed_sample import MixedSample, numbers_only
from sklearn.datasets import make_blobs


def compared(k: int, **figures: float) -> NullComparison:
    defaults = {
        "silhouette": 0.5,
        "silhouette_null_mean": 0.25,
        "silhouette_null_deviation": 0.01,
        "gap": 0.0,
        "gap_standard_error": 0.0,
        "bic": 0.0,
    }
    return NullComparison(k, **{**defaults, **figures})


def test_blobs_are_groups_and_as_many_as_there_are() -> None:
    points, _ = make_blobs(
        600, centers=[(0, 0), (9, 2), (2, 9), (6, 15)], cluster_std=1.0, random_state=4
    )
    found = compare_with_null(numbers_only(points / 5), range(2, 8), draws=5, seed=0)
    assert [comparison.k for comparison in found] == [2, 3, 4, 5, 6, 7]
    assert structure_of(found) == GROUPS
    assert number_of_groups(found, 2, 7) == 4
    assert found == compare_with_null(numbers_only(points / 5), range(2, 8), draws=5, seed=0)


def test_groups_that_the_margins_explain_are_not_told_apart() -> None:
    """A limit: corners of a square are what two columns with two peaks give by chance."""
    points, _ = make_blobs(600, centers=[(0, 0), (9, 0), (0, 9), (9, 9)], random_state=4)
    found = compare_with_null(numbers_only(points / 5), range(2, 8), draws=5, seed=0)
    assert structure_of(found) == CONTINUUM
    assert number_of_groups(found, 2, 7) == 4


@pytest.mark.long
def test_a_correlated_cloud_is_a_continuum() -> None:
    random = np.random.default_rng(2)
    cloud = random.normal(size=(600, 3)) @ [[1, 0.6, 0.2], [0, 1, 0.4], [0, 0, 1]]
    found = compare_with_null(numbers_only(cloud), range(2, 8), draws=10, seed=0)
    assert structure_of(found) == CONTINUUM
    # K is still wanted: segments are slices then.
    assert number_of_groups(found, 2, 7) in range(2, 8)


def test_no_k_beyond_the_distinct_rows() -> None:
    codes = np.arange(60)[:, None] % 3
    rows = MixedSample(np.zeros((60, 0)), codes, (3,), 1.0)
    assert [c.k for c in compare_with_null(rows, range(2, 9), draws=2, seed=0)] == [2]
    same = numbers_only(np.zeros((60, 1)))
    assert compare_with_null(same, range(2, 9), draws=2, seed=0) == []
    assert structure_of([]) is None
    assert number_of_groups([], 2, 8) is None


def test_the_gate_is_three_deviations() -> None:
    near = [compared(k, silhouette=0.25 + 0.038, silhouette_null_deviation=0.01) for k in (2, 3)]
    assert structure_of(near) == CONTINUUM
    assert structure_of([*near, compared(4, silhouette=0.25 + 0.040)]) == GROUPS


@pytest.mark.parametrize(
    ("comparisons", "least", "expected"),
    [
        pytest.param(
            [
                compared(2, silhouette=0.6, gap=0.1, bic=5),
                compared(3, gap=0.3, bic=4),
                compared(4, gap=0.2, bic=1),
            ],
            2,
            3,
            id="the median of 2 (silhouette), 3 (gap) and 4 (bic)",
        ),
        pytest.param(
            [compared(k, gap=g, gap_standard_error=0.1) for k, g in ((2, 0.0), (3, 0.09), (4, 9))],
            2,
            2,
            id="a gap within one standard error of the next is enough",
        ),
        pytest.param(
            [compared(k, gap=k, bic=-k) for k in (2, 3, 4)],
            2,
            4,
            id="a gap that grows to the end speaks for the largest k",
        ),
        pytest.param(
            [compared(k, silhouette=0.9 - k / 10, gap=-k, bic=k) for k in (2, 3, 9)],
            3,
            3,
            id="what lies outside of the range is no candidate",
        ),
        pytest.param([compared(3), compared(4), compared(5)], 2, 3, id="ties go to the smaller k"),
        pytest.param([compared(2)], 3, None, id="nothing in the range"),
    ],
)
def test_the_rule_of_auto(
    comparisons: list[NullComparison], least: int, expected: int | None
) -> None:
    assert number_of_groups(comparisons, least, 8) == expected
