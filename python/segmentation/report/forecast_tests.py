"""How forecasts of lifetime value made on earlier days came true."""

from __future__ import annotations

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Table
from segmentation.report.formats import (
    COUNT,
    DATE,
    MONEY,
    NUMBER,
    SHARE,
    count,
    date,
    large,
    share,
)
from segmentation.report.rows import first, largest, where

MART = "rpt_value_forecast_accuracy"
NO_TEST = (
    "No quarter ended 90 days or more before the day of the build with enough customers to learn"
    " from."
)

# What the forecast is compared with, and how the columns of the table are called.
OTHERS = {"last period": "rmse_of_last_period", "gradient boosting": "rmse_of_gradient_boosting"}


def by_decile(marts: Marts) -> Figure:
    """Return predicted beside actual of the newest back-test, by tenths of what was predicted."""
    name = "forecast-deciles"
    rows = _of_measure(where(marts.table(MART), grouped_by="decile"))
    rows = rows[rows["is_in_use"]] if len(rows) and rows["is_in_use"].any() else rows
    if rows.empty:
        return Figure(name, "Predicted and actual, by tenths", MART, absent_because=NO_TEST)
    method = "combined" if (rows["forecast_method"] == "combined").any() else "purchase model"
    rows = rows[rows["forecast_method"] == method]
    rows = rows[rows["forecast_on"] == rows["forecast_on"].max()].sort_values("group_number")
    is_money = rows["measure"].iloc[0] == "revenue"
    written = large if is_money else count
    named = rows.assign(
        name=[f"tenth {int(number)}" for number in rows["group_number"]],
    )
    shown = pd.concat(
        [
            named[["name"]].assign(
                of=of, value=named[of].astype(float), text=named[of].map(written)
            )
            for of in ("predicted", "actual")
        ]
    )
    off = float((rows["predicted"] - rows["actual"]).abs().sum() / max(rows["actual"].sum(), 1e-9))
    held = rows["is_covered"].dropna()
    top = first(rows)
    return Figure(
        name,
        (
            f"As of {date(top['forecast_on'])}, the top tenth of the customers was predicted to"
            f" bring {written(top['predicted'])} and brought {written(top['actual'])}"
            f"{'' if is_money else ' purchases'}; the tenths are off by {share(off)} on average"
        ),
        MART,
        [
            Picture(
                charts.grouped_bars(
                    shown,
                    charts.BarColumns("name", group="of", value="value", text="text"),
                    unit=f"{rows['measure'].iloc[0]} in the 90 days after",
                    axis="~s",
                )
            )
        ],
        Table(
            [
                Column("group_number", "tenth by prediction", COUNT),
                *_predicted_beside_actual(MONEY if is_money else NUMBER),
            ],
            rows,
        ),
        note=" ".join([*_held(held), *_worst(rows)]),
    )


def by_state(marts: Marts) -> Figure:
    """Return the predicted and the actual churn of the newest back-test, by purchase state."""
    name = "forecast-states"
    rows = where(marts.table(MART), measure="buyers", grouped_by="state")
    if rows.empty:
        return Figure(name, "Churn by purchase state", MART, absent_because=NO_TEST)
    rows = rows[rows["forecast_on"] == rows["forecast_on"].max()].sort_values("group_number")
    # Churn is 1 less the share of buyers, so the ends of the interval swap.
    customers = rows["customers"].astype(float)
    churn = rows.assign(
        predicted=1 - rows["predicted"] / customers,
        lower=1 - rows["upper_predicted"] / customers,
        upper=1 - rows["lower_predicted"] / customers,
        actual=1 - rows["actual"] / customers,
    )
    total = customers.sum()
    predicted, actual = (
        float((churn[of] * customers).sum() / total) for of in ("predicted", "actual")
    )
    return Figure(
        name,
        (
            f"Churn in 90 days from {date(first(rows)['forecast_on'])}:"
            f" {share(predicted)} predicted, {share(actual)} actual"
        ),
        MART,
        table=Table(
            [
                Column("group_name", "state"),
                Column("customers", "customers", COUNT),
                Column("predicted", "predicted", SHARE),
                Column("lower", "from", SHARE),
                Column("upper", "to", SHARE),
                Column("actual", "churn", SHARE),
                Column("is_covered", "interval held"),
            ],
            churn,
        ),
    )


