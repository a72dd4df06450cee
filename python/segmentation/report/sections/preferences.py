"""What each segment prefers to buy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import COUNT, MONEY, NUMBER, SHARE
from segmentation.report.rows import largest, where, with_value
from segmentation.report.segments import PROFILE, TITLES, VALUE, in_order, segments_of

MART = "rpt_segment_preferences"
# So many product categories, those with the most revenue.
CATEGORIES = 10
# A preference of so many times that of all customers has the full colour.
STRONG = 2.0
# What fewer customers bought is chance: the title does not name it.
ENOUGH = 30


def preferences(marts: Marts) -> Section:
    """Return the product preferences of the segments of `value` and `profile`."""
    rows = marts.table(MART)
    return Section(
        name="preferences",
        title="What they prefer to buy",
        introduction=(
            "A preference of 2.0 says that a product category has twice the share of the "
            "segment's spending that it has of all customers' spending."
        ),
        figures=[_grid(marts, rows, segmentation) for segmentation in (VALUE, PROFILE)],
    )


def _grid(marts: Marts, rows: pd.DataFrame, segmentation: str) -> Figure:
    name = f"{segmentation}-preferences"
    title = TITLES[segmentation][0]
    of = with_value(where(rows, segmentation=segmentation), "preference")
    of = with_value(of, "product_category")
    if of.empty:
        return Figure(
            name,
            f"{title}: preferences",
            MART,
            absent_because="The data does not say which products were bought.",
        )
    kept = _with_most_revenue(of)
    cells = in_order(of[of["product_category"].isin(kept)], segments_of(marts, segmentation))
    many = cells[cells["customers"] >= ENOUGH]
    top = largest(many if len(many) else cells, "preference")
    return Figure(
        name,
        (
            f"{title}: {top['segment_name']} spend {float(top['preference']):.1f} times the usual "
            f"share on {str(top['product_category']).capitalize()}"
        ),
        MART,
        [
            Picture(
                charts.heat_map(
                    _coloured(cells),
                    x="segment",
                    y="category",
                    strength="strength",
                    text="text",
                    titles=("", ""),
                )
            )
        ],
        Table(
            [
                Column("segment_name", "segment"),
                Column("product_category", "product category"),
                Column("customers", "customers", COUNT),
                Column("revenue", "revenue", MONEY),
                Column("revenue_share", "share of the segment's spending", SHARE),
                Column("revenue_share_of_all", "share of all spending", SHARE),
                Column("preference", "preference", NUMBER),
            ],
            cells,
        ),
        note=(
            f"The {len(kept)} product categories with the most revenue. Framed: below 1, less than "
            "others."
        ),
    )


def _coloured(cells: pd.DataFrame) -> pd.DataFrame:
    """Return cells with how strong their colours are: as twice and half are equally far from 1."""
    logs = np.log2(cells["preference"].astype(float).clip(lower=0.01))
    return pd.DataFrame(
        {
            "segment": cells["segment_name"],
            "category": cells["product_category"].str.capitalize(),
            "strength": (logs / np.log2(STRONG)).clip(-1, 1),
            "text": [f"{value:.1f}" for value in cells["preference"]],
        }
    )


def _with_most_revenue(rows: pd.DataFrame) -> list[str]:
    """Return the product categories with the most revenue, the first one first."""
    revenue = rows.groupby("product_category")["revenue"].sum().astype(float).reset_index()
    ordered = revenue.sort_values(["revenue", "product_category"], ascending=[False, True])
    return list(ordered["product_category"].head(CATEGORIES))
