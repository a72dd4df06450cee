"""What a table of a source can hold, and the columns that each kind of table may have.

The columns are those of ``docs/data_contract.md``; a unit test compares them. Two kinds are steps
on the way there: lines of orders are summed to orders, contacts to campaign activity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "whole number", "amount", "day", "moment", "yes or no"]

Holds = Literal[
    "customers",
    "orders",
    "order_lines",
    "customer_activity",
    "campaign_activity",
    "campaign_contacts",
    "product_activity",
]

# The one number that may be read from a date.
BIRTH_YEAR = "birth_year"

CUSTOMERS: dict[str, Kind] = {
    "customer_id": "id",
    "identity_id": "id",
    "birth_year": "whole number",
    "age": "whole number",
    "gender": "text",
    "marital_status": "text",
    "education": "text",
    "profession": "text",
    "residence_type": "text",
    "home_ownership": "text",
    "household_size": "whole number",
    "children": "whole number",
    "income": "amount",
    "annual_spend": "amount",
    "work_experience_years": "whole number",
    "spending_level": "text",
    "other_category": "text",
    "joined_on": "day",
    "known_segment": "text",
}

KINDS: dict[str, dict[str, Kind]] = {
    "customers": CUSTOMERS,
    "orders": {
        "customer_id": "id",
        "order_id": "id",
        "ordered_at": "moment",
        "items": "whole number",
        "revenue": "amount",
        "discount": "amount",
    },
    "order_lines": {
        "customer_id": "id",
        "order_id": "id",
        "ordered_at": "moment",
        "items": "whole number",
        "unit_price": "amount",
        "revenue": "amount",
        "discount": "amount",
        "product_category": "text",
    },
    "customer_activity": {
        "customer_id": "id",
        "first_purchase_on": "day",
        "last_purchase_on": "day",
        "purchases": "whole number",
        "items": "whole number",
        "revenue": "amount",
    },
    "campaign_activity": {
        "customer_id": "id",
        "campaigns_received": "whole number",
        "responses": "whole number",
        "prior_responses": "whole number",
        "visits": "whole number",
    },
    "campaign_contacts": {
        "customer_id": "id",
        "campaign_id": "id",
        "sent_on": "day",
        "responded": "yes or no",
        "visits": "whole number",
    },
    "product_activity": {
        "customer_id": "id",
        "product_category": "text",
        "bought_on": "day",
        "revenue": "amount",
        "discount": "amount",
    },
}

NEEDED: dict[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    # An order without an id of its own is one row.
    "orders": ("customer_id", "ordered_at", "revenue"),
    # And revenue, or a price of one thing.
    "order_lines": ("customer_id", "order_id", "ordered_at"),
    "customer_activity": ("customer_id", "last_purchase_on", "purchases", "revenue"),
    "campaign_activity": ("customer_id", "responses", "visits"),
    "campaign_contacts": ("customer_id", "responded"),
    "product_activity": ("customer_id", "product_category", "revenue"),
}


@dataclass(frozen=True)
class ContractTable:
    """A table of the contract, and what it is made from.

    Attributes
    ----------
    name : str
    made_from : str
        The kind of table that holds its rows, as they are or to be summed.
    """

    name: str
    made_from: str


def contract_tables(holds: set[str], product_categories: bool) -> list[ContractTable]:
    """Return the tables of the contract that tables of these kinds give.

    Parameters
    ----------
    holds : set of str
        Kinds of tables.
    product_categories : bool
        Whether lines of orders say what kind of product they are of.
    """
    tables = [ContractTable(name, name) for name in KINDS if name in holds]
    made = [table for table in tables if table.name not in ("order_lines", "campaign_contacts")]
    if "order_lines" in holds:
        made.append(ContractTable("orders", "order_lines"))
        if product_categories:
            made.append(ContractTable("product_activity", "order_lines"))
    if "campaign_contacts" in holds:
        made.append(ContractTable("campaign_activity", "campaign_contacts"))
    return sorted(made, key=lambda table: list(KINDS).index(table.name))