def _predicted_beside_actual(kind: str) -> list[Column]:
    return [
        Column("customers", "customers", COUNT),
        Column("predicted", "predicted", kind),
        Column("lower_predicted", "from", kind),
        Column("upper_predicted", "to", kind),
        Column("actual", "actual", kind),
        Column("error_share", "error", SHARE),
        Column("is_covered", "interval held"),
    ]


def _held(held: pd.Series) -> list[str]:
    return (
        [f"The interval held for {int(held.astype(bool).sum())} of {len(held)} tenths."]
        if len(held)
        else []
    )


def _worst(rows: pd.DataFrame) -> list[str]:
    """Say which tenth was predicted worst."""
    known = rows[rows["error_share"].notna()]
    if known.empty:
        return []
    worst = largest(known.assign(size=known["error_share"].abs()), "size")
    error = worst["error_share"]
    direction = "high" if error >= 0 else "low"
    return [f"Worst is tenth {worst['group_number']}: {share(abs(error))} too {direction}."]


def days_of_forecasts_in_use(marts: Marts) -> list[pd.Timestamp]:
    """Return the earlier days as of which revenue was forecast by the method that is in use."""
    rows = where(marts.table(MART), grouped_by="all", measure="revenue")
    rows = rows[rows["is_in_use"].astype(bool)] if len(rows) else rows
    return [pd.Timestamp(day) for day in sorted(rows["forecast_on"].unique())] if len(rows) else []


def quarters(marts: Marts) -> Figure:
    """Return each quarter's forecast beside its outcome, and beside simpler and other rules."""
    name = "forecast-quarters"
    rows = _of_measure(where(marts.table(MART), grouped_by="all"))
    if rows.empty:
        return Figure(name, "Forecasts of earlier quarters", MART, absent_because=NO_TEST)
    table = _beside_others(rows)
    is_money = rows["measure"].iloc[0] == "revenue"
    written = large if is_money else count
    shown = table.assign(
        name=[f"as of {date(day)}" for day in table["forecast_on"]],
        text=[f"came {written(actual)}" for actual in table["actual"]],
    )
    kind = MONEY if is_money else NUMBER
    known = table.dropna(subset=["is_covered"])
    held = int((known["is_covered"]).astype(bool).sum())
    mean = float(
        (table["predicted"].sum() - table["actual"].sum()) / max(table["actual"].sum(), 1e-9)
    )
    return Figure(
        name,
        (
            f"Made at the end of {len(table)} earlier quarter{'' if len(table) == 1 else 's'}, the "
            f"forecast was {share(abs(mean))} too {'high' if mean >= 0 else 'low'} in all; its "
            f"interval held {held} of {len(known)} times"
        ),
        MART,
        [
            Picture(
                charts.intervals(
                    shown,
                    label="name",
                    value="predicted",
                    ends=("lower_predicted", "upper_predicted"),
                    text="text",
                    unit=f"predicted {rows['measure'].iloc[0]} of 90 days, with interval",
                )
            )
        ],
        Table(
            [
                Column("forecast_on", "as of", DATE),
                *_predicted_beside_actual(kind),
                Column("rmse", "typical error per customer", NUMBER),
                Column("rmse_of_last_period", "of the last 90 days repeated", NUMBER),
                Column("rmse_of_gradient_boosting", "of gradient boosting", NUMBER),
                Column("forecast_method", "forecast by"),
            ],
            table,
        ),
        note=(
            "The typical error says how far the forecast of a single customer is off; large errors"
            " count more, and smaller is better. A dash: that rule could not be tried on that"
            " quarter."
        ),
    )


def _of_measure(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of revenue, or of purchases where revenue was not forecast."""
    revenue = where(rows, measure="revenue")
    return revenue if len(revenue) else where(rows, measure="purchases")


def _beside_others(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per quarter: the forecast in use, else the purchase model; RMSE of others."""
    ours = pd.concat(
        [rows[rows["is_in_use"]], where(rows, forecast_method="purchase model")]
    ).drop_duplicates("forecast_on")
    for method, column in OTHERS.items():
        theirs = where(rows, forecast_method=method).set_index("forecast_on")["rmse"]
        ours = ours.assign(**{column: ours["forecast_on"].map(theirs)})
    return ours.sort_values("forecast_on")
