"""Run benchmarks and keep their figures: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import (
    backfill,
    build,
    classifier,
    fit,
    kprototypes,
    lifetime_value,
    lrfm,
    machine,
    mixed_fit,
    mixed_scoring,
    publishing,
    scoring,
    service,
    whole_build,
)

BENCHMARKS = {
    "scoring": scoring,
    "fit": fit,
    "kprototypes": kprototypes,
    "mixed_scoring": mixed_scoring,
    "mixed_fit": mixed_fit,
    "lrfm": lrfm,
    "classifier": classifier,
    "build": build,
    "whole_build": whole_build,
    "publishing": publishing,
    "service": service,
    "lifetime_value": lifetime_value,
    "backfill": backfill,
}
LATEST = Path(__file__).parent / "results" / "latest.json"


def main() -> None:
    """Read the command line, run, and write the results file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "--rows",
        type=int,
        help="rows (lrfm: orders; whole_build, publishing: customers; backfill: days); each its own"
        " by default",
    )
    parser.add_argument("--rounds", type=int, help="how often each contender runs")
    parser.add_argument("--into", type=Path, default=LATEST, help="the results file")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}")
    given = {name: value for name in ("rows", "rounds") if (value := getattr(asked, name))}
    for name in asked.names or BENCHMARKS:
        print(name, flush=True)
        measured_on = machine.facts()
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            entry = BENCHMARKS[name].measure(Path(folder), **given)
        # Written after each one, so that a later failure loses no figures.
        keep(asked.into, entry, measured_on)
        for figure in entry["figures"]:
            goal = f"  (goal {figure['goal']})" if figure["goal"] else ""
            print(f"  {figure['name']}: {figure['value']:g}{goal}", flush=True)


def keep(path: Path, entry: dict[str, Any], measured_on: dict[str, Any]) -> None:
    """Replace one benchmark's entry in a results file; the other entries stay."""
    entries = json.loads(path.read_text())["benchmarks"] if path.is_file() else []
    found = {old["name"]: old for old in entries}
    found[entry["name"]] = {**entry, "load_average_at_start": measured_on["load_average"]}
    results = {
        "machine": {key: fact for key, fact in measured_on.items() if key != "load_average"},
        "benchmarks": [found[name] for name in BENCHMARKS if name in found],
    }
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
