"""Counts the customers that segments of a model share with those of the model before it."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from segmentation.clustering.customer_segments import missing_features, with_features_of
from segmentation.clustering.earlier_segments import earlier_segments, have_same_features
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.names import states_of
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.succession import ComparedSegment, SharedCustomers, Succession
from segmentation.clustering.typical_values import ScoringRule
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, quoted, select
from segmentation.features.mixed_sample import one_hot_length
from segmentation.playbook.matching import profile_distance
from segmentation.scoring.columns import code_columns, scaled_columns

log = logging.getLogger("segmentation")

_BEFORE, _AFTER = "before_id", "after_id"

# Scaled values are summed in units of 1 / _SCALE; one farther out counts as this far, so that no
# sum is too large for a whole number.
_SCALE, _FURTHEST = 2.0**32, 1e6


def counted_succession(
    engine: Engine,
    table: str,
    model: SegmentationModel,
    earlier: SegmentationModel,
    naming: NamingInputs,
) -> Succession | None:
    """Apply two models to all customers, and count the customers of each pair of segments.

    A customer is in the nearest cluster of a model, unless in one of its states. Conditions of
    names are ignored, because the counts decide about names.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with all customers and the features of the later model.
    model : SegmentationModel
        The later one; its segments may have no names yet.
    earlier : SegmentationModel
        With its current names.
    naming : NamingInputs
        Its playbook has the states.

    Returns
    -------
    Succession or None
        None where `table` lacks a feature of the earlier model, which then cannot be applied.
    """
    table = with_features_of(engine, table, earlier)
    gone = missing_features(engine, table, earlier)
    if gone:
        log.warning(
            "%s: not compared with the model before: %s needs %s, which is gone",
            model.segmentation, earlier.model_version, ", ".join(gone),
        )  # fmt: skip
        return None
    query = _customers_in_both(engine, table, _rule(earlier, naming), _rule(model, naming))
    found = _counted(engine, query, model)
    shifts = _shifts(model, earlier) if have_same_features(model, earlier) else {}
    pairs = {(i, j) for i in range(earlier.k) for j in range(model.k)} | set(found.customers)
    return Succession(
        before_version=earlier.model_version,
        before=_compared(earlier, found.spreads_before),
        after=_compared(model, found.spreads_after),
        shared=[
            SharedCustomers(i, j, found.customers.get((i, j), 0), shifts.get((i, j)))
            for i, j in sorted(pairs)
        ],
    )


@dataclass(frozen=True)
class _Counts:
    """Customers of each pair of segments, and the spread of each segment of either model."""

    customers: dict[tuple[int, int], int] = field(default_factory=dict)
    spreads_before: dict[int, float] = field(default_factory=dict)
    spreads_after: dict[int, float] = field(default_factory=dict)


def _counted(engine: Engine, query: Query, model: SegmentationModel) -> _Counts:
    """Count and measure in one scan; the sums are of whole numbers, the same in every order."""
    features = model.prepared_features
    values = [f"greatest(least({x}, {_FURTHEST}), -{_FURTHEST})" for x in scaled_columns(features)]
    numbers = [
        f"sum({engine.scaled_large_integer(power, _SCALE)})"
        for value in values
        for power in (value, f"{value} * {value}")
    ]
    categories = [
        f"sum(case when {column} = {code} then 1 else 0 end)"
        for column, category in zip(code_columns(features), features.categories, strict=True)
        for code in range(len(category.categories))
    ]
    sets = f"grouping sets (({_BEFORE}, {_AFTER}), ({_BEFORE}), ({_AFTER}))"
    measures = [_BEFORE, _AFTER, "count(*)", *numbers, *categories]
    counted = query.step("shared_customers", select(measures, query.result, group_by=sets))
    found = _Counts()
    # A segment_id is only null in rows that add up all segments of that model.
    for before_id, after_id, count, *sums in engine.rows(counted):
        if after_id is None:
            found.spreads_before[before_id] = _spread(model, int(count), sums)
        elif before_id is None:
            found.spreads_after[after_id] = _spread(model, int(count), sums)
        else:
            found.customers[before_id, after_id] = int(count)
    return found


def _spread(model: SegmentationModel, count: int, sums: Sequence[Any]) -> float:
    """Return the root mean square distance of customers to their middle.

    Parameters
    ----------
    model : SegmentationModel
    count : int
        Customers, at least one.
    sums : sequence of int
        Of each number and of its square, in units of 1 / _SCALE; then customers by category.
    """
    totals = iter(int(value) for value in sums)
    squared = 0.0
    for _ in model.features:
        mean, mean_square = (Fraction(next(totals), int(_SCALE) * count) for _ in range(2))
        squared += float(mean_square - mean * mean)
    for category in model.categories:
        shares = [next(totals) / count for _ in category.categories]
        # The mean squared distance of one-hot columns to their mean.
        squared += one_hot_length(model.gamma) ** 2 * (sum(shares) - sum(p * p for p in shares))
    # A difference of rounded squares can be negative.
    return math.sqrt(max(squared, 0.0))


def _compared(model: SegmentationModel, spreads: dict[int, float]) -> list[ComparedSegment]:
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


def _shifts(
    model: SegmentationModel, earlier: SegmentationModel
) -> dict[tuple[int, int], float | None]:
    """Return how far the clusters of two models with the same features lie apart, in z-scores."""
    return {
        (i, j): profile_distance(profile, before.profile)
        for i, before in enumerate(earlier_segments(model, earlier))
        for j, profile in enumerate(model.profiles)
    }
