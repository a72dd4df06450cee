"""The process of a backfill: computes days in a copy of the warehouse, and carries them over.

``segmentation backfill`` starts it with a job, a JSON file. It reports its progress on standard
output, one JSON object a line, and stops when the command ends. If it is killed, the days that it
has carried over stay, and they are complete.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from segmentation.backfill.command_process import stop_with_command
from segmentation.backfill.dbt_runs import (
    HISTORY_MARTS,
    ReadProject,
    RunFailedError,
    close_files,
    use_warehouse,
)
from segmentation.backfill.job import BackfillJob
from segmentation.backfill.listed_backfills import list_run, only_backfills_after
from segmentation.backfill.log_transfer import (
    Fingerprint,
    LogPlace,
    OtherColumnsError,
    carry_days,
    columns_of,
    fingerprint,
    refresh_log,
    replace_table,
    table_of,
    transaction,
)
from segmentation.backfill.planned_days import (
    NotBuiltError,
    Observed,
    PlannedDay,
    read_models,
    read_observed,
)
from segmentation.engine.duckdb import (
    Connection,
    DuckDBError,
    FileError,
    attached,
    lock_holder,
    open_in_memory,
)
from segmentation.engine.sql import select
from segmentation.erasure.suppression_list import KEY_VARIABLE, LIST_VARIABLE, SuppressionFiles
from segmentation.published.publication import PUBLICATION, SCHEMA
from segmentation.published.turns import alone_in

# How the two files are called where both are open.
_COPY, _WAREHOUSE = "backfill_copy", "backfill_warehouse"

# How often a day is computed anew because a build wrote to the log meanwhile.
_TRIES = 5

_Done = TypeVar("_Done")


class BackfillError(RuntimeError):
    """The backfill cannot go on; the message says why, and what to do."""


def say(event: str, **facts: Any) -> None:
    """Tell the command how far the backfill is."""
    sys.stdout.write(json.dumps({"backfill": event, **facts}) + "\n")
    sys.stdout.flush()


def when_free(path: Path, action: Callable[[], _Done]) -> _Done:
    """Run a function that opens a file, once no other process has it locked."""
    said = None
    while True:
        try:
            return action()
        except FileError as error:
            holder = lock_holder(error)
            if holder is None:
                raise
            if holder != said:
                say("waiting", file=str(path), holder=holder)
                said = holder
            time.sleep(1)


class Published(NamedTuple):
    """The published file, or a reason why nothing was published."""

    file: str | None = None
    why_not: str | None = None


class Backfill:
    """A backfill at work.

    Parameters
    ----------
    job : BackfillJob
    """

    def __init__(self, job: BackfillJob) -> None:
        self._job = job
        self._began = dt.datetime.now(dt.UTC)
        self._observed = when_free(job.warehouse, self._copy_warehouse)
        _keep_erased_out(job.warehouse)
        use_warehouse(str(job.copy))
        say("reading")
        self._project = ReadProject(job.variables)
        self._check_settings()
        self._check_columns()
        log = self._project.place("segment_log")
        self._log = LogPlace(log.schema, log.name, self._observed.dataset, self._observed.variant)
        self._runs = table_of(_WAREHOUSE, log.schema, "build_runs")

    def run(self) -> None:
        """Fill all days, build the marts of the history, and publish them."""
        for number, day in enumerate(self._job.days):
            say("begins", day=day.as_of.isoformat())
            self._fill(day, is_first=number == 0)
            say("filled", day=day.as_of.isoformat())
        say("marts")
        published = self._publish(self._replace_marts())
        say("done", published=published.file, not_published_because=published.why_not)

    def _copy_warehouse(self) -> Observed:
        """Copy the file while no process can write to it, and return the last build in it."""
        job = self._job
        with (
            contextlib.closing(open_in_memory()) as connection,
            attached(connection, job.warehouse, _WAREHOUSE, read_only=True),
        ):
            with _in_warehouse(connection):
                found = read_observed(connection)
            # The file comes last: its lock ends when this process closes it.
            for path in (_log_of(job.warehouse), job.warehouse):
                if path.exists():
                    shutil.copyfile(path, job.folder / path.name)
        return found

    def _check_settings(self) -> None:
        """Refuse vars that are of another data set, and a profile that writes elsewhere."""
        found = self._project.describe()
        if Path(found["path"] or "").resolve() != self._job.copy.resolve():
            raise BackfillError(
                "The profile of the project does not take its file from SEGMENTATION_WAREHOUSE:"
                f" dbt would write to {found['path']}. A backfill computes in a copy of the"
                " warehouse. Write in profiles.yml:"
                " path: \"{{ env_var('SEGMENTATION_WAREHOUSE') }}\""
            )
        for name in ("dataset", "variant", "lrfm_window_days"):
            built = getattr(self._observed, name)
            if found[name] != built:
                raise BackfillError(
                    f"The last build had {name} {built}, and with these vars it would be"
                    f" {found[name]}. Give the vars of your builds: --vars"
                )

    def _check_columns(self) -> None:
        """Refuse a warehouse of another version: its tables have other columns."""
        with self._both_open(is_read=True) as connection:
            for name in ("segment_log", *HISTORY_MARTS):
                place = self._project.place(name)
                table = table_of(_WAREHOUSE, place.schema, place.name)
                if set(columns_of(connection, table)) != self._project.columns(name):
                    raise BackfillError(
                        f"Another version of the project built {name}: it has other columns. Build"
                        " everything once: segmentation build"
                    )

    def _fill(self, day: PlannedDay, *, is_first: bool) -> None:
        for number in range(_TRIES):
            base = self._take_log()
            self._project.observe(day.as_of.isoformat(), is_first=is_first and not number)
            with self._both_open() as connection:
                with _in_warehouse(connection):
                    models = read_models(connection, self._observed.dataset, self._observed.variant)
                if models != self._observed.models:
                    raise BackfillError(
                        "A build has fitted a model while days were filled with the one before."
                        " The days until now are there; run the same command again for the others."
                    )
                if fingerprint(connection, self._log, _WAREHOUSE) != base:
                    continue
                with transaction(connection):
                    carry_days(
                        connection,
                        self._log,
                        source=_COPY,
                        target=_WAREHOUSE,
                        segmentations=day.missing,
                    )
                return
        raise BackfillError(
            f"Builds wrote to the history {_TRIES} times while {day.as_of} was computed. Run the"
            " same command again when they have ended."
        )

    def _take_log(self) -> Fingerprint:
        """Copy the log of the warehouse, and return the state of it that shows later changes."""
        with self._both_open(is_read=True) as connection:
            base = fingerprint(connection, self._log, _WAREHOUSE)
            if fingerprint(connection, self._log, _COPY) != base:
                refresh_log(connection, self._log, source=_WAREHOUSE, target=_COPY)
        return base

    def _replace_marts(self) -> str:
        """Build the marts of the history in the copy, carry them over, and return the run's id."""
        for _ in range(_TRIES):
            base = self._take_log()
            self._project.build_history(self._observed.as_of.isoformat())
            with self._both_open() as connection:
                if fingerprint(connection, self._log, _WAREHOUSE) != base:
                    continue
                with transaction(connection):
                    for name in HISTORY_MARTS:
                        mart = self._project.place(name)
                        replace_table(connection, mart.schema, mart.name, [_COPY, _WAREHOUSE])
                    return list_run(connection, self._runs, self._began, len(HISTORY_MARTS))
        raise BackfillError(
            f"Builds wrote to the history {_TRIES} times while its marts were built. Run the same"
            " command again when they have ended."
        )

    def _publish(self, run: str) -> Published:
        """Publish, if only backfills came after the run that was published."""
        file = self._job.published
        if file is None or not file.is_file():
            return Published()
        with self._both_open(is_read=True) as connection:
            with attached(connection, file, "published", read_only=True):
                table = table_of("published", SCHEMA, PUBLICATION)
                published = connection.execute(select(["run_id"], table)).fetchone()
            is_next = published and only_backfills_after(connection, self._runs, published[0])
        if not is_next:
            return Published(
                why_not=f"{file} is of an earlier run than the marts of the warehouse. The next"
                " whole build publishes."
            )
        use_warehouse(str(self._job.warehouse))
        try:
            self._project.publish_again(run)
        except RunFailedError as error:
            return Published(why_not=f"{error} The next whole build publishes.")
        return Published(str(file))

    @contextlib.contextmanager
    def _both_open(self, *, is_read: bool = False) -> Iterator[Connection]:
        """Open both files: the copy to read and the warehouse to write, or the other way round."""
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(contextlib.closing(open_in_memory()))
            when_free(
                self._job.warehouse,
                lambda: stack.enter_context(
                    attached(connection, self._job.warehouse, _WAREHOUSE, read_only=is_read)
                ),
            )
            stack.enter_context(attached(connection, self._job.copy, _COPY, read_only=not is_read))
            yield connection


