"""Figures that show a feature in each segment: box plots of numbers, counts of categories."""

from __future__ import annotations

from typing import Any

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Table
from segmentation.report.formats import COUNT, MONEY, NUMBER, SHARE, number, share
from segmentation.report.rows import enough, largest, smallest, where, with_value
from segmentation.report.segments import TITLES, feature_label, in_order, segments_of
from segmentation.report.sentences import customers_of

MART = "rpt_segment_profiles"

# A smaller difference between shares is no finding.
SMALLEST_DIFFERENCE = 0.05
# So many letters of a category have room beside a bar.
LONGEST = 18


def numbers_of(marts: Marts, segmentation: str) -> pd.DataFrame:
    """Return the rows of rpt_segment_profiles that describe numbers."""
    return where(marts.table(MART), segmentation=segmentation, feature_kind="number")


def categories_of(marts: Marts, segmentation: str, feature: str) -> pd.DataFrame:
    """Return the rows of rpt_segment_profiles that describe a feature's categories."""
    rows = marts.table(MART)
    return where(rows, segmentation=segmentation, feature_kind="category", feature=feature)


def box_figure(
    rows: pd.DataFrame, segmentation: str, feature: str, words: tuple[str, str, str]
) -> Figure:
    """Return box plots of a feature per segment.

    Parameters
    ----------
    rows : DataFrame
        Of rpt_segment_profiles, in the order of the segments.
    segmentation, feature : str
    words : tuple of (str, str, str)
        What the axis says; what those with the highest median do, e.g. 'come most often'; what is
        counted, e.g. 'purchases', or nothing.
    """
    unit, extreme, counted = words
    name = f"{segmentation}-{feature.replace('_', '-')}"
    known = with_value(where(rows, feature=feature), "median")
    if known.empty:
        return Figure(
            name,
            f"{TITLES[segmentation][0]}: {feature_label(feature)}",
            MART,
            absent_because=f"No segment has values of {feature_label(feature)}.",
        )
    named = enough(known, "customers_with_value")
    # Where several segments have the highest median, means tell them apart.
    by = "mean" if (named["median"] == named["median"].max()).sum() > 1 else "median"
    top = largest(named, by)
    low = smallest(named, by)
    if top[by] == low[by]:
        title = f"All segments have the same {feature_label(feature)}: {number(top[by])}"
    else:
        title = (
            f"{customers_of(top['segment_name'])} {extreme}: {by} {number(top[by])}"
            f"{_unit(counted, top[by])}, against {number(low[by])} of {low['segment_name']}"
        )
    return Figure(
        name,
        title,
        MART,
        [Picture(charts.boxes(known, label="segment_name", unit=unit))],
        Table(
            [
                Column("segment_name", "segment"),
                Column("customers_with_value", "customers with a value", COUNT),
                *quartiles(_kind(feature)),
            ],
            known,
        ),
    )


def category_figure(
    marts: Marts, segmentation: str, feature: str, absent_because: str, most: int = 7
) -> Figure:
    """Return counts of a feature's categories per segment.

    Parameters
    ----------
    marts : Marts
    segmentation, feature : str
    absent_because : str
        What to say where nobody has a value.
    most : int
        So many categories are shown, the most frequent ones; the table has all.
    """
    name = f"{segmentation}-{feature.replace('_', '-')}"
    segments = segments_of(marts, segmentation)
    rows = in_order(with_value(categories_of(marts, segmentation, feature), "category"), segments)
    if rows.empty:
        return Figure(
            name,
            f"{TITLES[segmentation][0]}: {feature_label(feature)}",
            MART,
            absent_because=absent_because,
        )
    frequent = rows.groupby("category")["customers_with_value"].sum()
    kept = list(
        frequent.reset_index()
        .sort_values(["customers_with_value", "category"], ascending=[False, True])["category"]
        .head(most)
    )
    shown = rows[rows["category"].isin(kept)].assign(text="")
    shown["text"] = [
        f"{_short(str(category))} {customers:,}"
        for category, customers in zip(
            shown["category"], shown["customers_with_value"], strict=True
        )
    ]
    return Figure(
        name,
        _categories_title(rows, segments, feature, kept[0]),
        MART,
        [
            Picture(
                charts.grouped_bars(
                    shown,
                    charts.BarColumns(
                        "segment_name", group="category", value="customers_with_value", text="text"
                    ),
                    unit="customers",
                    axis="~s",
                    named=True,
                )
            )
        ],
        Table(
            [
                Column("segment_name", "segment"),
                Column("category", feature_label(feature)),
                Column("customers_with_value", "customers", COUNT),
                Column("share", "share of those with a value", SHARE),
                Column("share_of_all", "of all customers with a value", SHARE),
            ],
            rows,
        ),
        note=(
            f"The {most} most frequent of {len(frequent)} categories; the table has all."
            if len(frequent) > most
            else ""
        ),
    )


def _short(category: str) -> str:
    """Return a category as it is written beside its bar; the table has all of it."""
    return category if len(category) <= LONGEST else f"{category[: LONGEST - 1]}…"


def _unit(counted: str, value: float) -> str:
    """Return what is counted, behind a number: ' purchases', ' purchase' or nothing."""
    return f" {counted.removesuffix('s') if value == 1 else counted}" if counted else ""


def _categories_title(
    rows: pd.DataFrame, segments: pd.DataFrame, feature: str, most_frequent: str
) -> str:
    """Return what a marketer can use: the segment that differs most, or that none does."""
    top = _most_typical(rows)
    everybody = _everybody(rows, segments, feature)
    if top["share"] - top["share_of_all"] < SMALLEST_DIFFERENCE:
        of_all = rows.loc[rows["category"] == most_frequent, "share_of_all"].iloc[0]
        return (
            f"{feature_label(feature).capitalize()} is much the same in every segment: "
            f"{most_frequent} is most frequent, {share(of_all)} of {everybody}"
        )
    of_segment = rows[rows["segment_slug"] == top["segment_slug"]]
    known = int(of_segment["customers_with_value"].sum())
    customers = int(segments.set_index("segment_slug")["customers"][top["segment_slug"]])
    of_whom = f" (known of {known:,} of {customers:,})" if known < customers else ""
    return (
        f"{share(top['share'])} of {top['segment_name']}{of_whom} have {feature_label(feature)} "
        f"{top['category']}, against {share(top['share_of_all'])} of {everybody}"
    )


def _everybody(rows: pd.DataFrame, segments: pd.DataFrame, feature: str) -> str:
    """Return whom a share of all is a share of: those whose value is known."""
    known, customers = int(rows["customers_with_value"].sum()), int(segments["customers"].sum())
    if known >= customers:
        return "all customers"
    return f"all whose {feature_label(feature)} is known"


def _most_typical(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the cell whose share exceeds that of all customers most; the first of equal ones."""
    return largest(rows.assign(excess=rows["share"] - rows["share_of_all"]), "excess")


def quartiles(kind: str) -> list[Column]:
    """Return the columns of a table of box plots.

    Parameters
    ----------
    kind : str
        Of the numbers; see :mod:`segmentation.report.formats`.
    """
    names = ("minimum", "first_quartile", "median", "third_quartile", "maximum", "mean")
    return [Column(name, name.replace("_", " "), kind) for name in names]


def _kind(feature: str) -> str:
    return MONEY if feature in {"monetary", "annual_spend", "income"} else NUMBER
