"""Fits a classifier: judge candidates, choose the winner, calibrate, refit on all training data."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
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
from segmentation.classification.cross_validation import (
    GROUPED,
    UNGROUPED,
    CrossValidation,
    attendance,
    cross_validate,
    fit_pipeline,
    judge_baseline,
    make_splits,
    search_setting,
)
from segmentation.classification.features import (
    FeatureColumn,
    as_matrix,
    described_by_segment,
    learn_columns,
)
from segmentation.classification.grouping import (
    Labels,
    connected_groups,
    identity_codes,
    row_codes,
    shared_identities,
)
from segmentation.classification.importance import importance_records
from segmentation.classification.metrics import MetricSummary, confusion_records, log_loss
from segmentation.classification.options import ClassifierOptions
from segmentation.classification.selection import selection_records
from segmentation.features.arrays import Matrix
from segmentation.registry.header import DroppedFeature

log = logging.getLogger("segmentation")

# Folds of the search are others than those of the judgement.
_TUNING_SEED = 1_000_003


@dataclass(frozen=True)
class Leakage:
    """Who stands where labels could leak.

    Attributes
    ----------
    labelled_rows : int
        With a label, before anything is excluded.
    shared_rows : int
        Of them, those of people who are among the prospects.
    shared_identities : int
        People who are labelled and among the prospects.
    excluded_rows : int
        Labelled rows that took no part for that reason.
    identical_rows : int
        Labelled rows that took part and look like another one.
    groups : int
        Groups that people and equal looks connect these rows to.
    """

    labelled_rows: int
    shared_rows: int
    shared_identities: int
    excluded_rows: int
    identical_rows: int = 0
    groups: int = 0


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
    _check_columns(frame, target, identities, options)
    is_labelled = frame[target].notna().to_numpy()
    prospects = {*frame[identities][~is_labelled].dropna(), *prospect_identities}
    labelled = frame[is_labelled]
    is_shared = shared_identities(labelled[identities], prospects)
    is_excluded = is_shared & options.exclude_shared_identities
    leakage = Leakage(
        labelled_rows=len(labelled),
        shared_rows=int(is_shared.sum()),
        shared_identities=int(labelled[identities][is_shared].nunique()),
        excluded_rows=int(is_excluded.sum()),
    )
    warnings = _overlap_warnings(leakage)
    labelled = labelled[~is_excluded]
    if labelled.empty:
        return _nothing(leakage, [*warnings, "No row has a label: there is nothing to learn from."])

    columns, dropped = learn_columns(labelled, options.features, options.ordered_categories)
    warnings += [f"The feature {gone.name} is left out: {gone.reason}." for gone in dropped]
    X = as_matrix(labelled, columns)
    alike = row_codes(X)
    groups = connected_groups(identity_codes(labelled[identities]), alike)
    leakage = Leakage(
        leakage.labelled_rows,
        leakage.shared_rows,
        leakage.shared_identities,
        leakage.excluded_rows,
        identical_rows=int((np.bincount(alike)[alike] > 1).sum()),
        groups=int(groups.max()) + 1,
    )
    labels = labelled[target].astype(str)
    judged_at = _drawn_rows(len(labels), options.judged_rows, options.seed)
    present = attendance(labels.iloc[judged_at].tolist(), groups[judged_at], options.folds)
    warnings += _attendance_warnings(present.left_out, present.folds, options.folds)
    if not present.folds or not columns:
        why = (
            f"All {len(labels)} labelled rows are of one segment, {labels.iloc[0]}: there is "
            "nothing to tell apart."
            if len(set(labels)) == 1
            else "No feature tells rows apart."
            if not columns
            else "Fewer than two segments have labelled people enough to learn from."
        )
        return _nothing(leakage, [*warnings, why], present.left_out, dropped)

    takes_part = labels.isin(present.kept).to_numpy()
    y = np.searchsorted(np.array(present.kept), labels[takes_part].to_numpy(str))
    learned = _Learned(X[takes_part], y, columns)
    is_judged = np.zeros(len(labels), dtype=bool)
    is_judged[judged_at] = True
    judged_part = takes_part & is_judged
    judged = _judge(
        candidates,
        columns,
        X[judged_part],
        y[is_judged[takes_part]],
        groups[judged_part],
        present.kept,
        present.folds,
        options,
    )
    if judged is None:
        why = "Nearly all labelled rows are connected: no split keeps two segments on one side."
        return _nothing(leakage, [*warnings, why], present.left_out, dropped)
    return _finished(
        judged, learned, labelled.index[judged_part], options, leakage, warnings, present, dropped
    )


@dataclass(frozen=True)
class _Learned:
    """All that the winner learns from, as a matrix."""

    X: Matrix
    y: Labels
    columns: tuple[FeatureColumn, ...]


@dataclass(frozen=True)
class _Judged:
    """All candidates, judged on the same splits."""

    X: Matrix
    y: Labels
    segments: tuple[str, ...]
    folds: int
    settings: dict[str, Mapping[str, Any]]
    grouped: dict[str, CrossValidation]
    metrics: list[MetricSummary]


def _judge(
    candidates: list[Any],
    columns: tuple[FeatureColumn, ...],
    X: Matrix,
    y: Labels,
    groups: Labels,
    segments: tuple[str, ...],
    folds: int,
    options: ClassifierOptions,
) -> _Judged | None:
    seed = options.seed
    tuned_on = _whole_groups(groups, options.tuning_rows, seed)
    tuning_splits = [
        type(split)(split.repeat, tuned_on[split.train], tuned_on[split.test])
        for split in make_splits(
            y[tuned_on],
            groups[tuned_on],
            folds=min(options.tuning_folds, folds),
            repeats=1,
            seed=seed + _TUNING_SEED,
        )
    ]
    splits = {
        GROUPED: make_splits(y, groups, folds=folds, repeats=options.repeats, seed=seed),
        UNGROUPED: make_splits(y, None, folds=folds, repeats=1, seed=seed),
    }
    if not all(splits.values()) or splits[GROUPED][0].repeat != 0:
        return None
    settings: dict[str, Mapping[str, Any]] = {}
    grouped: dict[str, CrossValidation] = {}
    metrics: list[MetricSummary] = []
    for validation, of_validation in splits.items():
        metrics += judge_baseline(y, of_validation, segments, validation, folds)
    for candidate in candidates:
        settings[candidate.name] = search_setting(
            candidate, columns, X, y, tuning_splits, classes=len(segments), seed=seed
        )
        for validation, of_validation in splits.items():
            validated = cross_validate(
                candidate,
                settings[candidate.name],
                columns,
                X,
                y,
                of_validation,
                segments=segments,
                validation=validation,
                folds=folds,
                seed=seed,
            )
            metrics += validated.metrics
            if validation == GROUPED:
                grouped[candidate.name] = validated
    return _Judged(X, y, segments, folds, settings, grouped, metrics)


def _finished(
    judged: _Judged,
    learned: _Learned,
    index: pd.Index,
    options: ClassifierOptions,
    leakage: Leakage,
    warnings: list[str],
    present: Any,
    dropped: tuple[DroppedFeature, ...],
) -> ClassifierFit:
    X, y, segments, columns = judged.X, judged.y, judged.segments, learned.columns
    selection, needed_score = selection_records(
        judged.metrics,
        judged.settings,
        criterion=options.criterion,
        leak_gap=options.leak_gap,
        leak_accuracy=options.leak_accuracy,
    )
    winner = next(record["candidate"] for record in selection if record["is_winner"])
    validated = judged.grouped[winner]
    importance = importance_records(
        validated,
        columns,
        X,
        y,
        classes=len(segments),
        repeats=options.importance_repeats,
        seed=options.seed,
    )
    flags = [record["leak_flag"] for record in selection if record["leak_flag"]]
    if flags:
        flags.append(f"Most rests on the feature {importance[0]['feature']}: look at it first.")
    actual, said = _stacked(validated.probabilities, y)
    temperature = fit_temperature(actual, said)
    calibrated = temper(said, temperature)
    refitted = chosen_candidates((winner,))[0].pipeline(
        columns, options.seed, judged.settings[winner]
    )
    return ClassifierFit(
        classifier=SegmentClassifier(
            candidate=winner,
            segments=segments,
            columns=described_by_segment(columns, learned.X, learned.y, len(segments)),
            temperature=temperature,
            share_errors=_share_errors(validated, y, temperature),
            pipeline=fit_pipeline(refitted, learned.X, learned.y).pipeline,
        ),
        winner=winner,
        leakage=leakage,
        warnings=_logged([*warnings, *flags]),
        selection=selection,
        needed_score=needed_score,
        metrics=judged.metrics,
        confusion=[
            record
            for name, of_candidate in judged.grouped.items()
            for record in confusion_records(
                name, *_stacked(of_candidate.probabilities[:1], y), segments
            )
        ],
        importance=importance,
        calibration=calibration_records(winner, actual, said, temperature),
        calibration_error_before=expected_calibration_error(reliability(actual, said)),
        calibration_error_after=expected_calibration_error(reliability(actual, calibrated)),
        log_loss_before=log_loss(actual, said),
        log_loss_after=log_loss(actual, calibrated),
        out_of_fold=_out_of_fold(validated, y, segments, temperature, index),
        left_out=present.left_out,
        dropped_features=dropped,
        folds=judged.folds,
    )


def _out_of_fold(
    validated: CrossValidation,
    y: Labels,
    segments: tuple[str, ...],
    temperature: float,
    index: pd.Index,
) -> pd.DataFrame:
    said = validated.probabilities[0]
    there = ~np.isnan(said[:, 0])
    table = pd.DataFrame(temper(said[there], temperature), columns=segments, index=index[there])
    table.insert(0, "actual", np.array(segments, dtype=object)[y[there]], allow_duplicates=True)
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


def _stacked(probabilities: np.ndarray, y: Labels) -> tuple[Labels, Matrix]:
    """Return labels and probabilities of all repeats, one below the other, gaps left out."""
    actual = np.tile(y, len(probabilities))
    said = probabilities.reshape(-1, probabilities.shape[-1])
    there = ~np.isnan(said[:, 0])
    return actual[there], said[there]


def _drawn_rows(rows: int, most: int, seed: int) -> Labels:
    """Return positions of at most `most` rows, in order, drawn at random."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])


