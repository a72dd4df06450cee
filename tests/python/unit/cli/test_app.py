"""The command line: its output and its errors."""

from __future__ import annotations

from pathlib import Path

import duckdb
from segmentation.cli.app import app
from typer.testing import CliRunner


def shown(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


def test_a_missing_warehouse(tmp_path: Path) -> None:
    code, output = shown("summary", "--warehouse", str(tmp_path / "none.duckdb"))
    assert code == 1
    assert "There is no file" in output
    assert "make build" in output


def test_a_warehouse_without_marts(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()
    code, output = shown("summary", "--warehouse", str(path))
    assert code == 1
    assert "No schema has the table dim_segments: it was not selected, or the last build" in output
    assert "Build everything and look for the first error" in output


def test_a_file_that_is_not_a_warehouse(tmp_path: Path) -> None:
    path = tmp_path / "text.duckdb"
    path.write_text("no database " * 1000)
    code, output = shown("summary", "--warehouse", str(path))
    assert code == 1
    assert "cannot be read" in output


def test_brackets_in_paths_are_text(tmp_path: Path) -> None:
    folder = tmp_path / "[" / "now] [bold]"
    folder.mkdir(parents=True)
    none, empty, text = (folder / f"[b]{name}.duckdb" for name in ("none", "empty", "text"))
    duckdb.connect(str(empty)).close()
    text.write_text("no database " * 1000)
    for path in (none, empty, text):
        code, output = shown("summary", "--warehouse", str(path))
        assert code == 1
        assert str(path) in output


def test_brackets_are_text(tmp_path: Path) -> None:
    path = tmp_path / "[" / "now] [bold].duckdb"
    path.parent.mkdir()
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.dim_segments as select 'value' as segmentation, 'x' as"
            " segment_slug, 'Loyal [vip]' as segment_name, 5 as customers, 1.0 as share, 'h' as"
            " headline, 'call them [/now]' as strategy, 'high' as priority, 'demo' as dataset,"
            " date '2025-12-31' as as_of, 'v1' as model_version"
        )
        connection.execute(
            "create table marts.rpt_model_history as select 'v1' as model_version,"
            " date '2025-06-30' as as_of"
        )
    code, output = shown("summary", "--warehouse", str(path))
    assert code == 0
    assert str(path) in output
    assert "Loyal [vip]" in output
    assert "call them [/now]" in output
    assert "Segments of demo as of 2025-12-31" in output
    assert "typical values are of that day, customers of 2025-12-31" in output


def test_the_sample_needs_an_existing_folder(tmp_path: Path) -> None:
    code, output = shown("write-sample", str(tmp_path / "none"))
    assert code != 0
    assert "There is no folder" in output
    code, output = shown("write-sample", str(tmp_path))
    assert code == 0
    assert (tmp_path / "sample_orders.csv").is_file()
