"""Past cohorts, each forecast from those before: how far shares of segments drift, and coverage.

A sum of probabilities knows of chance and nothing of drift: customers of one month differ from
those of the next. How far is measured on cohorts of the past, and believed to be
:data:`PRIOR_DRIFT` before any was seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.classification.calibration import temper
from segmentation.classification.candidates import CANDIDATES
from segmentation.classification.features import FeatureColumn
from segmentation.classification.grouping import Labels
from segmentation.features.arrays import Matrix

# The drift that is believed before any cohort was seen, and how many cohorts that is worth.
PRIOR_DRIFT = 0.05
PRIOR_COHORTS = 3

NOMINAL_COVERAGE = 0.9
# Where intervals of past cohorts covered less, none is shown.
LEAST_COVERAGE = 0.8

# A cohort is 30 days of first purchases, or more until it has so many customers.
COHORT_DAYS = 30
LEAST_IN_COHORT = 25
# A cohort is forecast from so many customers at least, and at most.
LEAST_LEARNED = 30
MOST_LEARNED = 3_000
# The last so many are forecast.
MOST_COHORTS = 8

# The error of the sample is that of a logistic regression of resampled rows, whatever the winner.
RESAMPLES = 10
RESAMPLED_ROWS = 1_000


@dataclass(frozen=True)
class Winner:
    """How the classifier was made that is tested on the past.

    Attributes
    ----------
    candidate : str
    setting : mapping
    columns : tuple of FeatureColumn
    temperature : float
    segments : int
    seed : int
    """

    candidate: str
    setting: Mapping[str, Any]
    columns: tuple[FeatureColumn, ...]
    temperature: float
    segments: int
    seed: int

    def probabilities(self, X: Matrix, y: Labels, new: Matrix) -> Matrix:
        """Learn from rows and return the probabilities of others, shape (n, segments).

        They are a little smoothed: no segment is impossible because few rows were learned from.
        """
        if len(np.unique(y)) == 1:
            said = np.zeros((len(new), self.segments))
            said[:, y[0]] = 1.0
        else:
            # scikit-learn takes seconds to load: only a fit waits for it.
            from segmentation.classification.cross_validation import fit_pipeline

            pipeline = CANDIDATES[self.candidate].pipeline(self.columns, self.seed, self.setting)
            said = fit_pipeline(pipeline, X, y).probabilities(new, self.segments)
            said = temper(said, self.temperature)
        return (said * len(y) + 1 / self.segments) / (len(y) + 1)


@dataclass(frozen=True)
class PastCohort:
    """A cohort that was forecast from those before it.

    Attributes
    ----------
    customers : int
    actual : ndarray of shape (segments,)
        Customers who were in each segment.
    expected, variances, sampling_errors : ndarray of shape (segments,)
        Sums of p and of p (1 - p); the standard error of the mean probability.
    """

    customers: int
    actual: Matrix
    expected: Matrix
    variances: Matrix
    sampling_errors: Matrix


@dataclass(frozen=True)
class Backtest:
    """What past cohorts say about intervals.

    Attributes
    ----------
    drift : float
        The variance of a segment's share between cohorts, divided by p (1 - p).
    cohorts : int
        That were forecast.
    coverage : float or None
        Share of their segments whose actual number lay in the interval; None without cohorts.
    sampling_errors : tuple of float
        Standard error of each segment's mean probability among today's prospects.
    """

    drift: float
    cohorts: int
    coverage: float | None
    sampling_errors: tuple[float, ...]


def cohorts_of(days: Labels) -> Labels:
    """Return the cohort of each customer, counted from 0.

    Parameters
    ----------
    days : ndarray of shape (n,)
        Days from the first of all first purchases to that of the customer.
    """
    if not len(days):
        return np.zeros(0, dtype=int)
    block = np.asarray(days) // COHORT_DAYS
    names = np.zeros(int(block.max()) + 1, dtype=int)
    current = customers = 0
    for i, count in enumerate(np.bincount(block)):
        names[i] = current
        customers += int(count)
        if customers >= LEAST_IN_COHORT:
            current, customers = current + 1, 0
    cohorts = names[block]
    last = cohorts.max()
    # A short last one belongs to the one before.
    if last and (cohorts == last).sum() < LEAST_IN_COHORT:
        cohorts[cohorts == last] = last - 1
    return cohorts


def forward_rows(cohorts: Labels, seed: int) -> list[tuple[Labels, Labels]]:
    """Return, for each cohort that is forecast, the rows that it is learned from, and its own."""
    random = np.random.default_rng(seed)
    found = []
    for cohort in range(1, int(cohorts.max(initial=0)) + 1):
        before, own = np.flatnonzero(cohorts < cohort), np.flatnonzero(cohorts == cohort)
        if len(before) > MOST_LEARNED:
            before = np.sort(random.permutation(before)[:MOST_LEARNED])
        if len(before) >= LEAST_LEARNED and len(own):
            found.append((before, own))
    return found[-MOST_COHORTS:]


def backtest(winner: Winner, X: Matrix, y: Labels, cohorts: Labels, prospects: Matrix) -> Backtest:
    """Forecast past cohorts, and say how well intervals held.

    Parameters
    ----------
    winner : Winner
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
        Segments, counted from 0.
    cohorts : ndarray of shape (n,)
        Of :func:`cohorts_of`.
    prospects : ndarray of shape (m, n_features)
        Who is forecast today; the labelled rows take their place where there is nobody.
    """
    past = [
        _past_cohort(winner, X, y, before, own)
        for before, own in forward_rows(cohorts, winner.seed)
    ]
    covered = [
        is_covered for i, cohort in enumerate(past) for is_covered in _covered(cohort, past[:i])
    ]
    errors = _sampling_errors(winner, X, y, prospects if len(prospects) else X)
    return Backtest(
        drift=drift(past),
        cohorts=len(past),
        coverage=float(np.mean(covered)) if covered else None,
        sampling_errors=tuple(float(error) for error in errors),
    )


def drift(past: Sequence[PastCohort]) -> float:
    """Return how far shares of segments drift from cohort to cohort, as a multiple of p (1 - p).

    The mean square error of shares beyond that of chance, over cohorts and segments, divided by
    their mean p (1 - p); the prior counts as :data:`PRIOR_COHORTS` cohorts.
    """
    excess = room = 0.0
    for cohort in past:
        n = cohort.customers
        excess += float(((cohort.actual - cohort.expected) ** 2 - cohort.variances).sum()) / n**2
        share = cohort.expected / n
        room += float((share * (1 - share)).sum())
    measured = max(0.0, excess / room) if room > 0 else 0.0
    cohorts = len(past)
    return (cohorts * measured + PRIOR_COHORTS * PRIOR_DRIFT) / (cohorts + PRIOR_COHORTS)


def half_width(
    customers: int,
    expected: Matrix,
    variances: Matrix,
    sampling_errors: Matrix,
    drifted: tuple[float, int],
) -> Matrix:
    """Return half the width of the interval of each segment's number of customers.

    Chance, the error of the sample that was learned from, and drift add up; the factor is that of
    Student's t, because drift was seen in few cohorts.

    Parameters
    ----------
    customers : int
    expected, variances, sampling_errors : ndarray of shape (segments,)
        Sums of p and of p (1 - p); standard errors of mean probabilities.
    drifted : (float, int)
        The drift, and in how many cohorts it was seen.
    """
    if not customers:
        return np.zeros(len(expected))
    rho, cohorts = drifted
    share = expected / customers
    between = sampling_errors**2 + rho * share * (1 - share)
    # SciPy takes a second to load: only a forecast waits for it.
    from scipy import stats

    factor = stats.t.ppf(0.5 + NOMINAL_COVERAGE / 2, cohorts + PRIOR_COHORTS)
    width: Matrix = factor * np.sqrt(variances + customers**2 * between)
    return width


def why_no_interval(cohorts: int, coverage: float | None) -> str | None:
    """Return why no interval is shown; None where one is."""
    if coverage is None:
        return "no interval: there is no past cohort to test one on"
    if coverage < LEAST_COVERAGE:
        return (
            f"no interval: those of {cohorts} past {'cohort' if cohorts == 1 else 'cohorts'} held "
            f"{coverage:.0%} of the time, less than {LEAST_COVERAGE:.0%}"
        )
    return None


def _past_cohort(winner: Winner, X: Matrix, y: Labels, before: Labels, own: Labels) -> PastCohort:
    p = winner.probabilities(X[before], y[before], X[own])
    return PastCohort(
        customers=len(own),
        actual=np.bincount(y[own], minlength=winner.segments).astype(float),
        expected=p.sum(axis=0),
        variances=(p * (1 - p)).sum(axis=0),
        sampling_errors=_sampling_errors(winner, X[before], y[before], X[own]),
    )


def _covered(cohort: PastCohort, before: Sequence[PastCohort]) -> np.ndarray:
    """Return whether each segment of a cohort lay in the interval that was known before it."""
    half = half_width(
        cohort.customers,
        cohort.expected,
        cohort.variances,
        cohort.sampling_errors,
        (drift(before), len(before)),
    )
    # An interval of whole customers reaches to the next whole number.
    found: np.ndarray = (cohort.actual >= np.floor(cohort.expected - half)) & (
        cohort.actual <= np.ceil(cohort.expected + half)
    )
    return found


def _sampling_errors(winner: Winner, X: Matrix, y: Labels, new: Matrix) -> Matrix:
    """Return the standard error of each segment's mean probability among new rows.

    Of a logistic regression of resampled rows. Of many rows a part is resampled, and the error of
    all is as much smaller as the square root of their number is larger.
    """
    random = np.random.default_rng(winner.seed)
    if len(new) > RESAMPLED_ROWS:
        new = new[np.sort(random.permutation(len(new))[:RESAMPLED_ROWS])]
    rows = min(len(y), RESAMPLED_ROWS)
    simple = Winner(
        "logistic_regression", {"C": 1.0}, winner.columns, 1.0, winner.segments, winner.seed
    )
    shares = []
    for _ in range(RESAMPLES):
        drawn = random.integers(0, len(y), rows)
        shares.append(simple.probabilities(X[drawn], y[drawn], new).mean(axis=0))
    errors: Matrix = np.std(shares, axis=0, ddof=1) * math.sqrt(rows / len(y))
    return errors
