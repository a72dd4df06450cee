"""How the segments buy: box plots of length, recency, frequency and monetary; their categories."""

from __future__ import annotations

from typing import Any

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import COUNT, MONEY, NUMBER, SHARE, number, share
from segmentation.report.rows import enough, largest, smallest, where, with_value
from segmentation.report.segments import (
    PROFILE,
    TITLES,
    VALUE,
    feature_label,
    in_order,
    segments_of,
)

MART = "rpt_segment_profiles"

# A smaller difference between shares is no finding.
SMALLEST_DIFFERENCE = 0.05

# What the axis of a feature says, and how its extremes are called.
LRFM = {
    "recency_days": ("recency: days since the last purchase", "were here longest ago", "days"),
    "frequency": ("frequency: purchases in the window", "come most often", "purchases"),
    "monetary": ("monetary: revenue in the window", "spend most", ""),
    "length_days": (
        "length: days from first to last purchase",
        "have been customers longest",
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
            f"{top['segment_name']} customers {extreme}: {by} {number(top[by])}"
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
                *_quartiles(_kind(feature)),
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
        f"{category} {customers:,}"
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
                    label="segment_name",
                    group="category",
                    value="customers_with_value",
                    text="text",
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


def _unit(counted: str, value: float) -> str:
    """Return what is counted, behind a number: ' purchases', ' purchase' or nothing."""
    return f" {counted.removesuffix('s') if value == 1 else counted}" if counted else ""


def _categories_title(
    rows: pd.DataFrame, segments: pd.DataFrame, feature: str, most_frequent: str
) -> str:
    """Return what a marketer can use: the segment that differs most, or that none does."""
    top = _most_typical(rows)
    if top["share"] - top["share_of_all"] < SMALLEST_DIFFERENCE:
        of_all = rows.loc[rows["category"] == most_frequent, "share_of_all"].iloc[0]
        return (
            f"{feature_label(feature).capitalize()} is much the same in every segment: "
            f"{most_frequent} is most frequent, {share(of_all)} of all customers"
        )
    of_segment = rows[rows["segment_slug"] == top["segment_slug"]]
    known = int(of_segment["customers_with_value"].sum())
    customers = int(segments.set_index("segment_slug")["customers"][top["segment_slug"]])
    of_whom = f" (known of {known:,} of {customers:,})" if known < customers else ""
    return (
        f"{share(top['share'])} of {top['segment_name']}{of_whom} have {feature_label(feature)} "
        f"{top['category']}, against {share(top['share_of_all'])} of all customers"
    )


def _most_typical(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the cell whose share exceeds that of all customers most; the first of equal ones."""
    return largest(rows.assign(excess=rows["share"] - rows["share_of_all"]), "excess")


def _quartiles(kind: str) -> list[Column]:
    """Return the columns of a table of box plots."""
    names = ("minimum", "first_quartile", "median", "third_quartile", "maximum", "mean")
    return [Column(name, name.replace("_", " "), kind) for name in names]


def _kind(feature: str) -> str:
    return MONEY if feature in {"monetary", "annual_spend", "income"} else NUMBER


def people(marts: Marts) -> Section:
    """Return what kind of people are in the segments of `profile`."""
    segments = segments_of(marts, PROFILE)
    rows = in_order(numbers_of(marts, PROFILE), segments)
    unknown = "The data says nothing about {}."
    figures = [
        box_figure(rows, PROFILE, "age", ("age in years", "are the oldest", "years")),
        box_figure(rows, PROFILE, "annual_spend", ("yearly spend", "spend most in a year", "")),
        category_figure(marts, PROFILE, "profession", unknown.format("professions")),
        category_figure(marts, PROFILE, "gender", unknown.format("gender")),
        category_figure(marts, PROFILE, "marital_status", unknown.format("marital status")),
        category_figure(marts, PROFILE, "spending_level", unknown.format("spending scores")),
        category_figure(marts, PROFILE, "home_ownership", unknown.format("homes")),
        age_by_marital_status(marts),
    ]
    return Section(name="people", title="Who they are", figures=figures)


def age_by_marital_status(marts: Marts) -> Figure:
    """Return box plots of age per marital status, over all customers."""
    name = "age-by-marital-status"
    rows = (
        pd.DataFrame()
        if "dim_customers" not in marts.descriptions
        else marts.frame(
            """
        select
            marital_status,
            count(age) as customers_with_value,
            min(age) as minimum,
            quantile_cont(age, 0.25) as first_quartile,
            median(age) as median,
            quantile_cont(age, 0.75) as third_quartile,
            max(age) as maximum,
            avg(age) as mean
        from dim_customers
        where age is not null and marital_status is not null
        group by marital_status
        order by customers_with_value desc, marital_status
        """
        )
    )
    if rows.empty:
        return Figure(
            name,
            "Age by marital status",
            "dim_customers",
            absent_because="Age and marital status are not known of the same customers.",
        )
    named = enough(rows, "customers_with_value")
    by = "mean" if (named["median"] == named["median"].max()).sum() > 1 else "median"
    oldest = largest(named, by)
    youngest = smallest(named, by)
    if len(named) == 1:
        title = f"Most customers with a known age have marital status {oldest['marital_status']}"
    elif oldest[by] == youngest[by]:
        title = f"Age does not differ by marital status: {number(oldest[by])} years"
    else:
        title = (
            f"Customers with marital status {oldest['marital_status']} are oldest: {by} "
            f"{number(oldest[by])} years, against {number(youngest[by])} of "
            f"{youngest['marital_status']}"
        )
    return Figure(
        name,
        title,
        "dim_customers",
        [Picture(charts.boxes(rows, label="marital_status", unit="age in years"))],
        Table(
            [
                Column("marital_status", "marital status"),
                Column("customers_with_value", "customers with a value", COUNT),
                *_quartiles(NUMBER),
            ],
            rows,
        ),
    )
