"""Compares a fit with an earlier classifier on the same people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.metrics import SMALLEST
from segmentation.features.arrays import Matrix


def log_loss_gains(
    out_of_fold: pd.DataFrame,
    rows: pd.DataFrame,
    earlier: SegmentClassifier,
    names: Sequence[str],
) -> Matrix:
    """Return by how much each person's log loss is lower under the fit than under the earlier one.

    Parameters
    ----------
    out_of_fold : pandas.DataFrame
        Of n people, as :class:`segmentation.classification.fit.ClassifierFit` has it.
    rows : pandas.DataFrame
        Their features, in the same order. The earlier classifier did not learn from them either.
    earlier : SegmentClassifier
    names : sequence of str
        What its segments are called in `out_of_fold`; another text for those that are not there.

    Returns
    -------
    ndarray of shape (n,)
        A segment that the earlier one does not know had the probability 1e-9.
    """
    # By position: a segment may be called `actual` too.
    actual = out_of_fold.iloc[:, 0].to_numpy(object)
    by_fit = out_of_fold.iloc[:, 1:].to_numpy(np.float64)
    fit_segments = [str(name) for name in out_of_fold.columns[1:]]
    of_fit = _of_actual(actual, by_fit, fit_segments)
    of_earlier = _of_actual(actual, earlier.probabilities(rows), names)
    return np.log(of_fit) - np.log(of_earlier)


def _of_actual(actual: np.ndarray, probabilities: Matrix, segments: Sequence[str]) -> Matrix:
    """Return the probability that each person's actual segment was given, 1e-9 or more."""
    found = np.full(len(actual), SMALLEST)
    for position, segment in enumerate(segments):
        own = actual == segment
        found[own] = np.clip(probabilities[own, position], SMALLEST, 1.0)
    return found
