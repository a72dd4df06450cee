"""The command line: what it shows, and what it says when there is nothing to show."""

from __future__ import annotations

from pathlib import Path

import duckdb
from segmentation.command_line import app
from typer.testing import CliRunner


def shown(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


def test_a_warehouse_that_is_not_there(tmp_path: Path) -> None:
    code, output = shown("summary", "--warehouse", str(tmp_path / "none.duckdb"))
    assert code == 1
    assert "There is no warehouse" in output
    assert "make build" in output


def test_a_warehouse_without_marts(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    code, output = shown("summary", "--warehouse", str(path))
    assert code == 1
    assert "has no table marts.dim_segments" in output


def test_a_file_that_is_no_warehouse(tmp_path: Path) -> None:
    path = tmp_path / "text.duckdb"
    path.write_text("no database " * 1000)
    code, output = shown("summary", "--warehouse", str(path))
    assert code == 1
    assert "cannot be read" in output


def test_the_sample_goes_into_a_folder_that_is_there(tmp_path: Path) -> None:
    code, output = shown("write-sample", str(tmp_path / "none"))
    assert code != 0
    assert "There is no folder" in output
    code, output = shown("write-sample", str(tmp_path))
    assert code == 0
    assert (tmp_path / "sample_orders.csv").is_file()
