"""The segments that a customer was in, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segmentation.published.segment_events import Refit

# Number of periods that are shown; the JSON has all of them.
SHOWN = 5


def show_periods(
    console: Console, periods: Sequence[Mapping[str, Any]], refits: Sequence[Refit] = ()
) -> None:
    """Print the last periods of a customer in one segmentation.

    Parameters
    ----------
    console : Console
    periods : sequence of mapping
        Of :func:`segmentation.published.customer_history.customer_history`, the first period first.
    refits : sequence of Refit
        Those whose model moved the customer are explained.
    """
    if not periods:
        return
    if len(periods) == 1:
        console.print(f"  {_only_period(periods[0])}", soft_wrap=True, highlight=False)
        return
    earlier = len(periods) - SHOWN
    console.print(
        "\nSegments so far, by observed days"
        + (f" ({earlier:,} earlier periods: --json)" if earlier > 0 else "")
        + ":",
        highlight=False,
    )
    table = Table()
    for name in ("From", "To", "Segment", "How it began", "What changed"):
        table.add_column(name)
    for period in periods[-SHOWN:]:
        cells = (
            period["valid_from"],
            period["valid_to"] or "",
            period["segment_name"] or "not in the data",
            _entry(period),
            period["moved_by"] or "",
        )
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    # A day that was filled in later may lie between two days of the new model.
    for line in dict.fromkeys(_refits_in_words(periods, refits)):
        console.print(f"  {escape(line)}", soft_wrap=True, highlight=False)


def _refits_in_words(
    periods: Sequence[Mapping[str, Any]], refits: Sequence[Refit]
) -> Iterator[str]:
    """Yield what became of the segments that a customer left because of another model."""
    by_version = {refit.model_version: refit for refit in refits}
    for before, period in list(pairwise(periods))[-SHOWN:]:
        refit = by_version.get(period["model_version"]) if period["is_new_model"] else None
        news = refit.news_of(before["segment_name"]) if refit is not None else None
        if refit is not None and news is not None:
            yield f"At the refit of {refit.as_of}, {news}."


def _only_period(period: Mapping[str, Any]) -> str:
    since = f"In this segment since {period['valid_from']}"
    if period["entry"] == "first observed":
        return f"{since} at least, the first observed day."
    return f"{since}, the first observed day of this customer."


def _entry(period: Mapping[str, Any]) -> str:
    return f"{period['entry']}, by another model" if period["is_new_model"] else period["entry"]
