"""``segmentation erase``: removes a customer from what this project stored, and keeps them out."""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from segmentation.audiences.audience import AudienceError
from segmentation.audiences.exporting import OWN_FILE
from segmentation.cli.conventions import (
    AsJson,
    CommandError,
    ExitCode,
    print_json,
    say_problem,
    terminal,
)
from segmentation.cli.dbt_process import ProjectFolder, environment_of, project_folder
from segmentation.erasure.customers import Customers
from segmentation.erasure.erasing import Request, check_reason, state_of, suppress
from segmentation.erasure.erasing import erase as erase_planned
from segmentation.erasure.places import Places
from segmentation.erasure.plan import Plan, built_dataset, make_plan
from segmentation.erasure.suppression_list import DONE

# Number of unknown ids whose place is named.
NAMED_PLACES = 20

Ids = Annotated[
    list[str] | None,
    typer.Argument(help="Ids of customers, as the marts have them.", show_default=False),
]
IdsFile = Annotated[
    str | None,
    typer.Option(
        "--file",
        help="A file with one id a line; - reads standard input, so that no id is in the list of"
        " processes or in the shell's history.",
        show_default=False,
    ),
]
Reason = Annotated[
    str,
    typer.Option(help="Why, for the list of erasures. It must hold no id.", show_default=False),
]
Dataset = Annotated[
    str | None,
    typer.Option(help="The data set of the customers. By default that of the last build."),
]
Audiences = Annotated[
    list[Path] | None,
    typer.Option(
        help="Folder into which `segmentation export` wrote; may be repeated. `audiences` in the"
        " project and SEGMENTATION_ASSIGNMENTS are looked through anyway."
    ),
]
Pages = Annotated[
    list[Path] | None,
    typer.Option(
        "--report",
        help="Page or folder that `segmentation report` wrote; may be repeated. `report` in the"
        " project is looked through anyway.",
    ),
]
Schemas = Annotated[
    list[str] | None,
    typer.Option(
        "--schema",
        help="Schema of your own tables in the warehouse to erase from too; may be repeated.",
    ),
]


