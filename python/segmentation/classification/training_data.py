"""The rows that a classifier learns from: who takes part, who is left out, and why."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from segmentation.classification.attendance import attendance
from segmentation.classification.features import FeatureColumn, as_matrix, learn_columns
from segmentation.classification.grouping import (
    Labels,
    connected_groups,
    identity_codes,
    row_codes,
    shared_identities,
)
from segmentation.classification.options import ClassifierOptions
from segmentation.features.arrays import Matrix
from segmentation.registry.header import DroppedFeature


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
class TrainingData:
    """Labelled rows of segments that can be cross-validated.

    Attributes
    ----------
    index : pandas.Index
        Of the rows in the frame that candidates are judged on, length n.
    columns : tuple of FeatureColumn
        The features that tell rows apart.
    X : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
        Positions in `segments`.
    groups : ndarray of shape (n,)
        Groups that a split must not separate.
    segments : tuple of str
        At least two.
    folds : int
        Folds of a cross-validation; every segment has at least as many groups.
    every_row : ndarray of shape (m, n_features)
        All rows, which the winner learns from.
    every_label : ndarray of shape (m,)
    """

    index: pd.Index
    columns: tuple[FeatureColumn, ...]
    X: Matrix
    y: Labels
    groups: Labels
    segments: tuple[str, ...]
    folds: int
    every_row: Matrix
    every_label: Labels


@dataclass(frozen=True)
class FoundRows:
    """What there is to learn from in a frame.

    Attributes
    ----------
    leakage : Leakage
    warnings : tuple of str
        What a reader of the figures ought to know.
    training : TrainingData or None
        None where there is nothing to learn; the last warning says why.
    left_out : mapping
        Segment to (labelled rows, groups), for segments with too few of them.
    dropped_features : tuple of DroppedFeature
    """

    leakage: Leakage
    warnings: tuple[str, ...]
    training: TrainingData | None = None
    left_out: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    dropped_features: tuple[DroppedFeature, ...] = ()


def find_training_data(
    frame: pd.DataFrame,
    target: str,
    identities: str,
    options: ClassifierOptions,
    prospect_identities: Iterable[Hashable] = (),
) -> FoundRows:
    """Find the rows that a classifier learns from.

    Parameters
    ----------
    frame, target, identities, options, prospect_identities
        See :func:`segmentation.classification.fit.fit_classifier`.

    Returns
    -------
    FoundRows

    Raises
    ------
    ValueError
        If the frame lacks a column, or the target or the identity is among the features.
    """
    _check_columns(frame, target, identities, options)
    labelled, leakage = _labelled_rows(frame, target, identities, options, prospect_identities)
    warnings = _overlap_warnings(leakage)
    if labelled.empty:
        return FoundRows(
            leakage, (*warnings, "No row has a label: there is nothing to learn from.")
        )
    columns, dropped = learn_columns(labelled, options.features, options.ordered_categories)
    warnings += [f"The feature {gone.name} is left out: {gone.reason}." for gone in dropped]
    X = as_matrix(labelled, columns)
    alike = row_codes(X)
    groups = connected_groups(identity_codes(labelled[identities]), alike)
    leakage = replace(
        leakage,
        identical_rows=int((np.bincount(alike)[alike] > 1).sum()),
        groups=int(groups.max()) + 1,
    )
    labels = labelled[target].astype(str)
    drawn = _drawn_rows(len(labels), options.judged_rows, options.seed)
    present = attendance(labels.iloc[drawn].tolist(), groups[drawn], options.folds)
    warnings += _attendance_warnings(present.left_out, present.folds, options.folds)
    if not present.folds or not columns:
        warnings.append(_why_nothing(labels, columns))
        return FoundRows(leakage, tuple(warnings), None, present.left_out, dropped)
    takes_part = labels.isin(present.kept).to_numpy()
    is_drawn = np.zeros(len(labels), dtype=bool)
    is_drawn[drawn] = True
    is_judged = takes_part & is_drawn
    y = np.searchsorted(np.array(present.kept), labels[takes_part].to_numpy(str))
    training = TrainingData(
        index=labelled.index[is_judged],
        columns=columns,
        X=X[is_judged],
        y=y[is_drawn[takes_part]],
        groups=groups[is_judged],
        segments=present.kept,
        folds=present.folds,
        every_row=X[takes_part],
        every_label=y,
    )
    return FoundRows(leakage, tuple(warnings), training, present.left_out, dropped)


def _drawn_rows(rows: int, most: int, seed: int) -> Labels:
    """Return positions of at most `most` rows, in order, drawn at random."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])


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


def _labelled_rows(
    frame: pd.DataFrame,
    target: str,
    identities: str,
    options: ClassifierOptions,
    prospect_identities: Iterable[Hashable],
) -> tuple[pd.DataFrame, Leakage]:
    """Return the labelled rows that are not excluded, and who of them is among the prospects."""
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
    return labelled[~is_excluded], leakage


def _why_nothing(labels: pd.Series, columns: tuple[FeatureColumn, ...]) -> str:
    """Return why labelled rows cannot be learned from."""
    if len(set(labels)) == 1:
        return (
            f"All {len(labels)} labelled rows are of one segment, {labels.iloc[0]}: there is "
            "nothing to tell apart."
        )
    if not columns:
        return "No feature tells rows apart."
    return "Fewer than two segments have labelled people enough to learn from."


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
