"""How well the model of purchases fits: what it expects beside what customers did."""

from __future__ import annotations

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Table
from segmentation.report.formats import COUNT, NUMBER, SHARE, count, share
from segmentation.report.rows import where

MART = "rpt_lifetime_value_curves"
BY_PURCHASES = "customers by repeat purchases"
STILL = "share still customers"
NO_MODEL = "There is no model of purchases."


def curves(marts: Marts) -> list[Figure]:
    """Return customers by repeat purchases, and how many newcomers stay for a year."""
    rows = marts.table(MART)
    return [_by_purchases(where(rows, curve=BY_PURCHASES)), _newcomers(where(rows, curve=STILL))]


def _by_purchases(rows: pd.DataFrame) -> Figure:
    name = "fit-by-purchases"
    if rows.empty:
        return Figure(name, "Customers by repeat purchases", MART, absent_because=NO_MODEL)
    rows = rows.sort_values("position")
    last = int(rows["position"].iloc[-1])
    named = rows.assign(
        name=[f"{int(p)}" if p < last else f"{last} or more" for p in rows["position"]],
    )
    shown = pd.concat(
        [
            named[["name"]].assign(of=of, value=named[column], text=named[column].map(count))
            for of, column in (("customers", "actual"), ("model", "expected"))
        ]
    )
    once = rows.iloc[0]
    return Figure(
        name,
        (
            f"{count(once['actual'])} customers never came back; the model of purchases expects "
            f"{count(once['expected'])}"
        ),
        MART,
        [
            Picture(
                charts.grouped_bars(
                    shown,
                    charts.BarColumns("name", group="of", value="value", text="text"),
                    unit="customers, by number of repeat purchases",
                    axis="~s",
                )
            )
        ],
        Table(
            [
                Column("position", "repeat purchases; last: or more", COUNT),
                Column("actual", "customers", COUNT),
                Column("expected", "the model expects", NUMBER),
            ],
            named,
        ),
        note="Where the two differ much, the model describes these customers badly.",
    )


def _newcomers(rows: pd.DataFrame) -> Figure:
    name = "newcomers-still-customers"
    if rows.empty:
        return Figure(name, "Newcomers who are customers still", MART, absent_because=NO_MODEL)
    rows = rows.sort_values("position")
    last = rows.iloc[-1]
    return Figure(
        name,
        (
            f"Of newcomers, {share(last['expected'])} are expected to be customers still after "
            f"{int(last['position'])} weeks"
        ),
        MART,
        [
            Picture(
                charts.curve(
                    rows,
                    x="position",
                    y="expected",
                    units=("weeks since the first purchase", "share still customers"),
                    axis=".0%",
                )
            )
        ],
        Table(
            [
                Column("position", "weeks", COUNT),
                Column("expected", "share still customers", SHARE),
            ],
            rows,
        ),
        note="By the purchase model alone, of somebody who buys for the first time today.",
    )
