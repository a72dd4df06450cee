"""Whether tables speak of the same customers: the ids of the orders, found again in the others."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted
from segmentation.onboarding.profiles import ColumnProfile
from segmentation.onboarding.proposals import choose_column
from segmentation.onboarding.table_proposal import Question, TableProposal

# A table in which fewer of the customers stand is joined by a wrong column, or is of other people.
LEAST_SHARE = 0.5

CUSTOMER = "customer_id"


def match_customers(engine: Engine, proposals: Sequence[TableProposal]) -> list[str]:
    """Let each table name its customers by the column that has the ids of the orders.

    A column that was proposed by its name and has other ids is replaced by the one that has them.
    Where none has, a question is added that has no proposed answer.

    Parameters
    ----------
    engine : Engine
        With the rows of each table under its name.
    proposals : sequence of TableProposal
        They are changed.

    Returns
    -------
    list of str
        What was changed, a sentence each.
    """
    orders = next((p for p in proposals if _has_orders(p)), None)
    if orders is None:
        return []
    return [
        said
        for proposal in proposals
        if proposal is not orders and CUSTOMER in proposal.values["columns"]
        for said in _match(engine, orders, proposal)
    ]


def _has_orders(proposal: TableProposal) -> bool:
    return proposal.holds in ("orders", "order_lines") and CUSTOMER in proposal.values["columns"]


def _match(engine: Engine, orders: TableProposal, proposal: TableProposal) -> list[str]:
    shares = {
        column.name: _share(engine, orders, proposal, column)
        for column in proposal.profile.columns
        if column.filled and (column.holds_numbers or not column.holds_dates)
    }
    named = proposal.values["columns"][CUSTOMER]["column"]
    if shares.get(named, 0.0) >= LEAST_SHARE:
        return []
    # Of equal shares, the first column of the table.
    best = max(shares, key=lambda name: shares[name])
    if shares[best] >= LEAST_SHARE:
        choose_column(proposal, CUSTOMER, best)
        return [
            f"{proposal.profile.name}: customers are named by '{best}', in which"
            f" {shares[best]:.0%} of the ids of {orders.profile.name} stand; '{named}' has"
            f" {shares.get(named, 0.0):.0%} of them."
        ]
    proposal.questions.append(
        Question(
            ("columns", CUSTOMER),
            f"'{named}' of {proposal.profile.name} has {shares.get(named, 0.0):.0%} of the"
            f" customers of {orders.profile.name}, and no other column has half of them: orders of"
            " unknown customers are rejected. Are ids written in two ways, e.g. 7 and 007?"
            " Which column names the customers?",
            tuple(
                (name, {"column": name}, f"{shares[name]:.0%} of the ids")
                for name in sorted(shares, key=lambda name: (-shares[name], name))
            ),
        )
    )
    return []


def _share(
    engine: Engine, orders: TableProposal, proposal: TableProposal, column: ColumnProfile
) -> float:
    """Return which share of the smaller set of ids stands in both tables."""
    ours = _ids(orders.profile.name, orders.values["columns"][CUSTOMER]["column"])
    theirs = _ids(proposal.profile.name, column.name)
    ((both, of_orders, of_others),) = engine.rows(
        f"select (select count(*) from ({ours} intersect {theirs}) as both_ids),"
        f" (select count(*) from ({ours}) as our_ids),"
        f" (select count(*) from ({theirs}) as other_ids)"
    )
    return both / max(min(of_orders, of_others), 1)


def _ids(table: str, column: str) -> str:
    written = f"trim(cast({quoted(column)} as varchar))"
    return (
        f"select distinct {written} as id from {quoted(table)} where {quoted(column)} is not null"
    )
