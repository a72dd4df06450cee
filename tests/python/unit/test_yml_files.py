"""The yml beside models and seeds reads easily: short lines, tests before columns, columns once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[3]
FILES = sorted(
    path for folder in ("models", "seeds") for path in (PROJECT / folder).glob("**/*.yml")
)
LONGEST_LINE = 160
# Where tables have contracts, and the tests that a constraint makes superfluous: it costs no node
# of a build, and is checked before the table takes the place of the one before.
CONTRACTS = ("models/intermediate/", "models/marts/")
CONSTRAINTS = {"not_null", "within_range", "accepted_values"}
ORDER = ["name", "description", "config", "data_tests", "time_spine", "columns"]


def name(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def described(path: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [node for kind in ("models", "seeds") for node in content.get(kind, [])]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_line_is_too_long(path: Path) -> None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    assert [number for number, line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_a_model_promises_as_a_whole_stands_before_its_columns(path: Path) -> None:
    for node in described(path):
        assert list(node) == [key for key in ORDER if key in node], node["name"]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_column_is_described_once(path: Path) -> None:
    for node in described(path):
        columns = [column["name"] for column in node.get("columns", [])]
        assert len(columns) == len(set(columns)), node["name"]


@pytest.mark.parametrize(
    "path", [path for path in FILES if name(path).startswith(CONTRACTS)], ids=name
)
def test_a_table_with_a_contract_has_constraints_instead_of_tests(path: Path) -> None:
    for node in described(path):
        sql = path.with_name(f"{node['name']}.sql")
        kind = node.get("config", {}).get("materialized", "table")
        if kind != "table" or not sql.exists() or "materialized" in sql.read_text(encoding="utf-8"):
            continue
        for column in node.get("columns", []):
            tests = {
                test if isinstance(test, str) else next(iter(test))
                for test in column.get("data_tests", [])
            }
            assert not tests & CONSTRAINTS, f"{node['name']}.{column['name']}"
