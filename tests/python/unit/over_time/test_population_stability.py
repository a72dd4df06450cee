"""The population stability index, and how large it gets without drift."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr
from scipy.stats import chi2
from segmentation.features.bins import edges_between
from segmentation.over_time.population_stability import (
    drift_threshold,
    population_stability,
    stand_out,
)

COUNTS = st.integers(2, 12).flatmap(
    lambda bins: st.tuples(
        *(st.lists(st.integers(1, 10_000), min_size=bins, max_size=bins) for _ in ("then", "now"))
    )
)

Samples = tuple[np.ndarray, np.ndarray]


def test_it_is_what_a_hand_computes() -> None:
    # 50 % and 50 % become 80 % and 20 %.
    by_hand = 0.3 * math.log(0.8 / 0.5) - 0.3 * math.log(0.2 / 0.5)
    assert population_stability([50, 50], [160, 40]) == pytest.approx(by_hand, rel=1e-12)


@given(COUNTS)
def test_it_is_the_divergence_both_ways(counts: tuple[list[int], list[int]]) -> None:
    """Jeffreys' divergence, as SciPy has its two halves."""
    p, q = (np.array(found) / sum(found) for found in counts)
    reference = rel_entr(p, q).sum() + rel_entr(q, p).sum()
    assert population_stability(*counts) == pytest.approx(reference, rel=1e-9, abs=1e-12)
    assert population_stability(*counts) >= 0
    assert population_stability(counts[0], counts[0]) == 0


def test_an_empty_bin_counts_as_half_a_customer() -> None:
    found = population_stability([0, 100], [20, 80])
    assert found == pytest.approx(0.195 * math.log(0.2 / 0.005) - 0.2 * math.log(0.8))


def test_a_bin_that_is_empty_in_both_is_none() -> None:
    assert population_stability([0, 30, 70], [0, 300, 200]) == population_stability(
        [30, 70], [300, 200]
    )
    assert drift_threshold([0, 300, 700], [0, 300, 200]) == drift_threshold([300, 700], [300, 200])


@pytest.mark.parametrize("counts", [([0, 0], [1, 1]), ([1, 1], [0, 0])])
def test_nobody_has_no_shares(counts: tuple[list[int], list[int]]) -> None:
    with pytest.raises(ValueError, match="nobody"):
        population_stability(*counts)


def test_the_threshold_of_many_is_the_formula() -> None:
    found = drift_threshold([100] * 10, [50] * 10)
    assert found.source == "formula"
    assert found.value == pytest.approx(chi2.ppf(0.99, 9) * (1 / 1000 + 1 / 500), rel=1e-9)


def test_the_formula_and_the_simulation_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yurdakul's figures for ten bins: 0.087 with 500 customers, by formula and simulation."""
    counts = [50] * 10
    formula = drift_threshold(counts, counts)
    monkeypatch.setattr("segmentation.over_time.population_stability.LEAST_CUSTOMERS", 501)
    simulated = drift_threshold(counts, counts)
    assert (formula.source, simulated.source) == ("formula", "simulation")
    assert formula.value == pytest.approx(0.087, abs=0.001)
    assert simulated.value == pytest.approx(formula.value, rel=0.05)
    assert formula.p_value == simulated.p_value == 1.0
    moved = [70, 30, *[50] * 8]
    simulated = drift_threshold(counts, moved)
    monkeypatch.undo()
    formula = drift_threshold(counts, moved)
    assert formula.p_value == pytest.approx(
        chi2.sf(population_stability(counts, moved) / (1 / 500 + 1 / 500), 9)
    )
    assert simulated.p_value == pytest.approx(formula.p_value, rel=0.15)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ([9] * 11, [50] * 11),  # 99 customers then
        ([50] * 11, [9] * 11),  # 99 now
        ([1000, 9], [1000, 9]),  # 9 in a bin
        ([1000, 0], [1000, 0]),  # One bin
    ],
)
def test_the_threshold_of_few_is_simulated(then: list[int], now: list[int]) -> None:
    found = drift_threshold(then, now)
    assert found.source == "simulation"
    assert found.value > 0
    assert drift_threshold(then, now) == found


def test_of_50_customers_the_textbook_would_cry_wolf() -> None:
    """The textbook has 0.25; without drift, one sample in a hundred is above about 0.9."""
    assert 0.8 < drift_threshold([5] * 10, [5] * 10).value < 1.0


def _of_normal(n: int, m: int, bins: int) -> Callable[[np.random.Generator], Samples]:
    return lambda rng: _binned(rng.normal(size=n), rng.normal(size=m), bins)


