"""Whether names keep their promises: in what customers did before, and in what they did next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmarks.evidence.customers import NamedCustomers, PromisedSegment

# Of each pair, the customers of the first name are less likely to stay away than those of the
# second.
EXPECTED_ORDER = (
    ("loyal", "potential_loyalist"),
    ("loyal", "occasional"),
    ("loyal", "need_attention"),
    ("loyal", "at_risk"),
    ("potential_loyalist", "need_attention"),
    ("potential_loyalist", "at_risk"),
    ("at_risk", "hibernating"),
    ("occasional", "hibernating"),
    ("need_attention", "hibernating"),
    ("new", "one_time"),
    ("first_time", "one_time"),
)
LOST = "lost"

# In smaller segments, a share of customers is mostly chance.
FEWEST_CUSTOMERS = 30

# A cluster is named by its typical customer; the others may miss a bound by this factor.
CLUSTER_SLACK = 2.0


@dataclass(frozen=True)
class Contradictions:
    """Customers whose own figures contradict the name of their segment.

    Attributes
    ----------
    in_states, in_clusters : int
        A customer in a state contradicts its name where a comparison of the condition does not
        hold; one in a cluster where a comparison is missed by more than :data:`CLUSTER_SLACK`.
    of_states, of_clusters : int
        All customers in states, and all in clusters with a condition.
    """

    in_states: int
    of_states: int
    in_clusters: int
    of_clusters: int


def segment_rows(customers: NamedCustomers) -> list[dict[str, Any]]:
    """Return a row for each segment with customers, those with the least churn first.

    Each has segment, condition, customers, revenue_share (of the window's revenue), next_spend (of
    the next 91 days, for each customer), churn (the share without a purchase in them) and
    contradicting (customers, see :func:`contradicting_customers`).
    """
    by_slug = {segment.segment_slug: segment for segment in customers.segments}
    revenue = customers.frame.monetary.sum()
    rows = []
    for (slug, name), members in customers.frame.groupby(["segment_slug", "segment_name"]):
        segment = by_slug.get(str(slug))
        rows.append(
            {
                "segment": name,
                "promise": segment.promise if segment else None,
                "condition": segment.in_numbers if segment else None,
                "customers": len(members),
                "revenue_share": float(members.monetary.sum() / revenue),
                "next_spend": float(members.next_spend.mean()),
                "churn": float(members.is_gone.mean()),
                "contradicting": contradicting_customers(members, segment, customers.thresholds)
                if segment
                else 0,
            }
        )
    return sorted(rows, key=lambda row: (row["churn"], row["segment"]))


def judged_pairs(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the pairs of segments whose names imply an order of churn, and whether it holds.

    Parameters
    ----------
    rows : sequence of mapping
        Of :func:`segment_rows`.
    """
    large = [row for row in rows if row["promise"] and row["customers"] >= FEWEST_CUSTOMERS]
    return [
        {
            "less": less["segment"],
            "more": more["segment"],
            "churn_of_less": less["churn"],
            "churn_of_more": more["churn"],
            "is_in_order": less["churn"] < more["churn"],
        }
        for less in large
        for more in large
        if (less["promise"], more["promise"]) in EXPECTED_ORDER
        or (more["promise"] == LOST and less["promise"] != LOST)
    ]


def contradictions(
    frame: pd.DataFrame, segments: Sequence[PromisedSegment], thresholds: Mapping[str, float]
) -> Contradictions:
    """Count the customers whose own figures contradict the name of their segment.

    Parameters
    ----------
    frame : DataFrame
        With segment_slug and the columns of the conditions.
    segments : sequence of PromisedSegment
    thresholds : mapping of str to float
    """
    counted = {True: [0, 0], False: [0, 0]}
    for segment in segments:
        members = frame[frame.segment_slug == segment.segment_slug]
        counted[segment.is_state][0] += contradicting_customers(members, segment, thresholds)
        counted[segment.is_state][1] += len(members)
    return Contradictions(*counted[True], *counted[False])


def contradicting_customers(
    members: pd.DataFrame, segment: PromisedSegment, thresholds: Mapping[str, float]
) -> int:
    """Count the customers of a segment whose own figures contradict its name.

    A figure that is not known contradicts nothing in a cluster; in a state it does, as nobody
    without it may be there.
    """
    slack = 1.0 if segment.is_state else CLUSTER_SLACK
    contradicting = 0
    for row in members[segment.condition.columns].astype(float).to_dict("records"):
        values = {str(column): value for column, value in row.items()}
        missed = segment.condition.broken(values, thresholds, slack)
        contradicting += any(segment.is_state or not math.isnan(values[c.column]) for c in missed)
    return contradicting
