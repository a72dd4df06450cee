"""What dbt parsed for one warehouse serves another: dbt parses less, and knows the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from builds import QUICK, Warehouse, project_copy

pytestmark = pytest.mark.long

# What says when, where and by which run something was parsed.
OF_THE_RUN = {"created_at", "root_path"}
# Those of which a list has no order that means anything are left out.
PARTS = (
    *("nodes", "unit_tests", "sources", "macros", "exposures", "parent_map"),
    *("metrics", "semantic_models", "saved_queries"),
)

# What dbt parsed, it says in the lines for debugging.
WHOLE_LOG = ("--log-level-file", "debug")


def known(warehouse: Warehouse) -> dict[str, Any]:
    """Return what dbt knows of the nodes and of what else it parses."""
    written = (warehouse.folder / "target" / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(written, object_hook=without_run)
    return {name: manifest[name] for name in PARTS}


def without_run(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in OF_THE_RUN}


def test_what_dbt_parsed_for_one_warehouse_serves_another(
    sample: Warehouse, tmp_path: Path
) -> None:
    """Other folder, threads, day and publication: dbt takes the state and parses nothing anew."""
    assert sample.parse_states is not None
    other = Warehouse(tmp_path)
    variables = {"dataset": "sample", "as_of": "2025-11-30", "publish_parquet": True, **QUICK}
    done = other.dbt("ls", "--select", "int_run_settings", *WHOLE_LOG, threads=1, **variables)
    assert "segmentation.intermediate.int_run_settings\n" in done.stdout
    log = (tmp_path / "logs" / "dbt.log").read_text()
    assert "Partial parsing enabled, no changes found, skipping parsing" in log
    assert "Unable to do partial parsing" not in log


def test_of_other_vars_dbt_parses_what_is_rendered_with_them(
    sample: Warehouse, tmp_path: Path
) -> None:
    """In a copy of the project: all that dbt knows then is what a whole parse finds."""
    assert sample.path.exists()
    other = Warehouse(tmp_path, project_copy(tmp_path / "project"))
    variables = {
        "dataset": "sample",
        "as_of": "2025-11-30",
        "refit": True,
        "fail_on_drift": True,
        "lrfm_window_days": 30,
        "prospects_options": {"folds": 4},
        "value_options": {"k": 3},
    }
    assert other.dbt("parse", *WHOLE_LOG, **variables).returncode == 0
    log = (tmp_path / "logs" / "dbt.log").read_text()
    assert "Partial parsing enabled: 0 files deleted, 0 files added" in log
    found = known(other)
    assert found["nodes"]["model.segmentation.value_model"]["config"]["meta"]["refit"] is True
    assert other.dbt("parse", "--no-partial-parse", **variables).returncode == 0
    assert found == known(other)
