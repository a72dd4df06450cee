"""Stratified, repeated cross-validation, grouped by person and ungrouped.

Ungrouped folds can have a person, or equal rows, on both sides of a split. Trust the grouped
figures; the ungrouped ones show the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from segmentation.classification.candidates import Candidate
from segmentation.classification.grouping import Labels
from segmentation.classification.metrics import (
    BASELINE,
    MetricSummary,
    fold_metrics,
    log_loss,
    summaries,
)
from segmentation.classification.training_data import TrainingData
from segmentation.features.arrays import Matrix

GROUPED, UNGROUPED = "grouped", "ungrouped"


@dataclass(frozen=True)
class Split:
    """Positions of rows on both sides of a split."""

    repeat: int
    train: Labels
    test: Labels


@dataclass(frozen=True)
class CrossValidation:
    """Result of cross-validating a candidate.

    Attributes
    ----------
    candidate : str
    validation : str
        ``"grouped"`` or ``"ungrouped"``.
    probabilities : ndarray of shape (repeats, n, k)
        Out of fold: predictions of the pipeline that has not seen the row. NaN if a row was in no
        held-out fold.
    metrics : list of MetricSummary
    held_out : list of (Split, Fitted)
        The splits of the first repeat, each with the pipeline fitted to its training side.
    """

    candidate: str
    validation: str
    probabilities: np.ndarray
    metrics: list[MetricSummary]
    held_out: list[tuple[Split, Fitted]]


def make_splits(
    y: Labels, groups: Labels | None, *, folds: int, repeats: int, seed: int
) -> list[Split]:
    """Return stratified splits, shuffled anew in each repeat.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Classes from 0.
    groups : ndarray of shape (n,), optional
        No group is on both sides of a split. Ungrouped unless given.
    folds, repeats, seed : int

    Returns
    -------
    list of Split
        ``folds * repeats`` of them. Splits with an empty side, or with one class in the training
        side, are omitted; large groups can cause them.
    """
    nothing = np.zeros((len(y), 1))
    found = []
    for repeat in range(repeats):
        if groups is None:
            parts = StratifiedKFold(folds, shuffle=True, random_state=seed + repeat).split(
                nothing, y
            )
        else:
            parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed + repeat).split(
                nothing, y, groups
            )
        found += [
            Split(repeat, train, test)
            for train, test in parts
            if len(test) and len(np.unique(y[train])) > 1
        ]
    return found


@dataclass(frozen=True)
class Fitted:
    """A pipeline fitted to classes whose numbers may have gaps.

    XGBoost allows no gaps between class numbers, and one side of a split may lack a class.
    """

    pipeline: Pipeline
    seen: Labels

    def probabilities(self, X: Matrix, classes: int) -> Matrix:
        """Return probabilities, shape (n, classes); 0 for a class that the fit has not seen."""
        probabilities = np.zeros((len(X), classes))
        probabilities[:, self.seen] = self.pipeline.predict_proba(X)
        return probabilities


def fit_pipeline(pipeline: Pipeline, X: Matrix, y: Labels) -> Fitted:
    """Fit a pipeline to rows, shape (n, n_features), and their classes, shape (n,)."""
    seen = np.unique(y)
    return Fitted(pipeline.fit(X, np.searchsorted(seen, y)), seen)


def search_setting(
    candidate: Candidate, training: TrainingData, splits: Sequence[Split], seed: int
) -> Mapping[str, Any]:
    """Return the setting of a candidate's grid with the lowest log loss over held-out folds.

    Log loss uses every probability; macro F1 on few folds is mostly noise. Of equally good settings
    the first wins. The folds differ from those that judge the candidate, but the rows are the same.
    With two settings per candidate, the resulting optimism is small.
    """
    if len(candidate.grid) == 1 or not splits:
        return candidate.grid[0]
    X, y, classes = training.X, training.y, len(training.segments)
    losses = []
    for setting in candidate.grid:
        of_folds = []
        for split in splits:
            pipeline = candidate.pipeline(training.columns, seed, setting)
            fitted = fit_pipeline(pipeline, X[split.train], y[split.train])
            predicted = fitted.probabilities(X[split.test], classes)
            of_folds.append(log_loss(y[split.test], predicted))
        losses.append(np.mean(of_folds))
    return candidate.grid[int(np.argmin(losses))]


def cross_validate(
    candidate: Candidate,
    setting: Mapping[str, Any],
    training: TrainingData,
    splits: Sequence[Split],
    *,
    validation: str,
    seed: int,
) -> CrossValidation:
    """Fit a candidate to one side of each split and judge it on the other.

    Parameters
    ----------
    candidate : Candidate
    setting : mapping
        Of the candidate's grid.
    training : TrainingData
    splits : sequence of Split
    validation : str
        The kind of the splits: grouped or ungrouped.
    seed : int
    """
    X, y, segments = training.X, training.y, training.segments
    repeats = max(split.repeat for split in splits) + 1
    probabilities = np.full((repeats, len(y), len(segments)), np.nan)
    of_folds, held_out = [], []
    for split in splits:
        pipeline = candidate.pipeline(training.columns, seed, setting)
        fitted = fit_pipeline(pipeline, X[split.train], y[split.train])
        predicted = fitted.probabilities(X[split.test], len(segments))
        probabilities[split.repeat, split.test] = predicted
        of_folds.append(fold_metrics(y[split.test], predicted, segments))
        if split.repeat == 0:
            held_out.append((split, fitted))
    return CrossValidation(
        candidate.name,
        validation,
        probabilities,
        summaries(candidate.name, validation, of_folds, training.folds),
        held_out,
    )


def judge_baseline(
    training: TrainingData, splits: Sequence[Split], validation: str
) -> list[MetricSummary]:
    """Return the metrics of predicting the shares of the training side for every row."""
    y, segments = training.y, training.segments
    of_folds = []
    for split in splits:
        shares = np.bincount(y[split.train], minlength=len(segments)) / len(split.train)
        predicted = np.tile(shares, (len(split.test), 1))
        of_folds.append(fold_metrics(y[split.test], predicted, segments))
    return summaries(BASELINE, validation, of_folds, training.folds)
