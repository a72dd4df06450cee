"""The segments of a segmentation in the order in which the page shows them everywhere."""

from __future__ import annotations

import pandas as pd

from segmentation.engine.sql import text_literal
from segmentation.published.read_marts import Marts

VALUE = "value"
PROFILE = "profile"
PROSPECTS = "prospects"

TITLES = {
    VALUE: ("Value", "How valuable is each customer, and who is leaving?"),
    PROFILE: ("Profile", "What kind of people are the customers?"),
    PROSPECTS: ("Prospects", "Which segment will each new customer be in?"),
}

UNASSIGNED = "unassigned"


def segments_of(marts: Marts, segmentation: str, *, unassigned: bool = False) -> pd.DataFrame:
    """Return the segments of a segmentation from dim_segments, the largest first.

    Those of prospects are in the order of what is expected.

    Parameters
    ----------
    marts : Marts
    segmentation : str
    unassigned : bool
        Also the customers who are in no segment, who come last.
    """
    return marts.frame(
        f"""
        select *
        from dim_segments
        where
            segmentation = {text_literal(segmentation)}
            and ({unassigned} or segment_slug != {text_literal(UNASSIGNED)})
        order by
            segment_slug = {text_literal(UNASSIGNED)},
            coalesce(expected_customers, customers) desc,
            segment_slug
        """
    )


def inhabited(segments: pd.DataFrame) -> pd.DataFrame:
    """Return the segments that have customers, or are expected to have: half a customer at least.

    The place of a segment among them decides on its colour, on cards and maps alike.
    """
    expected = segments["expected_customers"].astype(float).fillna(0.0)
    return segments[(segments["customers"] > 0) | (expected >= 0.5)]


def in_order(rows: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Return rows that have a segment_slug in the order of segments; others are left out."""
    if rows.empty:
        return rows
    places = {slug: place for place, slug in enumerate(segments["segment_slug"])}
    known = rows[rows["segment_slug"].isin(list(places))]
    return known.sort_values("segment_slug", key=lambda s: s.map(places), kind="stable")


def feature_label(name: str) -> str:
    """Return a feature's name for people: ``recency_days`` is 'recency (days)'."""
    if name.endswith("_days"):
        return f"{name.removesuffix('_days').replace('_', ' ')} (days)"
    return name.replace("_", " ")
