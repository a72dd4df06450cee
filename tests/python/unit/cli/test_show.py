"""``segmentation show`` and ``segmentation doctor``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from segmentation.cli import doctor as doctor_module
from segmentation.cli.app import app
from segmentation.cli.doctor import Finding, examine
from typer.testing import CliRunner

PROFILE = "shop:\n  target: dev\n  outputs: {dev: {type: duckdb}}\n"


def shown(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.dim_segments as select * from (values
                ('value', 'at_risk', 'At [Risk]', 2), ('value', 'loyal', 'Loyal', 1))
                as t (segmentation, segment_slug, segment_name, customers);
            comment on table marts.dim_segments is 'Segments. One row per segment.';
            create table marts.fct_customer_segments as select * from (values
                ('a', 'value', 'at_risk', 'At [Risk]', 'loyal', 'late'),
                ('b', 'value', 'at_risk', 'At [Risk]', null, 'later'),
                ('c', 'value', 'loyal', 'Loyal', null, null))
                as t (customer_id, segmentation, segment_slug, segment_name, runner_up_slug,
                    reason_1);
            create table marts.dim_customers as select * from (values
                ('a', 10.5, 1, 3), ('b', 99.25, 4, 2), ('c', 1000, 9, 1))
                as t (customer_id, monetary, frequency, recency_days);
            create table marts.rpt_wide as select 1 as a, 2 as b, 3 as c, 4 as d, 5 as e, 6 as f,
                7 as g, 8 as h, 9 as i, 10 as j, 11 as k, 12 as l, 13 as m, 14 as n;
            create view marts.rpt_builds as select 7 as run_number;
            comment on view marts.rpt_builds is 'The runs of dbt. One row per run.'
            """
        )
    return path


def test_customers_of_a_segment_come_with_the_most_valuable_first(warehouse: Path) -> None:
    file = ("--warehouse", str(warehouse))
    code, output = shown("show", "at_risk", *file, "--json")
    assert code == 0
    assert [row["customer_id"] for row in json.loads(output)] == ["b", "a"]
    assert json.loads(output)[0]["monetary"] == 99.25
    assert shown("show", "value:At [risk]", *file, "--json") == (code, output)
    code, output = shown("show", "at_risk", *file, "--limit", "1")
    assert "value: At [Risk]" in output
    assert "1 of 2 rows: --limit shows more." in output


def test_a_mart(warehouse: Path) -> None:
    code, output = shown("show", "dim_customers", "--warehouse", str(warehouse))
    assert code == 0
    assert "1,000.00" in output
    code, output = shown("show", "rpt_wide", "--warehouse", str(warehouse))
    assert "rpt_wide, row 1" in output


def test_all_marts_and_segments(warehouse: Path) -> None:
    code, output = shown("show", "--warehouse", str(warehouse))
    assert code == 0
    assert "dim_segments │ 2 │ Segments" in output
    code, output = shown("show", "--warehouse", str(warehouse), "--json")
    assert [mart["rows"] for mart in json.loads(output)["marts"]] == [3, 2, 3, 1, 1]


def test_a_mart_that_is_a_view(warehouse: Path) -> None:
    file = ("--warehouse", str(warehouse))
    code, output = shown("show", "rpt_builds", *file, "--json")
    assert (code, json.loads(output)) == (0, [{"run_number": 7}])
    assert "rpt_builds │ 1 │ The runs of dbt" in shown("show", *file)[1]


def test_what_is_neither_a_mart_nor_a_segment(warehouse: Path) -> None:
    code, output = shown("show", "lost", "--warehouse", str(warehouse))
    assert code == 1
    assert "There is no mart and no segment 'lost'" in output
    assert "Segments: at_risk, loyal." in output


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SEGMENTATION_DATA_DIR", "SEGMENTATION_WAREHOUSE", "SEGMENTATION_PUBLISHED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (tmp_path / "profiles.yml").write_text(PROFILE)
    return tmp_path


