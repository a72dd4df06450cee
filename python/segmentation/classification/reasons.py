"""Reasons for a predicted segment, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.features import CATEGORY, NUMBER, FeatureColumn, supports
from segmentation.classification.grouping import Labels
from segmentation.classification.metrics import SMALLEST
from segmentation.features.arrays import Matrix
from segmentation.playbook.feature_words import FeatureWords, words_for

REASONS = 3
TYPICAL = "like the typical person on everything"
NO_REASON = "no feature by itself speaks for this segment"

# Of so many rows, those with other values are predicted in one call for all features.
ROWS_PREDICTED_TOGETHER = 1_000

# Smaller contributions to the log-odds are not reasons.
_FAINTEST = 1e-6

Texts = np.ndarray[tuple[int, int], np.dtype[np.object_]]


def reasons_in_words(
    classifier: SegmentClassifier,
    X: Matrix,
    probabilities: Matrix,
    words: Mapping[str, FeatureWords],
) -> Texts:
    """Return the three strongest reasons for the predicted segment of each row.

    The contribution of a feature is how much the segment's log-odds drop if the feature takes its
    typical value (the median; of categories the most frequent one) and all others stay. It costs
    one prediction per feature, for rows without the typical value.

    A feature is a reason only where it points in one direction: the person and the segment's
    typical person lie on the same side of the typical person. A negative contribution is not a
    reason, so there can be fewer than three; where no known value has a positive one, the known
    value with the largest that points in the right direction comes first. Known values rank before
    missing ones. Ties go to the feature that is named first.

    Parameters
    ----------
    classifier : SegmentClassifier
    X : ndarray of shape (n, n_features)
    probabilities : ndarray of shape (n, k)
        Of these rows.
    words : mapping
        Feature to its words.

    Returns
    -------
    ndarray of shape (n, 3)
        Texts, strongest first; None if there are fewer.
    """
    drops = log_odds_drops(classifier, X, probabilities)
    texts = np.full((len(X), REASONS), None, dtype=object)
    if not drops.shape[1]:
        return texts
    predicted = probabilities.argmax(axis=1)
    speaks = np.zeros(X.shape, dtype=bool)
    for j, column in enumerate(classifier.columns):
        speaks[:, j] = supports(column, X[:, j], predicted) & _reads_apart(column, X[:, j], words)
    is_reason = speaks & (drops > _FAINTEST)
    # Where nothing known contributes by itself: what is true of the segment's typical person too.
    silent = ~(is_reason & ~np.isnan(X)).any(axis=1)
    only = np.lexsort((-drops, np.isnan(X), ~speaks), axis=1)[:, 0]
    is_reason[silent, only[silent]] |= speaks[silent, only[silent]]
    # Known values rank before missing ones, whatever their weight.
    order = np.lexsort((-drops, np.isnan(X), ~is_reason), axis=1)[:, :REASONS]
    for j, column in enumerate(classifier.columns):
        for rank in range(order.shape[1]):
            rows = np.flatnonzero((order[:, rank] == j) & is_reason[:, j])
            texts[rows, rank] = _in_words(column, X[rows, j], words)
    typical = np.array([column.typical for column in classifier.columns])
    none = ~is_reason.any(axis=1)
    texts[none, 0] = NO_REASON
    texts[none & (typical == X).all(axis=1), 0] = TYPICAL
    return texts


def _reads_apart(
    column: FeatureColumn, values: Matrix, words: Mapping[str, FeatureWords]
) -> np.ndarray:
    """Return whether values read otherwise than the typical one."""
    if column.kind != NUMBER:
        apart: np.ndarray = values != column.typical
        return apart
    spoken = words_for(column.name, words)
    typical = spoken.written(column.typical)
    distinct, position = np.unique(values, return_inverse=True)
    reads = [bool(np.isnan(value)) or spoken.written(float(value)) != typical for value in distinct]
    return np.array(reads, dtype=bool)[position]


def log_odds_drops(classifier: SegmentClassifier, X: Matrix, probabilities: Matrix) -> Matrix:
    """Return by how much each feature raises the log-odds of the predicted segment.

    Returns
    -------
    ndarray of shape (n, n_features)
        0 if a row has the typical value.
    """
    predicted = probabilities.argmax(axis=1)
    own = _log_odds(probabilities, predicted)
    drops = np.zeros(X.shape)
    changes = [
        (j, np.flatnonzero(X[:, j] != column.typical), column.typical)
        for j, column in enumerate(classifier.columns)
    ]
    # A call costs as much as hundreds of rows, and no row's figure depends on the others.
    together = len(changes) if len(X) <= ROWS_PREDICTED_TOGETHER else 1
    for start in range(0, len(changes), together):
        part = changes[start : start + together]
        without = classifier.matrix_probabilities(
            np.concatenate([_with_value(X[rows], j, typical) for j, rows, typical in part])
        )
        at = 0
        for j, rows, _ in part:
            found = without[at : at + len(rows)]
            drops[rows, j] = own[rows] - _log_odds(found, predicted[rows])
            at += len(rows)
    return drops


def _with_value(rows: Matrix, j: int, value: float) -> Matrix:
    rows[:, j] = value
    return rows


def _log_odds(probabilities: Matrix, segment: Labels) -> Matrix:
    p = np.clip(probabilities[np.arange(len(segment)), segment], SMALLEST, 1 - SMALLEST)
    odds: Matrix = np.log(p) - np.log1p(-p)
    return odds


def _in_words(
    column: FeatureColumn, values: Matrix, words: Mapping[str, FeatureWords]
) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    # Each distinct value is put into words once.
    distinct, position = np.unique(values, return_inverse=True)
    texts = [sentence(column, float(value), words) for value in distinct]
    return np.array(texts, dtype=object)[position]


def sentence(column: FeatureColumn, value: float, words: Mapping[str, FeatureWords]) -> str:
    """Return one reason: a value beside the typical one.

    Numbers use the words of the seed ``feature_words``, e.g. ``"younger: 22 years old
    (typical 40)"``; categories are written as they are, e.g. ``"spending level High (typical
    Low)"``.

    Parameters
    ----------
    column : FeatureColumn
    value : float
        Encoded as in the matrix.
    words : mapping
        Feature to its words.
    """
    label = column.name.replace("_", " ")
    if column.kind != NUMBER:
        typical = column.written_category(column.typical)
        if np.isnan(value):
            return f"{label} unknown (typical {typical})"
        if column.kind == CATEGORY and value < 0:
            return f"{label} of a kind not seen before (typical {typical})"
        return f"{label} {column.written_category(value)} (typical {typical})"
    spoken = words_for(column.name, words)
    if np.isnan(value):
        return f"{label} unknown, taken as {spoken.written(column.typical)}"
    direction = spoken.high_words if value > column.typical else spoken.low_words
    return f"{direction}: {spoken.spoken(value)} (typical {spoken.written(column.typical)})"
