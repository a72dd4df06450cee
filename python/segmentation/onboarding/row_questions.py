"""Questions about rows: copies, sums, guests, cancelled orders, returns, tests, below zero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from segmentation.onboarding.header_words import (
    CANCELLED,
    REFUNDED,
    RETURNS,
    TESTS,
    is_personal,
    is_placeholder,
    names_nobody,
    says,
)
from segmentation.onboarding.mapping import UNDECIDED
from segmentation.onboarding.profiles import ColumnProfile
from segmentation.onboarding.table_proposal import Question, TableProposal

# More different values than a category of people has.
MOST_CATEGORIES = 40
# An id with so many times the rows of the next one is no customer like the others.
TIMES_THE_NEXT = 5
# And of so many of the rows, it is asked about whatever it looks like.
LARGE_SHARE = 0.2

# A column, a test and a name; how many rows; the proposed word; what they are.
_Rule = tuple[dict[str, Any], int, str | None, str]


def row_questions(proposal: TableProposal) -> list[Question]:
    """Return the questions about rows of a table, and make room for the answers in its draft.

    Parameters
    ----------
    proposal : TableProposal
        Its columns are chosen. The draft gets a question mark for each rule that is asked about.
    """
    questions = [*_repeated_rows(proposal)]
    for field, asked in (
        ("reject", [_reject_question(*rule) for rule in _rules(proposal)]),
        ("marked", [*_returns(proposal)]),
    ):
        proposal.values.pop(field, None)
        if asked:
            proposal.values[field] = [UNDECIDED] * len(asked)
        questions += [
            Question((field, place), text, choices, proposed)
            for place, (text, choices, proposed) in enumerate(asked)
        ]
    return questions


_Asked = tuple[str, tuple[tuple[str, Any, str], ...], str | None]


def _reject_question(
    condition: dict[str, Any], rows: int, proposed: str | None, what: str
) -> _Asked:
    kept = "keep them"
    if condition.get("is_empty"):
        kept = "a mistake of the data: left out too, counted as 'no customer_id'"
    return (
        f"{_rows(rows)}: {what}. Leave them out, counted as '{condition['because']}'?",
        (("yes", condition, "leave them out"), ("no", None, kept)),
        proposed,
    )


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _repeated_rows(proposal: TableProposal) -> Iterable[Question]:
    profile, holds = proposal.profile, proposal.holds
    if not profile.repeated:
        return
    is_event = holds not in ("customers", "customer_activity")
    yield Question(
        ("repeated_rows",),
        f"{profile.repeated:,} rows equal an earlier row in every column. What are they?",
        (
            ("reject", "reject", "copies: each row counts once"),
            ("keep", "keep", "they happened: each row counts"),
        ),
        # Two equal orders of one minute are no mistake where orders have no number.
        "keep"
        if is_event and holds == "orders" and "order_id" not in proposal.values["columns"]
        else "reject",
    )


def _rules(proposal: TableProposal) -> Iterable[_Rule]:
    """Yield the rows that may be left out; of rules that are true of a row, the first counts it."""
    yield from _sums(proposal)
    for column in _categories(proposal):
        found = [(value, n) for value, n in column.values if says(value, CANCELLED)]
        if found and len(found) < column.distinct:
            yield _equal_to(column, found, "cancelled", "yes")
    yield from _guests(proposal)
    taken = {choice.source: choice.column for choice in proposal.choices}
    for column in proposal.profile.columns:
        is_text = column.type == "text" and (column.holds_numbers or not column.holds_dates)
        if is_text and (taken.get(column.name) == "customer_id" or is_personal(column.name)):
            yield from _test_people(column)
    yield from _below_zero(proposal)


def _is_about_orders(proposal: TableProposal) -> bool:
    return proposal.holds in ("orders", "order_lines")


def _categories(proposal: TableProposal) -> list[ColumnProfile]:
    """Return the columns that may say what became of an order, or what a row is."""
    return [
        column
        for column in proposal.profile.columns
        if _is_about_orders(proposal)
        and column.type == "text"
        and column.distinct <= MOST_CATEGORIES
        and (column.holds_numbers or not column.holds_dates)
    ]


def _equal_to(
    column: ColumnProfile, found: list[tuple[str, int]], because: str, proposed: str
) -> _Rule:
    values = [value for value, _ in found]
    condition = {"column": column.name, "equals": values, "because": because}
    rows = sum(rows for _, rows in found)
    return condition, rows, proposed, f"'{column.name}' is {' or '.join(values)}"


def _sums(proposal: TableProposal) -> Iterable[_Rule]:
    for column, value, rows in proposal.profile.sums:
        condition = {"column": column, "equals": [value], "because": "row of sums"}
        what = f"'{column}' is {value} at the end of the table: sums of the rows above"
        yield condition, rows, "yes", what


def _guests(proposal: TableProposal) -> Iterable[_Rule]:
    """Yield the orders of nobody who is known: without an id, or with one that many share."""
    source = next((c.source for c in proposal.choices if c.column == "customer_id"), None)
    if source is None or not _is_about_orders(proposal):
        return
    column = proposal.profile.column(source)
    blank = sum(rows for value, rows in column.values if not value.strip())
    empty = column.rows - column.filled + blank
    if empty:
        condition = {"column": source, "is_empty": True, "because": "guest order"}
        what = f"'{source}' is empty ({empty / column.rows:.1%}), as of guests who have no account"
        yield condition, empty, "yes", what
    ids = [(value, rows) for value, rows in column.values if value.strip()]
    seen = dict(ids) | dict(column.notable)
    named = [(value, rows) for value, rows in seen.items() if names_nobody(value)]
    if named:
        yield _equal_to(column, named, "guest order", "yes")
    others = [(value, rows) for value, rows in ids if not names_nobody(value)]
    if len(others) < 2 or others[0][1] < TIMES_THE_NEXT * others[1][1]:
        return
    (value, rows), (_, next_rows) = others[:2]
    share = rows / column.rows
    if is_placeholder(value) or share >= LARGE_SHARE:
        what = (
            f"'{source}' is {value} ({share:.1%}), and no other id is in more than {next_rows:,}"
            " rows: one customer, or guests who share an id"
        )
        condition = {"column": source, "equals": [value], "because": "guest order"}
        yield condition, rows, "yes" if is_placeholder(value) else None, what


def _returns(proposal: TableProposal) -> Iterable[_Asked]:
    """Yield what to do with rows that a column calls returns, by the sign of their amounts."""
    signed = [c.source for c in proposal.choices if c.column in ("revenue", "items")]
    for column in _categories(proposal):
        for because, words, proposed in (
            ("return", RETURNS, "negate"),
            ("refund", REFUNDED, "reject"),
        ):
            found = [(value, n) for value, n in column.values if says(value, words)]
            if not found or len(found) == column.distinct:
                continue
            condition, rows, _, what = _equal_to(column, found, because, "")
            below = max(
                (
                    n
                    for marked, number, n in proposal.profile.marked_below_zero
                    if marked == column.name and number in signed
                ),
                default=0,
            )
            above = max(rows - below, 0)
            signs = f"{above:,} of them have amounts above zero" if above else "all below zero"
            choices: tuple[tuple[str, Any, str], ...] = (
                ("negate", {"negate": condition}, "goods came back: their amounts are subtracted"),
                ("reject", {"reject": condition}, f"leave them out, counted as '{because}'"),
                ("keep", None, "count them as they are"),
            )
            yield (
                f"{_rows(rows)}: {what}; {signs}. What are they?",
                choices if above else choices[1:],
                proposed if above else "keep",
            )


def _test_people(column: ColumnProfile) -> Iterable[_Rule]:
    found = [(value, n) for value, n in column.notable if says(value, TESTS)]
    if found:
        values, rows = [value for value, _ in found], sum(n for _, n in found)
        shown = ", ".join(values[:3])
        condition = {"column": column.name, "equals": values, "because": "test or internal"}
        yield condition, rows, "yes", f"'{column.name}' looks like a test or like staff: {shown}"


def _below_zero(proposal: TableProposal) -> Iterable[_Rule]:
    if not _is_about_orders(proposal):
        return
    for choice in proposal.choices:
        evidence = proposal.profile.column(choice.source).numbers
        if choice.column in ("revenue", "items") and evidence.negative:
            condition = {"column": choice.source, "below": 0, "because": "below zero"}
            if choice.reading.get("decimal") == ",":
                condition["decimal"] = ","
            what = (
                f"'{choice.source}' is below zero, as in refunds and returns. Kept, they lower"
                " what the customer is worth"
            )
            yield condition, evidence.negative, "no", what
            return
