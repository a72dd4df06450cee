"""From proposals and answers to a mapping: the draft, what is still open in it, and its dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, text_literal
from segmentation.onboarding.date_formats import moment_of_text
from segmentation.onboarding.mapping import UNDECIDED, Mapping, mapping_of
from segmentation.onboarding.project_files import written_mapping
from segmentation.onboarding.reading import MALFORMED
from segmentation.onboarding.refusals import OnboardingError
from segmentation.onboarding.table_proposal import Path, Question, TableProposal

# Of two tables that say the same, the first is kept.
_RATHER = (
    ("orders", "order_lines"),
    ("orders", "customer_activity"),
    ("order_lines", "customer_activity"),
    ("campaign_activity", "campaign_contacts"),
)
_DAYS = {
    "orders": "ordered_at",
    "order_lines": "ordered_at",
    "customer_activity": "last_purchase_on",
    "campaign_contacts": "sent_on",
    "product_activity": "bought_on",
    "customers": "joined_on",
}
YEAR = 365


def without_doubles(proposals: Sequence[TableProposal]) -> tuple[list[TableProposal], list[str]]:
    """Return the tables that go together, and a sentence for each that is left out."""
    holds = {proposal.holds for proposal in proposals}
    left_out = {other: one for one, other in reversed(_RATHER) if {one, other} <= holds}
    kept, said = [], []
    for proposal in proposals:
        name = proposal.profile.name
        if proposal.holds is None:
            said.append(f"{name} is left out: {proposal.reason}.")
        elif proposal.holds in left_out:
            said.append(
                f"{name} is left out: it holds {proposal.holds}, and another table holds"
                f" {left_out[proposal.holds]}, which say the same."
            )
        else:
            kept.append(proposal)
    return kept, said


def draft_of(name: str, proposals: Sequence[TableProposal]) -> dict[str, Any]:
    """Return the draft of a mapping, in which what is not decided is a question mark."""
    return {
        "version": 1,
        "name": name,
        "as_of": UNDECIDED,
        "window_days": YEAR,
        "currency": UNDECIDED,
        "tables": [proposal.values for proposal in proposals],
    }


def table_questions(proposals: Sequence[TableProposal]) -> list[Question]:
    """Return the questions of all tables, with paths that begin in the draft."""
    return [
        replace(question, path=("tables", at, *question.path))
        for at, proposal in enumerate(proposals)
        for question in proposal.questions
    ]


def general_questions(
    engine: Engine, draft: dict[str, Any], proposals: Sequence[TableProposal], today: dt.date
) -> list[Question]:
    """Return the questions that are about the whole: the day, the window, currency, time zone.

    Parameters
    ----------
    engine : Engine
        With the rows of each table under its name.
    draft : dict
        With the answers about tables.
    proposals : sequence of TableProposal
    today : date
        Nothing has happened after it.
    """
    first, last, later = _days(engine, draft, today)
    text = "Everything is dated relative to one day, as_of."
    if last:
        # Of a purchase, a return or a cancelled order: each shows that the data reach its day.
        text += f" The last row{' up to today' if later else ''} is of {last}"
        text += f"; rows that are dated after today: {later:,}." if later else "."
    elif any(UNDECIDED in reading.get("dates", []) for _, reading in _days_read(draft)):
        text += " How the dates are written is not decided: name the last day with data."
    else:
        text += " The data hold no dates of purchases: name the day that they describe."
    proposed = last.isoformat() if last else None
    questions = [
        Question(
            ("as_of",),
            text,
            ((proposed, proposed, "the last day with data"),) if proposed else (),
            proposed,
            is_open=True,
        )
    ]
    if first and last:
        span = (last - first).days + 1
        window = YEAR if span >= YEAR else max(span, 1)
        questions.append(
            Question(
                ("window_days",),
                f"Frequency and monetary count the last days before as_of; there are {span:,}.",
                ((str(window), window, "a year" if window == YEAR else "all that there is"),),
                str(window),
                is_open=True,
            )
        )
    questions.append(_currency(proposals))
    if any(_has_offset(proposal) for proposal in proposals):
        questions.append(
            Question(
                ("time_zone",),
                "Times state how far they are from UTC, and a day begins on the clock of the shop."
                " Which time zone is it, e.g. Europe/Berlin?",
                is_open=True,
            )
        )
    return questions


def answer(draft: dict[str, Any], question: Question, word: str) -> None:
    """Put an answer into a draft.

    Raises
    ------
    OnboardingError
        If it is none of the choices, and no other answer is taken.
    """
    for choice, value, _ in question.choices:
        if word.strip().lower() == choice.lower():
            put(draft, question.path, value)
            return
    if not question.is_open or not word.strip():
        words = ", ".join(choice for choice, _, _ in question.choices)
        raise OnboardingError(f"{word!r} is none of: {words}.")
    put(draft, question.path, int(word) if word.strip().isdigit() else word.strip())


def put(draft: Any, path: Path, value: Any) -> None:
    """Set a value in nested dictionaries and lists."""
    for part in path[:-1]:
        draft = draft[part]
    draft[path[-1]] = value


def decided(draft: dict[str, Any]) -> dict[str, Any]:
    """Return a draft without the rules that were answered with no.

    What was said of rows that a column calls returns is a rule of `reject` or of `negate`.
    """
    tables = []
    for table in draft["tables"]:
        rules = {"reject": list(table.get("reject", [])), "negate": []}
        for answered in table.get("marked", []):
            for field, condition in (answered or {}).items():
                rules[field].append(condition)
        rest = {key: value for key, value in table.items() if key not in ("reject", "marked")}
        kept = {
            field: [rule for rule in written if rule is not None]
            for field, written in rules.items()
        }
        tables.append(rest | {field: written for field, written in kept.items() if written})
    return {**draft, "tables": tables}


def finished(draft: dict[str, Any]) -> Mapping:
    """Return the mapping of a draft in which everything is decided.

    Raises
    ------
    OnboardingError
        If it cannot be used.
    """
    return mapping_of(written_mapping(decided(draft)), "The mapping")


def open_question_text(question: Question) -> str:
    """Return a question that nobody answered, as a line of an error."""
    field = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in question.path)
    choices = " or ".join(
        f"{word} ({meaning})" if meaning else word for word, _, meaning in question.choices
    )
    return f"- {field.lstrip('.')}: {question.text}{f' Write {choices}.' if choices else ''}"


def _has_offset(proposal: TableProposal) -> bool:
    return any(
        choice.column == "ordered_at" and proposal.profile.column(choice.source).dates.has_offset
        for choice in proposal.choices
    )


def _currency(proposals: Sequence[TableProposal]) -> Question:
    codes = {"EUR", "USD", "GBP", "CHF", "PLN", "SEK", "NOK", "DKK", "JPY", "IDR", "CAD", "AUD"}
    signs = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
    found: dict[str, str] = {}
    for proposal in proposals:
        for choice in proposal.choices:
            column = proposal.profile.column(choice.source)
            if choice.column not in ("revenue", "unit_price", "annual_spend", "income"):
                continue
            if column.numbers.currency:
                found[column.numbers.currency] = f"values of '{column.name}' say so"
            for word in column.name.replace("(", " ").replace(")", " ").split():
                if word.upper() in codes or word in signs:
                    code = signs.get(word, word.upper())
                    found[code] = f"the header '{column.name}' says so"
    if len(found) == 1:
        ((code, reason),) = found.items()
        return Question(
            ("currency",), f"Amounts are in {code}: {reason}.", ((code, code, ""),), code, True
        )
    text = "What are amounts in, e.g. EUR? "
    text += f"Found {', '.join(found)}." if found else "No header and no value says it."
    return Question(("currency",), text, is_open=True)


def _days(
    engine: Engine, draft: dict[str, Any], today: dt.date
) -> tuple[dt.date | None, dt.date | None, int | None]:
    """Return the first and last day with a row up to today, and the number of rows after it."""
    bounds = []
    for table, reading in _days_read(draft):
        day = f"cast({_moment(reading)} as date)"
        until = f"cast({text_literal(today.isoformat())} as date)"
        bounds += engine.rows(
            f"select min({day}), max({day}) filter ({day} <= {until}),"
            f" count(*) filter ({day} > {until})"
            f" from {quoted(table)} where {MALFORMED} is null"
        )
    firsts = [first for first, _, _ in bounds if first]
    lasts = [last for _, last, _ in bounds if last]
    later = sum(rows for _, _, rows in bounds)
    return min(firsts, default=None), max(lasts, default=None), later or None


def _days_read(draft: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each table that says when something happened, and how that column is read."""
    for table in draft["tables"]:
        reading = table["columns"].get(_DAYS.get(table["holds"], ""))
        if reading is not None and (table["holds"] != "customers" or len(draft["tables"]) == 1):
            yield table["name"], reading


def _moment(reading: dict[str, Any]) -> str:
    column = quoted(reading["column"])
    formats = [name for name in reading.get("dates", []) if name != UNDECIDED]
    return moment_of_text(column, formats) if formats else f"try_cast({column} as timestamp)"
