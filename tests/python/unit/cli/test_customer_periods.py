"""The segments of a customer so far, in the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from segmentation.cli.customer_periods import SHOWN, show_periods


def period(**changes: Any) -> dict[str, Any]:
    return {
        "valid_from": "2025-06-30",
        "valid_to": None,
        "segment_name": "Loyal [1]",
        "entry": "first observed",
        "moved_by": None,
        "is_new_model": None,
        **changes,
    }


def shown(*periods: dict[str, Any]) -> str:
    console = Console(width=200, record=True)
    with console.capture() as captured:
        show_periods(console, periods)
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
