"""What changed over time: who moved, refits, a waiting model, who came back, what drifted."""

from __future__ import annotations

from segmentation.published.drift_figures import read_drift
from segmentation.published.read_marts import Marts
from segmentation.report.content import Section
from segmentation.report.drift_table import drift_figure, nothing_drifted
from segmentation.report.model_figures import (
    challenger_figures,
    event_figures,
    refits_without_events,
)
from segmentation.report.move_figures import move_figures
from segmentation.report.retention_figures import retention_figure
from segmentation.report.segments import VALUE


def changes(marts: Marts) -> Section:
    """Return moves between segments by value, their sizes, refits, retention, and drift."""
    drifted = drift_figure(marts)
    no_news = (refits_without_events(marts), nothing_drifted(read_drift(marts)))
    return Section(
        name="over-time",
        title="Over time",
        introduction=" ".join(sentence for sentence in no_news if sentence),
        figures=[
            *move_figures(marts, VALUE),
            *challenger_figures(marts),
            retention_figure(marts),
            *event_figures(marts),
            *([drifted] if drifted is not None else []),
        ],
    )
