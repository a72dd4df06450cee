"""Who came back, by the month of the first purchase."""

from __future__ import annotations

from typing import Any

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Table
from segmentation.report.formats import COUNT, DATE, SHARE, share
from segmentation.report.rows import ENOUGH

RETENTION = "rpt_retention"
# More cohorts, or months since the first purchase, are cells too small for a number.
MOST_COHORTS = 12
MOST_MONTHS = 12


def retention_figure(marts: Marts) -> Figure:
    """Return the share of each cohort that bought in each month since.

    Months that have not ended are left out, because customers may still buy in them. The month of
    the first purchase is left out, because all customers bought in it.
    """
    name = "retention"
    rows = marts.table(RETENTION)
    known = rows[rows["is_whole_month"] & (rows["months_since_first"] >= 1)] if len(rows) else rows
    if known.empty:
        return Figure(
            name,
            "Who came back",
            RETENTION,
            absent_because="No whole month has passed since the first purchases, or the data has"
            " no orders.",
        )
    # Who bought in the first month of the data may have been a customer before.
    first_month = rows["cohort_month"].min()
    cohorts = sorted(known["cohort_month"].unique())[-MOST_COHORTS:]
    shown = known[
        known["cohort_month"].isin(cohorts) & (known["months_since_first"] <= MOST_MONTHS)
    ].sort_values(["cohort_month", "months_since_first"], kind="stable")
    cells = pd.DataFrame(
        {
            "cohort": pd.to_datetime(shown["cohort_month"]).dt.strftime("%Y-%m"),
            "month": shown["months_since_first"].astype(int).astype(str),
            "strength": shown["share"].astype(float),
            "text": [f"{100 * value:.0f}" for value in shown["share"].astype(float)],
        }
    )
    return Figure(
        name,
        _title(shown, first_month),
        RETENTION,
        [
            Picture(
                charts.heat_map(
                    # The axis of months is in their order, whatever months the first cohort has.
                    cells.assign(at=shown["months_since_first"].to_numpy()),
                    x="month",
                    y="cohort",
                    strength="strength",
                    text="text",
                    titles=("months since the first purchase", ""),
                )
            )
        ],
        Table(
            [
                Column("cohort_month", "first purchase in the month from", DATE),
                Column("months_since_first", "months since", COUNT),
                Column("customers", "customers", COUNT),
                Column("buying_customers", "who bought", COUNT),
                Column("share", "share", SHARE),
            ],
            shown,
        ),
        note=(
            "A row is the customers who first bought in a month. A number is the percentage of them"
            f" who bought in a later month. {_month(first_month)} is the first month of the data:"
            " whoever bought then can have been a customer before, so the title leaves that month"
            " out. Some who first bought in the months after it can be older customers, too."
        ),
    )


def _title(shown: pd.DataFrame, first_month: Any) -> str:
    """Say how many of the last cohort came back in the month after, beside those before it.

    Only of cohorts that are new for certain: those after the first month of the data.
    """
    new = shown[shown["cohort_month"] > first_month]
    if new.empty:
        return "How many new customers come back is not known yet"
    after = new[new["months_since_first"] == new["months_since_first"].min()]
    newest = after.iloc[-1]
    before = after.iloc[:-1]
    months = int(newest["months_since_first"])
    when = "in the month after" if months == 1 else f"after {months} months"
    if not len(before) or newest["customers"] < ENOUGH:
        of_all = after["buying_customers"].sum() / after["customers"].sum()
        return f"{share(of_all)} of those who first bought {_months(after)} bought again {when}"
    of_before = before["buying_customers"].sum() / before["customers"].sum()
    return (
        f"Of those who first bought in {_month(newest['cohort_month'])}, {share(newest['share'])}"
        f" bought again {when}; of those who first bought {_months(before)}, {share(of_before)}"
    )


def _months(rows: pd.DataFrame) -> str:
    """Return the months of cohorts in words: in 2025-03, or from 2025-03 to 2025-10."""
    first, last = _month(rows["cohort_month"].iloc[0]), _month(rows["cohort_month"].iloc[-1])
    return f"in {first}" if first == last else f"from {first} to {last}"


def _month(day: Any) -> str:
    return f"{pd.Timestamp(day):%Y-%m}"
