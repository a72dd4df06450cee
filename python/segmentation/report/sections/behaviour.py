"""How the segments buy: box plots of length, recency, frequency and monetary."""

from __future__ import annotations

from segmentation.published.read_marts import Marts
from segmentation.report.content import Section
from segmentation.report.segment_figures import box_figure, numbers_of
from segmentation.report.segments import VALUE, in_order, segments_of

# What the axis of a feature says, and how its extremes are called.
LRFM = {
    "recency_days": (
        "recency: days since the last purchase",
        "bought last the longest time ago",
        "days",
    ),
    "frequency": ("frequency: purchases in the window", "come most often", "purchases"),
    "monetary": ("monetary: revenue in the window", "spend most", ""),
    "length_days": (
        "length: days from first to last purchase",
        "bought over the longest time",
        "days",
    ),
}


def behaviour(marts: Marts) -> Section:
    """Return box plots of LRFM per segment of `value`."""
    segments = segments_of(marts, VALUE)
    rows = in_order(numbers_of(marts, VALUE), segments)
    figures = [box_figure(rows, VALUE, feature, words) for feature, words in LRFM.items()]
    return Section(
        name="behaviour",
        title="How they buy",
        introduction=(
            "A box holds the middle half of a segment's customers, the thick line in it is the "
            "median. Thin lines end at one and a half times the length of the box beyond it, or "
            "at the smallest and largest value."
        ),
        figures=figures,
    )
