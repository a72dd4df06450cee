"""Recent paces are weighed beside the purchase model as far as an earlier day gives reason to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.lifetime_value.combined_forecast import (
    UNLEARNED,
    CombinedForecast,
    Paces,
    learn_combination,
    weights_in_words,
)


def planted(
    customers: int, weights: tuple[float, ...], seed: int = 3
) -> tuple[Paces, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    paces = Paces(*random.gamma(1.0, 5.0, (3, customers)))
    active, modelled = random.uniform(0, 1, customers), random.gamma(1.0, 5.0, customers)
    actual = CombinedForecast(weights, 1).predict(paces, active, modelled)
    return paces, active, modelled, actual


@pytest.mark.parametrize(
    "weights", [(0.0, 0.0, 0.0, 1.0), (0.3, 0.2, 0.0, 0.5), (0.0, 0.0, 0.9, 0.0)]
)
def test_weights_that_made_the_outcome_are_found(weights: tuple[float, ...]) -> None:
    found = learn_combination(*planted(20_000, weights))
    assert found.weights == pytest.approx(weights, abs=0.03)
    assert found.customers == 20_000


def test_noise_moves_the_weights_of_few_customers_less_than_that_of_many() -> None:
    far, near = (0.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0)
    few = learn_combination(*planted(100, near)).weights
    many = learn_combination(*planted(10_000, near)).weights
    distance = [np.abs(np.subtract(weights, far)).sum() for weights in (few, many)]
    assert distance[0] < distance[1]


def test_too_few_customers_teach_nothing() -> None:
    found = learn_combination(*planted(99, (1.0, 0.0, 0.0, 0.0)))
    assert found == CombinedForecast()
    assert found.weights == UNLEARNED
    assert not found.is_learned


def test_customers_who_bought_nothing_teach_nothing() -> None:
    nothing = np.zeros(200)
    assert not learn_combination(
        Paces(nothing, nothing, nothing), nothing, nothing, nothing
    ).is_learned


@given(st.integers(0, 2**31 - 1))
def test_the_order_of_customers_changes_nothing(seed: int) -> None:
    paces, active, modelled, actual = planted(150, (0.2, 0.1, 0.3, 0.4))
    actual = actual * np.random.default_rng(5).gamma(4.0, 0.25, 150)
    order = np.random.default_rng(seed).permutation(150)
    shuffled = Paces(*(p[order] for p in (paces.last_30_days, paces.last_90_days, paces.window)))
    again = learn_combination(shuffled, active[order], modelled[order], actual[order])
    assert again == learn_combination(paces, active, modelled, actual)


@given(st.integers(0, 2**31 - 1))
def test_no_weight_is_negative_and_no_forecast_either(seed: int) -> None:
    paces, active, modelled, _ = planted(120, UNLEARNED, seed)
    actual = np.random.default_rng(seed).gamma(0.5, 20.0, 120)
    found = learn_combination(paces, active, modelled, actual)
    assert min(found.weights) >= 0
    assert (found.predict(paces, active, modelled) >= 0).all()


def test_paces_are_of_the_days_that_are_forecast() -> None:
    paces = Paces.of(
        np.array([2.0]), np.array([3.0]), np.array([8.0]), np.array([180.0]), period_days=90
    )
    assert [p[0] for p in (paces.last_30_days, paces.last_90_days, paces.window)] == [6.0, 3.0, 4.0]


def test_weights_are_read_back_and_put_in_words() -> None:
    combination = CombinedForecast((0.25, 0.0, 0.004, 0.5), 300)
    assert CombinedForecast.from_record(combination.as_record()) == combination
    nothing = CombinedForecast((0.0, 0.0, 0.0, 0.0), 300)
    assert weights_in_words({"revenue": nothing, "purchases": combination}) == (
        "Purchases of the next 90 days: 0.25 × pace of the last 30 days + 0.50 × purchase model. "
        "Revenue of the next 90 days: nothing."
    )
