"""How a model follows the one before it: what the segments of the two share, as a fit stores it.

The customers of the day of the fit get a segment from both models, so that all that differs is the
models. What became of the segments follows from the counts: see ``fct_segment_events``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa

from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.registry.arrow import REAL, TEXT, WHOLE, records, struct


@dataclass(frozen=True)
class ComparedSegment:
    """A cluster of one of the two models.

    Attributes
    ----------
    segment_id : int
    segment_slug, segment_name : str
        As named at the fit; of the earlier model as it went by then.
    spread : float or None
        Root mean square distance of its customers to their middle (means of numbers, shares of
        categories), in scaled units of the later model. None where it has no customers.
    """

    segment_id: int
    segment_slug: str
    segment_name: str
    spread: float | None


@dataclass(frozen=True)
class SharedCustomers:
    """The customers who are in one segment of the earlier model and in one of the later.

    Attributes
    ----------
    before_id, after_id : int
        Clusters, states, or -1 for noise.
    customers : int
        0 of two clusters that share nobody.
    shift : float or None
        Root mean square difference, over the features, between the centre of the later cluster and
        that of the earlier one at its own fit, in z-scores of the later model. None where one of
        the two is no cluster, and where the features are not the same.
    """

    before_id: int
    after_id: int
    customers: int
    shift: float | None


@dataclass(frozen=True)
class Succession:
    """What a model shares with the one before it, among the customers of the day of the fit.

    Attributes
    ----------
    before_version : str
        The earlier model.
    before, after : list of ComparedSegment
        The clusters of the earlier model and of the later, in order.
    shared : list of SharedCustomers
        By before_id and after_id: every pair of clusters, and every other pair that has customers.
    """

    before_version: str
    before: list[ComparedSegment]
    after: list[ComparedSegment]
    shared: list[SharedCustomers]

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Read what a model row stores."""
        return cls(
            before_version=record["before_version"],
            before=[ComparedSegment(**segment) for segment in record["before"]],
            after=[ComparedSegment(**segment) for segment in record["after"]],
            shared=[SharedCustomers(**pair) for pair in record["shared"]],
        )

    def with_names(self, names: Mapping[int, tuple[str, str]]) -> Self:
        """Return it with the slugs and names that the later clusters got, by segment_id."""
        after = [
            ComparedSegment(segment.segment_id, *names[segment.segment_id], segment.spread)
            for segment in self.after
        ]
        return dataclasses.replace(self, after=after)

    def between_clusters(self) -> Mapping[tuple[int, int], int]:
        """Return the customers of each pair of clusters by (before_id, after_id).

        Who is in a state of either model, or noise in either, is in no such pair.
        """
        return {
            (pair.before_id, pair.after_id): pair.customers
            for pair in self.shared
            if is_cluster(pair.before_id) and is_cluster(pair.after_id)
        }

    def empty_slugs(self) -> frozenset[str]:
        """Return the slugs of the earlier clusters that none of the day's customers is in."""
        shared = self.between_clusters()
        return frozenset(
            segment.segment_slug
            for segment in self.before
            if not sum(_column(shared, 0, segment.segment_id))
        )


def is_cluster(segment_id: int) -> bool:
    """Return whether a segment is a cluster: neither a state nor noise."""
    return 0 <= segment_id < STATE_IDS_FROM


def shared_shares(succession: Succession) -> list[list[float]]:
    """Return how far each later cluster and each earlier one are the same customers.

    Parameters
    ----------
    succession : Succession

    Returns
    -------
    list of list of float, of shape (k after, k before)
        The customers in both as a share of the one and as a share of the other, of these two the
        geometric mean. Who is in a state of either model does not count: a condition names them,
        and no cluster.
    """
    shared = succession.between_clusters()
    before = [sum(_column(shared, 0, s.segment_id)) for s in succession.before]
    after = [sum(_column(shared, 1, s.segment_id)) for s in succession.after]
    return [
        [
            shared.get((x.segment_id, y.segment_id), 0) / math.sqrt(max(before[i] * after[j], 1))
            for i, x in enumerate(succession.before)
        ]
        for j, y in enumerate(succession.after)
    ]


def _column(shared: Mapping[tuple[int, int], int], place: int, segment_id: int) -> Sequence[int]:
    return [customers for pair, customers in shared.items() if pair[place] == segment_id]


_SEGMENTS = records(segment_id=WHOLE, segment_slug=TEXT, segment_name=TEXT, spread=REAL)
SUCCESSION: pa.DataType = struct(
    before_version=TEXT,
    before=_SEGMENTS,
    after=_SEGMENTS,
    shared=records(before_id=WHOLE, after_id=WHOLE, customers=WHOLE, shift=REAL),
)
