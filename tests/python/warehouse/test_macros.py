"""Macros with logic, each called as a model calls it: one query that dbt renders and runs."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from builds import Warehouse
from segmentation.erasure.erased_rows import SearchedTable
from segmentation.published.publication import Table

pytestmark = pytest.mark.long

RELATIONS = {
    "orders": "ref('my_orders')",
    "customers": ' source( "shop", "people" ) ',
    "customer_activity": "ref('shop', \"totals\")",
}
DAYS = {
    "2024-02-29": "2024-02-29",
    "2025-02-29": "None",
    "2025-04-31": "None",
    "2025-12-31": "2025-12-31",
    "1899-12-31": "None",
    "2025-1-1": "None",
}
IDS = [
    # as a double, as a decimal, as text; what is read of each
    ("7.0", "7.0", "' 7.00 '", ("7", "7", "7")),
    ("7.5", "7.5", "'007'", ("7.5", "7.5", "007")),
    ("'nan'::double", "null", "'NaN'", (None, None, None)),
    ("'inf'::double", "null", "chr(160) || chr(9)", (None, None, None)),
    ("1e20", "null", "'a b'", ("100000000000000000000", None, "a b")),
]
QUERY = """
{%- set ids = own_columns(
    api.Relation.create(database=target.database, schema="contract", identifier="ids")
) -%}
{%- set days = {} -%}
{%- for day in [
    "2024-02-29", "2025-02-29", "2025-04-31", "2025-12-31", "1899-12-31", "2025-1-1"
] -%}
    {%- do days.update({day: read_day(day) | string}) -%}
{%- endfor -%}
{%- set relations = {} -%}
{%- for table in ["orders", "customers", "customer_activity", "product_activity"] -%}
    {%- do relations.update({table: written_relation(table)}) -%}
{%- endfor -%}
{%- set columns = {"items": ids["as_text"], "revenue": ids["as_decimal"]} -%}
{%- set readings = own_readings("orders", columns) -%}
{%- set expected = expected_columns([{"a": 1}, {"b": none, "a": 2}]) -%}
select
    list([
        {{ own_id(ids["as_double"]) }},
        {{ own_id(ids["as_decimal"]) }},
        {{ own_id(ids["as_text"]) }}
    ] order by position) as ids,
    {{ text_literal(tojson(days)) }} as days,
    {{ text_literal(tojson(relations)) }} as relations,
    {{ text_literal(tojson(readings | list)) }} as readings,
    {{ text_literal(tojson(expected)) }} as expected,
    {{ text_literal("it's") }} as literal
from contract.ids
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    warehouse = Warehouse(tmp_path_factory.mktemp("macros"))
    values = ", ".join(
        f"({position}, {double}, {decimal}, {text})"
        for position, (double, decimal, text, _) in enumerate(IDS)
    )
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create schema contract")
        connection.execute(
            "create table contract.ids as select position, as_double::double as as_double,"
            " as_decimal::decimal(10, 1) as as_decimal, as_text::varchar as as_text"
            f" from (values {values}) as ids (position, as_double, as_decimal, as_text)"
        )
    arguments = ("show", "--quiet", "--output", "json", "--limit", "-1", "--inline", QUERY)
    done = warehouse.dbt(*arguments, dataset="sample", warehouse_relations=RELATIONS)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads(done.stdout)["show"]
    return row


def test_an_id_is_one_whatever_the_type_of_its_column(found: dict[str, Any]) -> None:
    ids = found["ids"]
    read = json.loads(ids) if isinstance(ids, str) else ids
    assert [tuple(row) for row in read] == [expected for *_, expected in IDS]


def test_an_erasure_reads_ids_as_the_macro_does() -> None:
    """Else it would leave customers, and not find them when it searches again."""
    columns = {"as_double": "DOUBLE", "as_decimal": "DECIMAL(10,1)", "as_text": "VARCHAR"}
    table = SearchedTable(Table("memory", "main", "ids"), columns, is_of_project=False)
    ids = ", ".join(table.id_of(column) for column in columns)
    with duckdb.connect() as connection:
        for *values, expected in IDS:
            given = ", ".join(
                f"cast({value} as {kind}) as {column}"
                for value, (column, kind) in zip(values, columns.items(), strict=True)
            )
            read = connection.sql(f"select {ids} from (select {given})").fetchone()
            assert read == expected, values


def test_days_of_the_calendar_alone_are_days(found: dict[str, Any]) -> None:
    assert json.loads(found["days"]) == DAYS


def test_relations_are_written_as_in_a_model(found: dict[str, Any]) -> None:
    assert json.loads(found["relations"]) == {
        "orders": {"function": "ref", "names": ["my_orders"]},
        "customers": {"function": "source", "names": ["shop", "people"]},
        "customer_activity": {"function": "ref", "names": ["shop", "totals"]},
        "product_activity": None,
    }


def test_columns_are_read_where_a_relation_has_them(found: dict[str, Any]) -> None:
    assert json.loads(found["readings"]) == ["items", "revenue"]


def test_what_a_unit_test_compares_are_the_columns_of_any_row(found: dict[str, Any]) -> None:
    assert json.loads(found["expected"]) == ["a", "b"]


def test_a_literal_ends_where_it_should(found: dict[str, Any]) -> None:
    assert found["literal"] == "it's"
