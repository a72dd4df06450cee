"""Paths of warehouses and limits of memory: only those that cannot be used are refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt_common.exceptions import DbtRuntimeError
from segmentation.dbt_plugins.warehouse_file import (
    Plugin,
    catalog_name,
    check_memory,
    check_paths,
)


@pytest.mark.parametrize(
    "name",
    ["my-shop", "a$b", "with space", "[bold]x", "2024", "order", ".hidden", "v1.2", "ä", "a:b"],
)
def test_a_name_that_works(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "it's a [b]$folder"
    folder.mkdir()
    path = str(folder / f"{name}.duckdb")
    check_paths(path, [])
    with duckdb.connect(path) as connection:
        assert connection.sql("select current_database()").fetchall() == [(catalog_name(path),)]
    assert DuckDBCredentials.path_derived_database_name(path) == catalog_name(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("it's", "a file name that holds '"),
        ('a"b', 'a file name that holds "'),
        ("a\\b", "a file name that holds \\"),
        ("a;b", "a file name that holds ;"),
        ("a#b", "a path that holds #"),
        ("a?b", "a path that holds ?"),
        ("a\nb", "an unprintable character"),
        ("marts", "A warehouse cannot be called marts"),
        ("Temp", "A warehouse cannot be called Temp"),
    ],
)
def test_a_name_that_does_not(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(DbtRuntimeError) as raised:
        check_paths(str(tmp_path / f"{name}.duckdb"), [])
    assert message in str(raised.value)
    assert "SEGMENTATION_WAREHOUSE" in str(raised.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DbtRuntimeError, match=r"There is no folder .*none for the warehouse a"):
        check_paths(str(tmp_path / "none" / "a.duckdb"), [])


def test_what_is_attached(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    warehouse, state = tmp_path / "warehouse.duckdb", tmp_path / "state" / "Warehouse.duckdb"
    with pytest.raises(DbtRuntimeError, match=r"There is no file .* SEGMENTATION_STATE_WAREHOUSE"):
        check_paths(str(warehouse), [str(state)])
    state.touch()
    with pytest.raises(DbtRuntimeError, match="queries could not tell them apart"):
        check_paths(str(warehouse), [str(state)])
    check_paths(str(tmp_path / "pull_request.duckdb"), [str(state)])


@pytest.mark.parametrize("limit", ["1800MB", "4GB", "4 gb", "2.5GiB", "0.5TB", " 900MiB "])
def test_a_limit_of_memory_that_works(limit: str) -> None:
    check_memory(limit)
    with duckdb.connect(config={"memory_limit": limit}) as connection:
        assert connection.sql("select current_setting('memory_limit')").fetchall() != []


def test_no_limit_of_memory() -> None:
    check_memory(None)


@pytest.mark.parametrize(
    "limit", ["", "lots", "4", "4096", "4G", "50%", "-1", "-4GB", "0GB", "0.0 GB", "4KB", "4 GB x"]
)
def test_a_limit_of_memory_that_does_not(tmp_path: Path, limit: str) -> None:
    credentials = DuckDBCredentials(
        database="warehouse",
        schema="main",
        path=str(tmp_path / "warehouse.duckdb"),
        config_options={"memory_limit": limit},
    )
    with pytest.raises(DbtRuntimeError, match="is not a size of memory") as raised:
        Plugin(name="warehouse_file", plugin_config={}, credentials=credentials)
    assert f"SEGMENTATION_MEMORY is {limit!r}" in str(raised.value)
