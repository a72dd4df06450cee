"""The command ``segmentation``: each of its commands stands in a file of its own.

``conventions.py`` holds what they share. A new command has examples in its help, raises
``CommandError`` where a person has to do something, and is registered here.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from segmentation.cli.conventions import EXIT_CODES, Commands, examples
from segmentation.cli.report import report
from segmentation.cli.summary import summary
from segmentation.cli.write_sample import write_sample

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    epilog=EXIT_CODES,
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"segmentation {version('segmentation')}")
        raise typer.Exit


@app.callback()
def segmentation(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Make customer segments from your own data: set up, build, look at."""


app.command(epilog=examples("segmentation summary", "segmentation summary --json > segments.json"))(
    summary
)
app.command(
    epilog=examples("segmentation report", "segmentation report --output /srv/www/segments.html")
)(report)
app.command(epilog=examples("segmentation write-sample", "segmentation write-sample my_folder"))(
    write_sample
)
