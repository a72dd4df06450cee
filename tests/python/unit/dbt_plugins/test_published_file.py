"""The SQL functions that publish: they answer in JSON, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from segmentation.dbt_plugins.published_file import PROBLEMS, PUBLISH, Plugin
from small_marts import SmallMarts, small_marts


@pytest.fixture
def marts(tmp_path: Path) -> Iterator[SmallMarts]:
    built = small_marts(tmp_path)
    plugin = Plugin("published_file", {}, SimpleNamespace(settings={}))
    plugin.configure_connection(built.connection)
    yield built
    built.connection.close()


def request(marts: SmallMarts, **changes: Any) -> str:
    """Return what the macros of a build write."""
    publication = asdict(marts.publication())
    del publication["file"]
    return json.dumps(publication | {"named": ""} | changes)


def answer(marts: SmallMarts, function: str, request: str) -> dict[str, Any]:
    """Return what a function says to a cursor, as dbt asks with one."""
    ((text,),) = marts.connection.cursor().execute(f"select {function}(?)", [request]).fetchall()
    said: dict[str, Any] = json.loads(text)
    return said


def test_a_build_publishes(marts: SmallMarts, tmp_path: Path) -> None:
    assert answer(marts, PROBLEMS, request(marts)) == {"problems": []}
    file = tmp_path.resolve() / "published" / "segments.duckdb"
    assert answer(marts, PUBLISH, request(marts)) == {"problems": [], "file": str(file)}
    with duckdb.connect(str(file), read_only=True) as reader:
        assert reader.sql("select count(*) from marts.fct_customers").fetchall() == [(3,)]


def test_a_warehouse_without_a_file_is_not_published(marts: SmallMarts) -> None:
    written = request(marts, warehouse=":memory:")
    assert answer(marts, PROBLEMS, written) == {"problems": []}
    assert answer(marts, PUBLISH, written) == {"problems": [], "file": None}


def test_what_prevents_it_is_said_before_and_after(marts: SmallMarts, tmp_path: Path) -> None:
    written = request(marts, named=str(tmp_path))
    (problem,) = answer(marts, PROBLEMS, written)["problems"]
    assert problem.startswith(f"The published file {tmp_path} is a folder.")
    (failure,) = answer(marts, PUBLISH, written)["problems"]
    assert failure.startswith(f"The marts were built and not published to {tmp_path}; readers keep")
    assert problem in failure


@pytest.mark.parametrize("function", [PROBLEMS, PUBLISH])
def test_a_url_is_no_file(marts: SmallMarts, function: str) -> None:
    (problem,) = answer(marts, function, request(marts, named="s3://a/b"))["problems"]
    assert problem.startswith("SEGMENTATION_PUBLISHED is s3://a/b. It must be")


@pytest.mark.parametrize("function", [PROBLEMS, PUBLISH])
def test_a_defect_is_a_sentence_too(marts: SmallMarts, function: str) -> None:
    (problem,) = answer(marts, function, "{}")["problems"]
    assert problem == "Publishing failed: KeyError: 'warehouse'"
