"""The data set `sample`: about 500 invented customers with planted segments, from a seed.

``segmentation write-sample`` writes it to ``seeds/sample``. Besides ordinary orders it has refunds,
orders dated after the data set's ``as_of``, customers without orders, and missing values.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20251231
AS_OF = pd.Timestamp("2025-12-31")
NEVER_BOUGHT = 10
CAMPAIGNS = 6


@dataclass(frozen=True)
class PlantedSegment:
    """Behaviour of the customers of a planted segment; draws from ranges are uniform.

    Attributes
    ----------
    slug : str
        The playbook's slug for such customers.
    customers : int
    length : tuple of int
        Days from first to last purchase.
    recency : tuple of int
        Days from the last purchase to ``AS_OF``.
    days_between : tuple of float
        Mean days from one order to the next.
    basket : tuple of float
        Median revenue of an order.
    response : float
        Probability of responding to a campaign.
    """

    slug: str
    customers: int
    length: tuple[int, int]
    recency: tuple[int, int]
    days_between: tuple[float, float]
    basket: tuple[float, float]
    response: float


PLANTED = (
    PlantedSegment("loyal", 110, (520, 620), (1, 12), (13, 16), (70.0, 90.0), 0.30),
    PlantedSegment(
        "potential_loyalist", 140, (150, 230), (3, 20), (17.0, 21.0), (38.0, 48.0), 0.20
    ),
    PlantedSegment("at_risk", 110, (380, 470), (140, 210), (22, 28), (45.0, 60.0), 0.08),
    PlantedSegment("need_attention", 130, (230, 300), (45, 80), (90, 110), (14.0, 20.0), 0.05),
)


def sample_tables(seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Draw the sample.

    Parameters
    ----------
    seed : int
        The same seed gives the same tables.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``sample_customers``, ``sample_orders``, ``sample_campaign_contacts`` and
        ``sample_planted_segments``, each a seed of that name.
    """
    random = np.random.default_rng(seed)
    slugs = [segment for segment in PLANTED for _ in range(segment.customers)]
    order = random.permutation(len(slugs) + NEVER_BOUGHT)
    people = [slugs[i] if i < len(slugs) else None for i in order]
    customers, orders, contacts, planted = [], [], [], []
    for position, segment in enumerate(people, start=1):
        customer_id = f"C{position:04d}"
        bought = _purchases(random, segment) if segment else []
        orders += [(customer_id, *purchase) for purchase in bought]
        customer = _customer(random, customer_id, bought[0][0] if bought else AS_OF)
        customers.append(customer)
        contacts += _contacts(random, customer_id, customer["birth_year"], segment)
        if segment:
            planted.append((customer_id, segment.slug))
    return {
        "sample_customers": pd.DataFrame(customers).astype(
            {"birth_year": "Int64", "children": "Int64", "income": "Int64"}
        ),
        "sample_orders": _numbered(orders),
        "sample_campaign_contacts": pd.DataFrame(
            contacts, columns=["customer_id", "campaign_id", "sent_on", "visits", "responded"]
        ),
        "sample_planted_segments": pd.DataFrame(
            planted, columns=["customer_id", "planted_segment"]
        ),
    }


def write_sample(directory: Path, seed: int = SEED) -> list[Path]:
    """Write the sample as CSV files; the same seed writes the same bytes.

    Parameters
    ----------
    directory : Path
        Folder for the files; it must exist.
    seed : int

    Returns
    -------
    list of Path
        The files written.
    """
    paths = []
    for name, table in sample_tables(seed).items():
        path = directory / f"{name}.csv"
        table.to_csv(path, index=False, lineterminator="\n")
        paths.append(path)
    return paths


def _purchases(
    random: np.random.Generator, segment: PlantedSegment
) -> list[tuple[pd.Timestamp, int, float, float]]:
    last = AS_OF - pd.Timedelta(days=int(random.integers(*segment.recency, endpoint=True)))
    length = int(random.integers(*segment.length, endpoint=True))
    basket = random.uniform(*segment.basket)
    between = max(2, round(length / random.uniform(*segment.days_between)))
    days = [0, length, *random.integers(1, length, size=between - 1).tolist()]
    purchases = []
    for day in sorted(days):
        at = last - pd.Timedelta(days=length - day) + _time_of_day(random)
        revenue = round(float(basket * random.lognormal(0.0, 0.25)), 2)
        discount = round(revenue * float(random.choice([0.0, 0.0, 0.05, 0.15])), 2)
        purchases.append((at, int(1 + random.poisson(revenue / 12)), revenue, discount))
        if random.random() < 0.01:
            back = at + pd.Timedelta(days=1)
            purchases.append((back, -1, -round(revenue / 2, 2), 0.0))
    if random.random() < 0.03:
        # Dated in the future: for a build as of AS_OF it has not happened yet.
        ahead = AS_OF + pd.Timedelta(days=int(random.integers(1, 20))) + _time_of_day(random)
        purchases.append((ahead, 1, round(float(basket), 2), 0.0))
    return purchases


def _time_of_day(random: np.random.Generator) -> pd.Timedelta:
    return pd.Timedelta(minutes=int(random.integers(8 * 60, 22 * 60)))


def _customer(
    random: np.random.Generator, customer_id: str, first_purchase: pd.Timestamp
) -> dict[str, object]:
    born = int(random.integers(1945, 2007))
    joined = first_purchase.normalize() - pd.Timedelta(days=int(random.integers(0, 60)))
    return {
        "customer_id": customer_id,
        "birth_year": born if random.random() > 0.03 else None,
        "gender": random.choice(["female", "male"]),
        "marital_status": random.choice(["married", "single", "divorced"], p=[0.5, 0.35, 0.15]),
        "home_ownership": random.choice(["owner", "renter"], p=[0.6, 0.4]),
        "children": int(random.choice([0, 1, 2, 3], p=[0.45, 0.25, 0.2, 0.1])),
        "income": int(random.lognormal(10.7, 0.4)) if random.random() > 0.05 else None,
        "joined_on": joined.date().isoformat(),
    }


def _contacts(
    random: np.random.Generator,
    customer_id: str,
    birth_year: object,
    segment: PlantedSegment | None,
) -> list[tuple[str, str, str, int, bool]]:
    young = isinstance(birth_year, int) and birth_year > 1985
    chance = (segment.response if segment else 0.02) * (1.5 if young else 1.0)
    contacts = []
    for campaign in range(1, CAMPAIGNS + 1):
        if random.random() < 0.6:
            # Every other month of the year; the last one goes out after AS_OF.
            sent = pd.Timestamp("2025-03-10") + pd.DateOffset(months=2 * (campaign - 1))
            visits = int(random.poisson(4 if segment else 0.5))
            responded = bool(visits) and bool(random.random() < chance)
            contacts.append(
                (customer_id, f"M{campaign}", sent.date().isoformat(), visits, responded)
            )
    return contacts


def _numbered(orders: list[tuple[str, pd.Timestamp, int, float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(
        orders, columns=["customer_id", "ordered_at", "items", "revenue", "discount"]
    ).sort_values(["ordered_at", "customer_id"], kind="stable")
    table.insert(1, "order_id", [f"O{number:05d}" for number in range(1, len(table) + 1)])
    table["ordered_at"] = table["ordered_at"].dt.strftime("%Y-%m-%d %H:%M")
    return table
