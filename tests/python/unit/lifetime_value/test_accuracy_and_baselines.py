"""Metrics beside SciPy and scikit-learn, and forecasts without a model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from segmentation.lifetime_value.accuracy import accuracy, area_under_curve, error_in_words
from segmentation.lifetime_value.baselines import RfmCells
from sklearn.metrics import roc_auc_score

PAIRS = st.lists(
    st.tuples(st.integers(0, 4), st.floats(0, 5).map(lambda value: round(value, 1))),
    min_size=3,
    max_size=60,
)


@given(PAIRS)
def test_metrics_are_those_of_the_libraries(pairs: list[tuple[int, float]]) -> None:
    actual, predicted = np.array(pairs, dtype=float).T
    found = accuracy(actual, predicted)
    assert found.root_mean_squared_error == pytest.approx(
        np.sqrt(np.mean((actual - predicted) ** 2))
    )
    if np.ptp(actual) > 0 and np.ptp(predicted) > 0:
        assert found.rank_correlation == pytest.approx(
            stats.spearmanr(actual, predicted).statistic, abs=1e-12
        )
        assert found.calibration_slope == pytest.approx(
            stats.linregress(predicted, actual).slope, abs=1e-9
        )
    else:
        assert found.rank_correlation is None
    bought = actual > 0
    if 0 < bought.sum() < len(bought):
        assert found.area_under_curve == pytest.approx(roc_auc_score(bought, predicted))
    else:
        assert found.area_under_curve is None


def test_coverage_counts_bounds_as_inside() -> None:
    actual = np.array([0.0, 1.0, 2.0, 3.0])
    bounds = (np.array([0.0, 2.0, 1.0, 0.0]), np.array([0.0, 3.0, 2.0, 2.5]))
    assert accuracy(actual, actual, bounds).coverage == 0.5
    by_other = accuracy(actual, actual, likely=-actual)
    assert by_other.area_under_curve == 0.0
    assert area_under_curve(np.array([True, True]), actual[:2]) is None


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        accuracy(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="a customer"):
        accuracy(np.zeros(0), np.zeros(0))
    with pytest.raises(ValueError, match="is missing"):
        accuracy(np.zeros(1), np.array([np.nan]))


def test_cells_hold_means_of_what_followed() -> None:
    random = np.random.default_rng(1)
    values = random.permutation(np.arange(900.0))[:, None].repeat(3, axis=1)
    # A bound belongs to the tercile below it.
    outcome = (values[:, 0] > 300).astype(float) + (values[:, 0] > 600)
    cells = RfmCells.learn(values, outcome)
    assert cells.forecast(np.array([[0.0] * 3, [450.0] * 3, [5_000.0] * 3])).tolist() == [0, 1, 2]
    # A cell that nobody was in.
    assert cells.forecast(np.array([[0.0, 0.0, 5_000.0]])).tolist() == [outcome.mean()]
    order = random.permutation(900)
    again = RfmCells.learn(values[order], outcome[order])
    np.testing.assert_array_equal(again.means, cells.means)


@pytest.mark.parametrize(
    ("error", "words"),
    [(0.012345, "0.01235"), (259.54, "259.5"), (12_345.6, "12,346"), (2.37e11, "237,000,000,000")],
)
def test_an_error_in_any_currency_is_a_number_that_people_read(error: float, words: str) -> None:
    assert error_in_words(error) == words
