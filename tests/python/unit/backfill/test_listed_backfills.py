"""Backfills in the list of runs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
from segmentation.backfill.listed_backfills import list_run, only_backfills_after
from small_history import write_history

RUNS = "segmentation.build_runs"


def test_a_backfill_is_the_last_run_and_keeps_what_the_run_before_is_of(tmp_path: Path) -> None:
    began = dt.datetime(2026, 1, 1, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    with duckdb.connect(str(write_history(tmp_path / "warehouse.duckdb"))) as connection:
        assert only_backfills_after(connection, RUNS, "first")
        run = list_run(connection, RUNS, began, 2)
        assert connection.execute(
            f"select run_number, command, started_at::varchar, ended_at > started_at, dataset,"
            f" models, models_built, models_before from {RUNS} where run_id = '{run}'"
        ).fetchall() == [(2, "backfill", "2026-01-01 10:00:00", True, "shop", 9, 2, "{}")]
        assert only_backfills_after(connection, RUNS, "first")
        assert only_backfills_after(connection, RUNS, run)
        assert not only_backfills_after(connection, RUNS, "unknown")
        connection.execute(
            f"insert into {RUNS} by name select 3 as run_number, 'third' as run_id,"
            f" 'build' as command"
        )
        assert not only_backfills_after(connection, RUNS, "first")
        assert only_backfills_after(connection, RUNS, "third")
