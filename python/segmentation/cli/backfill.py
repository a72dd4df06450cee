"""``segmentation backfill``: the history of segments of past days, with the current models."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from segmentation.backfill.day_steps import days_between, read_step
from segmentation.backfill.job import BackfillJob
from segmentation.backfill.planned_days import (
    OBSERVED,
    BackfillPlan,
    NotBuiltError,
    Observed,
    PlannedDay,
    day_problems,
    plan_days,
    read_observed,
)
from segmentation.cli.conventions import CommandError, ExitCode, terminal
from segmentation.cli.dbt_process import ProjectFolder, environment_of, project_folder, run_process
from segmentation.cli.variables import read_variables
from segmentation.engine.duckdb import DuckDBError, FileError, lock_holder, open_read_only
from segmentation.published.files import published_file

# Of more days, those in the middle are not shown one by one.
MOST_DAYS_SHOWN = 40


def backfill(
    first: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD.")],
    last: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="The last day; it is computed if a step ends on it. By default the day that"
            " the last build was as of.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        str,
        typer.Option(
            help="day, week, month, quarter, or a number of days. A month later is the same day of"
            " the month, and the last day after a last day."
        ),
    ] = "month",
    again: Annotated[
        bool, typer.Option("--again", help="Compute days anew that the history has.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Begin without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and end.")] = False,
    variables: Annotated[
        str | None,
        typer.Option("--vars", help="The vars of your builds, without as_of and refit."),
    ] = None,
    project: ProjectFolder = None,
) -> None:
    """Fill the history of segments with past days, by the current models.

    Each day gets what a build as of that day would have stored with these models. Nothing is
    fitted, and only the history changes. Days are computed in a copy of the warehouse, in a
    fraction of the time of builds. Stop it at any moment: the same command goes on with the days
    that are missing.
    """
    console = terminal()
    folder = project_folder(project)
    environment = environment_of(folder)
    warehouse = Path(environment["SEGMENTATION_WAREHOUSE"])
    asked = _read_past_variables(variables)
    step = _read(read_step, every, "--every")
    begin = _read(_read_day, first, "--from")
    end = None if last is None else _read(_read_day, last, "--to")
    if end is not None and end < begin:
        raise typer.BadParameter(f"{end} is before --from {begin}.", param_hint="--to")
    observed = _observed(console, warehouse)
    _check_dataset(asked, observed)
    days = days_between(begin, end or observed.as_of, step)
    if problems := day_problems(observed, days or [begin]):
        raise CommandError("\n".join(problems))
    plan = plan_days(observed, days, again=again)
    published = published_file(str(warehouse), environment.get("SEGMENTATION_PUBLISHED", ""))
    _show_plan(console, plan, warehouse, published)
    if dry_run:
        return
    if not plan.to_fill and observed.is_history_built:
        console.print("Nothing to do: the history has all of these days.")
        return
    if not yes:
        _ask()
    if published:
        environment["SEGMENTATION_PUBLISHED"] = str(published)
    known = {"dataset": observed.dataset, "lrfm_window_days": observed.lrfm_window_days}
    job = BackfillJob(warehouse.resolve(), published, known | asked, tuple(plan.to_fill))
    _run(console, job, environment)


def _read(read: Callable[[str], Any], text: str, option: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _read_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no day. Write it as YYYY-MM-DD, e.g. 2017-04-01.") from None


def _read_past_variables(text: str | None) -> dict[str, Any]:
    found = read_variables(text)
    if "as_of" in found:
        raise typer.BadParameter(
            "as_of is each day of the backfill in turn: --from, --to and --every say which.",
            param_hint="--vars",
        )
    return found


def _check_dataset(asked: dict[str, Any], observed: Observed) -> None:
    if asked.get("dataset", observed.dataset) != observed.dataset:
        raise CommandError(
            f"The last build of this warehouse was of the data set {observed.dataset}, not of"
            f" {asked['dataset']}. Build {asked['dataset']} first, or leave dataset out of --vars."
        )


def _observed(console: Console, warehouse: Path) -> Observed:
    """Read what the last build left, as soon as no other process writes to the file."""
    if not warehouse.is_file():
        raise CommandError(
            f"There is no file {warehouse}: the project was never built. Build it with"
            " `segmentation build`, or name another file: SEGMENTATION_WAREHOUSE."
        )
    said = None
    while True:
        try:
            with contextlib.closing(open_read_only(warehouse)) as connection:
                return read_observed(connection)
        except NotBuiltError as error:
            raise CommandError(f"{warehouse}: {error}") from None
        except FileError as error:
            holder = lock_holder(error)
            if holder is None:
                raise CommandError(f"{warehouse} cannot be read: {error}") from None
            if holder != said:
                _say_waiting(console, str(warehouse), holder)
                said = holder
            time.sleep(1)
        except DuckDBError as error:
            raise CommandError(f"{warehouse} cannot be read: {error}") from None


def _say_waiting(console: Console, file: str, holder: str) -> None:
    text = f"Waiting: {file} is open in another process, {holder}. Ctrl-C ends the backfill."
    console.print(escape(text), soft_wrap=True, highlight=False)


def _show_plan(
    console: Console, plan: BackfillPlan, warehouse: Path, published: Path | None
) -> None:
    observed = plan.observed
    table = Table(title=f"History of {observed.dataset}", title_justify="left")
    table.add_column("Day")
    for name in OBSERVED:
        model = observed.models.get(name)
        table.add_column(escape(f"{name}: {model.version if model else 'no model'}"))
    hidden = max(len(plan.days) - MOST_DAYS_SHOWN, 0)
    before = (len(plan.days) - hidden + 1) // 2
    for number, day in enumerate(plan.days):
        if hidden and number == before:
            table.add_row(f"{hidden} more days", *("..." for _ in OBSERVED))
        if not hidden or not before <= number < before + hidden:
            table.add_row(day.as_of.isoformat(), *(_cell(plan, day, name) for name in OBSERVED))
    console.print(table)
    for line in _plan_lines(plan, warehouse, published):
        console.print(escape(line), soft_wrap=True, highlight=False)


def _cell(plan: BackfillPlan, day: PlannedDay, segmentation: str) -> str:
    stored = plan.observed.stored.get(day.as_of, {})
    if segmentation in day.missing:
        return "again" if segmentation in stored else "to fill"
    version = stored.get(segmentation)
    model = plan.observed.models.get(segmentation)
    is_other = version is not None and (model is None or model.version != version)
    return escape(f"there, by {version}") if is_other else "there"


def _plan_lines(plan: BackfillPlan, warehouse: Path, published: Path | None) -> Iterator[str]:
    """Yield what happens, how long it takes and what does not change."""
    filled, skipped = len(plan.to_fill), len(plan.days) - len(plan.to_fill)
    seconds = plan.seconds
    how_long = f", in about {_duration(seconds)}" if filled and seconds is not None else ""
    yield f"{_counted(filled, 'day')} to fill{how_long}; {skipped} there already."
    if filled:
        size = warehouse.stat().st_size / 1e6
        yield (
            "Nothing is fitted. Days are computed in a copy of the warehouse beside it"
            f" ({size:,.0f} MB, removed at the end), and each is stored as soon as it is computed."
        )
    for fitted, names in plan.hindsight.items():
        yield (
            f"Hindsight: {' and '.join(names)} fitted as of {fitted}, later than"
            f" {_counted(sum(day.as_of < fitted for day in plan.to_fill), 'day')} of these"
            " (model_fitted_later in the history)."
        )
    target = (
        f", and published to {published} if that is of the last build"
        if published and published.is_file()
        else ""
    )
    yield (
        "Then fct_customer_segment_history and fct_segment_migrations are built anew"
        f"{target}. No other table changes."
    )


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(round(seconds, -1), 10):.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _ask() -> None:
    if not sys.stdin.isatty():
        raise CommandError("Add --yes to begin without a terminal.", ExitCode.USAGE)
    if not typer.confirm("Begin?", default=True):
        raise typer.Exit(ExitCode.DONE)


def _run(console: Console, job: BackfillJob, environment: dict[str, str]) -> None:
    """Start the process of the backfill, show how far it is, and end with its exit code."""
    environment["DBT_TARGET_PATH"] = str(job.folder / "target")
    logs = Path(environment["DBT_PROJECT_DIR"]) / environment["DBT_LOG_PATH"]
    messages = logs / "backfill_messages.log"
    progress = BackfillProgress(console, len(job.days))
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(job.written())
        file.flush()
        command = [sys.executable, "-m", "segmentation.backfill.process", file.name]
        with progress.shown():
            code = run_process(command, environment, messages, progress.take)
    if code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        console.print(
            f"Stopped. {_counted(progress.filled, 'day')} filled; the same command goes on."
        )
    elif code:
        reason = progress.failure or f"The backfill ended unexpectedly; see {messages}."
        raise CommandError(
            f"{reason}\n{_counted(progress.filled, 'day')} filled. dbt's log is in"
            f" {os.path.relpath(logs)}.",
            ExitCode.PROBLEM,
        )
    if code:
        raise typer.Exit(code)


class BackfillProgress:
    """How far a backfill is, from what its process says."""

    def __init__(self, console: Console, days: int) -> None:
        self._console = console
        self._days = days
        self._began = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description:<26}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("copying the warehouse", total=days)
        self.filled = 0
        self.failure: str | None = None

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bar while the body runs."""
        with self._bar:
            yield

    def take(self, line: str) -> None:
        """Read a line of the process, and ignore lines that are no events."""
        try:
            event = json.loads(line)
            kind = event["backfill"]
        except (ValueError, KeyError, TypeError):
            return
        if kind == "reading":
            self._bar.update(self._task, description="dbt reads the project")
        elif kind == "begins":
            self._bar.update(self._task, description=event["day"])
        elif kind == "waiting":
            _say_waiting(self._console, event["file"], event["holder"])
        elif kind == "filled":
            self.filled += 1
            self._bar.update(self._task, completed=self.filled)
            if not self._console.is_terminal:
                self._say(f"{event['day']} ({self.filled} of {self._days})")
        elif kind == "marts":
            self._bar.update(self._task, description="the marts of the history")
        elif kind == "failed":
            self.failure = event["message"]
        elif kind == "done":
            self._say_done(event)

    def _say_done(self, event: dict[str, Any]) -> None:
        seconds = time.monotonic() - self._began
        self._say(
            f"{seconds:,.0f} s: {_counted(self.filled, 'day')} filled; the marts of the history"
            " are up to date."
        )
        if event["published"]:
            self._say(f"Published to {event['published']}.")
        elif event["not_published_because"]:
            self._say(f"Not published: {event['not_published_because']}")

    def _say(self, text: str) -> None:
        self._console.print(escape(text), soft_wrap=True, highlight=False)
