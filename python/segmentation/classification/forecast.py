"""Forecasts how many prospects will be in each segment, and what they will spend.

:func:`forecast_records` is for known segments, :func:`forecast_at_age` for segments at an age, of
which past cohorts are known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa

from segmentation.classification.backtest import (
    NOMINAL_COVERAGE,
    Backtest,
    half_width,
    why_no_interval,
)
from segmentation.classification.classifier import SegmentClassifier
from segmentation.features.arrays import Matrix

LEVEL = 0.95


@dataclass(frozen=True)
class Tally:
    """Sums of predictions that a forecast needs.

    Attributes
    ----------
    customers : int
    most_likely : tuple of int
        For each segment, customers for whom it is the most likely one.
    expected : tuple of float
        Sums of probabilities.
    variances : tuple of float
        Sums of p (1 - p).
    """

    customers: int
    most_likely: tuple[int, ...]
    expected: tuple[float, ...]
    variances: tuple[float, ...]


@dataclass(frozen=True)
class Revenue:
    """Mean yearly revenue of a customer of a segment, and its standard error."""

    mean: float
    standard_error: float = 0.0


def tally_probabilities(batches: Iterable[Matrix], segments: int) -> Tally:
    """Sum probabilities, batch by batch.

    Parameters
    ----------
    batches : iterable of ndarray of shape (n, segments)
        Calibrated. The sums are exact: order and length of batches make no difference.
    segments : int
    """
    customers = 0
    most_likely = np.zeros(segments, dtype=int)
    # Integers of trillionths add up without rounding.
    expected, variances = [0] * segments, [0] * segments
    for batch in batches:
        customers += len(batch)
        most_likely += np.bincount(batch.argmax(axis=1), minlength=segments)
        for j in range(segments):
            expected[j] += _trillionths(batch[:, j])
            variances[j] += _trillionths(batch[:, j] * (1 - batch[:, j]))
    return Tally(
        customers,
        tuple(int(count) for count in most_likely),
        tuple(total / 10**12 for total in expected),
        tuple(total / 10**12 for total in variances),
    )


def _trillionths(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
    parts = np.array_split(np.round(values * 1e12).astype(np.int64), len(values) // 1_000_000 + 1)
    return sum(int(part.sum()) for part in parts)


def tally_predictions(batches: Iterable[pa.RecordBatch], segments: int) -> Tally:
    """Sum the predictions of :func:`segmentation.classification.prediction.predict_in_batches`."""
    return tally_probabilities(
        (
            batch.column("probabilities")
            .flatten()
            .to_numpy(zero_copy_only=False)
            .reshape(-1, segments)
            for batch in batches
        ),
        segments,
    )


def forecast_records(
    classifier: SegmentClassifier,
    tally: Tally,
    revenues: Mapping[str, Revenue] | None = None,
    *,
    level: float = LEVEL,
) -> list[dict[str, Any]]:
    """Return the forecast of each segment.

    The number of prospects that join a segment is a sum of independent events with probabilities
    of their own (a Poisson binomial variable); its variance is the sum of p (1 - p). The error of
    the model is added: the error of the segment's share in held-out folds, for all prospects at
    once. The interval is the normal approximation. It holds if prospects resemble the training
    data.

    Sales are expected size times mean yearly revenue; the variance is that of a product of
    independent quantities.

    Parameters
    ----------
    classifier : SegmentClassifier
    tally : Tally
    revenues : mapping, optional
        Segment to the yearly revenue of one of its customers. A segment without an entry has no
        sales.
    level : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    list of dict
        segment, most_likely_customers, expected_customers, expected_share, interval_low,
        interval_high, nominal_coverage, mean_yearly_revenue, expected_sales, lower_sales,
        upper_sales.
        Counts of the most likely segment are not a forecast: a segment that is second for every
        prospect has a count of zero.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1, or a tally is of other segments.
    """
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval is {level!r}; it lies between 0 and 1.")
    if len(tally.expected) != len(classifier.segments):
        raise ValueError(
            f"The tally is of {len(tally.expected)} segments, the classifier of "
            f"{len(classifier.segments)}: {', '.join(classifier.segments)}."
        )
    return [
        _record(segment, tally, j, classifier.share_errors[j], (revenues or {}).get(segment), level)
        for j, segment in enumerate(classifier.segments)
    ]


@dataclass(frozen=True)
class TallyWithSales(Tally):
    """Also the sales of prospects, shared out over segments.

    Attributes
    ----------
    sales : tuple of float
        Expected from the end of the first days to the horizon, what is known already included.
    sales_so_far : tuple of float
        What is known already.
    """

    sales: tuple[float, ...]
    sales_so_far: tuple[float, ...]


def forecast_at_age(
    segments: Sequence[str], tally: TallyWithSales, past: Backtest
) -> list[dict[str, Any]]:
    """Return the forecast of each segment at the age of the horizon.

    The interval knows of chance, of the error of the sample that was learned from, and of how far
    past cohorts drifted, see :func:`segmentation.classification.backtest.half_width`. Where the
    intervals of past cohorts did not hold, none is shown.

    Parameters
    ----------
    segments : sequence of str
    tally : TallyWithSales
    past : Backtest

    Returns
    -------
    list of dict
        segment, most_likely_customers, expected_customers, expected_share, interval_low and
        interval_high (whole numbers of customers), nominal_coverage, backtest_cohorts,
        backtest_coverage, no_interval_because, expected_sales, sales_so_far.
    """
    half = half_width(
        tally.customers,
        np.array(tally.expected),
        np.array(tally.variances),
        np.array(past.sampling_errors),
        (past.drift, past.cohorts),
    )
    why = why_no_interval(past.cohorts, past.coverage)
    return [
        {
            "segment": segment,
            "most_likely_customers": tally.most_likely[j],
            "expected_customers": tally.expected[j],
            "expected_share": tally.expected[j] / tally.customers if tally.customers else None,
            "interval_low": None if why else max(0.0, math.floor(tally.expected[j] - half[j])),
            "interval_high": (
                None if why else min(float(tally.customers), math.ceil(tally.expected[j] + half[j]))
            ),
            "nominal_coverage": NOMINAL_COVERAGE,
            "backtest_cohorts": past.cohorts,
            "backtest_coverage": past.coverage,
            "no_interval_because": why,
            "expected_sales": tally.sales[j],
            "sales_so_far": tally.sales_so_far[j],
        }
        for j, segment in enumerate(segments)
    ]


def _record(
    segment: str,
    tally: Tally,
    j: int,
    share_error: float,
    revenue: Revenue | None,
    level: float,
) -> dict[str, Any]:
    z = NormalDist().inv_cdf((1 + level) / 2)
    expected = tally.expected[j]
    spread = math.hypot(math.sqrt(tally.variances[j]), tally.customers * share_error)
    record: dict[str, Any] = {
        "segment": segment,
        "most_likely_customers": tally.most_likely[j],
        "expected_customers": expected,
        "expected_share": expected / tally.customers if tally.customers else None,
        "interval_low": max(expected - z * spread, 0.0),
        "interval_high": min(expected + z * spread, float(tally.customers)),
        "mean_yearly_revenue": None,
        "expected_sales": None,
        "lower_sales": None,
        "upper_sales": None,
        "nominal_coverage": level,
    }
    if revenue is not None:
        sales = expected * revenue.mean
        error = revenue.standard_error
        of_sales = math.sqrt(
            (spread * revenue.mean) ** 2 + (expected * error) ** 2 + (spread * error) ** 2
        )
        record |= {
            "mean_yearly_revenue": revenue.mean,
            "expected_sales": sales,
            # Sales can be negative only if the mean is, when refunds exceed purchases.
            "lower_sales": (
                max(sales - z * of_sales, 0.0) if revenue.mean >= 0 else sales - z * of_sales
            ),
            "upper_sales": sales + z * of_sales,
        }
    return record
