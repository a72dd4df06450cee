"""``segmentation write-sample``: the invented data set `sample` as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segmentation.onboarding import sample_data


def write_sample(
    directory: Annotated[Path, typer.Argument(help="An existing folder.")] = Path("seeds/sample"),
) -> None:
    """Write the data set `sample` as CSV files; the same files every time."""
    if not directory.is_dir():
        raise typer.BadParameter(f"There is no folder {directory}.")
    for path in sample_data.write_sample(directory):
        typer.echo(path)
