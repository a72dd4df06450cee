"""Lloyd passes over all rows in the engine, one ``group by`` each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from segmentation.engine.base import Engine
from segmentation.engine.sql import select
from segmentation.features.arrays import Matrix
from segmentation.features.prepared import PreparedFeatures
from segmentation.scoring.columns import code_columns, scaled_columns, scaled_table
from segmentation.scoring.nearest import (
    assigned_table,
    by_segment,
    segment_dissimilarity_expressions,
)
from segmentation.scoring.prototypes import Prototypes


@dataclass(frozen=True)
class LloydPasses:
    """How passes over all rows move prototypes, and when they end.

    Attributes
    ----------
    recentered : callable
        See :class:`segmentation.clustering.algorithms.Algorithm`.
    gamma : float
        What a category that differs adds.
    max_passes : int
        Most passes.
    tolerance : float
        A pass that moves no coordinate by more than this, and no category's cost, is the last.
    """

    recentered: Callable[[Matrix, list[Matrix], float], Prototypes]
    gamma: float
    max_passes: int
    tolerance: float


@dataclass(frozen=True)
class RefinedPrototypes:
    """What the Lloyd passes over all rows arrived at.

    Attributes
    ----------
    prototypes : Prototypes
    counts : list of int, length k
        Rows of each segment.
    inertia : float
        Sum of the rows' dissimilarities to their segments' prototypes, in squared scaled units.
    passes : int
        Lloyd passes made.
    converged : bool
        Whether the last pass moved nothing by more than the tolerance.
    """

    prototypes: Prototypes
    counts: list[int]
    inertia: float
    passes: int
    converged: bool


@dataclass(frozen=True)
class SegmentMeans:
    """What one look at all rows finds of each segment.

    Attributes
    ----------
    counts : list of int, length k
    means : ndarray of shape (k, n_numbers)
        In scaled units.
    shares : list of ndarray of shape (k, n_categories)
        Of each known category among the rows of the segment, one array for each column.
    """

    counts: list[int]
    means: Matrix
    shares: list[Matrix]


def refine_prototypes(
    engine: Engine,
    table: str,
    features: PreparedFeatures,
    prototypes: Prototypes,
    lloyd: LloydPasses | None,
) -> RefinedPrototypes:
    """Move prototypes to the middle of their rows until they rest, one ``group by`` a pass.

    The sums are taken over whole numbers (scaled values times a power of two), so that they do
    not depend on the order in which threads finish. A prototype that no row is nearest to stays
    where it is.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with the raw columns of `features`.
    features : PreparedFeatures
    prototypes : Prototypes
        Where to begin.
    lloyd : LloydPasses or None
        None makes no pass.

    Returns
    -------
    RefinedPrototypes
        Counts and inertia are those of the prototypes returned.
    """
    largest = _largest_absolute(engine, table, features)
    passes, moved = 0, np.inf
    while lloyd is not None and passes < lloyd.max_passes and moved > lloyd.tolerance:
        found = segment_means(engine, table, features, prototypes, largest=largest)
        fresh = lloyd.recentered(found.means, found.shares, lloyd.gamma)
        # Nobody is nearest to it: it has no middle to move to.
        empty = np.array(found.counts) == 0
        fresh = _with_rows(fresh, prototypes, empty)
        moved = _moved(prototypes, fresh)
        prototypes = fresh
        passes += 1
    counts, inertia = _inertia(engine, table, features, prototypes, largest)
    converged = lloyd is not None and bool(moved <= lloyd.tolerance)
    return RefinedPrototypes(prototypes, counts, inertia, passes, converged)


def segment_means(
    engine: Engine,
    table: str,
    features: PreparedFeatures,
    prototypes: Prototypes,
    *,
    largest: float | None = None,
) -> SegmentMeans:
    """Return the middle of every segment over all rows: one query, exact sums.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with the raw columns of `features`.
    features : PreparedFeatures
    prototypes : Prototypes
    largest : float, optional
        The largest absolute scaled value; found by one more query where it is not given.
    """
    if largest is None:
        largest = _largest_absolute(engine, table, features)
    scale = _sum_scales(largest, len(features.numbers), 0.0)[0]
    aggregates = [
        f"sum({engine.scaled_integer(column, scale)})" for column in scaled_columns(features)
    ]
    aggregates += [
        f"sum(cast({column} = {code} as integer))"
        for column, category in zip(code_columns(features), features.categories, strict=True)
        for code in range(len(category.categories))
    ]
    assigned = assigned_table(engine, table, features, prototypes)
    sums = assigned.step(
        "segment_sums",
        select(["segment_id", "count(*)", *aggregates], assigned.result, group_by="segment_id"),
    )
    counts = [0] * prototypes.segments
    means = np.zeros((prototypes.segments, len(features.numbers)))
    shares = [np.zeros((prototypes.segments, len(c.categories))) for c in features.categories]
    for segment, count, *row in engine.rows(sums):
        if segment < 0:
            continue
        counts[segment] = int(count)
        totals = iter(row)
        for j in range(len(features.numbers)):
            means[segment, j] = float(Fraction(int(next(totals))) / Fraction(scale) / count)
        for block in shares:
            for code in range(block.shape[1]):
                block[segment, code] = int(next(totals)) / count
    return SegmentMeans(counts, means, shares)


def _with_rows(fresh: Prototypes, before: Prototypes, empty: np.ndarray) -> Prototypes:
    if not empty.any():
        return fresh
    return Prototypes(
        segment_ids=fresh.segment_ids,
        centers=np.where(empty[:, None], before.centers, fresh.centers),
        category_costs=tuple(
            np.where(empty[:, None], old, new)
            for old, new in zip(before.category_costs, fresh.category_costs, strict=True)
        ),
        offsets=fresh.offsets,
    )


def _moved(before: Prototypes, after: Prototypes) -> float:
    apart = [np.abs(after.centers - before.centers).max(initial=0.0)]
    apart += [
        np.abs(new - old).max(initial=0.0)
        for old, new in zip(before.category_costs, after.category_costs, strict=True)
    ]
    return float(max(apart))


def _inertia(
    engine: Engine,
    table: str,
    features: PreparedFeatures,
    prototypes: Prototypes,
    largest: float,
) -> tuple[list[int], float]:
    heaviest = 1.0 if prototypes.weights is None else float(prototypes.weights.max(initial=1.0))
    scale = _sum_scales(
        largest * np.sqrt(heaviest), len(features.numbers), _most_added(prototypes)
    )[1]
    assigned = assigned_table(engine, table, features, prototypes)
    apart = by_segment(segment_dissimilarity_expressions(features, prototypes))
    distances = assigned.adding("own_distances", [f"{apart} as squared_own"])
    total = f"sum({engine.scaled_large_integer('squared_own', scale)})"
    sums = distances.step(
        "segment_inertias",
        select(
            ["segment_id", "count(*)", total],
            distances.result,
            where="segment_id >= 0",
            group_by="segment_id",
        ),
    )
    counts, inertia = [0] * prototypes.segments, Fraction(0)
    for segment, count, total in engine.rows(sums):
        counts[segment] = int(count)
        inertia += Fraction(int(total)) / Fraction(scale)
    return counts, float(inertia)


def _most_added(prototypes: Prototypes) -> float:
    """Return a bound of what offsets and categories add to a dissimilarity."""
    added = float(np.abs(prototypes.offsets).max(initial=0.0))
    added += sum(float(costs.max(initial=0.0)) for costs in prototypes.category_costs)
    return added


def _largest_absolute(engine: Engine, table: str, features: PreparedFeatures) -> float:
    largest = [f"max(abs({column}))" for column in scaled_columns(features)]
    if not largest:
        return 0.0
    scaled = scaled_table(engine, table, features)
    (row,) = engine.rows(scaled.step("largest_values", select(largest, scaled.result)))
    return max((float(value) for value in row if value is not None), default=0.0)


def _sum_scales(largest: float, n_numbers: int, added: float) -> tuple[float, float]:
    """Return the powers of two by which values, and dissimilarities, become whole numbers.

    As fine as keeps the widest value below 2^62, and the widest dissimilarity below 2^100, which
    leaves room for 2^27 of them in 128 bits.
    """
    widest = 2 * largest * np.sqrt(max(n_numbers, 1))
    bits = int(np.ceil(np.log2(widest))) if widest > 0 else 0
    squared_bits = 2 * bits
    if added > 0:
        squared_bits = max(squared_bits, int(np.ceil(np.log2(added)))) + 1
    return 2.0 ** (62 - bits), 2.0 ** (100 - squared_bits)
