"""Runs contenders in turns (A B A B), each in a separate process.

The machine's mood changes from minute to minute. What is reported is therefore the median of the
ratios of neighbours; seconds are kept beside it as they were.

This process imports nothing but the standard library: on Linux a child starts out with the peak
memory of the process that it was forked from.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contender import MARK

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Entry:
    """A contender: a function of a module, and its arguments."""

    module: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Lap:
    """Time and memory of one run of a contender.

    Attributes
    ----------
    seconds, cpu_seconds : float
        Of the work alone: neither Python's start nor imports.
    peak_megabytes : float
        Largest resident size of the whole process.
    facts : dict
        What the contender says of its work.
    """

    seconds: float
    cpu_seconds: float
    peak_megabytes: float
    facts: dict[str, Any]

    def rounded(self) -> dict[str, float]:
        """Return the figures as the results file keeps them."""
        return {
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "peak_megabytes": round(self.peak_megabytes),
        }


def run(entry: Entry) -> Lap:
    """Run one contender in a process of its own.

    Raises
    ------
    RuntimeError
        If it fails; the message holds the end of what it printed.
    """
    # Flush the writes of the previous contender before this one is timed.
    os.sync()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.contender",
            entry.module,
            entry.name,
            json.dumps(dict(entry.arguments)),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    figures = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not figures:
        raise RuntimeError(
            f"{entry.module}.{entry.name} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )
    return Lap(**json.loads(figures[-1].removeprefix(MARK)))


def race(entries: Mapping[str, Entry], rounds: int) -> dict[str, list[Lap]]:
    """Run contenders by turns.

    Parameters
    ----------
    entries : mapping
        Label to contender, in the order in which they run.
    rounds : int
        How often each of them runs.

    Returns
    -------
    dict
        Label to laps, one per round.
    """
    laps: dict[str, list[Lap]] = {label: [] for label in entries}
    for turn in range(1, rounds + 1):
        for label, entry in entries.items():
            lap = run(entry)
            laps[label].append(lap)
            print(
                f"  round {turn}  {label}: {lap.seconds:.2f} s, CPU {lap.cpu_seconds:.2f} s, "
                f"peak {lap.peak_megabytes:.0f} MB",
                flush=True,
            )
    return laps


def ratio(
    name: str,
    above: Sequence[Lap],
    below: Sequence[Lap],
    *,
    figure: str = "seconds",
    at_most: float | None = None,
    at_least: float | None = None,
) -> dict[str, Any]:
    """Return the ratio of two contenders, and whether it meets its goal.

    Parameters
    ----------
    name : str
        What is divided by what, in words.
    above, below : sequence of Lap
        One lap per round each.
    figure : str
        An attribute of :class:`Lap`.
    at_most, at_least : float, optional
        The goal; none where the ratio is for information.
    """
    pairs = [getattr(a, figure) / getattr(b, figure) for a, b in zip(above, below, strict=True)]
    return judged(
        name,
        statistics.median(pairs),
        at_most=at_most,
        at_least=at_least,
        rounds=[round(pair, 3) for pair in pairs],
    )


def judged(
    name: str,
    value: float,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a figure beside its goal, and whether the goal was met."""
    goal, met = None, None
    if at_most is not None:
        goal, met = f"≤ {at_most:g}", value <= at_most
    elif at_least is not None:
        goal, met = f"≥ {at_least:g}", value >= at_least
    # Significant digits, so that a gap of a millionth is not rounded to 0.
    return {"name": name, "value": float(f"{value:.4g}"), "goal": goal, "met": met, **more}


def raw_figures(laps: Mapping[str, Sequence[Lap]]) -> dict[str, list[dict[str, float]]]:
    """Return every lap of every contender for the results file."""
    return {label: [lap.rounded() for lap in of_label] for label, of_label in laps.items()}
