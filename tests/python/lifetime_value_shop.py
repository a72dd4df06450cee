"""A simulated shop: purchase days of customers who come, stay and leave as the models say."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import numpy as np
import pandas as pd
from segmentation.lifetime_value.options import HORIZONS, LifetimeValueOptions

OPENED = datetime.date(2024, 1, 1)
AS_OF = datetime.date(2025, 6, 30)


def purchase_days(customers: int = 400, seed: int = 7, *, leaves: float = 0.05) -> pd.DataFrame:
    """Return customer_id, day and spend; one row per customer and day with a purchase.

    Parameters
    ----------
    customers : int
        They come on random days of the first year, buy at a rate of their own, and leave after a
        purchase with the probability `leaves`.
    seed : int
    leaves : float
    """
    random = np.random.default_rng(seed)
    open_days = (AS_OF - OPENED).days
    rows = []
    for i in range(customers):
        rate = random.gamma(1.5, 1 / 20)
        spend = 1 / random.gamma(6, 1 / 200)
        day = float(random.integers(0, 365))
        while day <= open_days:
            rows.append((f"c{i:04d}", OPENED + datetime.timedelta(int(day)), spend))
            if random.random() < leaves:
                break
            day += random.exponential(1 / rate)
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "spend"])
    frame["spend"] *= random.gamma(5, 1 / 5, len(frame)) * 1000
    return frame.groupby(["customer_id", "day"], as_index=False).agg(spend=("spend", "sum"))


def customers_on(days: pd.DataFrame, day: datetime.date) -> pd.DataFrame:
    """Return what ``int_customer_repeat_purchases`` would hold of a day, by customer_id."""
    known = days[days["day"] <= day].copy()
    known["ago"] = [(day - bought).days for bought in known["day"]]
    first = known.groupby("customer_id")["ago"].transform("max")
    known["repeat_spend"] = known["spend"].where(known["ago"] < first)
    by = known.groupby("customer_id")
    frame = pd.DataFrame(
        {
            "repeat_purchases": by.size() - 1,
            "last_repeat_weeks": (by["ago"].max() - by["ago"].min()) / 7,
            "age_weeks": by["ago"].max() / 7,
            "mean_repeat_spend": by["repeat_spend"].mean(),
        }
    )
    lengths = {"in_window": 365} | {f"{days}_days": days for days in HORIZONS}
    for name, length in lengths.items():
        recent = known[known["ago"] < length].groupby("customer_id")["spend"]
        frame[f"purchases_{name}"] = recent.size().reindex(frame.index, fill_value=0)
        frame[f"revenue_{name}"] = recent.sum().reindex(frame.index, fill_value=0.0)
    frame["days_in_window"] = (frame["age_weeks"] * 7 + 1).clip(90, 365)
    return frame.reset_index()


def backtest_frames(
    days: pd.DataFrame, quarter_ends: Sequence[datetime.date]
) -> list[tuple[datetime.date, pd.DataFrame]]:
    """Return what ``int_value_forecast_backtests`` would hold, by day."""
    frames = []
    for day in quarter_ends:
        frame = customers_on(days, day)
        by_customer = days[days["day"] > day]
        for horizon in HORIZONS:
            until = day + datetime.timedelta(days=horizon)
            later = by_customer[by_customer["day"] <= until].groupby("customer_id")["spend"]
            purchases, revenue = later.size(), later.sum()
            for measure, values in (("purchases", purchases), ("revenue", revenue)):
                found = frame["customer_id"].map(values).fillna(0).astype(float)
                known = found if until <= AS_OF else np.nan
                frame[f"actual_{measure}_{horizon}_days"] = known
        # The rule of macros/purchase_state.sql is tested with dbt: here, any groups will do.
        frame["purchase_state"] = np.where(frame["repeat_purchases"] > 0, "on time", "one purchase")
        frames.append((day, frame))
    return frames


QUARTER_ENDS = (
    datetime.date(2024, 6, 30),
    datetime.date(2024, 9, 30),
    datetime.date(2024, 12, 31),
    datetime.date(2025, 3, 31),
)

# A day and its rows of int_value_forecast_backtests; and how they are judged.
Frames = list[tuple[datetime.date, pd.DataFrame]]
OPTIONS = LifetimeValueOptions(gradient_boosting=False)


def without_ties(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows without what hangs on the tenth in which one of two equal forecasts is."""
    of_ties = ["actual", "lower_predicted", "upper_predicted"]
    return rows.assign(**rows[of_ties].where(rows["grouped_by"] != "decile"))
