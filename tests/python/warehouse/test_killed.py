"""A build that is killed: the next one succeeds and leaves what an undisturbed one leaves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from builds import QUICK, Warehouse

pytestmark = pytest.mark.long


SAMPLE: dict[str, Any] = {"dataset": "sample", **QUICK}


def kill_after(warehouse: Warehouse, seconds: float, **variables: object) -> bool:
    """Start a build, kill it and all it started, and return whether it was still at work."""
    process = warehouse.start("build", **variables)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    at_work = process.poll() is None
    if at_work:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return at_work


def test_ten_kills_at_random_moments(fresh: Warehouse) -> None:
    """Over the length of a build; the seed draws the same ten moments each time."""
    started = time.monotonic()
    fresh.build("--exclude", "resource_type:unit_test", **SAMPLE)
    length = time.monotonic() - started
    undisturbed, tables = fresh.mart_hashes(), fresh.tables()
    fresh.path.unlink()
    draw = random.Random(20251231)
    killed = sum(kill_after(fresh, draw.uniform(0.2, 1.0) * length, **SAMPLE) for _ in range(10))
    # A quicker moment of the machine may let one of them finish.
    assert killed >= 5
    fresh.build(**SAMPLE)
    assert fresh.mart_hashes() == undisturbed
    assert fresh.tables() == tables
    assert fresh.query("select count(*) from marts.rpt_model_history") == [(3,)]


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
    assert "Could not set lock on file" in done.stdout
    assert fresh.mart_hashes() == before
