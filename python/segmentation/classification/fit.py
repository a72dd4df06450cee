"""Fits a classifier: judge candidates, choose the winner, calibrate, refit on all training data."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from segmentation.classification.calibration import (
    calibration_records,
    expected_calibration_error,
    fit_temperature,
    reliability,
    temper,
)
from segmentation.classification.candidates import chosen_candidates
from segmentation.classification.classifier import SegmentClassifier
from segmentation.classification.cross_validation import CrossValidation, fit_pipeline
from segmentation.classification.features import described_by_segment
from segmentation.classification.grouping import Labels
from segmentation.classification.importance import importance_records
from segmentation.classification.judgement import JudgedCandidates, judge_candidates
from segmentation.classification.metrics import MetricSummary, confusion_records, log_loss
from segmentation.classification.options import ClassifierOptions
from segmentation.classification.selection import selection_records
from segmentation.classification.training_data import (
    FoundRows,
    Leakage,
    TrainingData,
    find_training_data,
)
from segmentation.features.arrays import Matrix
from segmentation.registry.header import DroppedFeature

log = logging.getLogger("segmentation")


@dataclass(frozen=True)
class ClassifierFit:
    """What a fit gave.

    Attributes
    ----------
    classifier : SegmentClassifier or None
        None where there was nothing to learn; `warnings` says why.
    winner : str or None
    selection : list of dict
        See :func:`segmentation.classification.selection.selection_records`.
    needed_score : float or None
        The value of the criterion that was as good as the best.
    metrics : list of MetricSummary
        Of all candidates and the majority class, grouped and ungrouped.
    confusion : list of dict
        Of all candidates; out of fold, grouped, first repeat: each labelled row counts once.
    importance : list of dict
        Of the winner.
    calibration : list of dict
        Reliability of the winner out of fold, grouped, all repeats, before and after.
    calibration_error_before, calibration_error_after : float or None
        Expected calibration error over 15 bins. The temperature is fitted to the very predictions
        that it is judged on: one number, many rows.
    log_loss_before, log_loss_after : float or None
        Of the same predictions.
    out_of_fold : pandas.DataFrame
        Indexed as the frame: actual, and the winner's calibrated probability of each segment,
        from the first repeat; of the rows that candidates were judged on.
    leakage : Leakage
    left_out : dict
        Segment to (labelled rows, groups), for segments with too few of them.
    dropped_features : tuple of DroppedFeature
    folds : int
        0 if there was no training data.
    warnings : tuple of str
        What a reader of the figures ought to know.
    """

    classifier: SegmentClassifier | None
    winner: str | None
    leakage: Leakage
    warnings: tuple[str, ...]
    selection: list[dict[str, Any]] = field(default_factory=list)
    needed_score: float | None = None
    metrics: list[MetricSummary] = field(default_factory=list)
    confusion: list[dict[str, Any]] = field(default_factory=list)
    importance: list[dict[str, Any]] = field(default_factory=list)
    calibration: list[dict[str, Any]] = field(default_factory=list)
    calibration_error_before: float | None = None
    calibration_error_after: float | None = None
    log_loss_before: float | None = None
    log_loss_after: float | None = None
    out_of_fold: pd.DataFrame = field(default_factory=pd.DataFrame)
    left_out: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    dropped_features: tuple[DroppedFeature, ...] = ()
    folds: int = 0


def fit_classifier(
    frame: pd.DataFrame,
    target: str,
    identities: str,
    options: ClassifierOptions,
    prospect_identities: Iterable[Hashable] = (),
) -> ClassifierFit:
    """Learn which segment a person joins.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per labelled person, or per row about one. Numbers, flags and text; None and NaN are
        missing. Rows without a label are prospects: they teach nothing, but who they are is
        compared with who is labelled.
    target : str
        Column of the segment.
    identities : str
        Column of the person. A row without one is a person of its own.
    options : ClassifierOptions
    prospect_identities : iterable, optional
        People among the prospects, where these are not rows of the frame.

    Returns
    -------
    ClassifierFit
        The same for the same rows in the same order, bit for bit.

    Raises
    ------
    ValueError
        If the frame lacks a column.
    OptionError
        If a candidate needs a package that is not installed.
    """
    candidates = chosen_candidates(options.candidates)
    found = find_training_data(frame, target, identities, options, prospect_identities)
    if found.training is None:
        return _nothing(found)
    judged = judge_candidates(candidates, found.training, options)
    if judged is None:
        why = "Nearly all labelled rows are connected: no split keeps two segments on one side."
        return _nothing(replace(found, warnings=(*found.warnings, why)))
    return _finished(judged, found.training, found, options)


def _finished(
    judged: JudgedCandidates,
    training: TrainingData,
    found: FoundRows,
    options: ClassifierOptions,
) -> ClassifierFit:
    columns, y, segments = training.columns, training.y, training.segments
    selection, needed_score = selection_records(
        judged.metrics,
        judged.settings,
        criterion=options.criterion,
        leak_gap=options.leak_gap,
        leak_accuracy=options.leak_accuracy,
    )
    winner = next(record["candidate"] for record in selection if record["is_winner"])
    validated = judged.grouped[winner]
    importance = importance_records(validated, training, options)
    actual, probabilities = _stacked(validated.probabilities, y)
    temperature = fit_temperature(actual, probabilities)
    calibrated = temper(probabilities, temperature)
    refitted = chosen_candidates((winner,))[0].pipeline(
        columns, options.seed, judged.settings[winner]
    )
    return ClassifierFit(
        classifier=SegmentClassifier(
            candidate=winner,
            segments=segments,
            columns=described_by_segment(
                columns, training.every_row, training.every_label, len(segments)
            ),
            temperature=temperature,
            share_errors=_share_errors(validated, y, temperature),
            pipeline=fit_pipeline(refitted, training.every_row, training.every_label).pipeline,
        ),
        winner=winner,
        leakage=found.leakage,
        warnings=_logged((*found.warnings, *_leak_flags(selection, importance))),
        selection=selection,
        needed_score=needed_score,
        metrics=judged.metrics,
        confusion=_confusion(judged, training),
        importance=importance,
        calibration=calibration_records(winner, actual, probabilities, temperature),
        calibration_error_before=expected_calibration_error(reliability(actual, probabilities)),
        calibration_error_after=expected_calibration_error(reliability(actual, calibrated)),
        log_loss_before=log_loss(actual, probabilities),
        log_loss_after=log_loss(actual, calibrated),
        out_of_fold=_out_of_fold(validated, training, temperature),
        left_out=found.left_out,
        dropped_features=found.dropped_features,
        folds=training.folds,
    )


def _leak_flags(selection: list[dict[str, Any]], importance: list[dict[str, Any]]) -> list[str]:
    flags = [record["leak_flag"] for record in selection if record["leak_flag"]]
    if flags:
        flags.append(f"Most rests on the feature {importance[0]['feature']}: look at it first.")
    return flags


def _confusion(judged: JudgedCandidates, training: TrainingData) -> list[dict[str, Any]]:
    """Return the confusion matrices of all candidates, grouped, of the first repeat."""
    return [
        record
        for name, of_candidate in judged.grouped.items()
        for record in confusion_records(
            name, *_stacked(of_candidate.probabilities[:1], training.y), training.segments
        )
    ]


def _out_of_fold(
    validated: CrossValidation, training: TrainingData, temperature: float
) -> pd.DataFrame:
    """Return actual segments and calibrated probabilities of the first repeat."""
    probabilities = validated.probabilities[0]
    there = ~np.isnan(probabilities[:, 0])
    table = pd.DataFrame(
        temper(probabilities[there], temperature),
        columns=training.segments,
        index=training.index[there],
    )
    actual = np.array(training.segments, dtype=object)[training.y[there]]
    table.insert(0, "actual", actual, allow_duplicates=True)
    return table


def _share_errors(validated: CrossValidation, y: Labels, temperature: float) -> tuple[float, ...]:
    """Return by how much expected shares of segments were off in held-out folds.

    Root mean square over the folds of the first repeat of the actual share less the mean
    probability. It holds the chance of who is in a fold as well, and so is rather too large.
    """
    k = validated.probabilities.shape[-1]
    gaps = [
        np.bincount(y[split.test], minlength=k) / len(split.test)
        - temper(validated.probabilities[0, split.test], temperature).mean(axis=0)
        for split, _ in validated.held_out
    ]
    return tuple(float(error) for error in np.sqrt(np.square(gaps).mean(axis=0)))


def _stacked(repeats: np.ndarray, y: Labels) -> tuple[Labels, Matrix]:
    """Return labels and probabilities of all repeats, one below the other, gaps left out."""
    actual = np.tile(y, len(repeats))
    probabilities = repeats.reshape(-1, repeats.shape[-1])
    there = ~np.isnan(probabilities[:, 0])
    return actual[there], probabilities[there]


def _nothing(found: FoundRows) -> ClassifierFit:
    return ClassifierFit(
        classifier=None,
        winner=None,
        leakage=found.leakage,
        warnings=_logged(found.warnings),
        left_out=found.left_out,
        dropped_features=found.dropped_features,
    )


def _logged(warnings: tuple[str, ...]) -> tuple[str, ...]:
    for warning in warnings:
        log.warning(warning)
    return warnings
