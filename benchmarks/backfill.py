"""A backfill of past months beside builds as of the same days, of two data sets.

A build is what `segmentation build` does: data tests, no unit tests. Only the first two of the days
are built, and the time of a build is taken times the number of days. The models are those of a
build with its defaults.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contender import Work
from benchmarks.race import PROJECT, Entry, judged, race, raw_figures

DAYS = 9
ROUNDS = 1
# A data set, and the last of its days: a month before that of its build.
DATA_SETS = {"sample": "2025-11-30", "complete_journey": "2017-11-30"}
BUILT_DAYS = 2


def measure(folder: Path, rows: int = DAYS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file; `rows` are days."""
    figures: list[dict[str, Any]] = []
    raw: dict[str, Any] = {}
    for dataset, last in DATA_SETS.items():
        where = {"folder": str(folder / dataset), "dataset": dataset}
        days = {"days": month_ends(last, rows)}
        laps = race(
            {
                f"{dataset}, first build": Entry(__name__, "first_build", where),
                f"{dataset}, backfill": Entry(__name__, "backfill", where | days),
                f"{dataset}, builds": Entry(__name__, "builds", where | days),
            },
            rounds,
        )
        _, filled, built = laps.values()
        for figure, label in (("seconds", ""), ("cpu_seconds", ", CPU")):
            ratios = [
                getattr(builds, figure) / BUILT_DAYS * rows / getattr(fill, figure)
                for builds, fill in zip(built, filled, strict=True)
            ]
            figures.append(
                judged(
                    f"{dataset}: {rows} builds / backfill of {rows} days{label}",
                    sorted(ratios)[len(ratios) // 2],
                    at_least=5,
                )
            )
        raw |= raw_figures(laps)
    return {
        "name": "backfill",
        "what": f"the last {rows} months of two data sets",
        "figures": figures,
        "raw": raw,
    }


def month_ends(last: str, number: int) -> list[str]:
    """Return so many ends of months, of which the last is given."""
    import datetime as dt

    days = [dt.date.fromisoformat(last)]
    while len(days) < number:
        days.append(days[-1].replace(day=1) - dt.timedelta(days=1))
    return [day.isoformat() for day in reversed(days)]


def first_build(folder: str, dataset: str) -> Work:
    """Build the data set as of its own day: models are fitted."""
    shutil.rmtree(folder, ignore_errors=True)
    Path(folder).mkdir(parents=True)

    def work() -> dict[str, Any]:
        return _run(folder, "build", "--vars", json.dumps({"dataset": dataset}))

    return work


def backfill(folder: str, dataset: str, days: Sequence[str]) -> Work:
    """Fill the history with the days."""
    period = ["--from", days[0], "--to", days[-1], "--every", "month"]

    def work() -> dict[str, Any]:
        variables = json.dumps({"dataset": dataset})
        return _run(folder, "backfill", *period, "--yes", "--vars", variables)

    return work


def builds(folder: str, dataset: str, days: Sequence[str]) -> Work:
    """Build as of the first of the days, one after another."""

    def work() -> dict[str, Any]:
        for day in days[:BUILT_DAYS]:
            _run(folder, "build", "--vars", json.dumps({"dataset": dataset, "as_of": day}))
        return {}

    return work


def _run(folder: str, *arguments: str) -> dict[str, Any]:
    environment = os.environ | {
        "SEGMENTATION_WAREHOUSE": str(Path(folder) / "warehouse.duckdb"),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(Path(folder) / "target"),
        "DBT_LOG_PATH": str(Path(folder) / "logs"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "segmentation", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return {}
