"""The file that a whole build publishes: what is in it, and which runs leave it as it is."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from builds import QUICK, Warehouse, project_copy
from readers import read_while
from segmentation.backfill.listed_backfills import list_run
from segmentation.published.people import score_people

SAMPLE = {"dataset": "sample", **QUICK}
READERS, VERSIONS = 4, 5
COMMENTS = (
    "select table_name, column_name, data_type, comment from duckdb_columns()"
    " where schema_name = 'marts' and database_name = current_database()"
    " and not table_name like 'publication%' order by all"
)


def published(warehouse: Warehouse) -> Warehouse:
    """Return the published file of a warehouse, to be queried as one."""
    file = Warehouse(warehouse.folder, warehouse.project)
    file.path = warehouse.folder / "published" / "segments.duckdb"
    return file


def run_of(file: Path) -> str:
    """Return which run a file is of, as a process that opens it now reads it."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as published (read_only)")
        ((run,),) = connection.sql("select run_id from published.marts.publication").fetchall()
    return str(run)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def test_a_build_publishes_its_marts(sample: Warehouse) -> None:
    """The same tables and rows in the same order, with their comments, and nothing else."""
    file = published(sample)
    assert names(file.path.parent) == ["segments.duckdb"]
    marts = [table for table in sample.tables() if table.startswith("marts.")]
    tables = {table for table in file.tables() if not table.startswith("scoring.")}
    assert tables == {*marts, "marts.publication", "marts.publication_tables"}
    assert len(marts) >= 28
    with file.reading() as readers, sample.reading() as builders:
        for mart in marts:
            rows = f"select to_json(mart)::varchar from {mart} as mart"
            assert readers.sql(rows).fetchall() == builders.sql(rows).fetchall(), mart
        counted = [
            (
                mart.removeprefix("marts."),
                *builders.sql(f"select count(*) from {mart}").fetchall()[0],
            )
            for mart in sorted(marts)
        ]
    assert file.query(COMMENTS) == sample.query(COMMENTS)
    assert not file.query(
        "select table_name from duckdb_tables() where comment is null"
        " union all select column_name from duckdb_columns() where comment is null"
        " and database_name = 'segments' and schema_name = 'marts'"
    )
    assert file.query("from marts.publication_tables") == counted


def test_a_build_publishes_what_scores_people(sample: Warehouse) -> None:
    """The same rows as in the warehouse; of the models, the current ones."""
    file = published(sample)
    sources = {
        "value_model": "segmentation.value_model",
        "profile_model": "segmentation.profile_model",
        "prospects_model": "segmentation.prospects_model",
        "segments": "segmentation.all_segments",
        "feature_words": "seeds.feature_words",
        "value_features": "intermediate.int_value_features",
        "profile_features": "intermediate.int_profile_features",
        "prospects_features": "intermediate.int_prospect_features where is_prospect",
    }
    found = {table for table in file.tables() if table.startswith("scoring.")}
    assert found == {f"scoring.{name}" for name in sources}
    for name, source in sources.items():
        rows = "select to_json(t)::varchar as row from (from {}) as t order by row"
        assert file.query(rows.format(f"scoring.{name}")) == sample.query(rows.format(source)), name


def test_the_published_file_says_of_which_run_it_is(sample: Warehouse) -> None:
    run = (
        "select run_number, run_id, started_at, ended_at, dataset, variant, as_of from {}"
        " where run_number = 1"
    )
    file = published(sample)
    assert file.query(run.format("marts.publication")) == sample.query(
        run.format("marts.rpt_builds")
    )
    ((versions,),) = file.query("select model_versions from marts.publication")
    assert versions.split(", ") == [
        row[0]
        for row in sample.query(
            "select model_version from marts.rpt_model_history where is_in_force"
            " order by segmentation"
        )
    ]


def test_people_are_scored_with_the_published_file(sample: Warehouse) -> None:
    people = sample.frame("from marts.dim_customers order by customer_id limit 50")
    for segmentation in ("value", "profile"):
        found, expected = (
            score_people(people, segmentation=segmentation, warehouse=path)
            for path in (published(sample).path, sample.path)
        )
        pd.testing.assert_frame_equal(found, expected)


