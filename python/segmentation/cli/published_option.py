"""The published file as commands are told of it, opened with the models that score people."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segmentation.cli.conventions import CommandError
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


def file_of(published: Path | None) -> Path:
    """Return the file that is named, or the one that a build publishes.

    Raises
    ------
    CommandError
        If none is named and the warehouse is no file.
    """
    file = published_file(
        os.environ.get("SEGMENTATION_WAREHOUSE") or "warehouse.duckdb", str(published or "")
    )
    if file is None:
        raise CommandError("The warehouse is no file: name a published one with --published.")
    return file


@contextmanager
def opened_scorers(published: Path | None) -> Iterator[tuple[OpenedFile, CurrentScorers]]:
    """Open the published file and read its models.

    Raises
    ------
    CommandError
        If it cannot be opened, or a model in it cannot be read.
    """
    # NumPy and pandas take a while to load: not for --help.
    from segmentation.scorer.current_scorers import NoModelError, read_scorers

    try:
        file = OpenedFile(file_of(published))
    except OpeningError as error:
        raise CommandError(str(error)) from None
    with file:
        try:
            scorers = read_scorers(file)
        except NoModelError as error:
            raise CommandError(str(error)) from None
        yield file, scorers
