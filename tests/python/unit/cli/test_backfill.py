"""``segmentation backfill`` before dbt begins: its plan, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from segmentation.cli.app import app
from small_history import write_history
from typer.testing import CliRunner


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a project with a small warehouse, and go there."""
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    write_history(tmp_path / "warehouse.duckdb")
    monkeypatch.chdir(tmp_path)
    for name in ("SEGMENTATION_WAREHOUSE", "SEGMENTATION_PUBLISHED", "DBT_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def shown(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["backfill", *arguments])
    return result.exit_code, " ".join(result.output.split())


def changed(project: Path, statement: str) -> None:
    with duckdb.connect(str(project / "warehouse.duckdb")) as connection:
        connection.execute(statement)


def test_a_dry_run_shows_the_plan_and_changes_nothing(project: Path) -> None:
    before = (project / "warehouse.duckdb").read_bytes()
    code, output = shown("--from", "2025-05-31", "--every", "month", "--dry-run")
    assert code == 0, output
    assert "History of shop" in output
    assert "value: value-0001-aaaaaaaa" in output
    assert "prospects: no model" in output
    assert "│ 2025-08-31 │ to fill │ to fill │ to fill │" in output
    assert "│ 2025-09-30 │ there │ to fill │ to fill │" in output
    assert "│ 2025-12-31 │ there │ there, by value-0001-aaaaaaaa │" in output
    assert "7 days to fill, in about 2 minutes; 1 there already." in output
    assert (
        "Hindsight: profile-0001-aaaaaaaa and value-0001-aaaaaaaa fitted as of 2025-06-30, later"
        " than 1 day of these" in output
    )
    assert (project / "warehouse.duckdb").read_bytes() == before
    assert sorted(path.name for path in project.iterdir()) == [
        "dbt_project.yml",
        "warehouse.duckdb",
    ]


def test_of_many_days_the_first_and_the_last_are_shown() -> None:
    code, output = shown("--from", "2025-03-15", "--every", "day", "--dry-run")
    assert code == 0, output
    assert "252 more days" in output
    assert "2025-12-31" in output
    assert "2025-07-01" not in output


def test_days_that_are_there_are_nothing_to_do() -> None:
    code, output = shown("--from", "2025-12-31")
    assert (code, "Nothing to do" in output) == (0, True), output
    assert "0 days to fill; 1 there already." in output
    # Asked for again, they are planned.
    code, output = shown("--from", "2025-12-31", "--again", "--dry-run")
    assert (code, "│ again │" in output) == (0, True), output


def test_where_nobody_can_be_asked_yes_is_needed() -> None:
    code, output = shown("--from", "2025-10-31")
    assert (code, "Add --yes" in output) == (2, True), output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "soon"], "'soon' is no day"),
        (["--from", "2025-02-30"], "'2025-02-30' is no day"),
        (["--from", "2025-06-30", "--to", "2025-06-29"], "2025-06-29 is before --from 2025-06-30"),
        (["--from", "2025-06-30", "--every", "moon"], "'moon' is no step of the calendar"),
        (["--from", "2025-06-30", "--vars", "as_of: 2025-06-30"], "each day of the backfill"),
        (["--from", "2025-06-30", "--vars", "shop"], "gives no var a value"),
        (["--from", "2025-06-30", "--vars", "{"], "it is no YAML"),
    ],
)
def test_what_is_written_wrongly_is_a_matter_of_usage(arguments: list[str], said: str) -> None:
    code, output = shown(*arguments)
    assert code == 2
    assert said in output.replace(" │ │ ", " ")
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2025-03-01"], "2025-03-01 is before the first purchase"),
        (["--from", "2025-12-31", "--to", "2026-06-30"], "is after 2025-12-31"),
        (["--from", "2026-01-01"], "2026-01-01 is after 2025-12-31"),
        (["--from", "2025-06-30", "--vars", "dataset: sample"], "Build sample first"),
    ],
)
def test_what_cannot_be_filled_is_a_problem(arguments: list[str], said: str) -> None:
    code, output = shown(*arguments)
    assert (code, said in output) == (1, True), output


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("delete from intermediate.int_purchase_days", "has no dated purchases"),
        ("delete from segmentation.current_models", "No model of the data set shop is current"),
        ("drop schema segmentation cascade", "Build everything once: segmentation build"),
    ],
)
def test_what_a_warehouse_lacks_is_said(project: Path, statement: str, said: str) -> None:
    changed(project, statement)
    code, output = shown("--from", "2025-06-30")
    assert (code, said in output) == (1, True), output


def test_a_project_that_was_never_built_is_refused(project: Path) -> None:
    (project / "warehouse.duckdb").unlink()
    code, output = shown("--from", "2025-06-30")
    assert (code, "the project was never built" in output) == (1, True), output


@pytest.mark.long
def test_another_process_that_writes_is_waited_for_and_named(project: Path) -> None:
    held = (
        "import duckdb, sys; c = duckdb.connect('warehouse.duckdb'); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "1\n"
        command = [sys.executable, "-m", "segmentation", "backfill", "--from", "2025-06-30"]
        with subprocess.Popen(
            [*command, "--dry-run"], stdout=subprocess.PIPE, text=True
        ) as waiting:
            assert waiting.stdout is not None
            first = waiting.stdout.readline()
            assert f"Waiting: {project / 'warehouse.duckdb'} is open in another process" in first
            assert f"(PID {holder.pid})" in first
            holder.communicate("\n")
            assert "History of shop" in waiting.stdout.read()
        assert waiting.returncode == 0
