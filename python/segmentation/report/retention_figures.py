"""Who came back, by the month of the first purchase."""

from __future__ import annotations

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
        _title(shown),
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
            "A row is the customers who first bought in a month; a number, which per cent of them"
            " bought in a month since. In the first months of the data, old customers look like new"
            " ones."
        ),
    )


def _title(shown: pd.DataFrame) -> str:
    """Say how many of the last cohort came back in the month after, beside those before it."""
    after = shown[shown["months_since_first"] == 1]
    if after.empty:
        after = shown
    newest = after.iloc[-1]
    before = after.iloc[:-1]
    months = int(newest["months_since_first"])
    when = "in the month after" if months == 1 else f"after {months} months"
    of_newest = f"Of those who first bought in {pd.Timestamp(newest['cohort_month']):%Y-%m},"
    if not len(before) or newest["customers"] < ENOUGH:
        of_all = after["buying_customers"].sum() / after["customers"].sum()
        return f"{share(of_all)} of new customers bought again {when}"
    of_before = before["buying_customers"].sum() / before["customers"].sum()
    return (
        f"{of_newest} {share(newest['share'])} bought again {when}; of the cohorts shown"
        f" before it, {share(of_before)}"
    )