def _keep_erased_out(warehouse: Path) -> None:
    """Let dbt find the list of erased customers: a build looks for it beside its file."""
    files = SuppressionFiles.of(warehouse)
    os.environ[LIST_VARIABLE] = str(files.listed.absolute())
    os.environ[KEY_VARIABLE] = str(files.key.absolute())


@contextlib.contextmanager
def _in_warehouse(connection: Connection) -> Iterator[None]:
    """Use the warehouse as the current database while the body runs."""
    connection.execute(f"use {_WAREHOUSE}")
    try:
        yield
    finally:
        connection.execute("use memory")


def _log_of(file: Path) -> Path:
    """Return where DuckDB keeps what a killed process has not written into the file."""
    return file.with_name(f"{file.name}.wal")


def main() -> int:
    """Do the job that a file describes; return the exit code, 130 of Ctrl-C as shells count it."""
    job = BackfillJob.read(Path(sys.argv[1]).read_text(encoding="utf-8"))
    job.folder.mkdir(exist_ok=True)
    try:
        with alone_in(job.folder) as is_alone:
            if not is_alone:
                raise BackfillError(
                    f"Another backfill of {job.warehouse} is at work. Run the same command again"
                    " when it has ended."
                )
            _empty(job.folder)
            try:
                Backfill(job).run()
            finally:
                close_files()
                shutil.rmtree(job.folder, ignore_errors=True)
    except BrokenPipeError:
        # The command has ended: it can be told nothing.
        return 1
    except (BackfillError, RunFailedError, OtherColumnsError, NotBuiltError, OSError) as error:
        say("failed", message=str(error))
        return 1
    except DuckDBError as error:
        say("failed", message=f"DuckDB says: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _empty(folder: Path) -> None:
    """Remove what a killed backfill left."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


if __name__ == "__main__":
    stop_with_command()
    raise SystemExit(main())
