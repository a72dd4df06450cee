"""Folders, files and vars with spaces, quotes and dollar signs: real calls of make and dbt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from builds import PROJECT, Warehouse, project_copy

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project in a folder whose name is hard on shells, SQL and globs."""
    project = project_copy(tmp_path_factory.mktemp("clones") / "it's a [b]$clone")
    shutil.copy(PROJECT / "Makefile", project)
    (project / ".venv").symlink_to(sys.prefix)
    return project


def make(clone: Path, *arguments: str) -> str:
    """Call make as a user does, with the tools that are installed; return what it says."""
    settings = ("SEGMENTATION_", "DBT_", "MAKE", "MFLAGS", "VARS", "DATASET")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(settings)}
    done = subprocess.run(
        ["make", "--old-file=.venv/installed", "build", *arguments],
        cwd=clone,
        env=environment | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_make_passes_settings_unchanged(clone: Path) -> None:
    said = make(
        clone,
        "DATASET=sample",
        'VARS=as_of: "it\'s $HOME $(HOME)", refit: true',
        "SEGMENTATION_WAREHOUSE=a$b c.duckdb",
    )
    assert "as_of is 'it's $HOME $(HOME)'. It must be a day" in said
    said = make(clone, "DATASET=sample", "SEGMENTATION_WAREHOUSE=no folder/a$b.duckdb")
    assert "There is no folder no folder for the warehouse a$b.duckdb. Make it first." in said
    assert "Traceback" not in said


def test_seeds_and_sources_in_such_a_folder_and_file(clone: Path) -> None:
    warehouse = Warehouse(clone.parent, clone)
    folder = clone.parent / "it's a $folder"
    folder.mkdir()
    warehouse.path = folder / "[my]-shop $1.duckdb"
    selected = ("age_groups", "stg_complete_journey__orders", "int_run_settings")
    # Tests of all the data are about tables that are not there.
    refused = warehouse.dbt("build", "--select", *selected, dataset="complete_journey")
    advice = f"--select {' '.join(selected)} --indirect-selection buildable --vars "
    assert advice in refused.stdout
    arguments = ("--select", *selected, "--indirect-selection", "buildable")
    warehouse.build(*arguments, dataset="complete_journey")
    assert warehouse.query("select count(*) > 1 from seeds.age_groups") == [(True,)]
    assert warehouse.query("select count(*) from staging.stg_complete_journey__orders") == [
        (155848,)
    ]
