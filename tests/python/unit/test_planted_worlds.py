"""Planted worlds: gamma from the data and the gate against a continuum do what they are for."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.planted_worlds import planted_world
from benchmarks.recovery import agreement_by_gamma, found_k


@pytest.mark.parametrize("kind", ["mixed", "numbers", "categories"])
def test_a_seed_makes_the_same_world(kind: str) -> None:
    first, again = (planted_world(3, kind, rows=200) for _ in range(2))
    np.testing.assert_array_equal(first.numbers, again.numbers)
    np.testing.assert_array_equal(first.codes, again.codes)
    assert first.true_k > 1
    assert planted_world(3, kind, rows=200, groups=1).true_k == 1
    assert bool(first.numbers.shape[1]) == (kind != "categories")
    assert bool(first.codes.shape[1]) == (kind != "numbers")


@pytest.mark.long
def test_gamma_from_the_data_is_not_behind_a_fixed_rule() -> None:
    worlds = [planted_world(seed, "mixed", rows=400) for seed in range(5000, 5006)]
    found = [agreement_by_gamma(world, n_init=1, gammas=()) for world in worlds]
    mean = {rule: np.mean([of_world[rule] for of_world in found]) for rule in found[0]}
    assert mean["auto"] > mean["half_mean_deviation"]
    assert mean["auto"] > mean["one-hot K-Means"] - 0.02


@pytest.mark.long
def test_groups_are_seen_where_they_are_and_not_in_a_continuum() -> None:
    groups = planted_world(1000, "numbers", rows=600, groups=3)
    assert abs(found_k(groups, 0)["auto"] - 3) <= 1
    assert found_k(planted_world(3, "numbers", rows=600, groups=1), 0)["auto"] == 1
