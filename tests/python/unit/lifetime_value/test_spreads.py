"""Intervals of totals are as wide as earlier forecasts were off, and chance makes them wider."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from segmentation.lifetime_value.spreads import (
    ALL,
    DECILE,
    EXPECTED_ERROR,
    Spread,
    learn_spread,
)

NONE = np.zeros(1)


def test_without_forecasts_an_error_is_expected() -> None:
    assert learn_spread(ALL, [], []) == Spread(EXPECTED_ERROR[ALL], 3.0)
    assert learn_spread(DECILE, [], []).scale > learn_spread(ALL, [], []).scale


def test_errors_that_chance_explains_narrow_the_interval() -> None:
    right = learn_spread(ALL, [np.array([0.04])] * 6, [np.array([0.05])] * 6)
    assert right.scale < EXPECTED_ERROR[ALL]
    assert right.degrees == 9.0


def test_errors_beyond_chance_widen_it() -> None:
    wrong = learn_spread(ALL, [np.array([0.16])] * 6, [NONE] * 6)
    assert EXPECTED_ERROR[ALL] < wrong.scale < 0.4


def test_groups_of_a_forecast_count_as_one() -> None:
    ten = learn_spread(DECILE, [np.full(10, 0.09)], [np.zeros(10)])
    assert ten == learn_spread(DECILE, [np.array([0.09])], [NONE])


@pytest.mark.parametrize("total", [5.0, 500.0, 50_000.0])
def test_nine_in_ten_totals_lie_within(total: float) -> None:
    """Totals whose logarithm is off by the scale, and by chance on top."""
    random = np.random.default_rng(2)
    spread = Spread(0.2, 200.0)
    lower, upper = spread.interval(total, total)
    drawn = random.poisson(total * np.exp(random.normal(0, 0.2, 4000)))
    held = float(((drawn >= lower) & (drawn <= upper)).mean())
    assert 0.86 <= held <= 0.96


def test_fewer_forecasts_make_wider_intervals() -> None:
    few, many = (Spread(0.1, degrees).interval(100, 0) for degrees in (3.0, 30.0))
    assert few[0] < many[0] < 100 < many[1] < few[1]
    assert stats.t.ppf(0.95, 3) > stats.t.ppf(0.95, 30)


@pytest.mark.parametrize("variance", [8.0, 400.0])
def test_a_group_of_one_customer_may_bring_nothing_or_what_is_expected(variance: float) -> None:
    lower, upper = Spread(0.2, 4.0).interval(1.4, variance)
    assert lower == 0.0
    assert upper >= 1.4


def test_nothing_expected_is_nothing() -> None:
    assert Spread(0.1, 3.0).interval(0.0, 0.0) == (0.0, 0.0)
