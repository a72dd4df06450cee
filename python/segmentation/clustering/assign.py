"""The query that gives every row its segment, how surely, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segmentation.clustering.kept_promises import KeptPromises
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamedSegment
from segmentation.clustering.reasons import with_reasons
from segmentation.clustering.states import STATE_IDS_FROM, States
from segmentation.clustering.typical_values import ScoringRule
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, call, case, quoted, select, text_literal
from segmentation.playbook.feature_words import FeatureWords
from segmentation.scoring.nearest import (
    by_segment,
    segment_dissimilarity_expressions,
)
from segmentation.scoring.prototypes import NOISE


def assignments_query(
    engine: Engine,
    table: str | Query,
    model: SegmentationModel,
    segments: Sequence[NamedSegment],
    words: Mapping[str, FeatureWords],
    key: str = "customer_id",
) -> Query:
    """Return the query that applies a model to a table.

    A customer in a state has the state's id as segment_id. The nearest cluster is then
    the runner-up, its distance is the distance, and there is
    no margin: a condition holds or does not. A customer whose own figures contradict the name of
    the nearest cluster, see :mod:`segmentation.clustering.kept_promises`, has that one as
    runner-up and a margin of 0.

    Parameters
    ----------
    engine : Engine
    table : str or Query
        A from-item, or a query, with `key` and the features of the model.
    model : SegmentationModel
    segments : sequence of NamedSegment
        Its clusters as they are today, then the states.
    words : mapping
        Feature to its words.
    key : str
        Column that identifies a row.

    Returns
    -------
    Query
        Its result has the columns of :func:`segmentation.steps.apply_clusters.assign_segments`.
    """
    features = model.prepared_features
    rule = scoring_rule(model, segments)
    known = [*model.known_numbers, *columns_beside(engine, table, model, words)]
    assigned = rule.assigned(engine, table, keep=[key, *known])
    own, second, runner_up = _compared_distances(model.k)
    in_state = f"named_id >= {STATE_IDS_FROM}"
    distances = assigned.adding(
        "squared_distances",
        [
            f"{case([(in_state, 'segment_id')], 'cluster_id')} as compared_id",
            *(
                f"{expression} as squared_{i}"
                for i, expression in enumerate(
                    segment_dissimilarity_expressions(features, model.prototypes)
                )
            ),
        ],
    ).adding("own_and_second_distances", [f"{own} as squared_own", f"{second} as squared_second"])
    explained = with_reasons(engine, distances, model, segments, words, known)
    runner_up = case([(in_state, case([(f"compared_id <> {NOISE}", "compared_id")]))], runner_up)
    margin = case(
        [
            (in_state, "null"),
            (
                f"compared_id <> {NOISE} and squared_second is not null",
                "greatest(sqrt(squared_second) - sqrt(squared_own), 0.0)",
            ),
        ]
    )
    return explained.step(
        "assignments",
        select(
            [
                quoted(key),
                "cast(named_id as integer) as segment_id",
                "sqrt(squared_own) as distance",
                f"{call('cast', [f'{runner_up} as integer'])} as runner_up_id",
                f"{margin} as margin",
                *("reason_1", "reason_2", "reason_3"),
                f"{text_literal(model.model_version)} as model_version",
            ],
            explained.result,
        ),
    )


def columns_beside(
    engine: Engine,
    table: str | Query,
    model: SegmentationModel,
    words: Mapping[str, FeatureWords],
) -> list[str]:
    """Return the columns that words for one customer name besides the numbers of a model.

    Parameters
    ----------
    engine : Engine
    table : str or Query
        Of a from-item, those that it has; a query has all of them.
    model : SegmentationModel
    words : mapping
        Feature to its words.
    """
    known = model.known_numbers
    named = [name for number in known if number in words for name in words[number].columns_beside]
    beside = [name for name in dict.fromkeys(named) if name not in known]
    if beside and isinstance(table, str):
        own = engine.column_names(table)
        return [name for name in beside if name in own]
    return beside


def scoring_rule(model: SegmentationModel, segments: Sequence[NamedSegment]) -> ScoringRule:
    """Return how a model, the names of its clusters and its states give a customer a segment."""
    conditions = {s.segment_id: s.condition for s in segments if s.condition}
    thresholds = {threshold.name: threshold.value for threshold in model.thresholds}
    states = {i: of for i, of in conditions.items() if i >= STATE_IDS_FROM}
    promises = {i: of for i, of in conditions.items() if i < STATE_IDS_FROM}
    return ScoringRule(
        model.prepared_features,
        model.prototypes,
        States(states, thresholds),
        KeptPromises(promises, thresholds),
    )


def _compared_distances(k: int) -> tuple[str, str, str]:
    """Return SQL for the own distance, squared, for that of the runner-up, and for which it is.

    Noise has the distance of the nearest segment, which is its runner-up.
    """
    squared = [f"squared_{i}" for i in range(k)]
    own = case(
        [(f"compared_id = {NOISE}", call("least", squared))],
        by_segment(squared, "compared_id"),
    )
    if k > 1:
        # least() skips nulls: what is left is the nearest of the others.
        others = [case([(f"compared_id <> {i}", column)]) for i, column in enumerate(squared)]
        second = call("least", others)
    else:
        second = case([(f"compared_id = {NOISE}", "squared_0")])
    runner_up = case(
        [
            (f"compared_id <> {i} and {column} = squared_second", str(i))
            for i, column in enumerate(squared)
        ]
    )
    return own, second, runner_up
