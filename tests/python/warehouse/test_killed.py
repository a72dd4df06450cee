"""A build that is killed: readers can tell, and the next one leaves what an undisturbed one leaves.

It is killed while it fits and while it writes marts; a refit, when one of its models is stored and
the others are not. SEGMENTATION_KILLS asks for so many kills at random moments instead, half of
them of refits; `make test-kills` takes 40.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from builds import LISTS_OF_RUNS, NO_TESTS, QUICK, Warehouse

pytestmark = pytest.mark.long

KILLS = int(os.environ.get("SEGMENTATION_KILLS", "0"))
SAMPLE: dict[str, Any] = {"dataset": "sample", **QUICK}


FITS = "select segmentation, count(*) from marts.rpt_model_history group by segmentation"


class Moment(NamedTuple):
    """A moment of a build, which is the same on a slow machine: such a log, and a little later."""

    log_size: float = 0
    # What stands in the log when a model begins.
    begun: str = ""
    seconds: float = 0

    @classmethod
    def drawn(cls, draw: random.Random, log_size: int) -> Moment:
        """Draw a moment of a build that leaves a log of this size."""
        return cls(draw.uniform(0.1, 0.8) * log_size, seconds=draw.uniform(0, 0.5))

    def has_come(self, log: Path) -> bool:
        """Say whether a log is that of this moment or of a later one."""
        return (
            log.exists() and log.stat().st_size >= self.log_size and self.begun in log.read_text()
        )


def begins(table: str) -> Moment:
    """Return the moment at which a build begins to make a table."""
    return Moment(begun=f"model {table} .")


def moments(chosen: list[Moment], kills: int, seed: int, log_size: int) -> list[Moment]:
    """Return so many random moments, where they are asked for, or the chosen ones."""
    draw = random.Random(seed)
    return [Moment.drawn(draw, log_size) for _ in range(kills)] if KILLS else chosen


def kill_at(warehouse: Warehouse, moment: Moment, **variables: object) -> bool:
    """Start a build, kill it and all it started, and return whether it was still at work."""
    log = warehouse.folder / "logs" / "dbt.log"
    log.unlink(missing_ok=True)
    process = warehouse.start("build", *NO_TESTS, **variables)
    while process.poll() is None and not moment.has_come(log):
        # Reading a log of some megabytes takes longer than asking for its size.
        time.sleep(0.2 if moment.begun else 0.02)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment.seconds)
    at_work = process.poll() is None
    if at_work:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return at_work


def latest_run(warehouse: Warehouse) -> tuple[int, bool]:
    """Return the number of the run that began last, and whether the marts are of it as a whole."""
    if not warehouse.path.exists() or LISTS_OF_RUNS[0] not in warehouse.tables():
        return 0, False
    (run,) = warehouse.query(
        f"select run_number, is_complete from {LISTS_OF_RUNS[0]} where is_latest"
    )
    return run


def days_of_marts(warehouse: Warehouse) -> set[str]:
    """Return the days that marts say they are as of."""
    return {
        row[0]
        for mart in ("dim_segments", "fct_customer_segments", "dim_customers")
        for row in warehouse.query(f"select distinct as_of::varchar from marts.{mart}")
    }


def log_size_of(built: Warehouse) -> int:
    return (built.folder / "logs" / "dbt.log").stat().st_size


def test_killed_builds(fresh: Warehouse, sample_by_one_thread: Warehouse) -> None:
    """At random moments, they are drawn over the log of a build: the same ones each time."""
    marts, tables = sample_by_one_thread.mart_hashes(), sample_by_one_thread.tables()
    chosen = [begins("segmentation.prospects_model"), begins("marts.dim_segments")]
    kills = moments(chosen, KILLS // 2, 20251231, log_size_of(sample_by_one_thread))
    killed = 0
    for moment in kills:
        killed += kill_at(fresh, moment, **SAMPLE)
        if latest_run(fresh)[1]:
            assert fresh.mart_hashes() == marts
    # A build logs more or less as models take turns: one may end before its random moment.
    assert killed * 2 >= len(kills) if KILLS else killed == len(kills)
    fresh.build(*NO_TESTS, **SAMPLE)
    assert latest_run(fresh)[1]
    assert fresh.mart_hashes() == marts
    assert fresh.tables() == tables
    assert fresh.query("select count(*) from marts.rpt_model_history") == [(4,)]


def test_killed_refits(sample_by_one_thread: Warehouse, tmp_path: Path) -> None:
    """Each of another day than the one before, so that marts of two runs can be told apart."""
    built = sample_by_one_thread.copy(tmp_path)
    kills = moments(
        [begins("segmentation.value_segments")],
        KILLS - KILLS // 2,
        20260101,
        log_size_of(sample_by_one_thread),
    )
    killed = 0
    # Once for both days: kills hit the build.
    assert built.dbt("parse", **SAMPLE, refit=True).returncode == 0
    for kill, moment in enumerate(kills):
        day = ("2025-11-30", "2025-12-31")[kill % 2]
        command = {**SAMPLE, "as_of": day, "refit": True}
        fits = dict(built.query(FITS))
        runs, is_complete = latest_run(built)
        assert is_complete
        marts = built.mart_hashes()
        killed += kill_at(built, moment, **command)
        run, is_complete = latest_run(built)
        has_ended = is_complete and run > runs
        if has_ended:
            assert days_of_marts(built) == {day}
        elif is_complete:
            assert built.mart_hashes() == marts
        else:
            assert run == runs + 1
        output = built.build(*NO_TESTS, **command)
        assert latest_run(built) == (run + 1, True)
        assert days_of_marts(built) == {day}
        # A run that ended before it was killed did what it was asked; then this is another request.
        more = 2 if has_ended else 1
        assert dict(built.query(FITS)) == {name: fits[name] + more for name in fits}, output
        assert set(
            built.query("select as_of::varchar from marts.rpt_model_history where is_in_force")
        ) == {(day,)}
    assert killed * 2 >= len(kills) if KILLS else killed == len(kills)


def test_a_reader_that_holds_the_file_makes_a_build_fail_and_loses_nothing(
    sample: Warehouse, tmp_path: Path
) -> None:
    """DuckDB lets one process write, or many read: the build says so and the marts stay."""
    built = sample.copy(tmp_path)
    before = built.mart_hashes()
    holding = (
        "import duckdb, sys; connection = duckdb.connect(sys.argv[1], read_only=True);"
        " print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(built.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        done = built.dbt("build", **SAMPLE)
        reader.communicate("")
    assert done.returncode != 0
    held = f"{built.path} is open in another process, python3.11 (PID {reader.pid})"
    assert done.stdout.count(held) == 1
    assert "Traceback" not in done.stdout
    assert built.mart_hashes() == before


def test_a_full_disk_is_named_and_the_next_build_goes_on(
    fresh: Warehouse, small_disk: Path
) -> None:
    fresh.path = small_disk / "warehouse.duckdb"
    done = fresh.dbt("build", *NO_TESTS, **SAMPLE)
    assert done.returncode != 0
    assert done.stdout.count(f"The disk is full: no room for the warehouse {fresh.path} to") == 1
    assert "keyboard interrupt" not in done.stdout
    assert not latest_run(fresh)[1]
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    fresh.build(*NO_TESTS, **SAMPLE)
    assert latest_run(fresh)[1]
