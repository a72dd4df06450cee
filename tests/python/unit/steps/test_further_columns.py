"""Columns of a customer that the contract does not know, as features."""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.further_columns import (
    further_names,
    further_numbers,
    with_further_columns,
)
from segmentation.registry.option_checks import OptionError
from segmentation.steps.further_numbers import check_further_numbers

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


def engine_with(*further: dict[str, str | None] | None) -> DuckDBEngine:
    """Return an engine with a table of features whose only column of its own is an age."""
    connection = duckdb.connect()
    connection.execute("create table features (customer_id text, age double, further_columns text)")
    for i, texts in enumerate(further):
        connection.execute(
            "insert into features values (?, ?, ?)",
            [str(i), float(i), None if texts is None else json.dumps(texts)],
        )
    return DuckDBEngine(connection)


def laid_out(engine: DuckDBEngine, *columns: str, **kinds: list[str]) -> list[tuple[Any, ...]]:
    names = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
    table = with_further_columns(engine, "features", **kinds)
    return engine.rows(f"select {names} from {table} order by customer_id")


def test_numbers_and_texts() -> None:
    engine = engine_with(
        {"visits": "1.5", "plan": "gold"},
        {"visits": None, "plan": None},
        {"visits": "many", "plan": "7"},
        None,
    )
    assert laid_out(engine, "visits", "plan", "age", numbers=["visits", "age"], texts=["plan"]) == [
        (1.5, "gold", 0.0),
        (None, None, 1.0),
        (None, "7", 2.0),
        (None, None, 3.0),
    ]


def test_a_number_that_no_sum_could_carry_is_missing() -> None:
    engine = engine_with(*({"visits": text} for text in ("1e300", "nan", "-inf", "-1e15")))
    assert laid_out(engine, "visits", numbers=["visits"]) == [(None,), (None,), (None,), (-1e15,)]
    assert further_numbers(engine, "features", ["visits"]) == ["visits"]


def test_text_that_only_the_engine_takes_for_a_number_is_none() -> None:
    engine = engine_with({"code": "1_000"}, {"code": "7"})
    assert laid_out(engine, "code", numbers=["code"]) == [(None,), (7.0,)]
    assert further_numbers(engine, "features", ["code"]) == []
    with pytest.raises(OptionError, match="is no number for 1 customers"):
        check_further_numbers(engine, "features", ["code"])


@pytest.mark.long
@settings(max_examples=50)
@given(name=TEXTS.filter(lambda name: name.lower() not in {"", "age"}), text=TEXTS)
def test_names_and_texts_may_hold_any_sign(name: str, text: str) -> None:
    engine = engine_with({name: text, name + "x": "other"})
    assert laid_out(engine, name, texts=[name]) == [(text,)]


def test_a_table_without_them_stays_as_it_is() -> None:
    engine = engine_with({"plan": "gold"})
    assert with_further_columns(engine, "features", numbers=["age"]) == "features"
    assert with_further_columns(engine, "features", texts=["plna"]) == "features"
    assert with_further_columns(engine, "(select 1 as age)", texts=["plan"]) == "(select 1 as age)"


def test_without_rows_every_name_may_be_one() -> None:
    assert further_names(engine_with(), "features", ["plan", "age", "plan"]) == ["plan"]
    assert laid_out(engine_with(), "plan", texts=["plan"]) == []


def test_what_is_a_number() -> None:
    engine = engine_with(
        {"visits": "1", "plan": "1", "empty": None}, {"visits": None, "plan": "gold", "empty": None}
    )
    assert further_numbers(engine, "features", ["visits", "plan", "empty", "age"]) == ["visits"]


def test_text_in_a_numeric_feature_is_an_error() -> None:
    engine = engine_with({"plan": "1"}, {"plan": "gold"}, {"plan": None}, {"plan": "silver"})
    message = "features names plan, which is no number for 2 customers, e.g. 'gold'."
    with pytest.raises(OptionError, match=re.escape(message)):
        check_further_numbers(engine, "features", ["age", "plan"])
    check_further_numbers(engine_with({"plan": "1"}, {"plan": None}), "features", ["plan"])