def test_the_summary_of_the_published_file(sample: Warehouse) -> None:
    file = published(sample).path
    said = [
        subprocess.run(
            [sys.executable, "-m", "segmentation", "summary", "--warehouse", str(path)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for path in (file, sample.path)
    ]
    # Both name the published file as the one to open.
    assert all(f"Where to look next, in {file}" in summary for summary in said)
    assert "At Risk" in said[0]
    assert said[0] == said[1].replace(str(sample.path), str(file))


@pytest.fixture(scope="module")
def untested(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the sample again with a project whose only test warns: its whole builds are quick."""
    folder = tmp_path_factory.mktemp("untested")
    project = project_copy(folder / "project")
    settings = (project / "dbt_project.yml").read_text()
    settings = settings.replace(
        "data_tests:\n  segmentation:\n", "data_tests:\n  segmentation:\n    +enabled: false\n"
    )
    assert "+enabled: false" in settings
    (project / "dbt_project.yml").write_text(
        settings + "\nunit_tests:\n  segmentation:\n    +enabled: false\n"
    )
    only_test(project).write_text(WARNING)
    warehouse = Warehouse(folder, project)
    shutil.copy(sample.path, warehouse.path)
    said = warehouse.build(**SAMPLE)
    # A warning is no failure.
    assert "Warning in test nothing_is_right" in said
    assert published(warehouse).path.exists()
    return warehouse


WARNING = "{{ config(enabled=true, severity='warn') }}\nselect 1"
# It fails when all models are built.
FAILURE = "{{ config(enabled=true) }}\nselect 1 from {{ ref('dim_segments') }}"


def only_test(project: Path) -> Path:
    return project / "tests" / "data" / "nothing_is_right.sql"


@pytest.mark.long
def test_runs_that_publish_nothing(untested: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    file = published(untested).path
    before, content = run_of(file), file.read_bytes()
    runs = untested.query("select count(*) from marts.rpt_builds")[0][0]
    for arguments in (("build", "--select", "dim_segments"), ("run",)):
        assert untested.dbt(*arguments, **SAMPLE).returncode == 0
    only_test(untested.project).write_text(FAILURE)
    failed = untested.dbt("build", **SAMPLE)
    only_test(untested.project).write_text(WARNING)
    assert "Failure in test nothing_is_right" in failed.stdout
    # What cannot be published is known before the first model.
    monkeypatch.setenv("SEGMENTATION_PUBLISHED", str(untested.folder))
    refused = untested.dbt("build", **SAMPLE)
    said = " ".join(refused.stdout.split())
    assert "Nothing was built, because of 1 mistake: - The published file" in said
    assert "is a folder. Name a file in it" in said
    assert untested.query("select count(*) from marts.rpt_builds")[0][0] == runs + 3
    assert (run_of(file), file.read_bytes()) == (before, content)
    assert names(file.parent) == ["segments.duckdb"]


@pytest.mark.long
def test_a_build_that_is_killed_while_it_publishes(untested: Warehouse) -> None:
    file = published(untested).path
    before = run_of(file)
    process = untested.start("build", **SAMPLE)
    # An empty one is there before the build, for a moment: whether it can be written.
    while process.poll() is None and not any(map(has_content, file.parent.glob("*.next-*"))):
        time.sleep(0.005)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert run_of(file) == before
    assert len(names(file.parent)) > 1
    output = untested.build(publish_parquet=True, **SAMPLE)
    assert f"marts to {file}" in output
    assert names(file.parent) == ["segments.duckdb", "segments_parquet"]
    parquet = duckdb.sql(f"select run_id from '{file.parent}/segments_parquet/publication.parquet'")
    assert [(run_of(file),)] == parquet.fetchall()
    shutil.rmtree(file.parent / "segments_parquet")


@pytest.mark.long
def test_a_disk_without_room_for_the_published_file(
    untested: Warehouse, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build fails and says so; its marts are complete, and readers keep what they had."""
    file = small_disk / "segments.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.publication as select 'before' as run_id")
    monkeypatch.setenv("SEGMENTATION_PUBLISHED", str(file))
    done = untested.dbt("build", **SAMPLE)
    assert done.returncode != 0
    said = " ".join(done.stdout.split())
    assert (
        f"The marts were built and not published to {file}; readers keep what was there: the disk"
        " is full. Make room and build again." in said
    )
    assert "keyboard interrupt" not in said
    assert run_of(file) == "before"
    assert names(small_disk) == ["segments.duckdb"]
    assert untested.query("select is_complete from marts.rpt_builds where is_latest") == [(True,)]
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    untested.build(**SAMPLE)
    assert [(run_of(file),)] == untested.query(
        "select run_id from marts.rpt_builds where is_latest"
    )


def publish_again(warehouse: Warehouse) -> None:
    """Publish the marts as those of a run of its own, as a backfill does."""
    with duckdb.connect(str(warehouse.path)) as connection:
        run = list_run(connection, "segmentation.build_runs", dt.datetime.now(dt.UTC), marts=0)
    arguments = ("--args", json.dumps({"run_id": run}))
    done = warehouse.dbt("run-operation", "publish_again", *arguments, **SAMPLE)
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_readers_while_versions_are_published(untested: Warehouse) -> None:
    """Each reads in a process of its own, through SQLAlchemy; all see every version whole.

    A build publishes the last one. The others have the same marts and another run: to readers, who
    never see the warehouse, they are versions like others.
    """
    file = published(untested).path
    runs = {run_of(file)}
    with read_while(file, readers=READERS, pause=2) as readings:
        for number in range(1, VERSIONS + 1):
            if number < VERSIONS:
                publish_again(untested)
            else:
                untested.build(**SAMPLE)
            # One of them has begun a read since.
            readings.wait_for_reads(2 * READERS)
            runs.add(run_of(file))
    assert readings.errors == []
    assert len(runs) == VERSIONS + 1
    assert readings.runs == runs
    assert readings.last_runs == {run_of(file)}
