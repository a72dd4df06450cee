"""Opens the published file for a command, with the models that score people."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from segmentation.published.files import published_file
from segmentation.published.opened_file import OpenedFile, OpeningError

if TYPE_CHECKING:
    from segmentation.scorer.current_scorers import CurrentScorers

Published = Annotated[
    Path | None,
    typer.Option(
        help="The file that a build published. By default the one that a build of"
        " SEGMENTATION_WAREHOUSE publishes.",
        envvar="SEGMENTATION_PUBLISHED",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def refuse(problem: str) -> typer.Exit:
    """Say on stderr why a command cannot do what it was asked, and return its exit."""
    Console(stderr=True, width=None if os.isatty(2) else 140).print(
        escape(problem), soft_wrap=True, highlight=False
    )
    return typer.Exit(1)


def file_of(published: Path | None) -> Path:
    """Return the file that is named, or the one that a build publishes."""
    file = published or published_file(
        os.environ.get("SEGMENTATION_WAREHOUSE") or "warehouse.duckdb"
    )
    if file is None:
        raise refuse("The warehouse is no file: name a published one with --published.")
    return file


@contextmanager
def opened_scorers(published: Path | None) -> Iterator[tuple[OpenedFile, CurrentScorers]]:
    """Open the published file and read its models; a problem ends the command with code 1."""
    # NumPy and pandas take a while to load: not for --help.
    from segmentation.scorer.current_scorers import NoModelError, read_scorers

    try:
        file = OpenedFile(file_of(published))
    except OpeningError as error:
        raise refuse(str(error)) from None
    with file:
        try:
            scorers = read_scorers(file)
        except NoModelError as error:
            raise refuse(str(error)) from None
        yield file, scorers


def print_json(value: Any) -> None:
    """Print a value as JSON; what no number can be is null."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))
