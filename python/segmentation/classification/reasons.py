"""Why a person is said to join a segment, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.features import CATEGORY, NUMBER, FeatureColumn
from segmentation.classification.grouping import Labels
from segmentation.classification.metrics import SMALLEST
from segmentation.features.arrays import Matrix
from segmentation.playbook.feature_words import FeatureWords, words_for

REASONS = 3
NO_REASON = "close to the typical person on everything"

# Log-odds that nobody would call a reason.
_FAINTEST = 1e-6

Texts = np.ndarray[tuple[int, int], np.dtype[np.object_]]


def reasons_in_words(
    classifier: SegmentClassifier,
    X: Matrix,
    probabilities: Matrix,
    words: Mapping[str, FeatureWords],
) -> Texts:
    """Return the three strongest reasons for the predicted segment of each row.

    A feature speaks for a segment as much as the segment's log-odds drop when the feature takes
    its typical value (the median; of categories the most frequent one) and all else stays. It
    costs one prediction per feature, of the rows that are not typical in it. What speaks against
    the segment is no reason, so that there can be fewer than three. A feature that is unknown comes
    after all that are known. Ties go to the feature that is named first.

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
        Texts, strongest first, None where there is none.
    """
    drops = log_odds_drops(classifier, X, probabilities)
    texts = np.full((len(X), REASONS), None, dtype=object)
    if not drops.shape[1]:
        return texts
    # What is known speaks first, however loud the silence.
    speaks_last = np.isnan(X)
    order = np.lexsort((-drops, speaks_last | (drops <= _FAINTEST)), axis=1)[:, :REASONS]
    for j, column in enumerate(classifier.columns):
        for rank in range(order.shape[1]):
            rows = np.flatnonzero((order[:, rank] == j) & (drops[:, j] > _FAINTEST))
            texts[rows, rank] = _in_words(column, X[rows, j], words)
    texts[drops.max(axis=1) <= _FAINTEST, 0] = NO_REASON
    return texts


def log_odds_drops(classifier: SegmentClassifier, X: Matrix, probabilities: Matrix) -> Matrix:
    """Return by how much each feature raises the log-odds of the predicted segment.

    Returns
    -------
    ndarray of shape (n, n_features)
        0 where a row has the typical value.
    """
    predicted = probabilities.argmax(axis=1)
    own = _log_odds(probabilities, predicted)
    drops = np.zeros(X.shape)
    for j, column in enumerate(classifier.columns):
        rows = np.flatnonzero(X[:, j] != column.typical)
        changed = X[rows]
        changed[:, j] = column.typical
        without = classifier.matrix_probabilities(changed)
        drops[rows, j] = own[rows] - _log_odds(without, predicted[rows])
    return drops


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

    Numbers are spoken of as in the seed ``feature_words``, e.g. ``"younger: 22 years old
    (typical 40)"``, categories as they are, e.g. ``"spending level High (typical Low)"``.

    Parameters
    ----------
    column : FeatureColumn
    value : float
        As it stands in the matrix.
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