def _with_ties(n: int, m: int, bins: int) -> Callable[[np.random.Generator], Samples]:
    return lambda rng: _binned(
        rng.geometric(0.5, n).astype(float), rng.geometric(0.5, m).astype(float), bins
    )


def _of_shares(n: int, m: int, *shares: float) -> Callable[[np.random.Generator], Samples]:
    return lambda rng: (rng.multinomial(n, shares), rng.multinomial(m, shares))


def _binned(then: np.ndarray, now: np.ndarray, bins: int) -> Samples:
    quantiles = np.quantile(then, np.arange(1, bins) / bins, method="inverted_cdf").tolist()
    edges = edges_between(quantiles, float(then.min()), float(then.max()))

    def counted(values: np.ndarray) -> np.ndarray:
        return np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)

    return counted(then), counted(now)


@pytest.mark.long
@pytest.mark.parametrize(
    ("sampled", "most"),
    [
        pytest.param(_of_normal(2469, 2469, 10), 0.02, id="deciles of many"),
        pytest.param(_of_normal(500, 500, 10), 0.02, id="deciles"),
        pytest.param(_of_normal(500, 2000, 5), 0.02, id="fifths"),
        pytest.param(_of_normal(50, 50, 5), 0.025, id="fifths of few"),
        pytest.param(_of_normal(1000, 60, 5), 0.025, id="few now"),
        pytest.param(_with_ties(500, 500, 10), 0.02, id="ties"),
        pytest.param(_of_shares(500, 500, 0.5, 0.3, 0.2), 0.02, id="categories"),
        pytest.param(_of_shares(2000, 200, 0.97, 0.01, 0.01, 0.01), 0.025, id="rare categories"),
    ],
)
def test_one_in_a_hundred_is_a_false_alarm(
    sampled: Callable[[np.random.Generator], Samples], most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 2,000 samples without drift, about 20: from 8 to `most`."""
    # So many are enough for a test of thousands of thresholds.
    monkeypatch.setattr("segmentation.over_time.population_stability.DRAWS", 500)
    rng = np.random.default_rng(20240229)
    alarms = 0
    for _ in range(2000):
        then, now = (found.tolist() for found in sampled(rng))
        alarms += population_stability(then, now) > drift_threshold(then, now).value
    assert 0.004 <= alarms / 2000 <= most


@pytest.mark.long
def test_the_p_value_and_the_threshold_agree() -> None:
    """Above the threshold is less likely than one in a hundred, by formula and by simulation."""
    rng = np.random.default_rng(5)
    for size in (50, 5000):
        for _ in range(30):
            then, now = (rng.multinomial(size, [0.4, 0.3, 0.2, 0.1]).tolist() for _ in range(2))
            moved = [now[0] + now[3] // 2, now[1], now[2], now[3] - now[3] // 2]
            for counts in (now, moved):
                found = drift_threshold(then, counts)
                if (index := population_stability(then, counts)) != found.value:
                    assert (index > found.value) == (found.p_value < 0.01)


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([], []),
        ([0.01], [True]),
        ([0.011], [False]),
        # 1 % by 3, by 2, by 1.
        ([0.003, 0.01, 0.005], [True, True, True]),
        ([0.003, 0.006, 0.007], [True, False, False]),
        ([0.004, 0.004, 0.004], [False, False, False]),
        ([0.003, 0.003, 1.0], [True, True, False]),
    ],
)
def test_what_stands_out_of_many_figures(p_values: list[float], expected: list[bool]) -> None:
    assert stand_out(p_values) == expected


@pytest.mark.long
def test_of_many_figures_without_drift_hardly_a_table_has_an_alarm() -> None:
    """Of 400 tables of 30 figures of 500 customers: each alone would make about 100."""
    rng = np.random.default_rng(1)
    alone = together = 0
    for _ in range(400):
        then, now = (rng.multinomial(500, [0.1] * 10, size=30).tolist() for _ in range(2))
        p_values = [drift_threshold(a, b).p_value for a, b in zip(then, now, strict=True)]
        alone += min(p_values) < 0.01
        together += any(stand_out(p_values))
    assert alone > 60
    assert together <= 10


@pytest.mark.long
def test_rare_things_are_no_false_alarms() -> None:
    """Where a bin is nearly empty the index has few values: alarms are rarer than one in 100."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(200):
        then, now = (rng.multinomial(500, [0.999, 0.001]).tolist() for _ in ("then", "now"))
        alarms += population_stability(then, now) > drift_threshold(then, now).value
    assert alarms <= 4
