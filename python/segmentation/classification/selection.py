"""Selects the winning candidate and flags leaks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from segmentation.classification.cross_validation import GROUPED, UNGROUPED
from segmentation.classification.metrics import BASELINE, MetricSummary, figure
from segmentation.classification.options import LOG_LOSS, MACRO_F1


def selection_records(
    metrics: Sequence[MetricSummary],
    settings: Mapping[str, Mapping[str, Any]],
    *,
    criterion: str = LOG_LOSS,
    leak_gap: float,
    leak_accuracy: float,
) -> tuple[list[dict[str, Any]], float]:
    """Return a record for each candidate; the winner is the simplest that is as good as the best.

    A candidate is as good as the best if its mean log loss (or macro F1) over grouped folds lies
    within one standard error of the best one's (the rule of Breiman, Friedman, Olshen and Stone,
    1984, "Classification and Regression Trees"). A flag is a warning and does not change the
    choice, because a leak in the features affects all candidates.

    Parameters
    ----------
    metrics : sequence of MetricSummary
    settings : mapping
        Candidate to its chosen setting, the simplest candidate first.
    criterion : str
        ``"log_loss"`` or ``"macro_f1"``.
    leak_gap, leak_accuracy : float
        See :func:`leak_flag`.

    Returns
    -------
    list of dict
        candidate, simplicity (1 is the simplest), setting (JSON), macro_f1 and its standard_error,
        needed_macro_f1 (the least that was as good as the best; None where the criterion is
        another), is_best, is_as_good, is_winner, leak_flag (in words, or None).
    float
        The value of the criterion that was as good as the best.
    """
    scores = {name: figure(metrics, name, MACRO_F1) for name in settings}
    judged = {name: figure(metrics, name, criterion) for name in settings}
    # Less log loss is better.
    sign = -1.0 if criterion == LOG_LOSS else 1.0
    best = max(judged.values(), key=lambda score: sign * score.mean)
    needed = best.mean - sign * (best.standard_error or 0.0)
    as_good = {name: sign * score.mean >= sign * needed for name, score in judged.items()}
    winner = next(name for name, is_as_good in as_good.items() if is_as_good)
    records = [
        {
            "candidate": name,
            "simplicity": rank,
            "setting": json.dumps(dict(settings[name]), sort_keys=True),
            "macro_f1": score.mean,
            "standard_error": score.standard_error,
            "needed_macro_f1": needed if criterion == MACRO_F1 else None,
            "is_best": name == best.candidate,
            "is_as_good": as_good[name],
            "is_winner": name == winner,
            "leak_flag": leak_flag(metrics, name, gap=leak_gap, accuracy=leak_accuracy),
        }
        for rank, (name, score) in enumerate(scores.items(), start=1)
    ]
    return records, needed


def leak_flag(
    metrics: Sequence[MetricSummary], candidate: str, *, gap: float, accuracy: float
) -> str | None:
    """Return a warning about a candidate's figures, or None.

    There are two rules. If ungrouped accuracy exceeds grouped accuracy by more than `gap`, the
    candidate recognises rows. If grouped accuracy is at least `accuracy`, and that of the majority
    class is not, a feature probably contains the label.
    """
    grouped = figure(metrics, candidate, "accuracy", GROUPED).mean
    ungrouped = figure(metrics, candidate, "accuracy", UNGROUPED).mean
    if grouped >= accuracy > figure(metrics, BASELINE, "accuracy", GROUPED).mean:
        return (
            f"{candidate} is right about {grouped:.1%} of people it has not seen "
            f"({accuracy:.1%} or more is flagged). Is one of the features made from the segment?"
        )
    if ungrouped - grouped > gap:
        return (
            f"{candidate} is right about {ungrouped:.1%} where people may stand on both sides of "
            f"a split, about {grouped:.1%} where they may not (a gap above {gap:.1%} is flagged). "
            "Trust the grouped figures alone."
        )
    return None
