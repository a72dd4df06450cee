"""Counts what a model shares with the one before it, in the engine."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from segmentation.clustering.earlier_segments import earlier_segments, have_same_features
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
from segmentation.features.prepared import PreparedFeatures
from segmentation.playbook.matching import profile_distance
from segmentation.scoring.columns import code_columns, scaled_columns
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
    query = _customers_in_both(engine, table, _rule(earlier, naming), _rule(model, naming))
    found = _counted(engine, query, model.prepared_features)
    own = _Centres(
        *(
            _centres(model, found.measured[side], of.k)
            for side, of in ((_BEFORE, earlier), (_AFTER, model))
        )
    )
    spreads = _spreads(engine, query, model.prepared_features, own)
    shifts = _shifts(model, earlier) if have_same_features(model, earlier) else {}
    pairs = {(i, j) for i in range(earlier.k) for j in range(model.k)} | set(found.customers)
    return Succession(
        before_version=earlier.model_version,
        before=_compared(earlier, spreads[_BEFORE]),
        after=_compared(model, spreads[_AFTER]),
        shared=[
            SharedCustomers(i, j, found.customers.get((i, j), 0), shifts.get((i, j)))
            for i, j in sorted(pairs)
        ],
    )


@dataclass(frozen=True)
class _Counts:
    """Customers of each pair of segments, and the middle of each segment of either model.

    Medians of scaled numbers come first, then how many customers have each category.
    """

    customers: dict[tuple[int, int], int]
    measured: dict[str, dict[int, list[float]]]


@dataclass(frozen=True)
class _Centres:
    """The middles of the clusters of both models, among the same customers."""

    before: Prototypes
    after: Prototypes


def _counted(engine: Engine, query: Query, features: PreparedFeatures) -> _Counts:
    medians = [f"median(cast({column} as double))" for column in scaled_columns(features)]
    categories = [
        f"sum(case when {column} = {code} then 1 else 0 end)"
        for column, category in zip(code_columns(features), features.categories, strict=True)
        for code in range(len(category.categories))
    ]
    sets = f"grouping sets (({_BEFORE}, {_AFTER}), ({_BEFORE}), ({_AFTER}))"
    measures = [_BEFORE, _AFTER, "count(*)", *medians, *categories]
    counted = query.step("shared_customers", select(measures, query.result, group_by=sets))
    customers: dict[tuple[int, int], int] = {}
    measured: dict[str, dict[int, list[float]]] = {_BEFORE: {}, _AFTER: {}}
    # A segment_id is never null: where one is, the row is of all segments of that model.
    for before_id, after_id, count, *middle in engine.rows(counted):
        if after_id is None:
            measured[_BEFORE][before_id] = [float(value) for value in middle]
        elif before_id is None:
            measured[_AFTER][after_id] = [float(value) for value in middle]
        else:
            customers[before_id, after_id] = count
    return _Counts(customers, measured)


def _spreads(
    engine: Engine, query: Query, features: PreparedFeatures, centres: _Centres
) -> dict[str, dict[int, float | None]]:
    """Return the median distance of each cluster's customers to its middle, by model and id."""
    distances = [
        f"{_own_distance(features, centres.before, _BEFORE)} as distance_before",
        f"{_own_distance(features, centres.after, _AFTER)} as distance_after",
    ]
    apart = query.adding("distances_to_own_middles", distances)
    medians = ["median(distance_before)", "median(distance_after)"]
    spread = apart.step(
        "spreads",
        select(
            [_BEFORE, _AFTER, *medians],
            apart.result,
            group_by=f"grouping sets (({_BEFORE}), ({_AFTER}))",
        ),
    )
    found: dict[str, dict[int, float | None]] = {_BEFORE: {}, _AFTER: {}}
    for before_id, after_id, of_before, of_after in engine.rows(spread):
        if after_id is None:
            found[_BEFORE][before_id] = of_before
        else:
            found[_AFTER][after_id] = of_after
    return found


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


def _centres(model: SegmentationModel, measured: dict[int, list[float]], k: int) -> Prototypes:
    """Return the middles of clusters: medians of numbers, shares of categories.

    A category costs the squared distance between its one-hot column and the shares.
    """
    n_numbers = len(model.features)
    counts = [len(category.categories) for category in model.categories]
    nobody = [0.0] * (n_numbers + sum(counts))
    rows = np.array([measured.get(i, nobody) for i in range(k)]).reshape(k, len(nobody))
    blocks = np.split(rows[:, n_numbers:], np.cumsum(counts)[:-1], axis=1) if counts else []
    scale = one_hot_length(model.gamma) ** 2
    return Prototypes(
        segment_ids=np.arange(k),
        centers=rows[:, :n_numbers],
        category_costs=tuple(
            _costs_of_shares(block / np.maximum(block.sum(axis=1, keepdims=True), 1), scale)
            for block in blocks
        ),
        offsets=np.zeros(k),
    )


def _costs_of_shares(shares: Matrix, scale: float) -> Matrix:
    """Return what each category costs in each cluster, shape (k, n_categories + 1)."""
    squares = (shares**2).sum(axis=1, keepdims=True)
    # A category that the model does not know is no column at all.
    return scale * np.hstack([squares + 1 - 2 * shares, squares])


def _own_distance(features: PreparedFeatures, centres: Prototypes, segment: str) -> str:
    squared = by_segment(dissimilarity_expressions(features, centres), segment)
    # Sums of squares and shares may round to less than nothing.
    return f"sqrt(greatest(cast({squared} as double), 0.0))"


def _shifts(
    model: SegmentationModel, earlier: SegmentationModel
) -> dict[tuple[int, int], float | None]:
    """Return how far the clusters of two models with the same features lie apart, in z-scores."""
    return {
        (i, j): profile_distance(profile, before.profile)
        for i, before in enumerate(earlier_segments(model, earlier))
        for j, profile in enumerate(model.profiles)
    }
