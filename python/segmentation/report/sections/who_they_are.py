"""What kind of people are in the segments: ages, spending, professions and the like."""

from __future__ import annotations

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import COUNT, NUMBER, number
from segmentation.report.rows import enough, largest, smallest
from segmentation.report.segment_figures import box_figure, category_figure, numbers_of, quartiles
from segmentation.report.segments import PROFILE, in_order, segments_of


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
                *quartiles(NUMBER),
            ],
            rows,
        ),
    )
