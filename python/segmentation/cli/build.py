"""``segmentation build``: dbt builds everything, and says how far it is."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from segmentation.cli.conventions import CommandError, ExitCode, terminal
from segmentation.cli.dbt_events import STAGES, BuildProgress, stage_totals
from segmentation.cli.dbt_process import ProjectFolder, environment_of, project_folder, run_dbt
from segmentation.cli.seed_encoding import check_encoding
from segmentation.cli.summary import show_summary
from segmentation.cli.variables import read_variables, written_variables
from segmentation.published.files import published_file

# What dbt is asked for that makes a build no whole one.
_SELECTING = ("--select", "-s", "--models", "-m", "--exclude", "--selector", "--resource-type")
_STOPPED = (ExitCode.INTERRUPTED, ExitCode.TERMINATED)
# Failures that are shown; the log has all of them.
REASONS_SHOWN = 12


def build(
    context: typer.Context,
    project: ProjectFolder = None,
    variables: Annotated[
        str | None, typer.Option("--vars", help="Vars for dbt, e.g. 'as_of: 2024-06-30'.")
    ] = None,
    unit_tests: Annotated[
        bool,
        typer.Option("--unit-tests", help="Run the unit tests of the models too."),
    ] = False,
) -> None:
    """Build and test the warehouse, publish its marts, and show the segments.

    dbt runs as a process of its own, and this command ends with its exit code. Further options
    are handed on to `dbt build`. Ctrl-C or SIGTERM stops the build; the next one goes on from
    there.
    """
    console = terminal()
    folder = project_folder(project)
    check_encoding(folder)
    environment = environment_of(folder)
    warehouse = Path(environment["SEGMENTATION_WAREHOUSE"])
    published = published_file(str(warehouse), environment.get("SEGMENTATION_PUBLISHED", ""))
    if published:
        environment["SEGMENTATION_PUBLISHED"] = str(published)
    logs = folder / environment["DBT_LOG_PATH"]
    messages = logs / "build_messages.log"
    _install_packages(folder, environment, messages)
    arguments = ["build", "--log-format", "json", "--log-format-file", "text", *context.args]
    if asked := read_variables(variables):
        arguments += ["--vars", written_variables(asked)]
    whole = not any(argument.startswith(_SELECTING) for argument in context.args)
    if not unit_tests:
        arguments += ["--exclude-resource-type", "unit_test"]
    elif whole:
        # Else the project's default selector, which may leave them out.
        arguments += ["--select", "*"]
    progress = BuildProgress()
    said_before = messages.stat().st_size if messages.is_file() else 0
    began = time.monotonic()
    with _shown(console, progress, folder, environment, unit_tests if whole else None) as take:
        code = run_dbt(arguments, environment, messages, take)
    if code and code not in _STOPPED and not progress.reasons:
        # What dbt does not even begin, e.g. with an option that it does not know, is no event.
        progress.reasons += _written_since(messages, said_before)
    _say_result(console, progress, code, time.monotonic() - began, logs / "dbt.log")
    if code:
        raise typer.Exit(code)
    if warehouse.is_file():
        _show_segments(console, warehouse, is_whole=whole)


def _show_segments(console: Console, warehouse: Path, *, is_whole: bool) -> None:
    try:
        show_summary(warehouse, None)
    except CommandError:
        # A selection may well have built no mart yet.
        if is_whole:
            raise
        console.print("There are no segments yet: segmentation build, without a selection.")


def _install_packages(folder: Path, environment: dict[str, str], messages: Path) -> None:
    """Let dbt install the packages of a project that has not been built yet."""
    if not (folder / "packages.yml").is_file() or (folder / "dbt_packages").is_dir():
        return
    lines: list[str] = []
    if run_dbt(["deps"], environment, messages, lines.append):
        raise CommandError("dbt could not install the packages:\n" + "".join(lines[-20:]))


def _written_since(messages: Path, size: int) -> list[str]:
    """Return the end of what dbt wrote to its error stream in this run, if it wrote anything."""
    with messages.open("rb") as file:
        file.seek(size)
        written = file.read().decode("utf-8", errors="replace").strip()
    return ["\n".join(written.splitlines()[-REASONS_SHOWN:])] if written else []


@contextlib.contextmanager
def _shown(
    console: Console,
    progress: BuildProgress,
    folder: Path,
    environment: dict[str, str],
    unit_tests: bool | None,
) -> Iterator[Callable[[str], None]]:
    """Show how far a build is while the body runs, and yield what takes each line of the log.

    `unit_tests` is None for a selection, whose size is unknown.
    """
    bars = Progress(
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[running]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    tasks: dict[str, TaskID] = {}
    parsing = bars.add_task("reading", total=None, running="dbt reads the project")

    def take(line: str) -> None:
        stage = progress.take(line)
        if progress.began_to_run and not tasks:
            bars.remove_task(parsing)
            totals = _totals(folder, environment, unit_tests)
            for name in STAGES:
                if totals is None or totals[name]:
                    total = None if totals is None else totals[name]
                    tasks[name] = bars.add_task(name, total=total, running="")
        for name, task in tasks.items():
            running = [n.split(".")[-1] for n, s in progress.running.items() if s == name]
            bars.update(
                task,
                completed=progress.done[name] + progress.skipped[name],
                running=", ".join(running[:2])[:50] if name != "tests" else "",
            )
        if stage and not console.is_terminal and progress.done[stage] == 1:
            console.print(f"{stage} begin", highlight=False)

    with bars:
        yield take


def _totals(
    folder: Path, environment: dict[str, str], unit_tests: bool | None
) -> Counter[str] | None:
    if unit_tests is None:
        return None
    target = folder / environment.get("DBT_TARGET_PATH", "target")
    try:
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        return stage_totals(manifest, unit_tests=unit_tests)
    except (OSError, ValueError, KeyError):
        return None


def _say_result(
    console: Console, progress: BuildProgress, code: int, seconds: float, log: Path
) -> None:
    done = progress.counts_in_words or "nothing was built"
    console.print(f"{'After' if code else 'Built in'} {seconds:,.0f} s: {done}.", highlight=False)
    if code in _STOPPED:
        console.print("Stopped. The next build goes on from here.")
    for reason in progress.reasons[:REASONS_SHOWN] if code else []:
        console.print(escape(f"\n{reason}"), soft_wrap=True, highlight=False, style="red")
    if len(progress.reasons) > REASONS_SHOWN and code:
        console.print(f"... and {len(progress.reasons) - REASONS_SHOWN} more.")
    if code:
        skipped = sum(progress.skipped.values())
        after = ""
        if skipped:
            after = f" What needs it was not built: {skipped} models and tests."
        console.print(
            escape(f"\ndbt's exit code is {code}.{after} The whole log: {os.path.relpath(log)}"),
            soft_wrap=True,
            highlight=False,
        )
