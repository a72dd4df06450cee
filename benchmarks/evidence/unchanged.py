"""Whether customers who do what they did before keep their segment."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from segmentation.clustering.states import STATE_IDS_FROM

from benchmarks.evidence.builds import VALUE_ALONE, Build

TRAILING_DAYS = 90
SPEND_WITHIN = 0.10
RECENCY_WITHIN_DAYS = 7

ASSIGNED = f"""
with

trailing_orders as (

    select
        customer_id,
        sum(revenue) as spend,
        count(*) filter (coalesce(revenue, 0) >= 0) as purchases
    from intermediate.int_checked_orders
    where
        rejected_because is null
        and cast(ordered_at as date) > date '{{day}}' - {TRAILING_DAYS}
        and cast(ordered_at as date) <= date '{{day}}'
    group by customer_id

)

select
    assignments.customer_id,
    segments.segment_slug,
    case when assignments.segment_id >= {STATE_IDS_FROM} then assignments.segment_id end
        as state_id,
    features.recency_days,
    cast(coalesce(trailing_orders.spend, 0) as double) as spend,
    coalesce(trailing_orders.purchases, 0) as purchases
from segmentation.value_assignments as assignments
inner join segmentation.value_segments as segments
    on assignments.segment_id = segments.segment_id
inner join intermediate.int_value_features as features
    on assignments.customer_id = features.customer_id
left join trailing_orders
    on assignments.customer_id = trailing_orders.customer_id
"""


@dataclass(frozen=True)
class Change:
    """Customers who behaved alike on two days.

    Attributes
    ----------
    before, after : date
    customers : int
    in_clusters : int
        Those who are in no state: a customer in the same state twice cannot change.
    changed : int
    moves : mapping of str to int
        ``from → to``, by slugs, to customers; most frequent first.
    """

    before: datetime.date
    after: datetime.date
    customers: int
    in_clusters: int
    changed: int
    moves: Mapping[str, int]

    @property
    def share(self) -> float:
        """Share of the customers who changed their segment."""
        return self.changed / self.customers if self.customers else 0.0


def changes_over_days(build: Build, days: Sequence[datetime.date]) -> list[Change]:
    """Build a warehouse as of one day after another, its model kept, and compare neighbours.

    Parameters
    ----------
    build : Build
        Built as of the first day already.
    days : sequence of date
    """
    frames = []
    for day in days:
        if day != days[0]:
            build.run(day, VALUE_ALONE)
        frames.append(build.frame(ASSIGNED.format(day=day)))
    return [
        change_between(frames[i], frames[i + 1], days[i], days[i + 1]) for i in range(len(days) - 1)
    ]


def change_between(
    earlier: pd.DataFrame, later: pd.DataFrame, before: datetime.date, after: datetime.date
) -> Change:
    """Compare the segments of customers who did in one period what they did in the one before.

    They bought as often, spent as much within a tenth, bought last as long ago within a week, and
    are in the same state or in none.

    Parameters
    ----------
    earlier, later : DataFrame
        customer_id, segment_slug, state_id, recency_days, spend and purchases.
    before, after : date
    """
    both = earlier.merge(later, on="customer_id", suffixes=("", "_later"))
    is_alike = (
        (both.purchases == both.purchases_later)
        & ((both.spend_later - both.spend).abs() <= SPEND_WITHIN * both.spend.abs())
        & ((both.recency_days_later - both.recency_days).abs() <= RECENCY_WITHIN_DAYS)
        & (both.state_id.fillna(-1) == both.state_id_later.fillna(-1))
    )
    alike = both[is_alike]
    moved = alike[alike.segment_slug != alike.segment_slug_later]
    moves = Counter(moved.segment_slug + " → " + moved.segment_slug_later)
    return Change(
        before=before,
        after=after,
        customers=len(alike),
        in_clusters=int(alike.state_id.isna().sum()),
        changed=len(moved),
        moves=dict(sorted(moves.items(), key=lambda move: (-move[1], move[0]))),
    )
