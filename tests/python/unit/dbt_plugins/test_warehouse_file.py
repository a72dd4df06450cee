"""Paths of warehouses: only those that dbt-duckdb cannot use are refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt_common.exceptions import DbtRuntimeError
from segmentation.dbt_plugins.warehouse_file import catalog_name, check_paths


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
