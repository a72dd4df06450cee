"""Past cohorts: how far they drift, how wide intervals are, and when none is shown."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from segmentation.classification.backtest import (
    PRIOR_COHORTS,
    PRIOR_DRIFT,
    Backtest,
    PastCohort,
    Winner,
    backtest,
    cohorts_of,
    drift,
    forward_rows,
    half_width,
    why_no_interval,
)
from segmentation.classification.features import NUMBER, FeatureColumn
from segmentation.classification.forecast import TallyWithSales, forecast_at_age

COLUMNS = (FeatureColumn("x", NUMBER, (), 0.0), FeatureColumn("z", NUMBER, (), 0.0))


def winner(segments: int = 2) -> Winner:
    return Winner("logistic_regression", {"C": 1.0}, COLUMNS, 1.0, segments, 3)


def shop(cohorts: int, of_each: int, drifting: float, seed: int = 5) -> tuple[np.ndarray, ...]:
    """Return features, segments and cohorts; the odds of segment 1 move from cohort to cohort."""
    random = np.random.default_rng(seed)
    cohort = np.repeat(np.arange(cohorts), of_each)
    moved = random.normal(0, drifting, cohorts)[cohort]
    X = random.normal(0, 1, (len(cohort), 2))
    p = 1 / (1 + np.exp(-(X[:, 0] + moved)))
    return X, (random.random(len(cohort)) < p).astype(int), cohort


class TestCohorts:
    """Thirty days of first purchases each, or more until there are twenty-five customers."""

    def test_thin_months_are_taken_together(self) -> None:
        days = np.repeat([0, 29, 30, 60, 95], [20, 5, 10, 15, 24])
        assert cohorts_of(days).tolist() == [0] * 25 + [1] * 49

    def test_one_cohort_and_nobody(self) -> None:
        assert cohorts_of(np.array([3, 400])).tolist() == [0, 0]
        assert cohorts_of(np.zeros(0, dtype=int)).tolist() == []

    def test_each_is_learned_from_those_before(self) -> None:
        cohorts = np.repeat([0, 1, 2], [10, 25, 25])
        ((before, own),) = forward_rows(cohorts, 0)
        assert (before.tolist(), own.tolist()) == (list(range(35)), list(range(35, 60)))


class TestDrift:
    """How far shares move beyond chance."""

    def test_before_any_cohort_the_prior_is_believed(self) -> None:
        assert drift([]) == pytest.approx(PRIOR_DRIFT)

    def test_by_hand(self) -> None:
        """Of 100, 60 were expected and 80 came: 400 - 24 for each of two segments."""
        cohort = PastCohort(
            100,
            np.array([80.0, 20.0]),
            np.array([60.0, 40.0]),
            np.array([24.0, 24.0]),
            np.zeros(2),
        )
        measured = (2 * (400 - 24) / 100**2) / (2 * 0.24)
        expected = (measured + PRIOR_COHORTS * PRIOR_DRIFT) / (1 + PRIOR_COHORTS)
        assert drift([cohort]) == pytest.approx(expected)

    def test_a_half_width_by_hand(self) -> None:
        """Chance 24, the sample (100 * 0.03)^2, drift 100^2 * 0.05 * 0.24; Student's t of 3."""
        half = half_width(100, np.array([40.0]), np.array([24.0]), np.array([0.03]), (0.05, 0))
        assert half[0] == pytest.approx(2.3533634 * np.sqrt(24 + 9 + 120))

    def test_nobody_has_no_width(self) -> None:
        nothing = np.zeros(2)
        assert half_width(0, nothing, nothing, nothing, (0.05, 0)).tolist() == [0.0, 0.0]

    @pytest.mark.long
    def test_more_drift_gives_more_width(self) -> None:
        steady = backtest(winner(), *shop(6, 200, 0.0), np.zeros((0, 2)))
        moving = backtest(winner(), *shop(6, 200, 1.0), np.zeros((0, 2)))
        assert steady.cohorts == moving.cohorts == 5
        assert moving.drift > 1.5 * steady.drift
        assert steady.coverage == 1.0
        assert all(error > 0 for error in steady.sampling_errors)

    @pytest.mark.long
    @pytest.mark.parametrize("shops", [3, pytest.param(8, marks=pytest.mark.long)])
    def test_intervals_hold_where_cohorts_drift(self, shops: int) -> None:
        """Nominal 90 %; a sum of probabilities alone would hold in few of these."""
        found = [
            backtest(winner(), *shop(6, 150, 0.6, seed), np.zeros((0, 2))) for seed in range(shops)
        ]
        assert np.mean([past.coverage for past in found]) >= 0.8

    @pytest.mark.long
    def test_the_same_rows_give_the_same(self) -> None:
        first = backtest(winner(), *shop(4, 60, 0.5), np.zeros((3, 2)))
        assert backtest(winner(), *shop(4, 60, 0.5), np.zeros((3, 2))) == first

    def test_a_segment_that_comes_up_late(self) -> None:
        """Nobody before was in it: its probability is small and not 0."""
        X, y, cohorts = shop(2, 60, 0.0)
        y[-5:] = 2
        assert backtest(winner(3), X, y, cohorts, X[:0]).cohorts == 1
        p = winner(3).probabilities(X[:60], y[:60], X[60:])
        assert (p > 0).all()
        assert p.sum(axis=1) == pytest.approx(1)


@pytest.fixture(scope="module")
def steady() -> Backtest:
    return backtest(winner(), *shop(4, 60, 0.0), np.zeros((0, 2)))


class TestShownIntervals:
    """None where those of the past did not hold."""

    TALLY = TallyWithSales(10, (10, 0), (7.25, 2.75), (1.0, 1.0), (70.0, 30.0), (7.0, 3.0))

    @pytest.mark.parametrize(("cohorts", "coverage"), [(4, 0.8), (4, 1.0)])
    def test_shown(self, steady: Backtest, cohorts: int, coverage: float) -> None:
        past = dataclasses.replace(steady, cohorts=cohorts, coverage=coverage)
        first, second = forecast_at_age(("a", "b"), self.TALLY, past)
        assert first["no_interval_because"] is None
        assert 0 <= first["interval_low"] <= 7
        assert 8 <= first["interval_high"] <= 10
        assert (first["nominal_coverage"], first["backtest_cohorts"]) == (0.9, cohorts)
        assert (second["expected_sales"], second["sales_so_far"]) == (30.0, 3.0)

    def test_not_shown(self, steady: Backtest) -> None:
        past = dataclasses.replace(steady, cohorts=3, coverage=0.75)
        first, _ = forecast_at_age(("a", "b"), self.TALLY, past)
        assert (first["interval_low"], first["interval_high"]) == (None, None)
        assert first["no_interval_because"] == (
            "no interval: those of 3 past cohorts held 75% of the time, less than 80%"
        )
        assert first["backtest_coverage"] == 0.75

    def test_without_a_past(self) -> None:
        assert why_no_interval(0, None) == "no interval: there is no past cohort to test one on"
