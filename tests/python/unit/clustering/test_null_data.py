"""Data without groups: the same margins and correlations, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from segmentation.clustering.null_data import continuum_like
from segmentation.features.mixed_sample import MixedSample


def two_groups(n: int = 2_000) -> MixedSample:
    random = np.random.default_rng(5)
    group = random.integers(2, size=n)
    numbers = np.column_stack(
        [
            np.exp(3.0 * group + random.normal(0, 0.3, n)),
            3.0 * group + random.normal(size=n),
            np.round(random.normal(size=n)),
        ]
    )
    codes = np.column_stack([group, (group + (random.random(n) < 0.1)) % 2])
    return MixedSample(numbers, codes.astype(np.intp), (2, 2), 2.0)


def test_every_column_keeps_its_values() -> None:
    sample = two_groups()
    null = continuum_like(sample, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(null.numbers, axis=0), np.sort(sample.numbers, axis=0))
    np.testing.assert_array_equal(np.sort(null.codes, axis=0), np.sort(sample.codes, axis=0))


def test_rank_correlations_are_kept_and_groups_are_not() -> None:
    sample = two_groups()
    null = continuum_like(sample, np.random.default_rng(0))
    kept = spearmanr(null.numbers).statistic
    np.testing.assert_allclose(kept, spearmanr(sample.numbers).statistic, atol=0.15)
    assert np.corrcoef(sample.codes.T)[0, 1] > 0.7
    assert np.corrcoef(null.codes.T)[0, 1] == pytest.approx(0, abs=0.1)


def test_columns_that_depend_on_one_another_and_kinds_that_are_missing() -> None:
    numbers = np.arange(20.0)[:, None] * [1.0, 2.0]
    sample = MixedSample(numbers, np.zeros((20, 0), dtype=np.intp), (), 1.0)
    null = continuum_like(sample, np.random.default_rng(0))
    np.testing.assert_array_equal(2 * null.numbers[:, 0], null.numbers[:, 1])
    only_codes = MixedSample(np.zeros((20, 0)), np.arange(20)[:, None] % 3, (3,), 1.0)
    assert continuum_like(only_codes, np.random.default_rng(0)).numbers.shape == (20, 0)


def test_the_same_seed_draws_the_same() -> None:
    first, again = (continuum_like(two_groups(), np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first.embedded, again.embedded)
