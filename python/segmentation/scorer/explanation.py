"""Why a customer is in a segment, and what would change it: figures for people to read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from segmentation.engine.sql import quoted
from segmentation.playbook.feature_words import words_for
from segmentation.published.opened_file import OpenedFile
from segmentation.scorer.cluster_scorer import ClusterScorer
from segmentation.scorer.columns_of_people import People
from segmentation.scorer.current_scorers import CurrentScorers, customers, features_table
from segmentation.scorer.prospect_scorer import ProspectScorer
from segmentation.scorer.scored_people import ScoredPeople, Scorer, records
from segmentation.scorer.smallest_change import Observed, smallest_change
from segmentation.scoring.prototypes import NOISE

# Numbers are tried at so many quantiles of what customers have.
QUANTILES = 101


class UnknownCustomerError(LookupError):
    """No customer has the id; the message names those that look like it."""


def explain(
    file: OpenedFile, scorers: CurrentScorers, customer_id: str, segmentation: str | None = None
) -> list[dict[str, Any]]:
    """Explain the segments of a customer.

    Parameters
    ----------
    file : OpenedFile
    scorers : CurrentScorers
        Of this file.
    customer_id : str
    segmentation : str, optional
        All of them unless one is named.

    Returns
    -------
    list of dict
        For each segmentation: segmentation, segment_slug, segment_name, reasons (a list), and where
        the customer was scored: distance or probability, runner_up_slug, margin, model_version,
        `features` (feature, value, own, runner_up), `states` (segment_slug, condition, holds, and
        the customer's `figures`) and `change`: the smallest change of one feature that gives the
        customer the segment of the runner-up, or None.

    Raises
    ------
    UnknownCustomerError
        If there is no such customer.
    """
    rows = [
        row
        for row in file.customer_segments(customer_id)
        if segmentation in (None, row["segmentation"])
    ]
    if not rows:
        like = ", ".join(file.ids_like(customer_id))
        raise UnknownCustomerError(
            f"There is no customer {customer_id!r} in {file.path}."
            + (f" Ids that look like it: {like}." if like else " It has no customers.")
        )
    explained = []
    for row in rows:
        scorer = scorers.by_name.get(row["segmentation"])
        found = None
        if scorer is not None and row["segment_id"] is not None:
            found = customers(file, scorer, customer_id)
        if scorer is None or found is None or not found.ids:
            explained.append(_unassigned(row))
        else:
            explained.append(_explained(file, scorer, found.people))
    return explained


def _unassigned(row: dict[str, Any]) -> dict[str, Any]:
    reasons = [row[f"reason_{rank}"] for rank in (1, 2, 3)]
    return {
        "segmentation": row["segmentation"],
        "segment_slug": row["segment_slug"],
        "segment_name": row["segment_name"],
        "reasons": [reason for reason in reasons if reason is not None],
    }


def _explained(file: OpenedFile, scorer: Scorer, person: People) -> dict[str, Any]:
    scored = scorer.score(person)
    (answer,) = records(scorer, scored)
    change = None
    runner_up = int(scored.runner_up_ids[0])
    if runner_up != NOISE:
        change = smallest_change(scorer, person, runner_up, observed_values(file, scorer))
    return {
        "segmentation": scorer.segmentation,
        **answer,
        "model_version": scorer.model_version,
        "features": _features(scorer, person, scored),
        "states": _states(scorer, person),
        "change": change
        and {
            "feature": change.feature,
            "before": change.before,
            "after": change.after,
            "size": change.size,
            "segment_slug": scorer.slugs[runner_up],
        },
    }


def _features(scorer: Scorer, person: People, scored: ScoredPeople) -> list[dict[str, Any]]:
    return [
        {
            "feature": found.feature,
            "value": _value(scorer, person, found.feature),
            "own": found.own,
            "runner_up": found.runner_up,
        }
        for found in scorer.contributions(person, scored)
    ]


def _value(scorer: Scorer, person: People, name: str) -> float | str | None:
    if name in scorer.inputs.texts:
        return person.text(name)[0]
    value = float(person.number(name)[0])
    return None if math.isnan(value) else value


def _states(scorer: Scorer, person: People) -> list[dict[str, Any]]:
    """Return the condition of each state, in order, with the customer's figures."""
    if not isinstance(scorer, ClusterScorer):
        return []
    states = scorer.rule.states
    return [
        {
            "segment_slug": scorer.slugs[state],
            "condition": condition.written(states.thresholds),
            "holds": all(bool(scorer.holds(c, person)[0]) for c in condition.comparisons),
            "figures": {name: _value(scorer, person, name) for name in condition.columns},
        }
        for state, condition in states.conditions.items()
    ]


def observed_values(file: OpenedFile, scorer: Scorer) -> dict[str, Observed]:
    """Return what customers have in the features that a segment is decided by.

    Parameters
    ----------
    file : OpenedFile
    scorer : Scorer

    Returns
    -------
    dict of str to Observed
        Numbers first, in the order of the model.
    """
    table = features_table(file, scorer)
    numbers = list(scorer.inputs.numbers)
    if isinstance(scorer, ClusterScorer):
        decided_by = [*scorer.rule.features.names, *scorer.rule.states.columns]
        numbers = [name for name in numbers if name in decided_by]
    own = set(file.engine.column_names(table))
    observed: dict[str, Observed] = {}
    words = scorer.words if isinstance(scorer, ClusterScorer | ProspectScorer) else {}
    shares = ", ".join(repr(i / (QUANTILES - 1)) for i in range(QUANTILES))
    for name in numbers:
        if name not in own:
            continue
        raw = f"cast({quoted(name)} as double)"
        ((values, deviation),) = file.engine.rows(
            f"select quantile_disc({raw}, [{shares}]), stddev_pop({raw}) from {table}"
        )
        if values:
            spoken = words_for(name, words)
            observed[name] = Observed(np.unique(values), float(deviation or 0), spoken.decimals)
    return observed | {name: Observed(known) for name, known in _known_categories(scorer).items()}


def _known_categories(scorer: Scorer) -> dict[str, list[str]]:
    if isinstance(scorer, ClusterScorer):
        return {c.name: list(c.categories) for c in scorer.rule.features.categories}
    if isinstance(scorer, ProspectScorer):
        return {c.name: list(c.categories) for c in scorer.classifier.columns if c.categories}
    return {}
