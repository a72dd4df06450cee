"""``segmentation report``: the page about the segments, from the published file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from segmentation.cli.conventions import CommandError, terminal
from segmentation.cli.opened import Schema, opened_marts
from segmentation.cli.published_option import file_of
from segmentation.published.marts_schema import MartsNotFoundError

FOLDER = Path("report")


def report(
    published: Annotated[
        Path | None,
        typer.Option(
            help="The file that a build published, or a warehouse. By default the one that a build"
            " of SEGMENTATION_WAREHOUSE publishes.",
            envvar="SEGMENTATION_PUBLISHED",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="The page. By default report/<name of the published file>.html."),
    ] = None,
    schema: Schema = None,
) -> None:
    """Write one HTML page about the segments: cards, charts, and the numbers behind them.

    The page needs no network and no other file.
    """
    console = terminal()
    file = file_of(published)
    try:
        from segmentation.report.page import html_of, page_of, write_page
    except ImportError as error:
        raise CommandError(
            f"The package {error.name} is missing. The page needs the extra `report`; in the folder"
            " of the clone: pip install --editable '.[report]'"
        ) from None
    to = output or FOLDER / f"{file.stem}.html"
    if to.exists() and file.exists() and to.samefile(file):
        raise CommandError(
            f"{to} is the file that the page is made from. Name another one with --output, e.g."
            f" {FOLDER / file.stem}.html."
        )
    option = "--published or SEGMENTATION_PUBLISHED"
    with (
        opened_marts(file, schema, option=option) as marts,
        console.status("Drawing the charts"),
    ):
        try:
            html = html_of(page_of(marts))
        except MartsNotFoundError as error:
            raise CommandError(
                f"{file}: {error} Build everything again with `make build`."
            ) from None
    try:
        write_page(html, to)
    except OSError as error:
        raise CommandError(
            f"{to} cannot be written: {error.strerror}. Name another file with --output."
        ) from None
    console.print(
        escape(f"{to} shows {file}: {len(html.encode()) / 1000:,.0f} kB, one file, no network."),
        soft_wrap=True,
        highlight=False,
    )
