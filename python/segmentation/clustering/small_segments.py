"""Segments that are too small to leave a fit."""

from __future__ import annotations

import logging
from collections.abc import Callable

from segmentation.clustering.refinement import RefinedPrototypes
from segmentation.clustering.typical_values import ScoringRule
from segmentation.engine.base import Engine
from segmentation.engine.sql import select
from segmentation.scoring.prototypes import Prototypes

log = logging.getLogger("segmentation")


def without_small_segments(
    engine: Engine,
    table: str,
    refined: RefinedPrototypes,
    rule_of: Callable[[Prototypes], ScoringRule],
    refine: Callable[[Prototypes], RefinedPrototypes],
    least_share: float,
) -> RefinedPrototypes:
    """Return what is left once segments with too few customers are dissolved, smallest first.

    Customers in a state are not of a cluster, whichever is nearest; the share is one of all
    customers of the table. After each, the others are refined anew. Of equally small segments the
    later one goes. One segment always stays.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with the customers of the fit.
    refined : RefinedPrototypes
    rule_of : callable
        From prototypes to how a customer gets a segment.
    refine : callable
        From prototypes where to begin to those that rest.
    least_share : float
    """
    while refined.prototypes.segments > 1:
        assigned = rule_of(refined.prototypes).assigned(engine, table)
        counted = assigned.step(
            "counted_segments",
            select(["named_id", "count(*)"], assigned.result, group_by="named_id"),
        )
        counts = {int(segment): int(count) for segment, count in engine.rows(counted)}
        everybody = sum(counts.values())
        smallest = min(range(refined.prototypes.segments), key=lambda i: (counts.get(i, 0), -i))
        customers = counts.get(smallest, 0)
        if customers >= least_share * everybody:
            break
        log.info(
            "a cluster of %s of %s customers is too small for a segment (min_segment_share: %g)",
            f"{customers:,}", f"{everybody:,}", least_share,
        )  # fmt: skip
        refined = refine(refined.prototypes.without(smallest))
    return refined
