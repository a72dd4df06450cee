"""Judges the candidates: each is cross-validated on the same splits, grouped and ungrouped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.classification.candidates import Candidate
from segmentation.classification.cross_validation import (
    GROUPED,
    UNGROUPED,
    CrossValidation,
    Split,
    cross_validate,
    judge_baseline,
    make_splits,
    search_setting,
)
from segmentation.classification.grouping import Labels
from segmentation.classification.metrics import MetricSummary
from segmentation.classification.options import ClassifierOptions
from segmentation.classification.training_data import TrainingData

# Folds of the search are others than those of the judgement.
_TUNING_SEED = 1_000_003


@dataclass(frozen=True)
class JudgedCandidates:
    """All candidates, judged on the same splits.

    Attributes
    ----------
    settings : dict
        Candidate to its chosen setting, the simplest candidate first.
    grouped : dict
        Candidate to its grouped cross-validation.
    metrics : list of MetricSummary
        Of all candidates and the majority class, grouped and ungrouped.
    """

    settings: dict[str, Mapping[str, Any]]
    grouped: dict[str, CrossValidation]
    metrics: list[MetricSummary]


def judge_candidates(
    candidates: Sequence[Candidate], training: TrainingData, options: ClassifierOptions
) -> JudgedCandidates | None:
    """Cross-validate every candidate, with its best setting.

    Parameters
    ----------
    candidates : sequence of Candidate
        The simplest first.
    training : TrainingData
    options : ClassifierOptions

    Returns
    -------
    JudgedCandidates or None
        None where the rows are so connected that no split keeps two segments on one side.
    """
    y, folds, seed = training.y, training.folds, options.seed
    tuning_splits = _tuning_splits(training, options)
    splits = {
        GROUPED: make_splits(y, training.groups, folds=folds, repeats=options.repeats, seed=seed),
        UNGROUPED: make_splits(y, None, folds=folds, repeats=1, seed=seed),
    }
    if not all(splits.values()) or splits[GROUPED][0].repeat != 0:
        return None
    judged = JudgedCandidates({}, {}, [])
    for validation, of_validation in splits.items():
        judged.metrics.extend(judge_baseline(training, of_validation, validation))
    for candidate in candidates:
        setting = search_setting(candidate, training, tuning_splits, seed)
        judged.settings[candidate.name] = setting
        for validation, of_validation in splits.items():
            validated = cross_validate(
                candidate, setting, training, of_validation, validation=validation, seed=seed
            )
            judged.metrics.extend(validated.metrics)
            if validation == GROUPED:
                judged.grouped[candidate.name] = validated
    return judged


def _tuning_splits(training: TrainingData, options: ClassifierOptions) -> list[Split]:
    """Return the splits that settings are chosen on, of at most about `tuning_rows` rows."""
    tuned_on = _whole_groups(training.groups, options.tuning_rows, options.seed)
    return [
        Split(split.repeat, tuned_on[split.train], tuned_on[split.test])
        for split in make_splits(
            training.y[tuned_on],
            training.groups[tuned_on],
            folds=min(options.tuning_folds, training.folds),
            repeats=1,
            seed=options.seed + _TUNING_SEED,
        )
    ]


def _whole_groups(groups: Labels, most: int, seed: int) -> Labels:
    """Return positions of at most about `most` rows, in order: whole groups, drawn at random."""
    if len(groups) <= most:
        return np.arange(len(groups))
    order = np.random.default_rng(seed).permutation(int(groups.max()) + 1)
    sizes = np.bincount(groups, minlength=len(order))[order]
    chosen = order[np.cumsum(sizes) <= most]
    return np.flatnonzero(np.isin(groups, chosen))
