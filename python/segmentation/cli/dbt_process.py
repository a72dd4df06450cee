"""dbt as a process of its own: found beside this Python, stopped cleanly."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from segmentation.cli.conventions import CommandError, ExitCode

# How long dbt may take to end after Ctrl-C or SIGTERM.
SECONDS_TO_STOP = 60


def dbt_command() -> list[str]:
    """Return how to call the dbt of the environment that this runs in."""
    beside = Path(sys.executable).with_name("dbt")
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "dbt.cli.main"]


ProjectFolder = Annotated[
    Path | None,
    typer.Option(
        "--project",
        help="The folder of the dbt project. By default DBT_PROJECT_DIR, else the current folder.",
        show_default=False,
    ),
]


def project_folder(named: Path | None) -> Path:
    """Return the folder of the dbt project: the named one, dbt's own variable, or this folder.

    Raises
    ------
    CommandError
        If there is no dbt project.
    """
    folder = named or Path(os.environ.get("DBT_PROJECT_DIR") or ".")
    if not (folder / "dbt_project.yml").is_file():
        raise CommandError(
            f"There is no dbt project in {folder.absolute()}. Go to its folder, name it with"
            " --project, or make one: segmentation init orders.csv"
        )
    return folder.absolute()


def environment_of(project: Path) -> dict[str, str]:
    """Return the environment of dbt: what is set stays, paths are those of the project."""
    environment = dict(os.environ)
    environment.setdefault("SEGMENTATION_WAREHOUSE", str(project / "warehouse.duckdb"))
    if not environment.get("DBT_PROFILES_DIR") and (project / "profiles.yml").is_file():
        environment["DBT_PROFILES_DIR"] = str(project)
    environment["DBT_PROJECT_DIR"] = str(project)
    environment.setdefault("DBT_LOG_PATH", str(project / "logs"))
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def run_dbt(
    arguments: Sequence[str],
    environment: dict[str, str],
    messages: Path,
    each_line: Callable[[str], None],
) -> int:
    """Run dbt and hand on each line of its output, see :func:`run_process`."""
    return run_process([*dbt_command(), *arguments], environment, messages, each_line)


def run_process(
    command: Sequence[str],
    environment: dict[str, str],
    messages: Path,
    each_line: Callable[[str], None],
) -> int:
    """Run dbt, or a program that runs it, and hand on each line of its output.

    Parameters
    ----------
    command : sequence of str
    environment : dict of str to str
    messages : Path
        The file that gets what the process writes to its error stream. Its standard input is a
        pipe that nothing is written to; it ends when this process ends, also by SIGKILL.
    each_line : callable

    Returns
    -------
    int
        Its exit code, or 130 where Ctrl-C stopped it and 143 where SIGTERM did.
    """
    messages.parent.mkdir(parents=True, exist_ok=True)
    with (
        _heeded_sigterm(),
        messages.open("a", encoding="utf-8") as errors,
        _started(command, environment, errors.fileno()) as process,
    ):
        try:
            assert process.stdout is not None
            for line in process.stdout:
                each_line(line)
            return process.wait()
        except KeyboardInterrupt as stopped:
            _stop(process)
            is_term = isinstance(stopped, _TerminatedError)
            return ExitCode.TERMINATED if is_term else ExitCode.INTERRUPTED


class _TerminatedError(KeyboardInterrupt):
    """SIGTERM, which a supervisor or `timeout` sends; it stops what Ctrl-C stops."""


@contextlib.contextmanager
def _heeded_sigterm() -> Iterator[None]:
    """Let SIGTERM stop dbt too while the body runs: else dbt would go on without its parent."""

    def stop(*_: object) -> None:
        raise _TerminatedError

    # Only the main thread may set a handler, and a signal that was ignored stays ignored.
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def _started(
    command: Sequence[str], environment: dict[str, str], errors: int
) -> Iterator[subprocess.Popen[str]]:
    # In a session of its own, dbt gets Ctrl-C once, from here: twice would kill it half way.
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=environment["DBT_PROJECT_DIR"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            _stop(process)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def _stop(process: subprocess.Popen[str]) -> None:
    """Ask dbt to stop; kill it only where it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(SECONDS_TO_STOP)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.terminate()
        try:
            process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
