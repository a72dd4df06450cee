"""The command ``segmentation``: each of its commands stands in a file of its own."""

from __future__ import annotations

import typer

from segmentation.cli.explain import explain
from segmentation.cli.report import report
from segmentation.cli.score import score
from segmentation.cli.serve import serve
from segmentation.cli.summary import summary
from segmentation.cli.write_sample import write_sample

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Show the segments of a built warehouse: in the terminal, or on a page.",
)
app.command()(summary)
app.command()(report)
app.command()(explain)
app.command()(score)
app.command()(serve)
app.command()(write_sample)
