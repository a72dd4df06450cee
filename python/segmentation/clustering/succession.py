"""The customers that segments of a model share with those of the model before; stored by a fit.

Both models are applied to the customers of the day of the fit, so that only the models differ.
``fct_segment_events`` derives from the counts what became of the segments.
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
        The names at the fit; for the earlier model, its names on that day.
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
        0 for two clusters without shared customers.
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
    """Customers that segments of two models share, on the day of the later fit.

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
        """Return a copy with the slugs and names of the later clusters, by segment_id."""
        after = [
            ComparedSegment(segment.segment_id, *names[segment.segment_id], segment.spread)
            for segment in self.after
        ]
        return dataclasses.replace(self, after=after)

    def between_clusters(self) -> Mapping[tuple[int, int], int]:
        """Return the customers of each pair of clusters by (before_id, after_id).

        Customers in a state or in noise of either model are in no such pair.
        """
        return {
            (pair.before_id, pair.after_id): pair.customers
            for pair in self.shared
            if is_cluster(pair.before_id) and is_cluster(pair.after_id)
        }

    def empty_slugs(self) -> frozenset[str]:
        """Return the slugs of the earlier clusters without customers on that day."""
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
    """Return the share of customers that each later and each earlier cluster have in common.

    Parameters
    ----------
    succession : Succession

    Returns
    -------
    list of list of float, of shape (k after, k before)
        Geometric mean of two shares: the shared customers among those of the one cluster, and among
        those of the other. Customers in a state of either model are not counted: a condition names
        them, not a cluster.
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
