"""Customers as a build names them, and what they did afterwards."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.playbook.conditions import Condition, read_condition

from benchmarks.evidence.builds import Build
from benchmarks.evidence.shops import OUTCOME_DAYS

OUTCOMES = f"""
with

later_orders as (

    select
        customer_id,
        sum(revenue) as next_spend,
        count(*) filter (coalesce(revenue, 0) >= 0) as next_purchases
    from intermediate.int_checked_orders
    where
        rejected_because is null
        and cast(ordered_at as date) > date '{{day}}'
        and cast(ordered_at as date) <= date '{{day}}' + {OUTCOME_DAYS}
    group by customer_id

)

select
    segments.customer_id,
    segments.segment_id,
    segments.segment_slug,
    segments.segment_name,
    segments.reason_1,
    segments.reason_2,
    segments.reason_3,
    customers.recency_score,
    customers.frequency_score,
    customers.monetary_score,
    features.* exclude (customer_id),
    cast(coalesce(later_orders.next_spend, 0) as double) as next_spend,
    coalesce(later_orders.next_purchases, 0) = 0 as is_gone
from marts.fct_customer_segments as segments
inner join intermediate.int_value_features as features
    on segments.customer_id = features.customer_id
inner join marts.dim_customers as customers
    on segments.customer_id = customers.customer_id
left join later_orders
    on segments.customer_id = later_orders.customer_id
where segments.segmentation = 'value'
order by segments.customer_id
"""

# The row of the playbook is found by its condition: a slug may have been handed on, or extended.
CONDITIONS = """
select
    segments.segment_id,
    segments.segment_slug,
    segments.condition,
    segments.condition_in_numbers,
    playbook.segment_slug as promise
from segmentation.value_segments as segments
left join seeds.segment_playbook as playbook
    on
        segments.condition = trim(playbook.condition)
        and playbook.segmentation = 'value'
        and (playbook.condition_of = 'customer') = (segments.segment_id >= {states})
order by segments.segment_id
"""

THRESHOLDS = """
select unnest(thresholds, recursive := true)
from (from segmentation.value_model order by model_number desc limit 1)
"""


@dataclass(frozen=True)
class PromisedSegment:
    """What the name of a segment promises.

    Attributes
    ----------
    segment_slug : str
    promise : str
        The slug of the playbook's row.
    condition : Condition
    is_state : bool
        Whether it is promised of each customer, not of the typical one.
    in_numbers : str
        As ``dim_segments`` has it.
    """

    segment_slug: str
    promise: str
    condition: Condition
    is_state: bool
    in_numbers: str


@dataclass(frozen=True)
class NamedCustomers:
    """The customers of a shop on a day.

    Attributes
    ----------
    shop : str
    day : date
    frame : DataFrame
        customer_id, segment_slug, segment_name, reason_1 to reason_3, the columns of
        ``int_value_features``, the three RFM scores; next_spend and is_gone, the spend of the next
        91 days and whether there was no purchase in them.
    segments : sequence of PromisedSegment
        Those with a condition.
    thresholds : mapping of str to float
    """

    shop: str
    day: datetime.date
    frame: pd.DataFrame
    segments: Sequence[PromisedSegment]
    thresholds: Mapping[str, float]

    @property
    def title(self) -> str:
        """The shop and the day."""
        return f"{self.shop}, {self.day}"


def named_customers(build: Build, day: datetime.date) -> NamedCustomers:
    """Read the customers of a build as of a day."""
    segments = [
        PromisedSegment(
            segment_slug=row["segment_slug"],
            promise=row["promise"],
            condition=read_condition(row["condition"], row["segment_slug"]),
            is_state=row["segment_id"] >= STATE_IDS_FROM,
            in_numbers=row["condition_in_numbers"],
        )
        for row in build.records(CONDITIONS.format(states=STATE_IDS_FROM))
        if row["condition"]
    ]
    thresholds = {row["name"]: row["value"] for row in build.records(THRESHOLDS)}
    frame = build.frame(OUTCOMES.format(day=day))
    return NamedCustomers(build.shop.name, day, frame, segments, thresholds)