def found(folder: Path) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(folder)}


def test_all_is_well(project: Path, warehouse: Path) -> None:
    findings = found(project)
    for subject in ("Python", "dbt", "dbt_project.yml", "profiles.yml", "warehouse", "disk"):
        assert findings[subject].verdict == "ok", findings[subject]
    assert findings["published file"].verdict == "warning"
    code, output = shown("doctor", "--project", str(project))
    assert code == 0
    # Long paths are broken over lines.
    assert warehouse.name in output.replace(" ", "").replace("│", "")


def test_problems_have_an_exit_code_and_say_what_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "profiles.yml").write_text("other: {}\n")
    (project / "warehouse.duckdb").write_text("no database " * 1000)
    monkeypatch.setenv("SEGMENTATION_DATA_DIR", str(project / "none"))
    monkeypatch.setattr(
        doctor_module.shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000_000)
    )
    findings = found(project)
    for subject in ("profiles.yml", "SEGMENTATION_DATA_DIR", "warehouse", "disk"):
        assert findings[subject].verdict == "problem"
        assert findings[subject].what_to_do
    code, output = shown("doctor", "--project", str(project), "--json")
    assert code == 1
    assert {row["verdict"] for row in json.loads(output)} >= {"ok", "problem"}


def test_no_project(tmp_path: Path) -> None:
    finding = found(tmp_path)["dbt_project.yml"]
    assert (finding.verdict, finding.what_to_do) == ("problem", "segmentation init orders.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: [", "cannot be read"), ("", "holds no settings")],
    ids=["no yaml", "empty"],
)
def test_files_that_are_no_settings(project: Path, text: str, said: str) -> None:
    (project / "dbt_project.yml").write_text(text)
    finding = found(project)["dbt_project.yml"]
    assert finding.verdict == "problem"
    assert said in finding.found


def test_sources_of_a_mapping(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DATABASE", raising=False)
    text = "name: shop\nas_of: 2024-06-30\ncurrency: EUR\ntables:\n"
    for source, name in (("orders.csv", "orders"), ("env:SHOP_DATABASE#people", "people")):
        text += f"  - {{source: '{source}', name: {name}, holds: customers, "
        text += "columns: {customer_id: id}}\n"
    (project / "mapping.yml").write_text(text)
    findings = found(project)
    assert findings["source orders"].verdict == findings["source people"].verdict == "problem"
    (project / "orders.csv").write_text("id\n1\n")
    monkeypatch.setenv("SHOP_DATABASE", "postgresql://x")
    findings = found(project)
    assert findings["source orders"].verdict == findings["source people"].verdict == "ok"
    (project / "mapping.yml").write_text("name: [")
    assert found(project)["mapping.yml"].verdict == "problem"


def test_an_extra_is_installed_from_the_clone(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another package of a registry is called segmentation too."""
    monkeypatch.setattr(
        doctor_module,
        "requires",
        lambda _: ["no-such-package>=3", "no-such-extra>=2; extra == 'spark'"],
    )
    findings = found(project)
    assert findings["packages"].verdict == "problem"
    assert findings["packages"].what_to_do == (
        "In the folder of the clone: pip install --editable ."
    )
    assert findings["extra spark"].verdict == "warning"
    assert findings["extra spark"].what_to_do == (
        "If you need it, in the folder of the clone: pip install --editable '.[spark]'"
    )


@pytest.fixture
def holder(warehouse: Path) -> Iterator[int]:
    """Hold the warehouse open for writing, in a process of its own."""
    code = (
        f"import duckdb; c = duckdb.connect({str(warehouse)!r}); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process.pid
        process.communicate("\n")


def test_who_holds_the_warehouse(project: Path, holder: int) -> None:
    finding: Any = found(project)["warehouse"]
    assert finding.verdict == "problem"
    assert f"(PID {holder})" in finding.found
