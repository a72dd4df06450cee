"""Counts what a model shares with the one before it, in the engine."""

from __future__ import annotations

import logging

import numpy as np

from segmentation.clustering.earlier_segments import (
    earlier_segments,
    have_same_features,
    rescaled_centroids,
    shares_of_earlier,
)
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.names import states_of
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.succession import ComparedSegment, SharedCustomers, Succession
from segmentation.clustering.typical_values import ScoringRule
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, quoted, select
from segmentation.features.arrays import Matrix
from segmentation.features.further_columns import with_further_columns
from segmentation.features.mixed_sample import one_hot_length
from segmentation.playbook.matching import profile_distance
from segmentation.scoring.nearest import by_segment, dissimilarity_expressions
from segmentation.scoring.prototypes import Prototypes

log = logging.getLogger("segmentation")

_BEFORE, _AFTER = "before_id", "after_id"


def counted_succession(
    engine: Engine,
    table: str,
    model: SegmentationModel,
    earlier: SegmentationModel,
    naming: NamingInputs,
) -> Succession | None:
    """Give all customers a segment of two models, and count who is where.

    A customer is in the nearest cluster of a model, unless in one of its states. What the names of
    clusters promise is not looked at: the counts decide about names.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers and the features of the later model.
    model : SegmentationModel
        The later one; its segments may have no names yet.
    earlier : SegmentationModel
        Under the names that it goes by.
    naming : NamingInputs
        Its playbook has the states.

    Returns
    -------
    Succession or None
        None where `table` lacks a feature of the earlier model: it cannot be applied any more.
    """
    features = earlier.prepared_features
    table = with_further_columns(
        engine,
        table,
        numbers=[feature.name for feature in features.numbers],
        texts=[category.name for category in features.categories],
    )
    columns = set(engine.column_names(table))
    gone = [name for name in features.names if name not in columns]
    if gone:
        log.warning(
            "%s: not compared with the model before: %s needs %s, which is gone",
            model.segmentation, earlier.model_version, ", ".join(gone),
        )  # fmt: skip
        return None
    is_comparable = have_same_features(model, earlier)
    query = _customers_in_both(engine, table, _rule(earlier, naming), _rule(model, naming))
    distances = [
        _own_distance(model, _centres(model, earlier), _BEFORE) if is_comparable else "null",
        _own_distance(model, _centres(model, model), _AFTER),
    ]
    query = query.adding(
        "distances_to_own_centres",
        [f"{distances[0]} as distance_before", f"{distances[1]} as distance_after"],
    )
    sets = f"grouping sets (({_BEFORE}, {_AFTER}), ({_BEFORE}), ({_AFTER}))"
    query = query.step(
        "shared_customers",
        select(
            [
                _BEFORE,
                _AFTER,
                "count(*) as customers",
                "median(cast(distance_before as double)) as spread_before",
                "median(cast(distance_after as double)) as spread_after",
            ],
            query.result,
            group_by=sets,
        ),
    )
    counts: dict[tuple[int, int], int] = {}
    spreads_before: dict[int, float | None] = {}
    spreads_after: dict[int, float | None] = {}
    # A segment_id is never null: where one is, the row is of all segments of that model.
    for before_id, after_id, customers, spread_before, spread_after in engine.rows(query):
        if after_id is None:
            spreads_before[before_id] = spread_before
        elif before_id is None:
            spreads_after[after_id] = spread_after
        else:
            counts[before_id, after_id] = customers
    shifts = _shifts(model, earlier) if is_comparable else {}
    pairs = {(i, j) for i in range(earlier.k) for j in range(model.k)} | set(counts)
    return Succession(
        before_version=earlier.model_version,
        before=_compared(earlier, spreads_before),
        after=_compared(model, spreads_after),
        shared=[
            SharedCustomers(i, j, counts.get((i, j), 0), shifts.get((i, j)))
            for i, j in sorted(pairs)
        ],
    )


def _compared(model: SegmentationModel, spreads: dict[int, float | None]) -> list[ComparedSegment]:
    return [
        ComparedSegment(s.segment_id, s.segment_slug, s.segment_name, spreads.get(s.segment_id))
        for s in model.segments
    ]


def _rule(model: SegmentationModel, naming: NamingInputs) -> ScoringRule:
    return ScoringRule(model.prepared_features, model.prototypes, states_of(model, naming))


def _customers_in_both(
    engine: Engine, table: str, before: ScoringRule, after: ScoringRule
) -> Query:
    """Return a query with both segments of each customer, and the later one's scaled features."""
    needed = dict.fromkeys([*after.features.names, *after.states.columns])
    of_before = before.assigned(engine, table, list(needed))
    with_before = of_before.step(
        "segments_before",
        select(
            [*(quoted(name) for name in needed), f"cast(named_id as integer) as {_BEFORE}"],
            of_before.result,
        ),
    )
    return after.assigned(engine, with_before.from_item, [_BEFORE]).adding(
        "segments_after", [f"cast(named_id as integer) as {_AFTER}"]
    )


def _centres(model: SegmentationModel, of: SegmentationModel) -> Prototypes:
    """Return the centres of a model's clusters in the units of another with the same features.

    A category costs the squared distance between its one-hot column and the shares of the cluster.
    """
    shares = [np.array(c.segment_shares) for c in shares_of_earlier(model.categories, of)]
    scale = one_hot_length(model.gamma) ** 2
    return Prototypes(
        segment_ids=np.arange(of.k),
        centers=rescaled_centroids(model, of),
        category_costs=tuple(_costs_of_shares(block, scale) for block in shares),
        offsets=np.zeros(of.k),
    )


def _costs_of_shares(shares: Matrix, scale: float) -> Matrix:
    """Return what each category costs in each cluster, shape (k, n_categories + 1)."""
    squares = (shares**2).sum(axis=1, keepdims=True)
    # A category that the model does not know is no column at all.
    return scale * np.hstack([squares + 1 - 2 * shares, squares])


def _own_distance(model: SegmentationModel, centres: Prototypes, segment: str) -> str:
    squared = dissimilarity_expressions(model.prepared_features, centres)
    # Sums of squares and shares may round to less than nothing.
    return f"sqrt(greatest({by_segment(squared, segment)}, 0.0))"


def _shifts(
    model: SegmentationModel, earlier: SegmentationModel
) -> dict[tuple[int, int], float | None]:
    """Return how far the clusters of two models with the same features lie apart, in z-scores."""
    return {
        (i, j): profile_distance(profile, before.profile)
        for i, before in enumerate(earlier_segments(model, earlier))
        for j, profile in enumerate(model.profiles)
    }
