"""dbt takes what it parsed for another warehouse, and parses anew what has other vars."""

from __future__ import annotations

from pathlib import Path

from builds import Warehouse, project_copy

VARS = {"dataset": "sample", "early_days": 29}


def log(warehouse: Warehouse) -> str:
    return (warehouse.folder / "logs" / "dbt.log").read_text()


def test_a_project_is_parsed_once_for_all_warehouses(tmp_path: Path) -> None:
    project = project_copy(tmp_path / "project")
    first, second = (Warehouse(tmp_path / name, project) for name in ("first", "second"))
    first.folder.mkdir()
    second.folder.mkdir()
    select = ("ls", "--select", "int_run_settings")
    assert first.dbt(*select, **VARS).returncode == 0
    assert "Unable to do partial parsing" in log(first)
    done = second.dbt(*select, threads=1, **VARS)
    assert "segmentation.intermediate.int_run_settings\n" in done.stdout
    assert "Partial parsing enabled, no changes found, skipping parsing" in log(second)
    assert "Unable to do partial parsing" not in log(second)
    # Other vars are another parse.
    assert second.dbt(*select, **{**VARS, "early_days": 28}).returncode == 0
    assert log(second).count("Unable to do partial parsing") == 1
