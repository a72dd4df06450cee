"""``segmentation promote``: puts another version of a model in force, at the next build."""

from __future__ import annotations

import datetime as dt
import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segmentation.cli.conventions import CommandError, records, terminal
from segmentation.cli.dbt_process import ProjectFolder, environment_of, project_folder
from segmentation.cli.opened import Schema, opened_marts
from segmentation.cli.promotions_file import write_decision
from segmentation.engine.sql import text_literal
from segmentation.published.read_marts import Marts

# Those whose customers can be compared under two versions.
_CLUSTERINGS = ("value", "profile")
# Number of pairs of segments that are shown; the rest is added up.
MOVES_SHOWN = 12


@dataclass(frozen=True)
class _Versions:
    """A stored version, and the one that is in force in its data set and variant."""

    wanted: dict[str, Any]
    current: dict[str, Any]


def promote(
    version: Annotated[str, typer.Argument(help="A model_version of rpt_model_history.")],
    reason: Annotated[str, typer.Option(help="Why; it is written into the file.")],
    pin: Annotated[
        bool,
        typer.Option("--pin", help="Keep it in force whatever is fitted later."),
    ] = False,
    segmentation: Annotated[
        str | None, typer.Option(help="The segmentation that the version must be of.")
    ] = None,
    decided_by: Annotated[
        str | None, typer.Option(help="Who decided it; by default the user of this computer.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")
    ] = False,
    warehouse: Annotated[
        Path | None,
        typer.Option(help="The DuckDB file that dbt built.", envvar="SEGMENTATION_WAREHOUSE"),
    ] = None,
    project: ProjectFolder = None,
    schema: Schema = None,
) -> None:
    """Put a stored model in force: a challenger that waits, or an older one, to roll back.

    Shows who would be in another segment, and writes a row into seeds/model_promotions.csv. The
    next build applies it. Removing the row takes the decision back.
    """
    if not reason.strip():
        raise CommandError("Write why this model is to be in force: --reason '...'")
    folder = project_folder(project)
    file = warehouse or Path(environment_of(folder)["SEGMENTATION_WAREHOUSE"])
    console = terminal()
    with opened_marts(file, schema, option="--warehouse or SEGMENTATION_WAREHOUSE") as marts:
        versions = _versions(marts, version, segmentation)
        _show_change(console, marts, versions)
    wanted = versions.wanted
    decision = {
        "segmentation": wanted["segmentation"],
        "dataset": wanted["dataset"],
        "variant": "" if wanted["variant"] == "default" else wanted["variant"],
        "model_version": version,
        "action": "pin" if pin else "promote",
        "decided_on": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "decided_by": decided_by if decided_by is not None else getpass.getuser(),
        "reason": reason.strip(),
    }
    if dry_run:
        console.print("Nothing was written (--dry-run).")
        return
    path = write_decision(folder, decision)
    until = "until its row is removed" if pin else "until a later fit takes over"
    console.print(
        escape(
            f"{path}: {decision['action']} {version}, {until}. Apply it with `segmentation build`,"
            " with the vars of your builds."
        ),
        soft_wrap=True,
        highlight=False,
    )


def _versions(marts: Marts, version: str, segmentation: str | None) -> _Versions:
    """Return the version that is asked for, and the one in force.

    Raises
    ------
    CommandError
        If there is no such version; the message lists the stored ones.
    """
    listed = _history(marts)
    found = [row for row in listed if row["model_version"] == version]
    of = found[0]["segmentation"] if found else segmentation
    if segmentation is not None and of != segmentation:
        raise CommandError(f"{version} is a model of {of}, not of {segmentation}.")
    if not found:
        names = ", ".join(
            f"{row['model_version']} (as of {row['as_of']})"
            for row in listed
            if of in (None, row["segmentation"])
        )
        raise CommandError(f"There is no model {version}. The models are: {names or 'none'}.")
    wanted = found[0]
    same = ("segmentation", "dataset", "variant")
    current = next(
        (
            row
            for row in listed
            if row["is_in_force"] and all(row[name] == wanted[name] for name in same)
        ),
        wanted,
    )
    return _Versions(wanted, current)


def _history(marts: Marts) -> list[dict[str, Any]]:
    columns = (
        *("segmentation", "dataset", "variant", "model_version", "is_in_force", "as_of"),
        *("fit_reason", "became"),
    )
    rows = marts.connection.execute(
        f"select {', '.join(columns)} from rpt_model_history order by segmentation, model_number"
    ).fetchall()
    return records(columns, rows)


def _show_change(console: Console, marts: Marts, versions: _Versions) -> None:
    """Print the facts about the version, and which customers would change segment."""
    wanted, current = versions.wanted, versions.current

    def say(text: str) -> None:
        console.print(escape(text), soft_wrap=True, highlight=False)

    say(
        f"{wanted['model_version']} of {wanted['segmentation']} was fitted as of "
        f"{wanted['as_of']} because {wanted['fit_reason']}, and became {wanted['became']}."
    )
    if failed := _failed_gates(marts, wanted["model_version"]):
        say(f"It failed gates: {failed}.")
    if wanted["model_version"] == current["model_version"]:
        say("It is in force already.")
        return
    say(f"In force is {current['model_version']}, fitted as of {current['as_of']}.")
    if wanted["segmentation"] not in _CLUSTERINGS:
        say(
            "What it would say of each customer is not known before the build; the gates of its "
            "fit, in rpt_model_gates, compare it with the model that was in force then."
        )
        return
    ((dataset,),) = marts.connection.execute(
        "select dataset from rpt_builds where is_latest"
    ).fetchall()
    if dataset != wanted["dataset"]:
        say("Who would be in another segment is not known: the last build is not of its customers.")
        return
    _show_moves(console, marts, versions)


def _failed_gates(marts: Marts, version: str) -> str:
    rows = marts.connection.execute(
        "select gate, gate_value, least_value from rpt_model_gates "
        f"where not is_passed and model_version = {text_literal(version)} order by gate"
    ).fetchall()
    return "; ".join(f"{gate} {value:.3f} below {limit:.3f}" for gate, value, limit in rows)


def _show_moves(console: Console, marts: Marts, versions: _Versions) -> None:
    # NumPy and pandas take a while to load: not for --help.
    from segmentation.scorer.compared_versions import ComparisonError, compare_versions

    current, wanted = versions.current["model_version"], versions.wanted["model_version"]
    try:
        compared = compare_versions(
            marts.connection, marts.schema, versions.wanted["segmentation"], (current, wanted)
        )
    except ComparisonError as error:
        raise CommandError(f"{wanted} cannot be compared with {current}: {error}.") from None
    agreement = compared.agreement
    moving = [(one, other, n) for one, other, n in compared.moves if one != other]
    console.print(
        f"{agreement.kept:,} of {agreement.customers:,} customers would keep their segment "
        f"({agreement.kept_share:.1%}; adjusted Rand index {agreement.adjusted_rand_index:.3f}).",
        soft_wrap=True,
        highlight=False,
    )
    if not moving:
        return
    table = Table(show_edge=False)
    for column in ("from", "to"):
        table.add_column(column, overflow="fold")
    table.add_column("customers", justify="right")
    for one, other, customers in moving[:MOVES_SHOWN]:
        table.add_row(escape(one), escape(other), f"{customers:,}")
    if len(moving) > MOVES_SHOWN:
        rest = sum(customers for _, _, customers in moving[MOVES_SHOWN:])
        table.add_row("other segments", "", f"{rest:,}")
    console.print(table)
