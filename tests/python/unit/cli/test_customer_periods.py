"""The segments of a customer so far, in the terminal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rich.console import Console
from segmentation.cli.customer_periods import SHOWN, show_periods
from segmentation.published.segment_events import Refit, SegmentEvent


def period(**changes: Any) -> dict[str, Any]:
    return {
        "valid_from": "2025-06-30",
        "valid_to": None,
        "segment_name": "Loyal [1]",
        "entry": "first observed",
        "moved_by": None,
        "is_new_model": None,
        "model_version": "value-0002-b",
        **changes,
    }


def shown(*periods: dict[str, Any], refits: tuple[Refit, ...] = ()) -> str:
    console = Console(width=200, record=True)
    with console.capture() as captured:
        show_periods(console, periods, refits)
    return captured.get()


def test_no_history() -> None:
    assert shown() == ""


def test_one_period() -> None:
    assert "since 2025-06-30 at least" in shown(period())
    assert "the first observed day of this customer" in shown(period(entry="joined"))


def test_the_last_periods() -> None:
    moved = period(
        valid_from="2025-08-31", entry="moved", moved_by="recency 0 → 62 days", is_new_model=True
    )
    gone = period(valid_from="2025-10-31", entry="left", segment_name=None)
    text = shown(period(valid_to="2025-08-31"), moved, gone)
    assert "earlier" not in text
    assert "Loyal [1]" in text
    assert "moved, by another model" in text
    assert "recency 0 → 62 days" in text
    assert "not in the data" in text
    many = [period(valid_from=f"2025-01-{day:02d}") for day in range(1, SHOWN + 3)]
    text = shown(*many)
    assert "2 earlier periods" in text
    assert "2025-01-02" not in text
    assert "2025-01-03" in text


def test_the_refit_that_moved_the_customer_is_explained() -> None:
    event = SegmentEvent("vanished", "Loyal [1]", None, None, None, 40)
    refit = Refit("value", "value-0002-b", dt.date(2025, 8, 30), True, (event,))
    moved = period(valid_from="2025-08-31", entry="moved", segment_name="New", is_new_model=True)
    words = "At the refit of 2025-08-30, Loyal [1] vanished: its 40 customers are spread over other"
    assert words in shown(period(), moved, refits=(refit,))
    again = (period(), moved, period(valid_from="2025-09-30"), moved)
    assert shown(*again, refits=(refit,)).count(words) == 1
    # The same model, and a segment that just survived, need no explanation.
    assert "refit" not in shown(period(), {**moved, "is_new_model": False}, refits=(refit,))
    assert "refit" not in shown(period(segment_name="New"), moved, refits=(refit,))
