"""``segmentation export``: the customers of a segment as a file for a campaign."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from segmentation.audiences.audience import AudienceError
from segmentation.audiences.exporting import (
    DESTINATIONS,
    OWN_FILE,
    Contacts,
    Exported,
    Request,
    export_audience,
)
from segmentation.cli.conventions import AsJson, CommandError, print_json, terminal
from segmentation.cli.opened import Schema, opened_marts
from segmentation.cli.published_option import Published, file_of

Segment = Annotated[
    str, typer.Option(help="Segmentation and segment, e.g. value/at_risk.", show_default=False)
]
To = Annotated[
    Path,
    typer.Option(help="The file, .csv or .parquet, in an existing folder.", show_default=False),
]
Holdout = Annotated[
    str | None,
    typer.Option(
        help="Share of the customers that is held out, e.g. 10%. By default that of the earlier"
        " exports of the audience, else 0%."
    ),
]
Changes = Annotated[
    bool,
    typer.Option("--changes", help="Write only who was added and removed since the last export."),
]
AudienceName = Annotated[
    str | None, typer.Option(help="Name of the audience. By default that of the file.")
]
Seed = Annotated[
    str | None,
    typer.Option(
        help="Text that is hashed with the customer id; another seed holds out others. By"
        " default that of the audience's earlier exports, else its name."
    ),
]
DestinationName = Annotated[
    str,
    typer.Option(
        help="Who gets the file, which decides its columns and hashes:"
        f" {', '.join([OWN_FILE, *DESTINATIONS])}."
    ),
]
Top = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="At most this many customers: those with the largest expected losses. Repeat it at"
        " each export of the audience.",
    ),
]
ContactsFile = Annotated[
    Path | None,
    typer.Option(
        help="For a destination: a CSV, Parquet or DuckDB file with customer_id, email, phone,"
        " first_name, last_name, country, postcode, or some of them."
    ),
]
ContactsTable = Annotated[
    str | None, typer.Option(help="The table of a DuckDB file, e.g. crm.people.")
]
Region = Annotated[
    str | None,
    typer.Option(help="Country of phone numbers without a country's code, e.g. US."),
]
Assignments = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the assignments. By default `assignments` beside the file.",
        envvar="SEGMENTATION_ASSIGNMENTS",
    ),
]


def export(
    segment: Segment,
    to: To,
    holdout: Holdout = None,
    changes: Changes = False,
    top: Top = None,
    audience: AudienceName = None,
    seed: Seed = None,
    destination: DestinationName = OWN_FILE,
    contacts: ContactsFile = None,
    contacts_table: ContactsTable = None,
    region: Region = None,
    assignments: Assignments = None,
    published: Published = None,
    schema: Schema = None,
    as_json: AsJson = False,
) -> None:
    """Write the customers of a segment to a file, without those who are held out.

    Who is in the audience and who is held out is recorded as Parquet files, which the next build
    reads: `rpt_campaign_lift` compares the two groups.
    """
    file = file_of(published)
    folder = assignments or to.parent / "assignments"
    request = Request(
        segment=segment,
        to=to,
        assignments=folder,
        audience=audience,
        holdout=holdout,
        seed=seed,
        only_changes=changes,
        top=top,
        destination=destination,
        contacts=Contacts(contacts, contacts_table, region) if contacts else None,
    )
    try:
        with opened_marts(file, schema, option="--published or SEGMENTATION_PUBLISHED") as marts:
            exported = export_audience(marts, request)
    except AudienceError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(
            f"{error.filename or to} cannot be written: {error.strerror}. Name another with --to or"
            " --assignments."
        ) from None
    if as_json:
        print_json(_as_values(exported, folder))
    else:
        for line in _lines(exported, request):
            terminal().print(escape(line), soft_wrap=True, highlight=False)


def _as_values(exported: Exported, folder: Path) -> dict[str, object]:
    values = asdict(exported)
    for name in ("written", "problems_file"):
        values[name] = None if values[name] is None else str(values[name])
    return values | {"assignments": str(folder)}


def _about_ids(exported: Exported) -> list[str]:
    """Return a hint where ids of contacts and of the marts look as if spelt in different ways."""
    ids = exported.ids
    if ids is None or ids.examples is None:
        return []
    contact, customer = ids.examples
    return [
        f"  Of {ids.of_contacts:,} ids of the contacts, {ids.in_both:,} are in the audience. Are"
        f" they spelt in another way? The contacts have e.g. '{contact}', the audience has e.g."
        f" '{customer}'."
    ]


def _lines(exported: Exported, request: Request) -> list[str]:
    audience = exported.audience
    lines = [
        f"{audience.audience}: {exported.members:,} customers"
        f"{' with the largest expected losses' if request.top else ''} in {audience.segment}"
        f"{f' as of {exported.as_of}' if exported.as_of else ''}; {exported.treated:,} in the"
        f" audience, {exported.held_out:,} held out (planned:"
        f" {100 * audience.holdout_share:.4g} %)."
    ]
    if request.destination != OWN_FILE:
        lines.append(
            f"{request.destination} can find {exported.found:,} of {exported.treated:,} customers."
        )
        lines += _about_ids(exported)
        lines += [f"  {count:,} x {problem}" for problem, count in exported.problems.items()]
        if exported.problems_file is not None:
            lines.append(f"  {exported.problems_file} names them.")
    if exported.written is None:
        lines.append("Nothing has changed since the last export, and nothing was written.")
    else:
        lines.append(
            f"{exported.written}: {exported.added:,} added, {exported.removed:,} removed since the"
            " last export."
        )
    lines.append(
        f"{exported.newly_assigned:,} newly assigned. To measure the campaign, build with"
        f" SEGMENTATION_ASSIGNMENTS={request.assignments.resolve()}"
    )
    return lines
