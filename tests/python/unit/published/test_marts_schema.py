"""The schema of the marts is found whatever its name is."""

from __future__ import annotations

import re

import duckdb
import pytest
from segmentation.published.marts_schema import MartsNotFoundError, find_marts_schema


def put(*schemas: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for schema in schemas:
        connection.execute(f'create schema "{schema}"')
        connection.execute(f'create table "{schema}".dim_segments as select 1 as customers')
    return connection


def test_a_single_schema_is_found_whatever_its_name() -> None:
    assert find_marts_schema(put("shop's marts")) == "shop's marts"


def test_scoring_macros_alone_are_enough() -> None:
    connection = duckdb.connect()
    connection.execute("create schema scoring")
    connection.execute("create macro scoring.score_value_person(a := null) as table select a")
    assert find_marts_schema(connection) == "scoring"


def test_marts_before_others_and_the_one_that_is_named_before_it() -> None:
    connection = put("dev_marts", "marts")
    assert find_marts_schema(connection) == "marts"
    assert find_marts_schema(connection, "dev_marts") == "dev_marts"


def test_several_and_none_of_them_named() -> None:
    message = "The marts are in several schemas; name one of them: dev_marts, prod_marts"
    with pytest.raises(MartsNotFoundError, match=re.escape(message)):
        find_marts_schema(put("dev_marts", "prod_marts"))
    with pytest.raises(MartsNotFoundError, match="There is no schema prod with marts"):
        find_marts_schema(put("dev_marts"), "prod")


def test_no_schema_with_marts() -> None:
    with pytest.raises(MartsNotFoundError, match="No schema has the table dim_segments"):
        find_marts_schema(duckdb.connect())
