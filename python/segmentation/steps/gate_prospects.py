"""Measures the gates of a refit of the classifier of prospects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segmentation.classification import ClassifierOptions
from segmentation.classification.model import ProspectsModel
from segmentation.over_time.gates import ClassifierFigures, LogLossGain, classifier_gates
from segmentation.registry.stored_gates import Gate
from segmentation.steps.learn_prospects import LearnedProspects

# The mean of fewer customers says little.
LEAST_NEWLY_KNOWN = 30


def gates_of_prospects(
    model: ProspectsModel,
    current: ProspectsModel,
    learned: LearnedProspects,
    limits: ClassifierOptions,
) -> list[Gate]:
    """Return the gates of a classifier that was just fitted.

    Parameters
    ----------
    model, current : ProspectsModel
        The new one, and the one in force; the latter can be applied.
    learned : LearnedProspects
        What the new one was fitted to.
    limits : ClassifierOptions
    """
    today = _named_by_identity(model)
    fit = ClassifierFigures(frozenset(today), model.skill)
    of_current = ClassifierFigures(frozenset(_named_by_identity(current)), current.skill)
    names = [today.get(identity, "") for identity in _named_by_identity(current)]
    return classifier_gates(fit, of_current, _gain(current, learned, names), limits)


def _named_by_identity(model: ProspectsModel) -> dict[str, str]:
    """Return what each segment is called: a value segment is the same under another name."""
    labels = [segment.label for segment in model.segments]
    identities = [str(i) for i in model.value_segment_ids] or labels
    return dict(zip(identities, labels, strict=True))


def _gain(
    current: ProspectsModel, learned: LearnedProspects, names: Sequence[str]
) -> LogLossGain | None:
    """Compare both for the customers whose segment became known since the current one was fitted.

    The new one has not seen them either: they were held out of the fold that predicts them. Nobody
    knows since when a label has been known, so that known segments give no such comparison.
    """
    from segmentation.classification.rivals import log_loss_gains

    held_out = learned.fitted.out_of_fold
    if learned.rule is None or held_out.empty:
        return None
    rows = learned.labelled.loc[held_out.index]
    reached_on = rows["first_purchase_on"] + pd.Timedelta(days=learned.horizon.days or 0)
    is_new = (reached_on > pd.Timestamp(current.as_of)).to_numpy(bool)
    if is_new.sum() < LEAST_NEWLY_KNOWN:
        return None
    gains = log_loss_gains(held_out[is_new], rows[is_new], current.classifier(), names)
    return LogLossGain(float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains))))
