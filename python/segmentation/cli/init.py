"""``segmentation init``: from files or tables to a project that segments their customers."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.prompt import Prompt
from rich.table import Table

from segmentation.cli.conventions import CommandError, terminal
from segmentation.engine.duckdb import DuckDBEngine, open_in_memory
from segmentation.onboarding.addresses import address_of, slug, table_name
from segmentation.onboarding.contract import KINDS
from segmentation.onboarding.drafts import (
    answer,
    decided,
    draft_of,
    finished,
    general_questions,
    open_question_text,
    table_questions,
    without_doubles,
)
from segmentation.onboarding.in_place import files_in_place
from segmentation.onboarding.mapping import Mapping, read_mapping
from segmentation.onboarding.profiles import profile_table
from segmentation.onboarding.project_files import (
    MAPPING_FILE,
    mapping_text,
    model_files,
    package_folder,
    project_files,
    written_mapping,
)
from segmentation.onboarding.proposals import choose_column, propose_table
from segmentation.onboarding.reading import expand, read_source
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.shared_ids import match_customers
from segmentation.onboarding.table_proposal import Question, TableProposal
from segmentation.onboarding.text_files import TextLayout, layout_of
from segmentation.onboarding.writing import write_files

LEAVE_OUT = "leave out"


def init(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files (.csv, .parquet, .xlsx), or tables of a database: shop.duckdb#orders,"
            " shop.sqlite, postgresql://host/database#sales.orders, env:VARIABLE#orders.",
            show_default=False,
        ),
    ] = None,
    project: Annotated[
        Path | None,
        typer.Option(help="The folder of the new project; by default, one with its name."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the project is called.")] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="Take a mapping file as it is; nothing is proposed or asked."),
    ] = None,
    propose: Annotated[
        Path | None, typer.Option(help="Write the proposed mapping to this file, and stop.")
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Take what is proposed, and stop if anything is left to ask."),
    ] = False,
    here: Annotated[
        bool, typer.Option("--here", help="Write into the dbt project in the current folder.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
) -> None:
    """Set up a project for your own data: read them, propose a mapping, ask, write the models.

    Nothing is guessed silently: each choice is shown with its reasons and the rows that it would
    reject, and what the data do not say is asked.
    """
    if here and project:
        raise CommandError("Say either --here or --project.")
    console = terminal()
    if mapping:
        if sources:
            raise CommandError("The mapping names its sources: leave them out, or --mapping.")
        wanted = _from_mapping(mapping)
        _check_sources(wanted)
    else:
        if not sources:
            raise CommandError(
                "Name the files or tables with your data, e.g. segmentation init orders.csv"
                " customers.xlsx, or a mapping file with --mapping."
            )
        if not (yes or propose) and not sys.stdin.isatty():
            raise CommandError(
                "There is no terminal to ask questions in. Take what is proposed with --yes, or"
                " write the proposal to a file with --propose and give that back with --mapping."
            )
        named = slug(name or (project.name if project else Path.cwd().name if here else "my_shop"))
        proposed = _propose(console, sources, named, yes=yes, propose=propose, force=force)
        if proposed is None:
            return
        wanted = proposed
    if name:
        wanted = wanted.model_copy(update={"name": slug(name)})
    _write(console, wanted, Path.cwd() if here else project or Path(wanted.name), here, force)


def _from_mapping(path: Path) -> Mapping:
    """Read a mapping; its paths are seen from where the command runs."""
    read = read_mapping(path)
    tables = tuple(
        table.model_copy(
            update={"source": str(address_of(table.source).seen_in(path.parent))},
        )
        for table in read.tables
    )
    return read.model_copy(update={"tables": tables})


def _check_sources(mapping: Mapping) -> None:
    """Read every source once, and say what lacks a column."""
    problems = []
    for table in mapping.tables:
        address = address_of(table.source)
        layout = None
        if address.kind == "text" and (table.delimiter or table.encoding or table.header_line):
            found = layout_of(Path(address.location))
            layout = TextLayout(
                table.encoding or found.encoding,
                table.delimiter or found.delimiter,
                table.header_line or found.header_line,
            )
        rows = read_source(address, layout)
        missing = [column for column in table.read_columns() if column not in rows.column_names]
        if missing:
            has = ", ".join(rows.column_names[3:])
            problems.append(f"- {table.source} has no column {', '.join(missing)}. It has: {has}.")
    if problems:
        raise OnboardingError("The mapping does not fit its sources:\n" + "\n".join(problems))


def _propose(
    console: Console,
    sources: list[str],
    name: str,
    *,
    yes: bool,
    propose: Path | None,
    force: bool,
) -> Mapping | None:
    with open_in_memory() as connection:
        proposals: list[TableProposal] = []
        for source in sources:
            for address in expand(address_of(source)):
                with console.status(f"Reading {escape(str(address))}"):
                    rows = read_source(address)
                    profile = profile_table(connection, address, _free(proposals, address), rows)
                proposal = propose_table(profile)
                if proposal.holds is None and not (yes or propose):
                    proposal = _ask_kind(console, proposal)
                proposals.append(proposal)
                _show(console, proposal)
        kept, said = without_doubles(proposals)
        said += match_customers(DuckDBEngine(connection), kept)
        for sentence in said:
            console.print(escape(sentence), soft_wrap=True, highlight=False)
        if not kept:
            raise CommandError("None of the tables says who the customers are or what they bought.")
        draft = draft_of(name, kept)
        is_asking = not (yes or propose)
        if is_asking:
            _change_columns(console, draft, kept)
        asked = table_questions(kept)
        unanswered = _answer_all(console, draft, asked, is_asking)
        asked = general_questions(
            DuckDBEngine(connection), draft, kept, dt.datetime.now(tz=dt.UTC).date()
        )
        unanswered += _answer_all(console, draft, asked, is_asking)
    if propose:
        _write_proposal(console, propose, draft, unanswered, force=force)
        return None
    if unanswered:
        raise CommandError(
            "The data do not say everything. Write a mapping with --propose mapping.yml, answer"
            " there, and give it back with --mapping; or run this in a terminal, without --yes:\n"
            + "\n".join(open_question_text(question) for question in unanswered)
        )
    return finished(draft)


def _free(proposals: list[TableProposal], address: Any) -> str:
    taken = {proposal.profile.name for proposal in proposals}
    name = table_name(address)
    number = 2
    while name in taken:
        name = f"{table_name(address)}_{number}"
        number += 1
    return name


def _ask_kind(console: Console, proposal: TableProposal) -> TableProposal:
    console.print(
        f"\n[bold]{escape(str(proposal.profile.address))}[/bold]: {escape(proposal.reason)}.",
        soft_wrap=True,
    )
    columns = ", ".join(column.name for column in proposal.profile.columns)
    console.print(escape(f"It has: {columns}"), soft_wrap=True, highlight=False)
    choices = [*KINDS, LEAVE_OUT]
    word = Prompt.ask("What does it hold?", choices=choices, default=LEAVE_OUT, console=console)
    return proposal if word == LEAVE_OUT else propose_table(proposal.profile, word)


def _show(console: Console, proposal: TableProposal) -> None:
    profile = proposal.profile
    if proposal.holds is None:
        # Why it is left out is said below, with the others.
        return
    about = f"{profile.address}: {profile.rows:,} rows"
    if profile.malformed:
        about += f", {profile.malformed:,} of them no rows of the table"
    holds = proposal.holds.replace("_", " ")
    table = Table(title=escape(f"{about}. Holds {holds}: {proposal.reason}."), title_justify="left")
    table.add_column("Column")
    table.add_column("From", style="bold")
    table.add_column("Read as")
    table.add_column("Why", ratio=1)
    table.add_column("Rejects", justify="right")
    for choice in proposal.choices:
        how = choice.reading.get("dates") or choice.reading.get("decimal") or ""
        read_as = ", ".join(how) if isinstance(how, list) else f"decimals: {how}" if how else ""
        table.add_row(
            *(choice.column, escape(choice.source), escape(read_as), escape(choice.reason)),
            f"{choice.rejected:,}",
        )
    for further, reading in proposal.values.get("further_columns", {}).items():
        table.add_row(further, escape(reading["column"]), "", "a category of people", "0")
    console.print()
    console.print(table)
    used = {r["column"] for r in proposal.values.get("further_columns", {}).values()}
    unused = [column for column in proposal.unused if column not in used]
    if unused:
        console.print(escape(f"Not read: {', '.join(unused)}."), soft_wrap=True, highlight=False)


def _change_columns(
    console: Console, draft: dict[str, Any], proposals: list[TableProposal]
) -> None:
    for table, proposal in zip(draft["tables"], proposals, strict=True):
        has = [column.name for column in proposal.profile.columns]
        while True:
            word = Prompt.ask(
                f"\n{table['name']}: another column? Write e.g. income=Salary or income=- for none;"
                " Enter goes on",
                default="",
                show_default=False,
                console=console,
            )
            if not word.strip():
                break
            column, _, source = (part.strip() for part in word.partition("="))
            further = table.get("further_columns", {})
            if column in further and source in ("", "-"):
                del further[column]
            elif column not in KINDS[table["holds"]]:
                known = ", ".join([*KINDS[table["holds"]], *further])
                console.print(escape(f"There is no column {column}. There are: {known}."))
            elif source in ("", "-"):
                table["columns"].pop(column, None)
            elif source not in has:
                console.print(
                    escape(f"{table['name']} has no column {source}. It has: {', '.join(has)}.")
                )
            else:
                choose_column(proposal, column, source)


def _answer_all(
    console: Console, draft: dict[str, Any], questions: list[Question], is_asking: bool
) -> list[Question]:
    """Answer questions in a draft, and return those that nobody answered."""
    unanswered = []
    for question in questions:
        if is_asking:
            _ask(console, draft, question)
        elif question.proposed is None:
            unanswered.append(question)
        else:
            answer(draft, question, question.proposed)
            console.print(
                escape(f"{question.text} → {question.proposed}"), soft_wrap=True, highlight=False
            )
    return unanswered


def _ask(console: Console, draft: dict[str, Any], question: Question) -> None:
    console.print()
    console.print(escape(question.text), soft_wrap=True, highlight=False)
    for word, _, meaning in question.choices:
        if meaning:
            console.print(escape(f"  {word}: {meaning}"), soft_wrap=True, highlight=False)
    while True:
        word = Prompt.ask(
            "Answer",
            default=question.proposed or "",
            show_default=bool(question.proposed),
            console=console,
        )
        try:
            answer(draft, question, word)
        except OnboardingError as error:
            console.print(escape(str(error)))
        else:
            return


def _write_proposal(
    console: Console,
    path: Path,
    draft: dict[str, Any],
    unanswered: list[Question],
    *,
    force: bool,
) -> None:
    for table in draft["tables"]:
        table["source"] = str(address_of(table["source"]).seen_from(path.parent))
    questions = "".join(f"# {open_question_text(question)}\n" for question in unanswered)
    head = f"# Not decided yet, and written as '?' below:\n{questions}" if unanswered else ""
    text = head + written_mapping(decided(draft))
    write_files(path.parent, {path.name: text}, force=force, instead="file with --propose")
    console.print(
        escape(
            f"\n{path} holds the proposal; fields still to be decided: {len(unanswered)}."
            f" Then: segmentation init --mapping {path} --yes"
        ),
        soft_wrap=True,
        highlight=False,
    )


def _write(console: Console, mapping: Mapping, folder: Path, here: bool, force: bool) -> None:
    tables = tuple(
        table.model_copy(update={"source": str(address_of(table.source).seen_from(folder))})
        for table in mapping.tables
    )
    mapping = mapping.model_copy(update={"tables": tables})
    if here:
        files, advice = files_in_place(folder, mapping)
    else:
        files = project_files(mapping, package_folder()) | model_files(mapping)
        files[MAPPING_FILE] = mapping_text(mapping)
        advice = ""
    changed = {"dbt_project.yml", "profiles.yml"} if here else set()
    kept = {name: text for name, text in files.items() if name not in changed}
    write_files(folder, kept, force=force)
    write_files(folder, {n: t for n, t in files.items() if n in changed}, force=True)
    console.print(escape(f"\n{folder} has {len(files)} files:"), highlight=False)
    for name in sorted(files):
        console.print(escape(f"  {name}"), highlight=False)
    step = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    console.print(
        escape(f"{advice}\nNext: {step}segmentation build"), soft_wrap=True, highlight=False
    )
