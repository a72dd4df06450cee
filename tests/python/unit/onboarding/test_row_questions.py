"""Rows that are asked about: guests, returns above zero, sums at the end of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from segmentation.onboarding.addresses import address_of, table_name
from segmentation.onboarding.drafts import answer, decided, draft_of, table_questions
from segmentation.onboarding.header_words import is_placeholder, names_nobody, names_sums
from segmentation.onboarding.profiles import profile_table
from segmentation.onboarding.proposals import choose_column, propose_table
from segmentation.onboarding.reading import read_source
from segmentation.onboarding.table_proposal import Question, TableProposal


def proposal_of(folder: Path, text: str, name: str = "orders") -> TableProposal:
    path = folder / f"{name}.csv"
    path.write_text(text)
    address = address_of(str(path))
    with duckdb.connect() as connection:
        rows = read_source(address)
        return propose_table(profile_table(connection, address, table_name(address), rows))


def orders(*last: str, header: str = "", cell: str = "") -> str:
    """Return sixty orders of nine customers, and further rows."""
    rows = [
        f"{i},K{i % 9},2024-01-{1 + i % 28:02},{i}.5{cell and ',' + cell}" for i in range(1, 61)
    ]
    return "\n".join([f"order id,customer,date,amount{header}", *rows, *last]) + "\n"


def asked(proposal: TableProposal, field: str) -> list[Question]:
    return [question for question in proposal.questions if question.path[0] == field]


def table_of(proposal: TableProposal, **answers: str) -> dict[str, Any]:
    """Return the table of the mapping: answered with what is proposed, but for some fields."""
    draft = draft_of("shop", [proposal])
    for question in table_questions([proposal]):
        word = answers.get(str(question.path[2]), question.proposed)
        assert word is not None, question.text
        answer(draft, question, word)
    (table,) = decided(draft)["tables"]
    return dict(table)


def test_orders_without_a_customer_are_guests(tmp_path: Path) -> None:
    proposal = proposal_of(tmp_path, orders("61,,2024-01-03,7.5", "62, ,2024-01-03,7.5"))
    (question,) = asked(proposal, "reject")
    assert question.text.startswith("2 rows: 'customer' is empty (3.2%), as of guests")
    assert table_of(proposal)["reject"] == [
        {"column": "customer", "is_empty": True, "because": "guest order"}
    ]
    assert "reject" not in table_of(proposal, reject="no")


@pytest.mark.parametrize("guest", ["Guest", "guest@shop.example", "GAST", "walk-in customer"])
def test_an_id_that_names_nobody_is_a_guest(tmp_path: Path, guest: str) -> None:
    proposal = proposal_of(tmp_path, orders(f"61,{guest},2024-01-03,7.5"))
    (rule,) = table_of(proposal)["reject"]
    assert (rule["equals"], rule["because"]) == ([guest], "guest order")


def test_a_placeholder_that_many_orders_share_is_a_guest(tmp_path: Path) -> None:
    many = [f"{i},0,2024-01-03,7.5" for i in range(61, 111)]
    (rule,) = table_of(proposal_of(tmp_path, orders(*many)))["reject"]
    assert (rule["equals"], rule["because"]) == (["0"], "guest order")
    # A customer who is called 0 and buys as others do.
    assert not asked(proposal_of(tmp_path, orders("61,0,2024-01-03,7.5")), "reject")


def test_an_id_that_many_orders_share_is_asked_about_and_not_decided(tmp_path: Path) -> None:
    many = [f"{i},B77,2024-01-03,7.5" for i in range(61, 111)]
    proposal = proposal_of(tmp_path, orders(*many))
    (question,) = asked(proposal, "reject")
    assert question.proposed is None
    assert "'customer' is B77 (45.5%), and no other id is in more than 7 rows" in question.text
    assert table_of(proposal, reject="yes")["reject"][0]["equals"] == ["B77"]
    assert "reject" not in table_of(proposal, reject="no")


def test_guests_are_those_of_the_column_that_names_customers(tmp_path: Path) -> None:
    rows = [f"{i},K{i % 9},2024-01-{1 + i % 28:02},{i}.5,M{i % 9}" for i in range(1, 61)]
    rows = ["order id,customer,date,amount,member", *rows, "61,Guest,2024-01-03,7.5,M1"]
    proposal = proposal_of(tmp_path, "\n".join(rows))
    assert asked(proposal, "reject")
    choose_column(proposal, "customer_id", "member")
    assert not asked(proposal, "reject")
    assert "reject" not in proposal.values


@pytest.mark.parametrize(
    ("word", "proposed", "field", "because"),
    [
        ("Return", "negate", "negate", "return"),
        ("Gutschrift", "negate", "negate", "return"),
        ("Refunded", "reject", "reject", "refund"),
    ],
)
def test_returns_above_zero_are_asked_about(
    tmp_path: Path, word: str, proposed: str, field: str, because: str
) -> None:
    """A row that is a return is subtracted; an order that was refunded is left out."""
    last = [f"6{i},K{i},2024-01-03,7.5,{word}" for i in range(1, 5)]
    proposal = proposal_of(tmp_path, orders(*last, header=",type", cell="sale"))
    (question,) = asked(proposal, "marked")
    assert question.text.startswith(
        f"4 rows: 'type' is {word}; 4 of them have amounts above zero. What are they?"
    )
    assert question.proposed == proposed
    condition = {"column": "type", "equals": [word], "because": because}
    assert table_of(proposal)[field] == [condition]
    assert "marked" not in table_of(proposal)
    assert not {"reject", "negate"} & set(table_of(proposal, marked="keep"))
    assert table_of(proposal, marked="negate")["negate"] == [condition]


def test_returns_below_zero_are_kept(tmp_path: Path) -> None:
    last = [f"6{i},K{i},2024-01-03,-7.5,return" for i in range(1, 5)]
    proposal = proposal_of(tmp_path, orders(*last, header=",type", cell="sale"))
    (question,) = asked(proposal, "marked")
    assert "all below zero" in question.text
    assert [word for word, _, _ in question.choices] == ["reject", "keep"]
    assert not {"reject", "negate"} & set(table_of(proposal))


@pytest.mark.parametrize(
    "last", ["Total,,,1830.0", "TOTAL,Total,,1830.0", ",Gesamt,,1830.0", "Sum:,,,1830.0"]
)
def test_a_row_of_sums_is_no_order(tmp_path: Path, last: str) -> None:
    proposal = proposal_of(tmp_path, orders(last))
    assert proposal.profile.name == "orders"
    (rule, *others) = table_of(proposal)["reject"]
    assert rule["because"] == "row of sums"
    # A row that has two names for sums; that it has no customer makes it no guest.
    assert {other["because"] for other in others} <= {"row of sums"}
    assert "at the end of the table: sums of the rows above" in asked(proposal, "reject")[0].text


def test_a_row_of_sums_is_no_customer(tmp_path: Path) -> None:
    rows = "".join(f"K{i},{20 + i % 50}\n" for i in range(40))
    proposal = proposal_of(
        tmp_path, f"customer id,age\n{rows}Total,1780\nexported 2024,\n", "people"
    )
    assert proposal.holds == "customers"
    assert table_of(proposal)["reject"][0] == {
        "column": "customer id",
        "equals": ["Total"],
        "because": "row of sums",
    }


def test_a_value_of_many_rows_is_no_row_of_sums(tmp_path: Path) -> None:
    proposal = proposal_of(tmp_path, orders(header=",brand", cell="Total"))
    assert not asked(proposal, "reject")


def test_words_for_nobody_and_for_sums_are_the_whole_text() -> None:
    assert names_nobody("Guest-Checkout")
    assert not names_nobody("anna.gast@x.example")
    assert all(map(is_placeholder, ("0", "0000", "-1", "9999", "n/a", "NULL", "-")))
    assert not any(map(is_placeholder, ("10", "K0", "1")))
    assert names_sums("Total:")
    assert not names_sums("Total Fitness Ltd")
