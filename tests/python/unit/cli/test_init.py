"""``segmentation init``: unattended, in a terminal, and in place."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from builds import PROJECT
from segmentation.cli.app import app
from typer.testing import CliRunner

HEADER = "order id,customer,date,amount EUR\n"


def orders(folder: Path, *, ambiguous: bool = False) -> Path:
    """Write a file of orders; where it is ambiguous, no day is after the twelfth."""
    path = folder / "orders.csv"
    days = [1 + i % (12 if ambiguous else 28) for i in range(60)]
    rows = "".join(
        f"{i},K{i % 9},{day:02}/{1 + i % 9:02}/2024,{i}.50\n" for i, day in enumerate(days)
    )
    path.write_text(HEADER + rows)
    return path


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = CliRunner().invoke(app, ["init", *arguments])
    finally:
        os.chdir(before)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


def test_a_project_is_written_and_never_over_another(tmp_path: Path) -> None:
    orders(tmp_path)
    code, said = run(tmp_path, "orders.csv", "--project", "shop", "--yes")
    assert code == 0, said
    assert "the day comes first" in said
    assert "Next: cd shop && segmentation build" in said
    project = yaml.safe_load((tmp_path / "shop" / "dbt_project.yml").read_text())
    assert project["vars"]["segmentation"]["warehouse_relations"] == {
        "orders": "ref('stg_shop__orders')"
    }
    (tmp_path / "shop" / "mapping.yml").write_text("mine")
    code, said = run(tmp_path, "orders.csv", "--project", "shop", "--yes")
    assert code == 1
    assert "has these files already: mapping.yml. Nothing was written." in said
    assert run(tmp_path, "orders.csv", "--project", "shop", "--yes", "--force")[0] == 0


def test_what_is_not_decided_is_an_error_unless_the_mapping_says_it(tmp_path: Path) -> None:
    orders(tmp_path, ambiguous=True)
    code, said = run(tmp_path, "orders.csv", "--project", "shop", "--yes")
    assert code == 1
    assert "tables[1].columns.ordered_at.dates[1]" in said
    assert "dd/mm/yyyy (reads every date) or mm/dd/yyyy" in said
    assert "How the dates are written is not decided: name the last day with data." in said
    assert not (tmp_path / "shop").exists()
    assert run(tmp_path, "orders.csv", "--name", "shop", "--propose", "m.yml")[0] == 0
    code, said = run(tmp_path, "--mapping", "m.yml", "--yes")
    assert code == 1
    assert "ordered_at.dates: say which comes first, day or month" in said
    text = (tmp_path / "m.yml").read_text().replace("['?']", "[mm/dd/yyyy]")
    (tmp_path / "m.yml").write_text(text.replace("as_of: '?'", "as_of: 2024-12-09"))
    code, said = run(tmp_path, "--mapping", "m.yml", "--yes")
    assert code == 0, said
    base = tmp_path / "shop/models/staging/shop/base/base_shop__orders.sql"
    assert "try_strptime(\"date\", ['%m/%d/%Y'])" in base.read_text()


def test_a_proposal_is_not_written_over_a_mapping(tmp_path: Path) -> None:
    orders(tmp_path)
    arguments = ("orders.csv", "--name", "shop", "--propose", "m.yml")
    (tmp_path / "m.yml").write_text("answered by hand")
    code, said = run(tmp_path, *arguments)
    assert code == 1
    assert "has these files already: m.yml. Nothing was written. Choose another file" in said
    assert "file with --propose, or overwrite them with --force." in said
    assert (tmp_path / "m.yml").read_text() == "answered by hand"
    assert run(tmp_path, *arguments, "--force")[0] == 0
    assert "holds: orders" in (tmp_path / "m.yml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name the files or tables with your data"),
        (("none.csv", "--yes"), "There is no file none.csv"),
        (("orders.csv",), "There is no terminal to ask questions in"),
        (("--mapping", "none.yml"), "There is no mapping file none.yml"),
        (("orders.csv", "--here", "--project", "x"), "Say either --here or --project."),
        (("orders.csv", "--here", "--yes"), "has no dbt_project.yml. Leave --here out"),
    ],
)
def test_mistakes_of_the_caller(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    orders(tmp_path)
    code, output = run(tmp_path, *arguments)
    assert code == 1
    assert said in output
    assert "Traceback" not in output


def test_a_mapping_that_does_not_fit_its_source(tmp_path: Path) -> None:
    orders(tmp_path)
    run(tmp_path, "orders.csv", "--name", "shop", "--propose", "m.yml")
    path = tmp_path / "m.yml"
    path.write_text(path.read_text().replace("order id", "order no"))
    code, said = run(tmp_path, "--mapping", "m.yml")
    assert code == 1
    assert "orders.csv has no column order no. It has: order id, customer, date, amount" in said


@pytest.mark.long
def test_questions_are_asked_in_a_terminal(tmp_path: Path) -> None:
    orders(tmp_path, ambiguous=True)
    keyboard, terminal = pty.openpty()
    try:
        # No other column; not a format, then one; and what is proposed.
        os.write(keyboard, b"\nmaybe\nmm/dd/yyyy\n\n\n\n")
        done = subprocess.run(
            [sys.executable, "-m", "segmentation", "init", "orders.csv", "--project", "shop"],
            stdin=terminal,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "'maybe' is none of: dd/mm/yyyy, mm/dd/yyyy." in done.stdout
    mapping = yaml.safe_load((tmp_path / "shop" / "mapping.yml").read_text())
    assert mapping["tables"][0]["columns"]["ordered_at"]["dates"] == ["mm/dd/yyyy"]
    assert mapping["currency"] == "EUR"


def test_in_place_only_the_vars_and_the_profile_change(tmp_path: Path) -> None:
    orders(tmp_path)
    for name in ("dbt_project.yml", "profiles.yml"):
        (tmp_path / name).write_text((PROJECT / name).read_text("utf-8"), "utf-8")
    before = (PROJECT / "dbt_project.yml").read_text("utf-8").splitlines()
    code, said = run(tmp_path, "orders.csv", "--here", "--name", "shop", "--yes")
    assert code == 0, said
    after = (tmp_path / "dbt_project.yml").read_text("utf-8").splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [line.split(":")[0].strip() for line in changed] == [
        "dataset",
        "as_of",
        "lrfm_window_days",
        "warehouse_relations",
        "warehouse_row_counts",
    ]
    variables = yaml.safe_load("\n".join(after))["vars"]
    assert variables["warehouse_relations"] == {"orders": "ref('stg_shop__orders')"}
    assert variables["warehouse_row_counts"]["rows_read"] == "ref('shop_rows_read')"
    profile = (tmp_path / "profiles.yml").read_text("utf-8")
    assert profile.count("- module: segmentation.dbt_plugins.own_sources") == 1
    sql = (tmp_path / "models/staging/shop/stg_shop__orders.sql").read_text("utf-8")
    assert sql.startswith('{{ config(enabled=is_dataset("warehouse")) }}')


def test_in_a_project_of_ones_own_what_to_add_is_said(tmp_path: Path) -> None:
    orders(tmp_path)
    (tmp_path / "dbt_project.yml").write_text("name: mine\n")
    code, said = run(tmp_path, "orders.csv", "--here", "--name", "shop", "--yes")
    assert code == 0, said
    assert (tmp_path / "dbt_project.yml").read_text() == "name: mine\n"
    assert "Add to dbt_project.yml" in said
    assert "orders: ref('stg_shop__orders')" in said
