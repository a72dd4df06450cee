"""The process of a backfill before dbt begins, and what the command shows of it."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console
from segmentation.backfill import process
from segmentation.backfill.job import BackfillJob
from segmentation.backfill.planned_days import PlannedDay
from segmentation.cli.backfill import BackfillProgress
from segmentation.published.turns import alone_in
from small_history import write_history


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BackfillJob:
    """Return a job for a small warehouse, which the process is started with."""
    days = (PlannedDay(dt.date(2025, 6, 30), ("value", "profile")),)
    warehouse = write_history(tmp_path / "warehouse.duckdb")
    job = BackfillJob(warehouse, None, {"dataset": "shop"}, days)
    file = tmp_path / "job.json"
    file.write_text(job.written())
    monkeypatch.setattr(sys, "argv", ["process", str(file)])
    return job


def ended(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    """Run the process here, and return its exit code and what it said."""
    code = process.main()
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_job_is_read_as_it_was_written(job: BackfillJob) -> None:
    assert BackfillJob.read(job.written()) == job
    published = BackfillJob(job.warehouse, Path("p.duckdb"), {}, ())
    assert BackfillJob.read(published.written()) == published
    assert job.copy == job.warehouse.parent / "warehouse.duckdb.backfill" / "warehouse.duckdb"


def test_a_second_backfill_ends_and_leaves_the_first_alone(
    job: BackfillJob, capsys: pytest.CaptureFixture[str]
) -> None:
    job.folder.mkdir()
    (job.folder / "copy").touch()
    with alone_in(job.folder):
        code, said = ended(capsys)
    assert (code, said[0]["backfill"]) == (1, "failed")
    assert said[0]["message"].startswith(f"Another backfill of {job.warehouse} is at work.")
    assert (job.folder / "copy").exists()


def test_what_a_killed_backfill_left_is_removed_and_an_error_is_said(
    job: BackfillJob, capsys: pytest.CaptureFixture[str]
) -> None:
    (job.folder / "target").mkdir(parents=True)
    (job.folder / "warehouse.duckdb").write_text("half a copy")
    with duckdb.connect(str(job.warehouse)) as connection:
        connection.execute("drop table segmentation.segment_log")
    code, said = ended(capsys)
    assert (code, len(said)) == (1, 1)
    assert "The warehouse has no table segment_log" in said[0]["message"]
    assert not job.folder.exists()


def test_a_file_that_is_no_warehouse_is_said(
    job: BackfillJob, capsys: pytest.CaptureFixture[str]
) -> None:
    job.warehouse.write_bytes(b"no database" * 1000)
    code, said = ended(capsys)
    assert (code, said[0]["backfill"]) == (1, "failed")
    assert not job.folder.exists()


def test_what_the_command_shows() -> None:
    console = Console(file=io.StringIO(), width=200)
    progress = BackfillProgress(console, 2)
    events: list[dict[str, Any]] = [
        {"backfill": "reading"},
        {"backfill": "begins", "day": "2025-06-30"},
        {"backfill": "waiting", "file": "w.duckdb", "holder": "dbt (PID 7)"},
        {"backfill": "filled", "day": "2025-06-30"},
        {"backfill": "marts"},
        {"backfill": "done", "published": None, "not_published_because": "it is older."},
        {"backfill": "failed", "message": "the disk is full"},
    ]
    with progress.shown():
        for event in events:
            progress.take(json.dumps(event))
        progress.take("what dbt prints")
        progress.take("[1, 2]")
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "Waiting: w.duckdb is open in another process, dbt (PID 7)." in shown
    assert "2025-06-30 (1 of 2)" in shown
    assert "1 day filled; the marts of the history are up to date." in shown
    assert "Not published: it is older." in shown
    assert (progress.filled, progress.failure) == (1, "the disk is full")
