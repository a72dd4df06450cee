"""How large the segments are, what they bring, and what they may lose."""

from __future__ import annotations

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import COUNT, MONEY, SHARE, large, listed, share
from segmentation.report.rows import largest, where, with_value
from segmentation.report.segments import (
    PROFILE,
    TITLES,
    UNASSIGNED,
    VALUE,
    in_order,
    segments_of,
)
from segmentation.report.sentences import customers_of, unassigned_note

MART = "rpt_segment_value"
NO_REVENUE = "The data has no purchases: there is no revenue to compare."


def sizes(marts: Marts) -> Section:
    """Return sizes beside revenue, potential and expected loss for value and profile."""
    values = marts.table(MART)
    losses_by = _losses_by(marts)
    figures = []
    for segmentation in (VALUE, PROFILE):
        segments = segments_of(marts, segmentation, unassigned=True)
        rows = in_order(where(values, segmentation=segmentation), segments)
        figures += [
            _shares(rows, segmentation),
            _potential(rows, segmentation),
            _losses(rows, segmentation, losses_by),
        ]
    return Section(
        name="sizes",
        title="Sizes and revenue",
        introduction=(
            "Revenue is that of the days which the build looked at, less refunds. "
            "Amounts are in the currency of the data."
        ),
        figures=figures,
    )


def _shares(rows: pd.DataFrame, segmentation: str) -> Figure:
    name = f"{segmentation}-sizes"
    title = TITLES[segmentation][0]
    if _nobody_named(rows):
        return Figure(name, f"{title}: sizes", MART, absent_because="Nobody is in a segment.")
    named = _named(rows)
    has_revenue = bool(named["revenue_share"].notna().any())
    parts = [("customers", "customer_share")]
    if has_revenue:
        parts.append(("revenue", "revenue_share"))
        best = largest(named, "revenue_share")
        finding = (
            f"{title}: {customers_of(best['segment_name'])} are {share(best['customer_share'])} of"
            f" all and bring {share(best['revenue_share'])} of the revenue"
        )
    else:
        best = largest(named, "customer_share")
        finding = f"{title}: {share(best['customer_share'])} are {best['segment_name']}"
    long = pd.concat(
        [rows[["segment_name"]].assign(of=of, share=rows[column]) for of, column in parts]
    ).dropna()
    long["text"] = long["share"].map(share)
    return Figure(
        name,
        finding,
        MART,
        [
            Picture(
                charts.grouped_bars(
                    long,
                    charts.BarColumns("segment_name", group="of", value="share", text="text"),
                    unit="share of all",
                    axis=".0%",
                )
            )
        ],
        Table(
            [
                Column("segment_name", "segment"),
                Column("customers", "customers", COUNT),
                Column("customer_share", "share of customers", SHARE),
                Column("revenue", "revenue", MONEY),
                Column("revenue_share", "share of revenue", SHARE),
                Column("revenue_per_customer", "revenue per customer", MONEY),
            ],
            rows,
        ),
        note=unassigned_note(rows, has_revenue=has_revenue) + ("" if has_revenue else NO_REVENUE),
    )


def _nobody_named(rows: pd.DataFrame) -> bool:
    return rows.empty or not (rows["segment_slug"] != UNASSIGNED).any()


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the segments without Unassigned, or all rows where there are no others."""
    named = rows[rows["segment_slug"] != UNASSIGNED]
    return named if len(named) else rows


def _potential(rows: pd.DataFrame, segmentation: str) -> Figure:
    name = f"{segmentation}-potential"
    title = TITLES[segmentation][0]
    known = rows[rows["potential_value_per_year"].fillna(0) != 0] if len(rows) else rows
    if known.empty or _nobody_named(rows):
        return Figure(
            name,
            f"{title}: potential value per year",
            MART,
            absent_because="Nobody is in a segment, or the data says nothing about spend.",
        )
    total = float(known["potential_value_per_year"].sum())
    best = largest(_named(known), "potential_value_per_year")
    shown = known.assign(text=known["potential_value_per_year"].map(large))
    return Figure(
        name,
        (
            f"{title}: customers who go on buying as before bring {large(total)} in a year, "
            f"{share(best['potential_value_per_year'] / total)} of it in {best['segment_name']}"
        ),
        MART,
        [
            Picture(
                charts.bars(
                    shown,
                    label="segment_name",
                    value="potential_value_per_year",
                    text="text",
                    unit="potential value per year",
                )
            )
        ],
        Table(
            [
                Column("segment_name", "segment"),
                Column("customers", "customers", COUNT),
                Column("potential_value_per_year", "potential value per year", MONEY),
            ],
            known,
        ),
    )


def _losses_by(marts: Marts) -> str:
    """Return what expected losses rest on: ``forecast`` or ``rhythm``; nothing of older files."""
    mart = "rpt_value_at_risk"
    rows = with_value(marts.table(mart), "expected_loss_by")
    if rows.empty:
        return "rhythm" if mart in marts.descriptions else ""
    return str(rows["expected_loss_by"].iloc[0])


# How an expected loss is found, by what it rests on. Files of earlier versions do not say: there
# it was the rhythm, over 91 days.
_HOW = {
    "forecast": (
        90,
        "What customers spend in 90 days at their pace of the window, less the revenue that the "
        "forecast of lifetime value expects.",
    ),
    "rhythm": (
        90,
        "What customers spend in 90 days, times the share of it that customers as late and as "
        "frequent lost before.",
    ),
    "": (
        91,
        "What customers spend in 91 days, times the share of it that customers as late and as "
        "frequent lost before.",
    ),
}


def _losses(rows: pd.DataFrame, segmentation: str, losses_by: str) -> Figure:
    name = f"{segmentation}-expected-loss"
    title = TITLES[segmentation][0]
    days, how = _HOW[losses_by]
    known = rows[rows["expected_loss"].fillna(0) > 0] if "expected_loss" in rows else rows[:0]
    if known.empty:
        return Figure(
            name,
            f"{title}: expected loss",
            MART,
            absent_because="The data has no dates of purchases: who is late is unknown.",
        )
    by_loss = _named(known).sort_values("expected_loss", ascending=False, kind="stable")
    half = by_loss["expected_loss"].cumsum() < 0.5 * by_loss["expected_loss"].sum()
    names = list(by_loss["segment_name"][: int(half.sum()) + 1])
    losing = float(by_loss["expected_loss"][: len(names)].sum() / known["expected_loss"].sum())
    shown = known.assign(text=known["expected_loss"].map(large))
    return Figure(
        name,
        (
            f"{title}: {share(losing)} of the revenue that may be lost in the next three months "
            f"is that of {listed(names)}"
        ),
        MART,
        [
            Picture(
                charts.bars(
                    shown,
                    label="segment_name",
                    value="expected_loss",
                    text="text",
                    unit=f"expected loss, next {days} days",
                )
            )
        ],
        Table(
            [
                Column("segment_name", "segment"),
                Column("expected_loss", f"expected loss, next {days} days", MONEY),
                Column("expected_loss_share", "share of it", SHARE),
            ],
            known,
        ),
        note=f"{how} The largest losses are mostly those of the customers who spend most.",
    )
