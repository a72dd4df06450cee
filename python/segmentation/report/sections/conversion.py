"""How visits turn into responses, by age group and by segment; visits per segment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import COUNT, SHARE, SMALL_SHARE, share, small_share
from segmentation.report.rows import enough, largest, where, with_value
from segmentation.report.segment_figures import box_figure, numbers_of
from segmentation.report.segments import PROFILE, VALUE, in_order, segments_of

MART = "rpt_conversion"


@dataclass(frozen=True)
class Rate:
    """A share of what is counted that became responses.

    Attributes
    ----------
    column, counted : str
        Columns of the mart: the rate, and what it is a share of.
    unit : str
        What the axis says.
    written : callable
        How a rate is written.
    """

    column: str
    counted: str
    unit: str
    written: Callable[[float], str]


RATES = (
    Rate("conversion_rate", "visits", "conversion rate: responses per visit", small_share),
    Rate("response_rate", "contacted_customers", "response rate of contacted customers", share),
)
BOXES = {
    "visits": ("visits", "visit most often", "visits"),
    "responses": ("campaign responses", "respond most often", "responses"),
}


def conversion(marts: Marts) -> Section:
    """Return conversion and response rates with their counts."""
    rows = marts.table(MART)
    by_age = _youngest_first(where(rows, grouped_by="age_group"), marts)
    figures = _rates(by_age, "age-group", ("age group", "age groups"))
    for segmentation in (VALUE, PROFILE):
        segments = segments_of(marts, segmentation)
        of = where(rows, grouped_by="segment", segmentation=segmentation)
        ordered = in_order(of.rename(columns={"group_slug": "segment_slug"}), segments)
        figures += _rates(ordered, segmentation, ("segment", f"segments of {segmentation}"))
        if segmentation == VALUE:
            numbers = in_order(numbers_of(marts, VALUE), segments)
            figures += [
                box_figure(numbers, VALUE, feature, words) for feature, words in BOXES.items()
            ]
    return Section(
        name="conversion",
        title="Visits, campaigns and responses",
        introduction=(
            "A visit is what the data set's campaign activity counts as one: a visit to a web "
            "page or a shop. The conversion rate is responses of visitors per visit; the response "
            "rate is the share of the contacted customers who responded at least once."
        ),
        figures=figures,
    )


def _youngest_first(rows: pd.DataFrame, marts: Marts) -> pd.DataFrame:
    """Return age groups by age; the unknown ages come last."""
    if rows.empty or "dim_customers" not in marts.descriptions:
        return rows
    ages = marts.frame(
        "select age_group as group_slug, median(age) as median_age"
        " from dim_customers where age is not null group by age_group"
    )
    ordered = rows.merge(ages, on="group_slug", how="left").sort_values(
        ["median_age", "group_slug"], na_position="last", kind="stable"
    )
    return ordered.drop(columns="median_age")


def _rates(rows: pd.DataFrame, of: str, groups: tuple[str, str]) -> list[Figure]:
    """Return both rates; `groups` is what one group is called, and what all of them are."""
    return [_rate(rows, of, groups, rate) for rate in RATES]


def _rate(rows: pd.DataFrame, of: str, groups: tuple[str, str], rate: Rate) -> Figure:
    column, counted = rate.column, rate.counted
    name = f"{column.replace('_', '-')}-{of}"
    known = with_value(rows, column)
    known = known[known[counted] > 0] if len(known) else known
    what = column.replace("_", " ").capitalize()
    if known.empty:
        return Figure(
            name,
            f"{what} of {groups[1]}",
            MART,
            absent_because=f"The data has no {counted.replace('_', ' ')} in these groups.",
        )
    words = counted.split("_")[0]
    shown = known.assign(
        bar=known[column].astype(float),
        text=[
            f"{rate.written(value)} of {number:,.0f} {words}"
            for value, number in zip(known[column], known[counted], strict=True)
        ],
    )
    best = largest(enough(shown, counted), "bar")
    return Figure(
        name,
        f"{what} is highest in the {groups[0]} {best['group_name']}: {rate.written(best[column])}",
        MART,
        [
            Picture(
                charts.bars(
                    shown,
                    label="group_name",
                    value="bar",
                    text="text",
                    unit=rate.unit,
                    axis=".1%" if shown["bar"].max() < 0.05 else ".0%",
                )
            )
        ],
        Table(_columns(groups[1], rate), known),
    )


def _columns(groups: str, rate: Rate) -> list[Column]:
    is_of_visits = rate.counted == "visits"
    counts = (
        [Column("visits", "visits", COUNT)]
        if is_of_visits
        else [
            Column("contacted_customers", "contacted", COUNT),
            Column("responders", "responders", COUNT),
        ]
    )
    return [
        Column("group_name", groups),
        Column("customers", "customers", COUNT),
        *counts,
        Column("responses", "responses", COUNT),
        Column(rate.column, rate.column.replace("_", " "), SMALL_SHARE if is_of_visits else SHARE),
    ]
