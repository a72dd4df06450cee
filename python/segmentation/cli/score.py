"""``segmentation score``: the people of a file, scored with the current model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from segmentation.cli.conventions import AsJson, CommandError, print_json
from segmentation.cli.published_option import Published, opened_scorers


def score(
    people: Annotated[Path, typer.Argument(help="A .csv or .parquet file, a row for each person.")],
    output: Annotated[Path, typer.Option(help="The .csv or .parquet file that is written.")],
    segmentation: Annotated[
        str, typer.Option(help="value, profile or prospects: which model scores.")
    ] = "value",
    published: Published = None,
    as_json: AsJson = False,
) -> None:
    """Score the people of a file: adds segment, runner-up, margin and reasons to its columns.

    Every row is written. One that cannot be scored has the reason in the column rejected_because;
    the command counts them and ends with code 0.
    """
    from segmentation.scorer.current_scorers import NoModelError
    from segmentation.scorer.people_files import PeopleFileError, check_places, score_file

    try:
        check_places(people, output)
    except PeopleFileError as error:
        raise CommandError(str(error)) from None
    shown = Console(stderr=True)
    with opened_scorers(published) as (_, scorers):
        try:
            scorer = scorers.scorer(segmentation)
            with Progress(console=shown, disable=not shown.is_terminal, transient=True) as bar:
                task = bar.add_task("Scoring", total=1.0)
                done = score_file(
                    scorer, people, output, lambda share: bar.update(task, completed=share)
                )
        except (NoModelError, PeopleFileError) as error:
            raise CommandError(str(error)) from None
    if as_json:
        print_json({"output": str(output), **dataclasses.asdict(done)})
        return
    if done.missing:
        said = f"Missing for everybody, because there is no such column: {', '.join(done.missing)}."
        shown.print(escape(said), soft_wrap=True, highlight=False)
    for example in done.examples:
        shown.print(escape(f"Rejected, {example}"), soft_wrap=True, highlight=False)
    Console().print(
        escape(
            f"{output}: {done.rows:,} rows, {done.rows - done.rejected:,} scored with "
            f"{scorer.model_version}, {done.rejected:,} rejected."
        ),
        soft_wrap=True,
        highlight=False,
    )
