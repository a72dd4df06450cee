"""Put the figures of the results file into the documentation: ``python -m benchmarks.report``."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.race import PROJECT

RESULTS = PROJECT / "benchmarks" / "results" / "latest.json"
PAGE = PROJECT / "docs" / "performance.md"
BEGIN = "<!-- figures: python -m benchmarks.report -->"
END = "<!-- end of figures -->"


def main() -> None:
    """Replace the text between the two markers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=main.__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args()
    page = asked.page.read_text()
    written = between_markers(page, figures(json.loads(asked.results.read_text())))
    asked.page.write_text(written)


def between_markers(page: str, text: str, begin: str = BEGIN, end: str = END) -> str:
    """Return a page with the text between its markers replaced.

    Parameters
    ----------
    page, text : str
    begin, end : str
        The markers.

    Raises
    ------
    ValueError
        If the page does not have both markers, in order.
    """
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"The page needs the lines {begin} and {end}, in this order.")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def figures(results: dict[str, Any]) -> str:
    """Return all figures as Markdown."""
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    parts = [
        f"Measured on {machine['cores']} cores ({machine['architecture']}) with "
        f"{machine['memory_gigabytes']:g} GB, Python {machine['python']}, {versions}.",
        table(
            ["benchmark", "figure", "value", "goal", "met"],
            [
                [
                    entry["name"],
                    figure["name"],
                    f"{figure['value']:,.4g}",
                    figure["goal"] or "",
                    {True: "yes", False: "**no**", None: ""}[figure["met"]],
                ]
                for entry in results["benchmarks"]
                for figure in entry["figures"]
            ],
            right=(2,),
        ),
    ]
    for entry in results["benchmarks"]:
        parts += [f"### {entry['name']}", f"{entry['what']}. Medians of the raw figures:"]
        parts.append(
            table(
                ["contender", "runs", "seconds", "CPU seconds", "peak MB"],
                [
                    [
                        label,
                        str(len(laps)),
                        f"{_median(laps, 'seconds'):,.2f}",
                        f"{_median(laps, 'cpu_seconds'):,.2f}",
                        f"{_median(laps, 'peak_megabytes'):,.0f}",
                    ]
                    for label, laps in entry["raw"].items()
                ],
                right=(1, 2, 3, 4),
            )
        )
        if "where_the_time_goes" in entry:
            parts += _account(entry["where_the_time_goes"])
    return "\n\n".join(parts)


def _account(spent: dict[str, Any]) -> list[str]:
    return [
        f"Of the last build's {spent['seconds']:.1f} seconds, "
        f"{spent['seconds_of_start_up_and_parsing']:.1f} went by while dbt started and parsed the "
        f"project, and {spent['seconds_of_running_nodes']:.1f} while it ran nodes, "
        f"{spent['threads']} at once:",
        table(
            ["kind", "nodes", "seconds, summed"],
            [
                [kind, str(of_kind["nodes"]), f"{of_kind['seconds']:.2f}"]
                for kind, of_kind in spent["node_seconds"].items()
            ],
            right=(1, 2),
        ),
        "The slowest:",
        table(
            ["node", "seconds"],
            [[f"`{node['node']}`", f"{node['seconds']:.2f}"] for node in spent["slowest_nodes"]],
            right=(1,),
        ),
    ]


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return a table as Markdown; the columns `right` are aligned to the right."""
    rule = ["---:" if i in right else "---" for i in range(len(head))]
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(rule)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _median(laps: Sequence[dict[str, float]], figure: str) -> float:
    return statistics.median(lap[figure] for lap in laps)


if __name__ == "__main__":
    main()
