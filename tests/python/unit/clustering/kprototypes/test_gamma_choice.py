"""Gamma from the data: near what planted groups need, the same in every unit and order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from segmentation import KPrototypes
from segmentation.clustering.gamma import CANDIDATE_GAMMAS, default_gamma
from segmentation.clustering.kprototypes.gamma_choice import gamma_from_data
from sklearn.metrics import adjusted_rand_score


def groups_in(kind: str, *, n: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows whose groups differ in numbers alone or in categories alone."""
    random = np.random.default_rng(11)
    group = random.integers(3, size=n)
    numbers = random.normal(size=(n, 2)) + (4.0 * group[:, None] if kind == "numbers" else 0.0)
    table = pd.DataFrame(numbers, columns=["age", "spend"])
    for name in ("home", "plan", "channel"):
        usual = group if kind == "categories" else random.integers(3, size=n)
        level = np.where(random.random(n) < 0.9, usual, random.integers(3, size=n))
        table[name] = np.array(["a", "b", "c"])[level]
    table[["age", "spend"]] /= table[["age", "spend"]].std(ddof=0)
    return table, group


@pytest.mark.long
def test_what_tells_groups_apart_gets_the_weight() -> None:
    found = {}
    for kind in ("numbers", "categories"):
        table, group = groups_in(kind)
        model = KPrototypes(3, n_init=2, random_state=0).fit(table)
        assert adjusted_rand_score(group, model.labels_) > 0.8
        found[kind] = model.gamma_
    assert found["numbers"] == pytest.approx(0.5)
    assert found["categories"] > 0.9
    table, group = groups_in("categories")
    by_rule = KPrototypes(3, gamma="half_mean_deviation", random_state=0).fit(table)
    assert by_rule.gamma_ == pytest.approx(0.5)
    assert adjusted_rand_score(group, by_rule.labels_) < 0.5


@pytest.mark.long
def test_order_of_rows_and_units_do_not_matter() -> None:
    table, _ = groups_in("categories")
    found = KPrototypes(3, n_init=2, random_state=0).fit(table)
    shuffled = table.sample(frac=1.0, random_state=1)
    assert KPrototypes(3, n_init=2, random_state=0).fit(shuffled).gamma_ == found.gamma_
    larger = table.assign(age=1000 * table.age, spend=1000 * table.spend)
    assert KPrototypes(3, n_init=2, random_state=0).fit(larger).gamma_ == pytest.approx(
        1e6 * found.gamma_
    )


def test_without_categories_or_numbers_nothing_is_tried() -> None:
    table, _ = groups_in("numbers")
    numbers, codes = table[["age", "spend"]].to_numpy(), np.zeros((400, 0), dtype=np.intp)
    assert gamma_from_data(numbers, codes, [], random_state=0) == pytest.approx(0.5)
    codes = np.arange(400).reshape(-1, 1) % 3
    assert gamma_from_data(np.zeros((400, 0)), codes, [3], random_state=0) == 1.0


def test_more_groups_than_rows() -> None:
    numbers, codes = np.array([[0.0], [1.0], [5.0]]), np.array([[0], [1], [1]])
    found = gamma_from_data(numbers, codes, [2], random_state=0)
    assert found / numbers.var() == pytest.approx(CANDIDATE_GAMMAS[0])


def test_rules_by_name() -> None:
    table, _ = groups_in("numbers")
    deviations = table[["age", "spend"]].to_numpy().std(axis=0)
    for rule in ("half_mean_deviation", None):
        model = KPrototypes(3, gamma=rule, random_state=0).fit(table)
        assert model.gamma_ == pytest.approx(default_gamma(deviations))
    with pytest.raises(ValueError, match=r"gamma is 'half'\. It is a number from 0, or auto"):
        KPrototypes(3, gamma="half").fit(table)
