"""How the numbers in a column are written, and that the macro of the models reads the same."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from builds import PROJECT
from hypothesis import given
from hypothesis import strategies as st
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.onboarding.number_formats import (
    COMMA,
    NOT_OF_THE_NUMBER,
    POINT,
    NumberEvidence,
    number_evidence,
    pattern,
)

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


def evidence_of(values: list[str | None]) -> NumberEvidence:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("t", pa.table({"n": pa.array(values, pa.string())}))
        return number_evidence(DuckDBEngine(connection), "t", "n")


def written(amount: Decimal, mark: str, between: str) -> str:
    text = f"{amount:,.2f}".replace(",", "_").replace(".", mark)
    return text.replace("_", between)


@pytest.mark.long
@given(
    st.lists(AMOUNTS, min_size=1, max_size=30),
    st.sampled_from(
        [(POINT, ""), (POINT, ","), (POINT, " "), (POINT, "'"), (COMMA, "."), (COMMA, "")]
    ),
)
def test_the_mark_before_decimals_is_found(amounts: list[Decimal], how: tuple[str, str]) -> None:
    """Two decimals behind a mark decide, however thousands are told apart."""
    found = evidence_of([written(amount, *how) for amount in amounts])
    assert found.decimal_mark == how[0]
    assert found.read == len(amounts)
    assert found.negative == sum(amount < 0 for amount in amounts)
    assert not found.is_open


@given(AMOUNTS, st.sampled_from([(POINT, ","), (COMMA, "."), (COMMA, " ")]))
def test_a_number_reads_back(amount: Decimal, how: tuple[str, str]) -> None:
    text = re.sub("[ '’]", "", written(amount, *how))
    assert re.fullmatch(pattern(how[0]), text)
    other = "." if how[0] == COMMA else ","
    assert Decimal(text.replace(other, "").replace(how[0], ".")) == amount


def test_three_digits_behind_every_mark_are_open() -> None:
    found = evidence_of(["1,234", "5,678"])
    assert found.is_open
    assert found.decimal_mark is None
    assert not evidence_of(["1,234", "5,6"]).is_open
    assert evidence_of(["1,234", "5,6"]).decimal_mark == COMMA


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        ("12,50 €", COMMA),
        ("€ 1.234,50", COMMA),
        ("12,50-", COMMA),
        ("$1,234.50", POINT),
        ("(3.25)", POINT),
    ],
)
def test_signs_of_currencies_and_of_accountants(value: str, mark: str) -> None:
    found = evidence_of([value])
    assert (found.read, found.decimal_mark) == (1, mark)
    assert found.negative == ("-" in value or "(" in value)


def test_a_currency_is_named_where_values_have_one_sign() -> None:
    assert evidence_of(["12,50 €", "3,00"]).currency == "EUR"
    assert evidence_of(["12,50 €", "$3.00"]).currency is None


@pytest.mark.parametrize("value", ["1.2.3", "12a", "", "1_000", "nan", "12,34,56"])
def test_what_is_no_number(value: str) -> None:
    assert evidence_of([value]).read == 0


def test_the_macro_takes_away_the_same_signs() -> None:
    macro = (PROJECT / "macros" / "reading" / "marked_numbers.sql").read_text(encoding="utf-8")
    assert NOT_OF_THE_NUMBER.replace("\\", "\\\\").replace("'", "''") in macro
