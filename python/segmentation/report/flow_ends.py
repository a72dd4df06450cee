"""The segments on the two sides of a picture of moves, in the order and the colours of the page."""

from __future__ import annotations

from collections.abc import Mapping

from segmentation.published.read_marts import Marts
from segmentation.report import theme
from segmentation.report.charts import FlowEnd
from segmentation.report.segments import UNASSIGNED, inhabited, segments_of

# More ribbons are too thin to see.
MOST_RIBBONS = 60


def flow_ends(marts: Marts, segmentation: str, named: Mapping[str, str]) -> list[FlowEnd]:
    """Return the segments of today as on the cards, then those of other days or models.

    Segments that have no card take the colours that are left.

    Parameters
    ----------
    marts : Marts
    segmentation : str
    named : mapping of str to str
        Names by slug of the segments in the picture; those of today keep the names of the cards.
    """
    every = segments_of(marts, segmentation, unassigned=True)
    names = dict(zip(every["segment_slug"], every["segment_name"], strict=True))
    names |= {slug: name for slug, name in named.items() if slug not in names}
    today = list(inhabited(segments_of(marts, segmentation))["segment_slug"])
    others = [slug for slug in names if slug in named and slug not in {*today, UNASSIGNED}]
    places = {slug: place for place, slug in enumerate([*today, *others])}
    return [
        FlowEnd(slug, names[slug], theme.segment_colour(places.get(slug, len(theme.SEGMENTS))))
        for slug in [*places, *(slug for slug in names if slug == UNASSIGNED)]
    ]
