"""The page about the contract says what the macros do."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[3]
HEADER = ["| table | column | type | needed | what it holds |", "|---|---|---|---|---|"]
# Staging makes these; a table of your own has none of them.
MADE_BY_STAGING = {"source_row", "unreadable", "further_columns"}


def mapping_in(macros: str, macro: str) -> Any:
    """Return the mapping that a macro picks from."""
    body = (PROJECT / "macros" / macros).read_text(encoding="utf-8").split(f"macro {macro}(")[1]
    found = re.search(r"\{\n.*?\n    \}", body, re.DOTALL)
    assert found
    return ast.literal_eval(found[0])


def meanings_of(table: str) -> dict[str, str]:
    """Return what the columns of the data set `warehouse` are described as."""
    folder = PROJECT / "models" / "staging" / "warehouse"
    text = (folder / f"stg_warehouse__{table}.yml").read_text(encoding="utf-8")
    blocks = (PROJECT / "docs" / "columns" / "columns.md").read_text(encoding="utf-8")
    docs = dict(re.findall(r"\{% docs (\w+) %\}\n(.*?)\n\{% enddocs %\}", blocks, re.DOTALL))
    return {
        column["name"]: re.sub(
            r"\{\{ doc\('(\w+)'\) \}\}", lambda found: docs[found[1]], column["description"]
        )
        for column in yaml.safe_load(text)["models"][0]["columns"]
    }


def test_the_columns_of_the_contract_stand_in_the_docs() -> None:
    needed = mapping_in("own_tables/needed_columns.sql", "needed_columns")
    rows = []
    for table, columns in mapping_in("contract/columns.sql", "contract_columns").items():
        meanings = meanings_of(table)
        assert list(meanings) == list(columns), f"stg_warehouse__{table}.yml"
        rows += [
            f"| `{table}` | `{column}` | {kind} | {'yes' if column in needed[table] else ''} "
            f"| {meanings[column]} |"
            for column, kind in columns.items()
            if column not in MADE_BY_STAGING
        ]
    page = (PROJECT / "docs" / "data_contract.md").read_text(encoding="utf-8").splitlines()
    start = page.index(HEADER[0])
    stands = page[start : page.index("", start)]
    assert stands == [*HEADER, *rows]
