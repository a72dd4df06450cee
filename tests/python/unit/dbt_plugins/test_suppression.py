"""What SQL calls to keep suppressed customers out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest
from segmentation.dbt_plugins.suppression import register_suppression
from segmentation.erasure.suppression_key import SuppressionKey, make_key
from segmentation.erasure.suppression_list import (
    DONE,
    Suppressed,
    SuppressionFiles,
    write_list,
)

MACROS = Path(__file__).parents[4] / "macros" / "engine" / "duckdb" / "suppression.sql"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SuppressionFiles:
    for name in ("SEGMENTATION_SUPPRESSED", "SEGMENTATION_SUPPRESSION_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return SuppressionFiles.of(tmp_path / "warehouse.duckdb")


@pytest.fixture
def connection(files: SuppressionFiles) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    register_suppression(connection, str(files.listed.with_name("warehouse.duckdb")))
    return connection


def listed(files: SuppressionFiles, *customers: str, dataset: str = "sample") -> SuppressionKey:
    key = make_key(files.key)
    hashes = [key.hash_of(dataset, customer) for customer in customers]
    write_list(
        files.listed,
        [Suppressed(one, dataset, "2026-11-20", DONE, key.key_id, "asked") for one in hashes],
    )
    return key


def suppression_hash(text: str) -> str:
    """Return the expression of the macro duckdb__suppression_hash."""
    found = re.search(
        r"macro duckdb__suppression_hash\(text\) -%\}(.*?)\{%- endmacro", MACROS.read_text(), re.S
    )
    assert found is not None
    return found[1].replace("{{ text }}", text)


def test_the_macro_hashes_as_the_command_does(
    files: SuppressionFiles, connection: duckdb.DuckDBPyConnection
) -> None:
    names = ["C0016", "", " 7", "O'Brien", "Zoë", "顧客", "a" * 200, "x\ny"]
    key = listed(files, "C1")
    connection.execute("create table people (customer_id varchar)")
    connection.executemany("insert into people values (?)", [[name] for name in names])
    text = "concat('sample:', customer_id)"
    found = connection.execute(
        f"select customer_id, {suppression_hash(text)} from people"
    ).fetchall()
    assert dict(found) == {name: key.hash_of("sample", name) for name in names}


def test_a_list_is_read_for_the_data_sets_that_are_on_it(
    files: SuppressionFiles, connection: duckdb.DuckDBPyConnection
) -> None:
    ask = "select segmentation_suppression_list('sample'), segmentation_suppression_list('members')"
    assert connection.execute(ask).fetchall() == [("", "")]
    listed(files, "C1")
    assert connection.execute(ask).fetchall() == [(str(files.listed), "")]


def test_problems_are_sentences(
    files: SuppressionFiles, connection: duckdb.DuckDBPyConnection
) -> None:
    def problems() -> list[str]:
        ((text,),) = connection.execute("select segmentation_suppression_problems()").fetchall()
        found: list[str] = json.loads(text)
        return found

    assert problems() == []
    listed(files, "C1")
    assert problems() == []
    files.key.unlink()
    assert "would come back" in problems()[0]
    with pytest.raises(duckdb.InvalidInputException, match="There is no key"):
        connection.execute("select segmentation_suppression_pad('inner')")
