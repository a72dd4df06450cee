"""What all commands have in common: exit codes, examples in the help, JSON, and problems in words.

A command that cannot do what was asked raises :class:`CommandError`, or an error that is listed in
:data:`EXPECTED`. The group of commands prints its message, without a traceback, to the error
stream, and the process ends with the error's exit code.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import sys
from collections.abc import Iterable
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from segmentation.engine.duckdb import DuckDBError
from segmentation.erasure.erasure_error import ErasureError
from segmentation.onboarding.refusals import OnboardingError
from segmentation.published.publication import PublishingError

# How wide tables are where the output is no terminal.
WIDTH = 140


class ExitCode(IntEnum):
    """What the exit code of a command says."""

    DONE = 0
    # What was asked cannot be done, or a check found a problem; the message says what to do.
    PROBLEM = 1
    # An unknown command or option, or a value that it cannot have. Also dbt's own failure.
    USAGE = 2
    # Ctrl-C, as shells count it.
    INTERRUPTED = 130
    # SIGTERM, as shells count it.
    TERMINATED = 143


EXIT_CODES = (
    "Exit codes: 0 done; 1 a problem, which the message names; 2 a command or option that does not"
    " exist, or a build that dbt could not run; 130 stopped with Ctrl-C;"
    " 143 stopped with SIGTERM."
)


class CommandError(Exception):
    """What stops a command, in words for the person who called it: what, where, what to do.

    Parameters
    ----------
    message : str
    code : int
        The exit code of the process.
    """

    def __init__(self, message: str, code: int = ExitCode.PROBLEM) -> None:
        super().__init__(message)
        self.code = int(code)


# Errors of rooms below whose message is written for people.
EXPECTED: tuple[type[Exception], ...] = (ErasureError, OnboardingError, PublishingError)

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON for programs, instead of a table for people.")
]


def examples(*lines: str) -> str:
    """Return the end of a command's help: its examples, each on a line of its own."""
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(escape(f"$ {line}") for line in lines)


def terminal() -> Console:
    """Return the console for results: of the terminal's width, or of :data:`WIDTH`."""
    return Console(width=None if os.isatty(1) else WIDTH)


def say_problem(message: str) -> None:
    """Print a problem to the error stream, as it is: long lines are not broken."""
    Console(stderr=True).print(escape(message), soft_wrap=True, highlight=False)


def short_path(path: Path) -> str:
    """Return a path as seen from the current folder, where it is inside."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def print_json(value: Any) -> None:
    """Print JSON: dates as text, decimals as numbers, NaN and infinity as null."""
    sys.stdout.write(json.dumps(_plain(value), indent=2, ensure_ascii=False) + "\n")


def records(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[dict[str, Any]]:
    """Return rows as one dictionary each."""
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return _plain(float(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int):
        return value
    return str(value)


class Commands(TyperGroup):
    """The group of commands: expected errors become one message and an exit code."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; lines of its help are broken where the terminal ends."""
        command = super().get_command(ctx, cmd_name)
        if command is not None and command.help:
            paragraphs = command.help.split("\n\n")
            command.help = "\n\n".join(" ".join(words.split()) for words in paragraphs)
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except CommandError as problem:
            say_problem(str(problem))
            raise typer.Exit(problem.code) from None
        except EXPECTED as error:
            say_problem(str(error))
            raise typer.Exit(ExitCode.PROBLEM) from None
        except DuckDBError as error:
            say_problem(f"DuckDB says: {error}")
            raise typer.Exit(ExitCode.PROBLEM) from None
        except KeyboardInterrupt:
            say_problem("Stopped.")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of the output, e.g. `head`, has closed it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.DONE) from None
