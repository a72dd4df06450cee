"""What a table probably holds and what its columns are in the contract, with the reasons.

A proposal is a draft: the mapping as plain values, a line of reasons for each column, and the
questions that a person has to answer. Where the data do not decide, nothing is proposed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from segmentation.onboarding.addresses import slug
from segmentation.onboarding.contract import BIRTH_YEAR, KINDS, NEEDED, Kind
from segmentation.onboarding.date_formats import ISO
from segmentation.onboarding.header_words import WORDS, is_personal, name_score
from segmentation.onboarding.mapping import UNDECIDED
from segmentation.onboarding.number_formats import WHOLE
from segmentation.onboarding.profiles import ColumnProfile, TableProfile
from segmentation.onboarding.row_questions import MOST_CATEGORIES, row_questions
from segmentation.onboarding.table_proposal import ColumnChoice, Question, TableProposal

# A name that fits less well is no reason to take a column.
LEAST_SCORE = 0.3


def propose_table(profile: TableProfile, holds: str | None = None) -> TableProposal:
    """Propose what a table holds and which of its columns are which.

    Parameters
    ----------
    profile : TableProfile
    holds : str, optional
        What it holds, where that is known.
    """
    candidates = {kind: _columns(profile, kind) for kind in KINDS}
    reason = "you said so"
    if holds is None:
        holds, reason = _kind_of(profile, candidates)
    proposal = TableProposal(profile, holds, reason)
    proposal.values = {"source": str(profile.address), "name": profile.name, "holds": UNDECIDED}
    if holds is None:
        proposal.values["columns"] = {}
        proposal.unused = [column.name for column in profile.columns]
        return proposal
    proposal.values["holds"] = holds
    proposal.choices = [
        _choice(holds, column, profile.column(source))
        for column, source in candidates[holds].items()
    ]
    if holds == "order_lines" and "revenue" in candidates[holds]:
        # What was paid is known: a price beside it would say it twice.
        proposal.choices = [c for c in proposal.choices if c.column != "unit_price"]
    proposal.values["columns"] = {choice.column: choice.reading for choice in proposal.choices}
    taken = {choice.source for choice in proposal.choices}
    proposal.unused = [column.name for column in profile.columns if column.name not in taken]
    proposal.questions = [*_readings(proposal), *row_questions(proposal)]
    if holds == "customers":
        proposal.values["further_columns"] = _further(proposal)
        if not proposal.values["further_columns"]:
            del proposal.values["further_columns"]
    return proposal


def choose_column(proposal: TableProposal, column: str, source: str) -> None:
    """Take a column of the source for one of the contract, in place of what was proposed.

    Parameters
    ----------
    proposal : TableProposal
        It is changed, and has questions about how the column is read.
    column, source : str
        Of the contract; of the table.
    """
    assert proposal.holds is not None
    others = [c for c in proposal.choices if column != c.column and source != c.source]
    choice = _choice(proposal.holds, column, proposal.profile.column(source))
    proposal.choices = [*others, choice]
    columns = proposal.values["columns"]
    for name in [name for name, reading in columns.items() if reading["column"] == source]:
        del columns[name]
    columns[column] = choice.reading
    further = proposal.values.get("further_columns", {})
    for name in [name for name, reading in further.items() if reading["column"] == source]:
        del further[name]
    taken = {choice.source for choice in proposal.choices}
    proposal.unused = [c.name for c in proposal.profile.columns if c.name not in taken]
    # How columns are read, and which rows count, is asked of what is read now.
    of_columns = [
        question
        for question in proposal.questions
        if question.path[0] == "columns" and len(question.path) == 2 and question.path[1] != column
    ]
    proposal.questions = [*_readings(proposal), *of_columns, *row_questions(proposal)]


def _columns(profile: TableProfile, holds: str) -> dict[str, str]:
    """Return the best column of the source for each of the contract; each is taken once."""
    scores = [
        (name_score(column.name, name), -place, name, column.name)
        for place, (name, kind) in enumerate(KINDS[holds].items())
        for column in profile.columns
        if column.filled and _can_be(column, name, kind)
    ]
    found: dict[str, str] = {}
    for score, _, name, source in sorted(scores, key=lambda s: (-s[0], -s[1], s[3])):
        if score >= LEAST_SCORE and name not in found and source not in found.values():
            found[name] = source
    return {name: found[name] for name in KINDS[holds] if name in found}


def _can_be(column: ColumnProfile, name: str, kind: Kind) -> bool:
    if name == BIRTH_YEAR:
        return column.holds_numbers or column.holds_dates
    if kind in ("whole number", "amount"):
        return column.holds_numbers
    if kind in ("day", "moment"):
        return column.holds_dates
    if kind == "yes or no":
        return column.distinct <= 2
    if kind == "id":
        return not column.holds_dates or column.holds_numbers
    if name == "known_segment":
        return column.distinct <= MOST_CATEGORIES
    return column.distinct <= MOST_CATEGORIES or name == "product_category"


def _kind_of(
    profile: TableProfile, candidates: dict[str, dict[str, str]]
) -> tuple[str | None, str]:
    lines, orders = candidates["order_lines"], candidates["orders"]
    customer = candidates["customers"].get("customer_id")
    if customer is None:
        return None, "no column names a customer"
    who = profile.column(customer)
    pays = "revenue" in orders or "unit_price" in lines
    if {"customer_id", "ordered_at"} <= set(orders) and pays and not who.is_unique:
        found = _orders_or_lines(profile, orders)
        if found:
            return found
    if who.is_unique:
        # The kind with the most matching columns; of equal ones, customers.
        kinds = ("customers", "customer_activity", "campaign_activity")
        fitting = [kind for kind in kinds if set(NEEDED[kind]) <= set(candidates[kind])]
        best = max(fitting, key=lambda kind: len(candidates[kind]))
        return best, f"'{who.name}' is different in {who.distinct:,} of {who.filled:,} rows"
    if set(NEEDED["campaign_contacts"]) <= set(candidates["campaign_contacts"]):
        return "campaign_contacts", "customers, and whether each responded"
    if set(NEEDED["product_activity"]) <= set(candidates["product_activity"]):
        return "product_activity", "customers, kinds of products and amounts, and no orders"
    if who.distinct >= 0.9 * who.filled:
        return "customers", f"'{who.name}' is different in {who.distinct:,} of {who.filled:,} rows"
    return None, f"'{who.name}' repeats, and there are no dates and amounts of orders"


def _orders_or_lines(profile: TableProfile, orders: dict[str, str]) -> tuple[str, str] | None:
    if "order_id" not in orders:
        reason = "customers, dates and amounts, and no number of an order: a row each"
        return ("orders", reason) if "revenue" in orders else None
    order = profile.column(orders["order_id"])
    if order.distinct < 0.98 * order.filled:
        each = order.filled / max(order.distinct, 1)
        return "order_lines", f"'{order.name}' repeats: {each:.1f} rows an order"
    if "revenue" in orders:
        return "orders", f"'{order.name}' is different in nearly every row"
    return "order_lines", f"'{order.name}' is different in nearly every row, a price in each"


def _choice(holds: str, name: str, column: ColumnProfile) -> ColumnChoice:
    kind = KINDS[holds][name]
    reading: dict[str, Any] = {"column": column.name}
    reasons = [f"its name; {column.distinct:,} different values"]
    unread = 0
    is_date = kind in ("day", "moment") or (name == BIRTH_YEAR and not column.holds_numbers)
    if is_date and kind == "whole number" and column.is_typed:
        # The year of a date: what the source has is no number.
        reading["dates"] = [ISO]
    if kind in ("whole number", "amount") and not (is_date or column.is_typed):
        evidence = column.numbers
        if evidence.is_open or evidence.reason != WHOLE:
            reading["decimal"] = UNDECIDED if evidence.is_open else evidence.decimal_mark
        reasons.append(evidence.reason)
        unread = column.filled - evidence.read
        if evidence.negative:
            reasons.append(f"{evidence.negative:,} below zero")
    if is_date and not column.is_typed:
        dates = column.dates
        reading["dates"] = [*dates.formats, *(UNDECIDED for _ in dates.open_orders)]
        reasons.append(dates.reason)
        unread = column.filled - dates.read
    empty = column.rows - column.filled
    if empty:
        reasons.append(f"{empty:,} empty ({empty / column.rows:.1%})")
    if unread:
        reasons.append(f"{unread:,} cannot be read")
    needed = (*NEEDED[holds], "unit_price") if holds == "order_lines" else NEEDED[holds]
    rejected = unread + (empty if name in needed or name == "order_id" else 0)
    return ColumnChoice(name, column.name, reading, "; ".join(reasons), rejected)


def _readings(proposal: TableProposal) -> Iterable[Question]:
    """Yield the questions about day and month, and about decimals, that the values leave open."""
    for choice in proposal.choices:
        column = proposal.profile.column(choice.source)
        first = column.values[0][0] if column.values else ""
        if choice.reading.get("decimal") == UNDECIDED:
            yield Question(
                ("columns", choice.column, "decimal"),
                f"'{column.name}', e.g. {first}: {column.numbers.reason}. Which mark stands before"
                " decimals?",
                ((".", ".", "a point"), (",", ",", "a comma")),
            )
        decided = len(column.dates.formats)
        for place, order in enumerate(column.dates.open_orders):
            if "dates" not in choice.reading:
                continue
            yield Question(
                ("columns", choice.column, "dates", decided + place),
                f"'{column.name}', e.g. {first}: {column.dates.reason}. How are they written?",
                tuple(
                    (
                        name,
                        name,
                        f"would leave {lost:,} rows unread" if lost else "reads every date",
                    )
                    for name, lost in order.choices
                ),
            )


def _further(proposal: TableProposal) -> dict[str, Any]:
    """Return categories of people that the contract does not have, as features with names."""
    further: dict[str, Any] = {}
    for name in proposal.unused:
        column = proposal.profile.column(name)
        is_category = column.type in ("text", "boolean") and not (
            column.holds_dates or column.holds_numbers
        )
        few = 2 <= column.distinct <= min(MOST_CATEGORIES, max(column.filled // 5, 2))
        if is_category and few and not is_personal(name):
            # A band, as 45-54, is no number that the contract could hold.
            own = f"{slug(name)}_group" if slug(name) in WORDS else slug(name)
            further[own] = {"column": name}
    return further
