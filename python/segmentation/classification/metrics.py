"""Metrics of predictions: of one fold, and their mean and spread over folds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from segmentation.classification.grouping import Labels
from segmentation.features.arrays import Matrix

# Lower bound of probabilities: a log loss of 0 probability would be infinite.
SMALLEST = 1e-9

BASELINE = "majority_class"


@dataclass(frozen=True)
class MetricSummary:
    """A metric of a candidate over all folds: a row of the mart ``rpt_classifier_metrics``.

    Attributes
    ----------
    candidate : str
        A candidate, or ``"majority_class"``, which always predicts the most frequent segment, with
        the shares of the segments as probabilities.
    validation : str
        ``"grouped"`` or ``"ungrouped"``.
    metric : str
        ``accuracy``, ``macro_precision``, ``macro_recall``, ``macro_f1``, ``log_loss``, or, with
        a segment, ``precision``, ``recall``, ``f1``.
    segment : str or None
    mean : float
    standard_deviation : float or None
        Over folds and repeats (n - 1 in the denominator); None for one fold.
    standard_error : float or None
        The standard deviation divided by the square root of the number of folds of **one** repeat,
        because repeats use the same rows again.
    folds : int
        Fold results behind the mean.
    """

    candidate: str
    validation: str
    metric: str
    segment: str | None
    mean: float
    standard_deviation: float | None
    standard_error: float | None
    folds: int

    def as_record(self) -> dict[str, Any]:
        """Return the figures as a dictionary."""
        return asdict(self)


def log_loss(actual: Labels, probabilities: Matrix) -> float:
    """Return the mean of -ln(probability of the actual segment), with probabilities above 1e-9."""
    of_actual = probabilities[np.arange(len(actual)), actual]
    return float(-np.log(np.clip(of_actual, SMALLEST, 1.0)).mean())


def fold_metrics(
    actual: Labels, probabilities: Matrix, segments: Sequence[str]
) -> dict[tuple[str, str | None], float]:
    """Return the metrics of one fold.

    Parameters
    ----------
    actual : ndarray of shape (n,)
        Positions in `segments`.
    probabilities : ndarray of shape (n, len(segments))
        The largest is the prediction; of equal ones the first.
    segments : sequence of str

    Returns
    -------
    dict
        ``(metric, segment or None)`` to value. A segment without predictions has precision 0. A
        segment that is absent from the fold has no recall, and has an F1 only if it was predicted.
        Macro figures are means over the segments that have one.
    """
    from sklearn.metrics import precision_recall_fscore_support

    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, support = precision_recall_fscore_support(
        actual, predicted, labels=range(len(segments)), zero_division=0.0
    )
    is_predicted = np.bincount(predicted, minlength=len(segments)) > 0
    is_present = support > 0
    figures: dict[tuple[str, str | None], float] = {
        ("accuracy", None): float((predicted == actual).mean()),
        ("macro_precision", None): float(precision[is_present | is_predicted].mean()),
        ("macro_recall", None): float(recall[is_present].mean()),
        ("macro_f1", None): float(f1[is_present | is_predicted].mean()),
        ("log_loss", None): log_loss(actual, probabilities),
    }
    for i, segment in enumerate(segments):
        if is_present[i] or is_predicted[i]:
            figures["precision", segment] = float(precision[i])
            figures["f1", segment] = float(f1[i])
        if is_present[i]:
            figures["recall", segment] = float(recall[i])
    return figures


def macro_f1(actual: Labels, predicted: Labels, classes: int) -> float:
    """Return the macro F1 of one fold, as :func:`fold_metrics` does."""
    counts = np.bincount(actual * classes + predicted, minlength=classes**2)
    table = counts.reshape(classes, classes)
    denominator = table.sum(axis=0) + table.sum(axis=1)
    used = denominator > 0
    return float((2 * table.diagonal()[used] / denominator[used]).mean())


def summaries(
    candidate: str,
    validation: str,
    folds: Sequence[dict[tuple[str, str | None], float]],
    folds_per_repeat: int,
) -> list[MetricSummary]:
    """Return mean and spread of each metric over folds."""
    keys = dict.fromkeys(key for fold in folds for key in fold)
    found = []
    for metric, segment in sorted(keys, key=lambda key: (key[1] is not None, key[1] or "")):
        values = [fold[metric, segment] for fold in folds if (metric, segment) in fold]
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        found.append(
            MetricSummary(
                candidate=candidate,
                validation=validation,
                metric=metric,
                segment=segment,
                mean=float(np.mean(values)),
                standard_deviation=spread,
                standard_error=None if spread is None else spread / math.sqrt(folds_per_repeat),
                folds=len(values),
            )
        )
    return found


def figure(
    metrics: Iterable[MetricSummary], candidate: str, metric: str, validation: str = "grouped"
) -> MetricSummary:
    """Return one metric over all segments.

    Raises
    ------
    KeyError
        If there is none.
    """
    for summary in metrics:
        if (summary.candidate, summary.validation, summary.metric, summary.segment) == (
            candidate,
            validation,
            metric,
            None,
        ):
            return summary
    raise KeyError(f"There is no {validation} {metric} of {candidate}.")


def confusion_records(
    candidate: str, actual: Labels, probabilities: Matrix, segments: Sequence[str]
) -> list[dict[str, Any]]:
    """Return counts of actual and predicted segments: rows of ``rpt_confusion_matrix``.

    Parameters
    ----------
    candidate : str
    actual : ndarray of shape (n,)
    probabilities : ndarray of shape (n, len(segments))
        Out of fold; each row once.
    segments : sequence of str

    Returns
    -------
    list of dict
        candidate, actual, predicted, customers, share (of the customers who are actually in the
        segment). Pairs without customers are listed with 0.
    """
    k = len(segments)
    counts = np.bincount(actual * k + probabilities.argmax(axis=1), minlength=k * k).reshape(k, k)
    return [
        {
            "candidate": candidate,
            "actual": segments[i],
            "predicted": segments[j],
            "customers": int(counts[i, j]),
            "share": float(counts[i, j] / counts[i].sum()),
        }
        for i in range(k)
        for j in range(k)
    ]
