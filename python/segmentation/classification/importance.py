"""Permutation importance: how much macro F1 falls when a feature is shuffled."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmentation.classification.cross_validation import CrossValidation
from segmentation.classification.metrics import macro_f1
from segmentation.classification.options import ClassifierOptions
from segmentation.classification.training_data import TrainingData


def importance_records(
    validated: CrossValidation, training: TrainingData, options: ClassifierOptions
) -> list[dict[str, Any]]:
    """Return permutation importances on held-out folds: rows of ``rpt_feature_importance``.

    After Breiman (2001), "Random Forests", Machine Learning 45(1). Features with the same
    information share their importance, because each can replace the other.

    Parameters
    ----------
    validated : CrossValidation
        Its pipelines are judged on rows that they have not seen.
    training : TrainingData
        What it was validated on.
    options : ClassifierOptions
        How often each feature is shuffled on each fold, and the seed.

    Returns
    -------
    list of dict
        candidate, feature, rank (1 is the most important; ties go to the feature named first),
        mean and standard_deviation of the drop in macro F1 over folds and shuffles, folds,
        shuffles. A mean below 0 means that shuffling did not reduce macro F1.
    """
    columns, classes, repeats = training.columns, len(training.segments), options.importance_repeats
    random = np.random.default_rng(options.seed)
    drops: list[list[float]] = [[] for _ in columns]
    for split, fitted in validated.held_out:
        rows, actual = training.X[split.test], training.y[split.test]
        plain = macro_f1(actual, fitted.probabilities(rows, classes).argmax(axis=1), classes)
        for j in range(len(columns)):
            for _ in range(repeats):
                shuffled = rows.copy()
                shuffled[:, j] = random.permutation(rows[:, j])
                predicted = fitted.probabilities(shuffled, classes).argmax(axis=1)
                drops[j].append(plain - macro_f1(actual, predicted, classes))
    means = [float(np.mean(of_feature)) for of_feature in drops]
    order = sorted(range(len(columns)), key=lambda j: (-means[j], j))
    return [
        {
            "candidate": validated.candidate,
            "feature": columns[j].name,
            "rank": rank,
            "mean": means[j],
            "standard_deviation": float(np.std(drops[j], ddof=1)) if len(drops[j]) > 1 else None,
            "folds": len(validated.held_out),
            "shuffles": repeats,
        }
        for rank, j in enumerate(order, start=1)
    ]
