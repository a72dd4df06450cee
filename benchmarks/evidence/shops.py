"""The shops whose customers are looked at, and the days on which they are."""

from __future__ import annotations

import datetime
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

# Outcomes are what customers do in so many days after the day of a build.
OUTCOME_DAYS = 91

# Where the orders of a shop that has no data set of its own are put.
OWN_SCHEMA = "contract"

CDNOW_PACKAGE = "lifetimes"
CDNOW_COLUMNS = ["customer_id", "ordered_on", "items", "revenue"]


@dataclass(frozen=True)
class Shop:
    """Orders, and the days of builds.

    Attributes
    ----------
    name : str
    variables : mapping
        dbt's vars that name the data set.
    days : tuple of date
        Each has :data:`OUTCOME_DAYS` days of orders after it.
    is_own : bool
        Whether the orders are put into the warehouse before it is built.
    """

    name: str
    variables: Mapping[str, Any]
    days: tuple[datetime.date, ...]
    is_own: bool = False


COMPLETE_JOURNEY = Shop(
    "complete_journey",
    {"dataset": "complete_journey"},
    (datetime.date(2017, 6, 30), datetime.date(2017, 8, 31), datetime.date(2017, 9, 30)),
)
CDNOW = Shop(
    "CDNOW",
    {"dataset": "warehouse", "warehouse_schema": OWN_SCHEMA},
    (datetime.date(1997, 12, 31), datetime.date(1998, 3, 31)),
    is_own=True,
)


def has_cdnow() -> bool:
    """Return whether the package that holds the orders of CDNOW is installed."""
    return importlib.util.find_spec(CDNOW_PACKAGE) is not None


def cdnow_orders() -> pd.DataFrame:
    """Return the orders of CDNOW, from the data file of the installed package.

    The 23,570 customers who first bought in the first quarter of 1997, up to the end of June 1998
    (Fader and Hardie, 2001). The package itself is not imported.

    Returns
    -------
    DataFrame
        customer_id, order_id, ordered_at, items, revenue (dollars); one row per order.

    Raises
    ------
    FileNotFoundError
        If the package is not installed.
    """
    found = importlib.util.find_spec(CDNOW_PACKAGE)
    if found is None or found.origin is None:
        raise FileNotFoundError(
            f"The orders of CDNOW come with the package {CDNOW_PACKAGE}, which is not installed. "
            "`make build` installs it with the other tools of development."
        )
    text = (Path(found.origin).parent / "datasets" / "CDNOW_master.txt").read_text()
    rows = [line.split() for line in text.splitlines()[1:] if line.strip()]
    orders = pd.DataFrame(rows, columns=CDNOW_COLUMNS)
    return pd.DataFrame(
        {
            "customer_id": orders.customer_id,
            "order_id": [f"o{row}" for row in range(len(orders))],
            "ordered_at": pd.to_datetime(orders.ordered_on, format="%Y%m%d"),
            "items": orders["items"].astype(int),
            "revenue": orders.revenue.astype(float),
        }
    )


def write_cdnow(path: Path) -> None:
    """Write the orders of CDNOW to a Parquet file."""
    cdnow_orders().to_parquet(path, index=False)
