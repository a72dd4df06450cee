"""Purchase histories: those of CDNOW, and simulated ones."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from segmentation.lifetime_value.purchase_models import MBG_NBD, PurchaseModel
from segmentation.lifetime_value.repeat_purchases import RepeatPurchases

from benchmarks.evidence import shops

# Fader, Hardie and Lee (2005) calibrate on 39 weeks and hold out the next 39.
CALIBRATION_ENDS = pd.Timestamp("1997-09-30")
HOLDOUT_ENDS = pd.Timestamp("1998-06-30")
HOLDOUT_WEEKS = 39.0


@dataclass(frozen=True)
class Observed:
    """Customers up to a day, and what they did after it.

    Attributes
    ----------
    purchases : RepeatPurchases
    spend : ndarray of shape (n,)
        Mean spend of a repeat purchase day; missing without one.
    later_purchases, last_purchases : ndarray of int64, shape (n,)
        Purchase days in as long a time after and before the day.
    later_spend : ndarray of shape (n,)
    """

    purchases: RepeatPurchases
    spend: np.ndarray
    later_purchases: np.ndarray
    last_purchases: np.ndarray
    later_spend: np.ndarray


def observe(days: pd.DataFrame, ends: pd.Timestamp, later_ends: pd.Timestamp) -> Observed:
    """Return the histories of customers who bought by a day.

    Parameters
    ----------
    days : DataFrame
        customer_id, day, spend; one row per customer and day.
    ends, later_ends : Timestamp
        The last day that is known, and the last that is held out.
    """
    known = days[days.day <= ends]
    by = known.groupby("customer_id").day
    facts = pd.DataFrame({"first": by.min(), "last": by.max(), "days": by.count()})
    first = known.customer_id.map(facts["first"])
    facts["spend"] = known[known.day > first].groupby("customer_id").spend.mean()
    later = days[(days.day > ends) & (days.day <= later_ends)].groupby("customer_id").spend
    last = known[known.day > ends - (later_ends - ends)].groupby("customer_id").spend

    def counted(grouped: pd.core.groupby.SeriesGroupBy) -> np.ndarray:
        return grouped.count().reindex(facts.index, fill_value=0).to_numpy(np.int64)

    return Observed(
        RepeatPurchases.of(
            facts.days - 1,
            (facts["last"] - facts["first"]).dt.days / 7,
            (ends - facts["first"]).dt.days / 7,
        ),
        facts.spend.to_numpy(),
        counted(later),
        counted(last),
        later.sum().reindex(facts.index, fill_value=0.0).to_numpy(),
    )


def cdnow_days(*, sample: bool) -> pd.DataFrame:
    """Return purchase days of the 2,357 customers of the published sample, or of all 23,570."""
    if not shops.has_cdnow():
        pytest.skip(f"the package {shops.CDNOW_PACKAGE}, which holds CDNOW, is not installed")
    if sample:
        found = importlib.util.find_spec(shops.CDNOW_PACKAGE)
        assert found is not None
        assert found.origin is not None
        path = Path(found.origin).parent / "datasets" / "CDNOW_sample.txt"
        rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
        orders = pd.DataFrame(rows, columns=["in_master", "customer_id", "day", "items", "spend"])
        orders["day"] = pd.to_datetime(orders.day, format="%Y%m%d")
        orders["spend"] = orders.spend.astype(float)
    else:
        orders = shops.cdnow_orders().rename(columns={"ordered_at": "day", "revenue": "spend"})
    return orders.groupby(["customer_id", "day"], as_index=False).spend.sum()


def cdnow(*, sample: bool) -> Observed:
    """Return CDNOW at the end of its calibration."""
    return observe(cdnow_days(sample=sample), CALIBRATION_ENDS, HOLDOUT_ENDS)


def simulated(
    model: PurchaseModel,
    customers: int,
    seed: int,
    weeks: float = 78.0,
    later_weeks: float = 52.0,
) -> tuple[RepeatPurchases, np.ndarray, np.ndarray]:
    """Return customers who do what a model says, event by event.

    Parameters
    ----------
    model : PurchaseModel
    customers, seed : int
    weeks : float
        Customers first bought in the first half of so many.
    later_weeks : float

    Returns
    -------
    tuple
        Histories, purchases in the later weeks, and whether each is active at their beginning.
    """
    random = np.random.default_rng(seed)
    rate = random.gamma(model.r, 1.0 / model.alpha, customers)
    leaves = random.beta(model.a, model.b, customers)
    age = np.floor(random.uniform(0.5, 1.0, customers) * weeks * 7) / 7
    x, recency, later = (np.zeros(customers) for _ in range(3))
    active = np.ones(customers, dtype=bool)
    if model.family == MBG_NBD:
        active = random.random(customers) >= leaves
    now, active_at_end = np.zeros(customers), active.copy()
    while active.any():
        now = np.where(active, now + random.exponential(1.0, customers) / rate, np.inf)
        known = active & (now <= age)
        later += active & (now > age) & (now <= age + later_weeks)
        x += known
        recency = np.where(known, now, recency)
        stays = random.random(customers) >= leaves
        active_at_end &= ~(known & ~stays)
        active &= stays & (now <= age + later_weeks)
    return (
        RepeatPurchases.of(x, recency, age),
        later.astype(np.int64),
        active_at_end,
    )
