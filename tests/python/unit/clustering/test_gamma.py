"""Gamma: the likelihood that chooses it, and the candidates that it is chosen from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multinomial, norm
from segmentation.clustering.gamma import (
    CANDIDATE_GAMMAS,
    best_gamma,
    candidate_gammas,
    classification_log_likelihood,
)


def rows(seed: int = 3, n: int = 90) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(3, size=n)
    numbers = random.normal(size=(n, 2)) + labels[:, None]
    codes = np.column_stack([random.integers(3, size=n), (labels + random.integers(2, size=n)) % 3])
    return numbers, codes, labels


def test_differences_are_those_of_the_fitted_densities() -> None:
    """Terms that are the same for all groupings are left out."""
    numbers, codes, labels = rows()
    other = np.roll(labels, 7)

    def by_densities(of_rows: np.ndarray) -> float:
        total = 0.0
        for group in np.unique(of_rows):
            inside = of_rows == group
            total += inside.sum() * np.log(inside.mean())
            for x in numbers[inside].T:
                total += norm(x.mean(), x.std()).logpdf(x).sum()
            for column in codes[inside].T:
                shares = np.bincount(column, minlength=3) / len(column)
                total += multinomial(1, shares).logpmf(np.eye(3)[column]).sum()
        return total / len(of_rows)

    found = [classification_log_likelihood(numbers, codes, of_rows) for of_rows in (labels, other)]
    expected = by_densities(labels) - by_densities(other)
    assert found[0] - found[1] == pytest.approx(expected, rel=1e-9)


def test_a_row_of_weight_two_counts_twice_and_units_do_not_count() -> None:
    numbers, codes, labels = rows()
    twice = np.r_[np.arange(90), np.arange(20)]
    weights = np.where(np.arange(90) < 20, 2.0, 1.0)
    repeated = classification_log_likelihood(numbers[twice], codes[twice], labels[twice])
    weighted = classification_log_likelihood(1e6 * numbers - 5, codes, labels, weights)
    assert weighted == pytest.approx(repeated, rel=1e-9)


def test_groups_without_spread_are_not_infinitely_likely() -> None:
    same = np.repeat([[0.0, 7.0], [1.0, 7.0]], 5, axis=0)
    labels = np.repeat([0, 1], 5)
    codes = np.zeros((10, 1), dtype=np.intp)
    found = classification_log_likelihood(same, codes, labels)
    assert found == pytest.approx(np.log(0.5) - np.log(0.01) / 2)


def test_of_equal_likelihoods_the_smallest_gamma_is_taken() -> None:
    assert best_gamma({2.0: -1.0, 1.0: -1.0 - 1e-12, 0.5: -1.1}) == 1.0


def test_candidates_have_the_unit_of_the_numbers() -> None:
    assert candidate_gammas(np.array([1.0, 1.0])) == CANDIDATE_GAMMAS
    assert candidate_gammas(np.array([2.0, 4.0]))[1] == pytest.approx(10.0)
    assert candidate_gammas(np.zeros(0)) == candidate_gammas(np.zeros(2)) == (1.0,)
