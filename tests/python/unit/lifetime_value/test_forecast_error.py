"""The newest forecast beside its outcome, and beside what earlier errors allow."""

from __future__ import annotations

import datetime
import math

import pytest
from scipy import stats
from segmentation.lifetime_value.forecast_error import ForecastError, newest_quarter_end

DAY = datetime.date(2025, 3, 31)


def error(expected: float, actual: float, scale: float = 0.1, degrees: float = 6) -> ForecastError:
    return ForecastError("revenue", DAY, 100, expected, actual, scale, degrees)


def test_the_99th_percentile_is_that_of_a_t_distribution() -> None:
    found = error(100.0, 120.0)
    assert found.allowed == pytest.approx(0.1 * stats.t.ppf(0.995, 6))
    assert found.p_value == pytest.approx(2 * stats.t.sf(math.log(1.2) / 0.1, 6), rel=0.01)
    assert found.error_share == pytest.approx(100 / 120 - 1)
    assert not found.has_drifted


@pytest.mark.parametrize("factor", [1.3, 1.4, 1.5, 1.6])
def test_too_much_and_too_little_are_judged_alike(factor: float) -> None:
    more, less = error(100.0, 100.0 * factor), error(100.0, 100.0 / factor)
    assert more.has_drifted == less.has_drifted == (math.log(factor) > more.allowed)
    assert more.has_drifted == (more.p_value < 0.01)


def test_a_shop_that_closed_has_drifted() -> None:
    found = error(100.0, 0.0)
    assert found.has_drifted
    assert found.error_share is None
    assert found.p_value < 1e-5


def test_purchases_that_nobody_expected() -> None:
    assert not error(0.0, 0.0).has_drifted
    assert error(0.0, 0.0).p_value == 1.0
    assert error(0.0, 5.0).has_drifted
    assert error(0.0, 5.0).p_value == 0.0


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2017-12-31", "2017-09-30"),
        ("2017-12-29", "2017-09-30"),
        ("2017-12-28", "2017-06-30"),
        ("2018-03-30", "2017-09-30"),
        ("2018-03-31", "2017-12-31"),
        ("2024-06-29", "2024-03-31"),
        ("2024-06-28", "2023-12-31"),
    ],
)
def test_the_newest_quarter_whose_outcome_is_known(as_of: str, expected: str) -> None:
    found = newest_quarter_end(datetime.date.fromisoformat(as_of))
    assert found == datetime.date.fromisoformat(expected)