def erase(
    ids: Ids = None,
    file: IdsFile = None,
    reason: Reason = "",
    dataset: Dataset = None,
    project: ProjectFolder = None,
    audiences: Audiences = None,
    pages: Pages = None,
    schemas: Schemas = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what is found, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    even_if_unknown: Annotated[
        bool,
        typer.Option(
            "--even-if-unknown",
            help="Also keep out of later builds the ids that are found nowhere now.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remove customers from all files that this project wrote, and keep them out of later builds.

    Files are written anew without them, and searched again. The source is not changed. A list holds
    hashes of the customers, and builds leave these customers out. See docs/erasure.md. The exit
    code is 1 if something remains.
    """
    folder = project_folder(project)
    places = Places.of(folder, environment_of(folder), (*(audiences or []),), (*(pages or []),))
    customers = Customers.of(
        _dataset(dataset, places), [*(name.strip() for name in ids or []), *_ids_of(file)]
    )
    request = Request(reason, dt.datetime.now(dt.UTC).date().isoformat())
    if not dry_run:
        check_reason(reason, customers)
    console = Console(stderr=True) if as_json else terminal()
    try:
        states = state_of(places.suppression, customers)
        with _progress(console) as say:
            plan = make_plan(places, customers, (*(schemas or []),), say)
        if not as_json:
            _print(console, _plan_lines(plan))
        if dry_run:
            remaining = None
            if not as_json:
                unknown = (
                    f" Found nowhere: {len(plan.unknown):,} of the ids." if plan.unknown else ""
                )
                _print(console, [f"Nothing was changed (--dry-run).{unknown}"])
        else:
            remaining = _erased(console, plan, states, request, yes=yes, unknown=even_if_unknown)
    except AudienceError as error:
        raise CommandError(str(error)) from None
    if as_json:
        print_json(_as_values(plan, remaining))
    if remaining:
        raise typer.Exit(ExitCode.PROBLEM)


def _erased(
    console: Console,
    plan: Plan,
    states: dict[str, str],
    request: Request,
    *,
    yes: bool,
    unknown: bool,
) -> list[str]:
    """Erase what is planned, and return what remains."""
    customers = plan.customers
    if not plan.is_known and all(states.get(name) == DONE for name in customers.ids):
        _print(console, ["Erased already: nothing is found, and all of them are on the list."])
        return []
    _check_known(plan, states, unknown=unknown)
    if not yes:
        if not sys.stdin.isatty():
            raise CommandError("Nothing was changed: add --yes to erase without a terminal.")
        if not typer.confirm("Erase this? It cannot be undone.", err=True):
            raise CommandError("Nothing was changed.")
    if not plan.is_known and not states:
        suppress(plan.places.suppression, customers, request)
    with _progress(console) as say:
        remaining = erase_planned(plan, request, say)
    if remaining:
        say_problem("This remains:\n" + "\n".join(f"  {line}" for line in remaining))
        say_problem(_advice(plan))
    else:
        _print(console, _result_lines(plan))
    return remaining


def _dataset(named: str | None, places: Places) -> str:
    found = named or built_dataset(places)
    if found is None:
        files = " or ".join(str(file) for file in places.databases)
        problem = f"No build is in {files}." if files else _no_warehouse(places)
        raise CommandError(
            f"{problem} Name the warehouse with SEGMENTATION_WAREHOUSE, or the folder of its"
            " project with --project. To erase from exports and reports alone, name the data set"
            " with --dataset."
        )
    return found


def _no_warehouse(places: Places) -> str:
    return f"There is no file {places.warehouse}, and nothing is published."


def _ids_of(file: str | None) -> list[str]:
    if file is None:
        return []
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read as text: {error}.") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _check_known(plan: Plan, states: dict[str, str], *, unknown: bool) -> None:
    ids = plan.customers.ids
    new = [number for number in plan.unknown if ids[number - 1] not in states]
    if not new or unknown:
        return
    shown = ", ".join(str(number) for number in new[:NAMED_PLACES])
    more = f" and {len(new) - NAMED_PLACES} more" if len(new) > NAMED_PLACES else ""
    missing = "" if plan.databases else f" {_no_warehouse(plan.places)}"
    raise CommandError(
        f"Nothing was changed: {len(new):,} of {len(ids):,} ids are found nowhere in the data set"
        f" '{plan.customers.dataset}' (number {shown}{more} of those you named).{missing} Write"
        " them as the marts have them, or name their data set with --dataset. To keep them out of"
        " later builds without data to erase, add --even-if-unknown."
    )


def _plan_lines(plan: Plan) -> list[str]:
    count = len(plan.customers.ids)
    customers = f"{count:,} customer{'s' if count > 1 else ''}"
    lines = [f"{customers} of the data set '{plan.customers.dataset}':"]
    for database in plan.databases:
        own = [rows for rows in database.rows if rows.is_own]
        lines.append(f"  {database.file}: {database.count:,} rows in {len(own):,} tables")
        lines += [f"    {rows.table}: {rows.count:,}" for rows in own]
        lines += [
            f"    {rows.table}: {rows.count:,}, in a table that is not of this project"
            for rows in database.rows
            if not rows.is_own
        ]
    lines += [f"  {file}: {count:,} rows" for file, count in plan.parquet.items()]
    for found in plan.members:
        counted = f"{found.rows:,} rows" if found.rows is not None else "to be removed whole"
        lines.append(f"  {found.path}: {counted}")
    lines += [f"  {path}: contains an id, to be removed" for path in plan.removed]
    lines += [
        f"  {path}: left by a process that was killed, to be removed" for path in plan.leftovers
    ]
    if plan.sharing:
        lines.append(
            f"  {plan.sharing:,} other customers have the same identity_id. They stay: erase them"
            " too if they are the same person."
        )
    return lines


def _result_lines(plan: Plan) -> list[str]:
    given = sorted(
        {(found.audience, found.destination) for found in plan.members if found.audience}
    )
    lines = [
        "Erased. A second search found nothing. Later builds leave them out:",
        f"  {plan.places.suppression.listed} lists them as hashes under the key",
        f"  {plan.places.suppression.key}. Keep both, the key apart from the list.",
        "Counts and averages are those of the last build. Build again: segmentation build",
        "What this command does not reach:",
        "  the source, which it does not change; backups, and copies of files;",
        "  published files that a reader still has open, and pages that were sent.",
    ]
    for audience, destination in given:
        written = "" if destination == OWN_FILE else f" for {destination}"
        lines.append(f"  The audience {audience} was written{written}: remove them there too.")
    if len(plan.customers.distinctive) < len(plan.customers.ids):
        unsearched = [*plan.places.scratch]
        if len(plan.customers.words) < len(plan.customers.ids):
            unsearched += plan.places.pages
        lines.append(
            "  Short ids cannot be distinguished from other text. They were not searched in"
            f" {', '.join(map(str, unsearched))}. Remove these if they may hold an id."
        )
    return lines


def _advice(plan: Plan) -> str:
    foreign = sorted(
        {
            rows.table.split(".")[0]
            for database in plan.databases
            for rows in database.rows
            if not rows.is_own
        }
    )
    if foreign:
        options = " ".join(f"--schema {schema}" for schema in foreign)
        return (
            "Tables that are not of this project are yours: delete the rows there, or call the"
            f" command again with {options}."
        )
    return "Check these places, then call the command again: it erases the rest."


def _as_values(plan: Plan, remaining: list[str] | None) -> dict[str, Any]:
    return {
        "dataset": plan.customers.dataset,
        "customers": len(plan.customers.ids),
        "unknown": len(plan.unknown),
        "tables": [
            {
                "file": str(database.file),
                "table": rows.table,
                "rows": rows.count,
                "is_own": rows.is_own,
            }
            for database in plan.databases
            for rows in database.rows
        ],
        "parquet": {str(file): count for file, count in plan.parquet.items()},
        "exports": [{"path": str(found.path), "rows": found.rows} for found in plan.members],
        "removed": [str(path) for path in (*plan.removed, *plan.leftovers)],
        "same_identity": plan.sharing,
        "remaining": remaining,
        "is_erased": remaining == [],
    }


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Show what is done next: on a terminal in one line, elsewhere in a line each."""
    if not console.is_terminal:
        yield lambda line: console.print(escape(f"{line} ..."), soft_wrap=True, highlight=False)
        return
    with console.status("") as status:
        yield lambda line: status.update(escape(line))


def _print(console: Console, lines: list[str]) -> None:
    for line in lines:
        console.print(escape(line), soft_wrap=True, highlight=False)
