"""Which models a day of a backfill needs, and which of them are the same on all days."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from segmentation.backfill.dbt_runs import needed_nodes, undated_models

# A model, what it reads, and its code.
NODES: dict[str, tuple[list[str], str]] = {
    "seed.segmentation.words": ([], ""),
    "model.segmentation.orders": ([], "select 1"),
    "model.segmentation.checked": (["model.segmentation.orders"], "select {{ latest_day() }}"),
    "model.segmentation.counted": (["model.segmentation.checked"], "select 2"),
    "model.segmentation.shown": (["model.segmentation.orders"], "view"),
    "model.segmentation.after_view": (["model.segmentation.shown"], "select 3"),
    "model.segmentation.only_for_fits": ([], "select 4"),
    "model.segmentation.value_model": (["model.segmentation.only_for_fits"], "fits"),
    "model.segmentation.value_current_model": (["model.segmentation.value_model"], "select 5"),
    "model.segmentation.named": (["model.segmentation.orders", "seed.segmentation.words"], "as_of"),
    "model.segmentation.segment_log": (
        [
            "model.segmentation.counted",
            "model.segmentation.after_view",
            "model.segmentation.value_current_model",
            "model.segmentation.named",
            "source.segmentation.files",
        ],
        "select 6",
    ),
    "model.segmentation.mart": (["model.segmentation.segment_log"], "select 7"),
}
MACROS = {
    "macro.latest_day": ("{{ as_of_day() }}", ["macro.as_of_day", "macro.latest_day"]),
    "macro.as_of_day": ("var('as_of')", ["macro.latest_day"]),
    "macro.text": ("quotes", []),
}

# Says on the error stream why a run failed.
FAILING = """
import sys
import pytest
from segmentation.backfill.dbt_runs import ReadProject, RunFailedError
try:
    ReadProject({}).observe("2025-06-30", is_first=True)
except RunFailedError as error:
    sys.stderr.write(str(error))
"""


def manifest() -> Any:
    def node(name: str, reads: list[str], code: str) -> Any:
        macros = ["macro.text", "macro.unknown"]
        macros += ["macro.latest_day"] if "latest_day" in code else []
        return SimpleNamespace(
            resource_type=name.split(".")[0],
            depends_on_nodes=reads,
            depends_on=SimpleNamespace(macros=macros),
            raw_code=code,
            config=SimpleNamespace(materialized="view" if code == "view" else "table"),
        )

    return SimpleNamespace(
        nodes={name: node(name, *rest) for name, rest in NODES.items()},
        macros={
            name: SimpleNamespace(macro_sql=sql, depends_on=SimpleNamespace(macros=called))
            for name, (sql, called) in MACROS.items()
        },
    )


def names(ids: set[str]) -> set[str]:
    return {name.split(".")[-1] for name in ids}


def test_fits_and_what_only_they_read_are_not_needed() -> None:
    models, seeds = needed_nodes(manifest())
    assert names(models) == {
        *("orders", "checked", "counted", "shown", "after_view"),
        *("value_current_model", "named", "segment_log"),
    }
    assert names(seeds) == {"words"}


def test_tables_that_no_day_changes_are_built_once() -> None:
    """Neither views, nor what reads a day itself, by a macro of a macro, or from another model."""
    found = manifest()
    assert names(undated_models(found, needed_nodes(found)[0])) == {"orders"}


@pytest.mark.long
def test_what_dbt_says_has_no_colours(tmp_path: Path) -> None:
    """It may end in a pipe or in a log."""
    for name, text in {
        "dbt_project.yml": "{name: segmentation, profile: shop}",
        "profiles.yml": "shop: {target: t, outputs: {t: {type: duckdb, path: ':memory:'}}}",
        "models/segment_log.sql": "select * from nowhere",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    folders = dict.fromkeys(("DBT_PROJECT_DIR", "DBT_PROFILES_DIR"), str(tmp_path))
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    # In a process of its own: dbt leaves files open.
    done = subprocess.run(
        [sys.executable, "-c", FAILING], cwd=tmp_path, env=kept | folders, stderr=subprocess.PIPE
    )
    said = done.stderr.decode()
    assert said.startswith("Failure in model segment_log"), said
    assert "Table with name nowhere does not exist" in said
    assert "\x1b" not in said
