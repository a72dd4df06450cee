"""The command line: its output and its errors."""

from __future__ import annotations

import json
import shutil
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest
import typer
from segmentation.cli.app import app
from typer.testing import CliRunner


def shown(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def sample_marts(tmp_path: Path) -> Path:
    """Return a file with the two marts that a summary cannot do without."""
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
    return path


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


def test_brackets_are_text(sample_marts: Path) -> None:
    code, output = shown("summary", "--warehouse", str(sample_marts))
    assert code == 0
    assert str(sample_marts) in output
    assert "Loyal [vip]" in output
    assert "call them [/now]" in output
    assert "Segments of demo as of 2025-12-31" in output
    assert "typical values are of that day, customers of 2025-12-31" in output


@pytest.mark.long
def test_the_sample_needs_an_existing_folder(tmp_path: Path) -> None:
    code, output = shown("write-sample", str(tmp_path / "none"))
    assert code != 0
    assert "There is no folder" in output
    code, output = shown("write-sample", str(tmp_path))
    assert code == 0
    assert (tmp_path / "sample_orders.csv").is_file()


@pytest.mark.parametrize("command", sorted(typer.main.get_command(app).commands))
def test_every_command_has_a_help_with_examples(command: str) -> None:
    code, output = shown(command, "--help")
    assert code == 0
    assert f"Examples $ segmentation {command}" in output


def test_lines_of_a_help_are_broken_where_the_terminal_ends() -> None:
    result = CliRunner().invoke(app, ["doctor", "--help"], env={"COLUMNS": "200"})
    assert "says what to do. The exit code is 1 if there is a problem." in result.output


def test_the_help_says_what_exit_codes_mean() -> None:
    code, output = shown("--help")
    assert code == 0
    assert "Exit codes: 0 done; 1 a problem" in output


def test_the_version_is_that_of_the_package() -> None:
    assert shown("--version") == (0, f"segmentation {version('segmentation')}")


def test_a_shell_can_complete_commands() -> None:
    shell = {"_SEGMENTATION_COMPLETE": "complete_bash", "COMP_WORDS": "segmentation su"}
    result = CliRunner().invoke(app, [], prog_name="segmentation", env=shell | {"COMP_CWORD": "1"})
    assert result.output.split() == ["summary"]


def test_an_unknown_command_is_a_mistake_of_usage() -> None:
    code, output = shown("summarise")
    assert code == 2
    assert "No such command 'summarise'" in output


def test_the_summary_names_the_playbook_of_the_project(
    sample_marts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBT_PROJECT_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    file = ("--warehouse", str(sample_marts))
    assert (
        "in the seed segment_playbook of the dbt project that built" in shown("summary", *file)[1]
    )
    (tmp_path / "dbt_project.yml").write_text("name: shop\nseed-paths: [data]\n")
    package = tmp_path / "dbt_packages" / "segmentation" / "seeds"
    package.mkdir(parents=True)
    (package / "segment_playbook.csv").touch()
    said = shown("summary", *file)[1]
    assert "copy dbt_packages/segmentation/seeds/segment_playbook.csv to data, edit it" in said
    assert (
        "seeds: {segmentation: {segment_playbook: {+enabled: false}}} into dbt_project.yml" in said
    )
    own = tmp_path / "data" / "names" / "segment_playbook.csv"
    own.parent.mkdir(parents=True)
    own.touch()
    said = shown("summary", *file)[1]
    assert "are edited in data/names/segment_playbook.csv." in said
    assert "seeds/" not in said


def test_the_summary_names_the_file_for_readers(
    sample_marts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published file where there is one: an open warehouse keeps builds from writing."""
    monkeypatch.delenv("SEGMENTATION_PUBLISHED", raising=False)
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(sample_marts, warehouse)
    monkeypatch.chdir(tmp_path)
    asked = ("summary", "--warehouse", str(warehouse))
    assert "Where to look next, in warehouse.duckdb (any DuckDB client" in shown(*asked)[1]
    published = tmp_path / "published" / "segments.duckdb"
    published.parent.mkdir()
    published.write_text("no database " * 1000)
    assert "Where to look next, in warehouse.duckdb (any DuckDB client" in shown(*asked)[1]
    shutil.copy(sample_marts, published)
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "create schema read; create table read.dim_segments as from marts.dim_segments;"
            " drop schema marts cascade"
        )
    said = shown(*asked)[1]
    assert "Where to look next, in published/segments.duckdb (any DuckDB client" in said
    assert "read-only; schema read)" in said
    other = tmp_path / "elsewhere" / "for_readers.duckdb"
    other.parent.mkdir()
    shutil.copy(published, other)
    monkeypatch.setenv("SEGMENTATION_PUBLISHED", str(other))
    assert "in elsewhere/for_readers.duckdb (any" in shown(*asked)[1]
    monkeypatch.delenv("SEGMENTATION_PUBLISHED")
    shutil.copy(sample_marts, published)
    assert "in published/segments.duckdb (any" in shown("summary", "--warehouse", str(published))[1]


def test_a_shop_of_ones_own_is_called_by_its_project(sample_marts: Path) -> None:
    with duckdb.connect(str(sample_marts)) as connection:
        connection.execute(
            "update marts.dim_segments set dataset = 'warehouse'; create view marts.rpt_builds as"
            " select 3 as run_number, true as is_latest, 'nordlicht' as project_name, 'complete' as"
            " outcome, now()::timestamp as started_at, 9 as models_built, 9 as models"
        )
    code, output = shown("summary", "--warehouse", str(sample_marts))
    assert code == 0
    assert "Segments of nordlicht as of 2025-12-31" in output
    code, output = shown("summary", "--warehouse", str(sample_marts), "--json")
    assert (json.loads(output)["name"], json.loads(output)["dataset"]) == ("nordlicht", "warehouse")


def test_a_summary_for_programs(sample_marts: Path) -> None:
    code, output = shown("summary", "--warehouse", str(sample_marts), "--json")
    assert code == 0
    read = json.loads(output)
    assert (read["dataset"], read["as_of"]) == ("demo", "2025-12-31")
    assert read["segments"][0]["segment_name"] == "Loyal [vip]"
    assert read["source_rows"] == read["rows_read"] == read["warnings"] == []


def test_the_page_never_replaces_what_it_is_made_from(sample_marts: Path) -> None:
    before = sample_marts.read_bytes()
    code, output = shown("report", "--published", str(sample_marts), "--output", str(sample_marts))
    assert code == 1
    assert "is the file that the page is made from. Name another one with --output" in output
    assert sample_marts.read_bytes() == before


def test_a_page_of_a_file_that_lacks_columns(sample_marts: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    code, output = shown("report", "--published", str(sample_marts), "--output", str(page))
    assert code == 1
    assert "another version of the project built it" in output
    assert "Build everything again" in output
    assert not page.exists()


def test_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    code, output = shown("report", "--published", "~/none.duckdb")
    assert code == 1
    assert f"There is no file {tmp_path.resolve()}/none.duckdb" in output


def test_people_are_looked_for_before_models_are_loaded(tmp_path: Path) -> None:
    published = ("--published", str(tmp_path / "none.duckdb"))
    code, output = shown("score", str(tmp_path / "none.csv"), "--output", "out.csv", *published)
    assert code == 1
    assert "none.csv" in output
    people = tmp_path / "people.csv"
    people.write_text("frequency\n1\n")
    to = tmp_path / "nowhere" / "out.csv"
    code, output = shown("score", str(people), "--output", str(to), *published)
    assert code == 1
    assert "There is no folder" in output