def _whole_groups(groups: Labels, most: int, seed: int) -> Labels:
    """Return positions of at most about `most` rows, in order: whole groups, drawn at random."""
    if len(groups) <= most:
        return np.arange(len(groups))
    order = np.random.default_rng(seed).permutation(int(groups.max()) + 1)
    sizes = np.bincount(groups, minlength=len(order))[order]
    chosen = order[np.cumsum(sizes) <= most]
    return np.flatnonzero(np.isin(groups, chosen))


def _check_columns(
    frame: pd.DataFrame, target: str, identities: str, options: ClassifierOptions
) -> None:
    for role, name in (("target", target), ("identities", identities)):
        if name not in frame:
            raise ValueError(
                f"The column of the {role}, {name}, is not one of the frame, which has: "
                f"{', '.join(map(str, frame.columns))}."
            )
        if name in options.features:
            raise ValueError(
                f"features names {name}, the column of the {role}. It tells nothing about people "
                "who are yet to come: leave it out."
            )


def _overlap_warnings(leakage: Leakage) -> list[str]:
    if not leakage.shared_rows:
        return []
    done = (
        f"{leakage.excluded_rows} labelled rows are excluded for that reason."
        if leakage.excluded_rows
        else "Scores of these people repeat what their own label taught; "
        "exclude_shared_identities leaves them out of the training."
    )
    return [f"{leakage.shared_identities} people are labelled and among the prospects. {done}"]


def _attendance_warnings(
    left_out: Mapping[str, tuple[int, int]], folds: int, asked: int
) -> list[str]:
    found = []
    if 0 < folds < asked:
        found.append(
            f"There are {folds} folds instead of {asked}: segments are too small for more."
        )
    if folds:
        for segment, (rows, groups) in left_out.items():
            found.append(
                f"The segment {segment} is left out: it has {rows} labelled "
                f"{'row' if rows == 1 else 'rows'} in {groups} "
                f"{'group' if groups == 1 else 'groups'} of people who are the same or look the "
                f"same, and needs {folds}. Nobody will be predicted to join it."
            )
    return found


def _nothing(
    leakage: Leakage,
    warnings: list[str],
    left_out: Mapping[str, tuple[int, int]] | None = None,
    dropped: tuple[DroppedFeature, ...] = (),
) -> ClassifierFit:
    return ClassifierFit(
        classifier=None,
        winner=None,
        leakage=leakage,
        warnings=_logged(warnings),
        left_out=left_out or {},
        dropped_features=dropped,
    )


def _logged(warnings: list[str]) -> tuple[str, ...]:
    for warning in warnings:
        log.warning(warning)
    return tuple(warnings)
