"""A build that is killed: readers can tell, and the next one leaves what an undisturbed one leaves.

SEGMENTATION_KILLS says how many, half of them of refits; `make test-kills` takes 40.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from builds import LIST_OF_RUNS, QUICK, Warehouse

pytestmark = pytest.mark.long


KILLS = int(os.environ.get("SEGMENTATION_KILLS", "6"))
NO_TESTS = ("--exclude", "resource_type:unit_test", "resource_type:test")
SAMPLE: dict[str, Any] = {"dataset": "sample", **QUICK}


FITS = "select segmentation, count(*) from marts.rpt_model_history group by segmentation"


def kill_after(warehouse: Warehouse, seconds: float, **variables: object) -> bool:
    """Start a build, kill it and all it started, and return whether it was still at work."""
    process = warehouse.start("build", *NO_TESTS, **variables)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    at_work = process.poll() is None
    if at_work:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return at_work


def latest_run(warehouse: Warehouse) -> tuple[int, bool]:
    """Return the number of the run that began last, and whether the marts are of it as a whole."""
    if not warehouse.path.exists() or LIST_OF_RUNS not in warehouse.tables():
        return 0, False
    (run,) = warehouse.query(f"select run_number, is_complete from {LIST_OF_RUNS} where is_latest")
    return run


def days_of_marts(warehouse: Warehouse) -> set[str]:
    """Return the days that marts say they are as of."""
    return {
        row[0]
        for mart in ("dim_segments", "fct_customer_segments", "dim_customers")
        for row in warehouse.query(f"select distinct as_of::varchar from marts.{mart}")
    }


def test_kills_at_random_moments(fresh: Warehouse) -> None:
    """Over the length of a build; the seed draws the same moments each time."""
    started = time.monotonic()
    fresh.build(*NO_TESTS, **SAMPLE)
    length = time.monotonic() - started
    undisturbed, tables = fresh.mart_hashes(), fresh.tables()
    fresh.path.unlink()
    draw = random.Random(20251231)
    killed = 0
    for _ in range(KILLS // 2):
        at_work = kill_after(fresh, draw.uniform(0.1, 0.8) * length, **SAMPLE)
        killed += at_work
        if latest_run(fresh)[1]:
            assert fresh.mart_hashes() == undisturbed
    # A quicker moment of the machine may let one of them finish.
    assert killed * 2 >= KILLS // 2
    fresh.build("--exclude", "resource_type:unit_test", **SAMPLE)
    assert latest_run(fresh)[1]
    assert fresh.mart_hashes() == undisturbed
    assert fresh.tables() == tables
    assert fresh.query("select count(*) from marts.rpt_model_history") == [(3,)]


def test_refits_killed_at_random_moments(fresh: Warehouse) -> None:
    """Each of another day than the one before, so that marts of two runs can be told apart."""
    started = time.monotonic()
    fresh.build(*NO_TESTS, **SAMPLE)
    length = time.monotonic() - started
    draw = random.Random(20260101)
    killed = 0
    for kill in range(KILLS - KILLS // 2):
        day = ("2025-11-30", "2025-12-31")[kill % 2]
        command = {**SAMPLE, "as_of": day, "refit": True}
        fits = dict(fresh.query(FITS))
        runs, is_complete = latest_run(fresh)
        assert is_complete
        marts = fresh.mart_hashes()
        killed += kill_after(fresh, draw.uniform(0.1, 0.8) * length, **command)
        run, is_complete = latest_run(fresh)
        has_ended = is_complete and run > runs
        if has_ended:
            assert days_of_marts(fresh) == {day}
        elif is_complete:
            assert fresh.mart_hashes() == marts
        else:
            assert run == runs + 1
        output = fresh.build(*NO_TESTS, **command)
        assert latest_run(fresh) == (run + 1, True)
        assert days_of_marts(fresh) == {day}
        # A run that ended before it was killed did what it was asked; then this is another request.
        more = 2 if has_ended else 1
        assert dict(fresh.query(FITS)) == {name: fits[name] + more for name in fits}, output
        assert set(
            fresh.query("select as_of::varchar from marts.rpt_model_history where is_in_force")
        ) == {(day,)}
    assert killed * 2 >= KILLS - KILLS // 2


def test_a_reader_that_holds_the_file_makes_a_build_fail_and_loses_nothing(
    fresh: Warehouse,
) -> None:
    """DuckDB lets one process write, or many read: the build says so and the marts stay."""
    fresh.build("--exclude", "resource_type:unit_test", "resource_type:test", **SAMPLE)
    before = fresh.mart_hashes()
    holding = (
        "import duckdb, sys; connection = duckdb.connect(sys.argv[1], read_only=True);"
        " print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(fresh.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        done = fresh.dbt("build", dataset="sample")
        reader.communicate("")
    assert done.returncode != 0
    held = f"{fresh.path} is open in another process, python3.11 (PID {reader.pid})"
    assert done.stdout.count(held) == 1
    assert "Traceback" not in done.stdout
    assert fresh.mart_hashes() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 3 MB, less than the sample needs."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


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
