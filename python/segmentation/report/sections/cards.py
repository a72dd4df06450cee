"""The segments as cards: who they are, what to do."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report.content import Card, CardGroup, Section
from segmentation.report.formats import count, large, listed, share
from segmentation.report.rows import records, where
from segmentation.report.segments import (
    PROFILE,
    PROSPECTS,
    TITLES,
    VALUE,
    inhabited,
    segments_of,
)
from segmentation.report.sentences import (
    doubt_about_predictions,
    unassigned_note,
    who_prospects_are,
)

# A card says so many things that set a segment apart; dim_segments.headline has all.
DISTINCTIONS = 3

ABSENT = {
    VALUE: "The data has no purchases: what customers are worth is unknown.",
    PROFILE: "The data says too little about the customers to group them.",
    PROSPECTS: "There are no new customers, or no classifier to predict their segments.",
}


def cards(marts: Marts) -> Section:
    """Return the cards of all segmentations."""
    table = marts.table("rpt_segment_value")
    values = table.set_index(["segmentation", "segment_slug"]) if len(table) else table
    forecast = marts.table("rpt_prospect_distribution")
    doubt = doubt_about_predictions(marts.table("rpt_classifier_metrics"))
    groups = []
    for segmentation, (title, question) in TITLES.items():
        segments = segments_of(marts, segmentation)
        shown = inhabited(segments)
        empty = list(segments["segment_name"].drop(shown.index))
        made = [_card(row, place, values, forecast) for place, row in enumerate(records(shown))]
        groups.append(
            CardGroup(
                title=title,
                question=question,
                cards=made,
                note=(
                    (doubt if segmentation == PROSPECTS else "")
                    + _note(segmentation, empty, table, forecast)
                    if made
                    else ""
                ),
                absent_because="" if made else ABSENT[segmentation],
            )
        )
    return Section(name="segments", title="The segments", groups=groups)


def _note(segmentation: str, empty: list[str], values: pd.DataFrame, forecast: pd.DataFrame) -> str:
    """Say which segments have no card, and how many customers are in none."""
    if segmentation == PROSPECTS:
        nobody = f" Nobody is expected in {listed(empty, most=9, word='or')}." if empty else ""
        return who_prospects_are(forecast) + nobody
    of = where(values, segmentation=segmentation)
    has_revenue = bool(len(of) and of["revenue_share"].notna().any())
    nobody = f"Nobody is in {listed(empty, most=9, word='or')} today." if empty else ""
    return (unassigned_note(of, has_revenue=has_revenue) + nobody).strip()


def _card(row: dict[str, Any], place: int, values: pd.DataFrame, forecast: pd.DataFrame) -> Card:
    is_prospects = row["segmentation"] == PROSPECTS
    key = (row["segmentation"], row["segment_slug"])
    return Card(
        name=row["segment_name"],
        size=_expected(row, forecast) if is_prospects else _size(row),
        revenue="" if is_prospects or key not in values.index else _revenue(values.loc[key]),
        apart=distinctions(_text(row["headline"])),
        promise=_text(row["description"]),
        strategy=_text(row["strategy"]),
        channel=_text(row["channel"]),
        priority=_text(row["priority"]),
        place=place,
    )


def distinctions(headline: str) -> list[str]:
    """Return the parts of a headline, the most distinctive ones.

    Parameters
    ----------
    headline : str
        Parts are separated by semicolons, of which those in brackets separate nothing.
    """
    parts = re.split(r";\s+(?![^()]*\))", headline)
    return [part[:1].upper() + part[1:] for part in parts if part][:DISTINCTIONS]


def _size(row: dict[str, Any]) -> str:
    customers = f"{count(row['customers'])} customer{'' if row['customers'] == 1 else 's'}"
    return customers if pd.isna(row["share"]) else f"{customers} ({share(row['share'])})"


def _expected(row: dict[str, Any], forecast: pd.DataFrame) -> str:
    """Say what the forecast is, not for how many customers a segment is the likeliest."""
    if pd.isna(row["expected_customers"]):
        return _size(row)
    expected = f"{row['expected_customers']:,.0f} expected"
    known = forecast[forecast["segment_slug"] == row["segment_slug"]] if len(forecast) else forecast
    if len(known) and pd.notna(known["interval_low"].iloc[0]):
        low, high = known["interval_low"].iloc[0], known["interval_high"].iloc[0]
        expected += f" ({known['nominal_coverage'].iloc[0]:.0%} interval {low:,.0f} to {high:,.0f})"
    return expected


def _revenue(value: pd.Series) -> str:
    if pd.isna(value["revenue_share"]):
        return ""
    return f"{large(value['revenue'])} revenue ({share(value['revenue_share'])})"


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]
