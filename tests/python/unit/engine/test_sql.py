"""SQL that Python writes: how expressions and queries are laid out, which changes nothing."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.engine.sql import (
    LINE_LENGTH,
    Query,
    all_of,
    call,
    case,
    indented,
    number,
    quoted,
    select,
    sum_of,
    text_literal,
)


def value(sql: str) -> object:
    with duckdb.connect() as connection:
        return connection.sql(sql).fetchall()[0][0]


def test_a_query_reads_as_named_steps_and_a_final_select() -> None:
    query = Query("shop.orders")
    query = query.step("large_orders", select(["*"], query.result, where="amount > 100"))
    query = query.adding("taxed_orders", ["amount * 0.2 as tax"])
    query = query.step(
        "taxes", select(["customer", "sum(tax) as tax"], query.result, group_by="customer")
    )
    assert str(query) == (
        "with\n"
        "\n"
        "large_orders as (\n"
        "    select *\n"
        "    from shop.orders\n"
        "    where amount > 100\n"
        "),\n"
        "\n"
        "taxed_orders as (\n"
        "    select\n"
        "        *,\n"
        "        amount * 0.2 as tax\n"
        "    from large_orders\n"
        ")\n"
        "\n"
        "select\n"
        "    customer,\n"
        "    sum(tax) as tax\n"
        "from taxed_orders\n"
        "group by customer"
    )


def test_a_query_of_one_step_is_that_select_and_one_of_none_its_source() -> None:
    assert str(Query("t").step("rows", "select a from t")) == "select a from t"
    assert str(Query("t")) == "select * from t"
    assert Query("t").result == "t"


def test_a_query_goes_on_from_another_and_leaves_it_as_it_was() -> None:
    first = Query("t").step("doubled", "select 2 * a as a from t")
    assert Query.of(first) is first
    assert Query.of("t") == Query("t")
    second = first.step("summed", f"select sum(a) from {first.result}")
    assert [step.name for step in first.steps] == ["doubled"]
    assert [step.name for step in second.steps] == ["doubled", "summed"]
    with duckdb.connect() as connection:
        connection.execute("create table t as select 4 as a union all select 5")
        assert connection.sql(str(second)).fetchall() == [(18,)]
        # Within another query, whose steps may have the same names.
        outer = Query(second.from_item).step("doubled", f"select * from {second.from_item}")
        assert connection.sql(str(outer.step("all_rows", "from doubled"))).fetchall() == [(18,)]


def test_a_name_is_given_once() -> None:
    query = Query("t").step("scaled", "select 1")
    with pytest.raises(ValueError, match="one step scaled"):
        query.step("scaled", "select 2")


@pytest.mark.parametrize("name", ["", "Scaled", "two words", "1st", 'a"b', "select 1; --"])
def test_a_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a step"):
        Query("t").step(name, "select 1")


def test_what_fits_stays_on_a_line_and_what_does_not_is_broken_up() -> None:
    assert sum_of(["a", "b"]) == "(a + b)"
    assert call("least", ["a", "b"]) == "least(a, b)"
    assert case([("1", "'x'")], "'y'", of="a") == "case a when 1 then 'x' else 'y' end"
    assert all_of([]) == "true"
    long = [f"column_{i:02d}" for i in range(20)]
    assert sum_of(long).splitlines()[:3] == ["(", "    column_00", "    + column_01"]
    assert call("least", long).splitlines()[:2] == ["least(", "    column_00,"]
    assert all_of(long).splitlines()[:2] == ["column_00", "and column_01"]
    broken = case([(all_of(long), "1"), ("a = 1", call("least", long))], "0")
    assert broken.splitlines()[:5] == [
        "case",
        "    when",
        "        column_00",
        "        and column_01",
        "        and column_02",
    ]
    assert "        then 1" in broken.splitlines()
    assert broken.splitlines()[-2:] == ["    else 0", "end"]
    for text in (sum_of(long), call("least", long), all_of(long), broken):
        assert max(map(len, text.splitlines())) <= LINE_LENGTH


def test_a_broken_expression_means_what_it_meant() -> None:
    ones = ["1"] * 60
    assert value(f"select {sum_of(ones)}") == 60
    assert value(f"select {call('list_sum', [call('list_value', ones)])}") == 60
    true = ["1 = 1"] * 60
    assert value(f"select {case([(all_of([*true, '1 = 2']), '1'), (all_of(true), '2')])}") == 2


@given(st.text(alphabet=st.sampled_from("a'\"\n -,;()\\\0é/*"), max_size=12))
def test_lines_within_quotes_are_not_moved(
    connection_of_examples: duckdb.DuckDBPyConnection, text: str
) -> None:
    """A category may hold any character, and so may the name of a column."""
    literal = text_literal(text)
    name = quoted(text.replace("\0", "") or "x")
    sql = select([f"{case([(literal, '1')], '0', of=literal)} as {name}", literal], "")
    query = Query().step("labels", sql).adding("labels_again", [f"{name} + 1"])
    ask = connection_of_examples.execute
    assert ask(f"from {query.from_item}").fetchall() == [(1, text, 2)]
    assert ask(f"select {literal}, {indented(indented(literal))}").fetchall() == [(text, text)]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (1.0, "1.0e0"),
        (-0.5, "(-0.5e0)"),
        (1e15, "1e+15"),
        (1234567.5, "1234567.5e0"),
        (1e-12, "1e-12"),
    ],
)
def test_a_number_has_as_few_digits_as_it_needs(found: float, text: str) -> None:
    assert number(found) == text
    assert value(f"select {text}") == found
    assert value(f"select typeof({text})") == "DOUBLE"
