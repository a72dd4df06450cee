"""The command ``segmentation``: each of its commands stands in a file of its own.

``conventions.py`` holds what they share. A new command has examples in its help, raises
``CommandError`` where a person has to do something, and is registered here.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from segmentation.cli.backfill import backfill
from segmentation.cli.build import build
from segmentation.cli.conventions import EXIT_CODES, Commands, examples
from segmentation.cli.doctor import doctor
from segmentation.cli.erase import erase
from segmentation.cli.explain import explain
from segmentation.cli.export import export
from segmentation.cli.init import init
from segmentation.cli.promote import promote
from segmentation.cli.report import report
from segmentation.cli.score import score
from segmentation.cli.serve import serve
from segmentation.cli.show import show
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
    """Make customer segments of your own data: set up a project, build it, look at the result."""


app.command(epilog=examples("segmentation summary", "segmentation summary --json > segments.json"))(
    summary
)
app.command(
    epilog=examples(
        "segmentation init orders.csv customers.xlsx --project my_shop",
        "segmentation init shop.sqlite --propose mapping.yml",
        "segmentation init --mapping mapping.yml --yes",
    )
)(init)
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=examples(
        "segmentation build",
        "segmentation build --vars 'as_of: 2024-06-30, refit: true'",
        "segmentation build --select marts",
    ),
)(build)
app.command(
    epilog=examples(
        "segmentation backfill --from 2017-04-01 --to 2017-12-01 --every month --dry-run",
        "segmentation backfill --from 2017-04-01 --every quarter --yes",
        "segmentation backfill --from 2017-04-01 --every 10 --again --vars 'dataset: sample'",
    )
)(backfill)
app.command(
    epilog=examples(
        "segmentation show",
        "segmentation show at_risk --limit 50",
        "segmentation show dim_customers --json",
    )
)(show)
app.command(
    epilog=examples("segmentation explain 1024", "segmentation explain 1024 --segmentation value")
)(explain)
app.command(
    epilog=examples(
        "segmentation score people.csv --output scored.parquet --segmentation profile",
    )
)(score)
app.command(
    epilog=examples(
        "segmentation serve",
        "segmentation serve --host 0.0.0.0 --token-file /run/secrets/token",
    )
)(serve)
app.command(epilog=examples("segmentation doctor", "segmentation doctor --json"))(doctor)
app.command(
    epilog=examples("segmentation report", "segmentation report --output /srv/www/segments.html")
)(report)
app.command(epilog=examples("segmentation write-sample", "segmentation write-sample my_folder"))(
    write_sample
)
app.command(
    epilog=examples(
        "segmentation export --segment value/at_risk --to audiences/win_back.csv --holdout 10%",
        "segmentation export --segment value/at_risk --to audiences/win_back.csv --changes",
    )
)(export)
app.command(
    epilog=examples(
        "segmentation promote value-0003-1f2e3d4c --reason 'the customers did change'",
        "segmentation promote value-0001-0a1b2c3d --pin --reason 'the refit split a segment'",
    )
)(promote)
app.command(
    epilog=examples(
        'segmentation erase C0016 --reason "request of 2026-11-20"',
        'segmentation erase --file ids.txt --reason "requests of November" --dry-run',
    )
)(erase)
