"""How the dates in a column of text are written, from all of its values.

A format is written ``dd.mm.yyyy``, ``mm/dd/yyyy hh:mi``, ``dd mon yyyy``; ``iso`` is yyyy-mm-dd
with or without a time of day and an offset. Where every value has two numbers of at most 12,
nothing in the column says which is the day: that is left open, and asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, text_literal

ISO = "iso"

# Parts of a format, and what strptime calls them; the longer of two first.
_PARTS = (
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("month", "%B"),
    ("mon", "%b"),
    ("mm", "%m"),
    ("dd", "%d"),
    ("hh12", "%I"),
    ("hh", "%H"),
    ("mi", "%M"),
    ("ss", "%S"),
    ("am", "%p"),
)
_PART = re.compile("|".join(part for part, _ in _PARTS))

_TIME = (
    "(?:(?:[ T]|, )+([0-9]{1,2}:[0-9]{2})(:[0-9]{2})?([.,][0-9]+)?"
    " ?([AaPp][Mm])?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_NUMBERS = f"^([0-9]{{1,4}})([-/. ]+)([0-9]{{1,2}}|[A-Za-z]{{3,9}})[-/. ]+([0-9]{{1,4}}){_TIME}$"
_MONTH_FIRST = f"^([A-Za-z]{{3,9}}) ([0-9]{{1,2}}),? ([0-9]{{4}}){_TIME}$"
_COMPACT = "^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$"


class DateFormatError(ValueError):
    """A text that is no format of dates."""


@dataclass(frozen=True)
class OpenOrder:
    """Dates of one shape whose order of day and month the values do not say.

    Attributes
    ----------
    choices : tuple of (format, rows that it would not read)
    """

    choices: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class DateEvidence:
    """What the values of a column say about their dates.

    Attributes
    ----------
    formats : tuple of str
        The formats that the values decide, those of most rows first.
    open_orders : tuple of OpenOrder
    read : int
        Rows that the formats read, whatever is chosen.
    reason : str
        How the formats were found.
    has_offset : bool
        Whether times state how far they are from UTC.
    """

    formats: tuple[str, ...] = ()
    open_orders: tuple[OpenOrder, ...] = ()
    read: int = 0
    reason: str = ""
    has_offset: bool = False


@dataclass(frozen=True)
class _Shape:
    first_digits: int
    separator: str
    second_is_word: bool
    third_digits: int
    time: str
    rows: int
    day_first_only: int
    month_first_only: int


def strptime_format(written: str) -> str:
    """Return a format as DuckDB and Python write it.

    Raises
    ------
    DateFormatError
        If it lacks a day, a month or a year.

    >>> strptime_format("dd.mm.yyyy hh:mi")
    '%d.%m.%Y %H:%M'
    """
    found = _PART.findall(written)
    has_month = {"mm", "mon", "month"} & set(found)
    if "dd" not in found or not has_month or not {"yyyy", "yy"} & set(found):
        raise DateFormatError(
            f"{written!r} is no format of dates. Write iso, or e.g. dd.mm.yyyy, mm/dd/yyyy hh:mi,"
            " dd mon yyyy: dd day, mm month in digits, mon or month in words, yyyy or yy year, hh"
            " hour, mi minute, ss second, hh12 and am for a clock of twelve hours."
        )
    names = dict(_PARTS)
    return _PART.sub(lambda part: names[part[0]], written.replace("%", "%%"))


def date_evidence(engine: Engine, table: str, column: str) -> DateEvidence:
    """Look at all values of a column of text.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item.
    column : str
        A column of text without white space around its values.
    """
    value = quoted(column)
    ((iso, offset, compact),) = engine.rows(
        "select"
        f" count(*) filter ({_matches(value, f'^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}{_TIME}$')}),"
        f" count(*) filter ({_matches(value, ':[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$')}),"
        f" count(*) filter ({_matches(value, _COMPACT)})"
        f" from {table}"
    )
    found: list[tuple[int, tuple[str, ...], str]] = []
    open_orders = []
    if iso:
        found.append((iso, (ISO,), f"{iso:,} rows begin with yyyy-mm-dd"))
    if compact:
        found.append((compact, ("yyyymmdd",), f"{compact:,} rows are eight digits, yyyymmdd"))
    for shape in [*_shapes(engine, table, value), *_words_first(engine, table, value)]:
        formats, reason = _format_of(shape)
        if len(formats) == 1:
            found.append((shape.rows, formats, reason))
        elif formats:
            lost = (shape.month_first_only, shape.day_first_only)
            open_orders.append(OpenOrder(tuple(zip(formats, lost, strict=True))))
            found.append((shape.rows, (), reason))
    found.sort(key=lambda item: (-item[0], item[1]))
    formats = tuple(dict.fromkeys(name for _, names, _ in found for name in names))
    return DateEvidence(
        formats=formats,
        open_orders=tuple(open_orders),
        read=sum(rows for rows, _, _ in found),
        reason="; ".join(reason for _, _, reason in found),
        has_offset=bool(offset),
    )


def _matches(value: str, pattern: str) -> str:
    return f"regexp_matches({value}, {text_literal(pattern)})"


def _time_parts(hours: str, seconds: str, half: str) -> str:
    return (
        f"concat(case when {hours} <> '' then case when {half} <> '' then ' hh12:mi' else"
        f" ' hh:mi' end else '' end, case when {seconds} <> '' then ':ss' else '' end,"
        f" case when {half} <> '' then ' am' else '' end)"
    )


def _shapes(engine: Engine, table: str, value: str) -> list[_Shape]:
    parts = "['a', 'sep', 'b', 'c', 'hours', 'seconds', 'fraction', 'half', 'zone']"
    rows = engine.rows(
        f"""
        with parts as (
            select regexp_extract({value}, {text_literal(_NUMBERS)}, {parts}) as p
            from {table}
            where {_matches(value, _NUMBERS)}
                and not {_matches(value, "^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]|$)")}
        ),
        shapes as (
            select
                if(length(p.a) > 2, 4, 2) as first_digits,
                trim(p.sep) as separator,
                try_cast(p.b as integer) is null as second_is_word,
                length(p.c) as third_digits,
                {_time_parts("p.hours", "p.seconds", "p.half")} as time_of_day,
                try_cast(p.a as integer) as first,
                try_cast(p.b as integer) as second
            from parts
            where p.fraction = '' and p.zone = ''
        )
        select
            first_digits, separator, second_is_word, third_digits, time_of_day, count(*),
            count(*) filter (first > 12), count(*) filter (second > 12)
        from shapes
        group by all
        order by all
        """
    )
    return [_Shape(*row) for row in rows]


def _words_first(engine: Engine, table: str, value: str) -> list[_Shape]:
    parts = "['a', 'b', 'c', 'hours', 'seconds', 'fraction', 'half', 'zone']"
    rows = engine.rows(
        f"""
        with parts as (
            select
                regexp_extract({value}, {text_literal(_MONTH_FIRST)}, {parts}) as p,
                contains({value}, ',') as has_comma
            from {table}
            where {_matches(value, _MONTH_FIRST)}
        )
        select
            if(length(p.a) > 3, 9, 3), has_comma,
            {_time_parts("p.hours", "p.seconds", "p.half")} as time_of_day, count(*)
        from parts
        where p.fraction = '' and p.zone = ''
        group by all
        order by all
        """
    )
    return [
        _Shape(-letters, "," if has_comma else "", True, 4, time, count, 0, 0)
        for letters, has_comma, time, count in rows
    ]


def _format_of(shape: _Shape) -> tuple[tuple[str, ...], str]:
    """Return the format of a shape, both where the order is open, none where it is no date."""
    at, rows = shape.separator or " ", f"{shape.rows:,} rows"
    year = "yyyy" if shape.third_digits > 2 else "yy"
    if shape.first_digits < 0:
        word = "mon" if shape.first_digits == -3 else "month"
        name = f"{word} dd{shape.separator} yyyy{shape.time}"
        return (name,), f"{rows} are written {name}"
    if shape.second_is_word:
        names = (f"dd{at}mon{at}{year}{shape.time}",)
        return names, f"{rows} are written {names[0]}"
    if shape.first_digits == 4:
        if shape.third_digits > 2:
            return (), ""
        names = (f"yyyy{at}mm{at}dd{shape.time}",)
        return names, f"{rows} begin with a year of four digits"
    if shape.third_digits not in (2, 4):
        return (), ""
    day_first, month_first = f"dd{at}mm{at}{year}{shape.time}", f"mm{at}dd{at}{year}{shape.time}"
    if shape.day_first_only and shape.month_first_only:
        return (day_first, month_first), (
            f"of {rows}, {shape.day_first_only:,} have a first number above 12 and"
            f" {shape.month_first_only:,} a second one: both orders occur"
        )
    if shape.day_first_only:
        return (day_first,), (
            f"in {rows} the first number goes beyond 12 ({shape.day_first_only:,} times) and the"
            " second never does: the day comes first"
        )
    if shape.month_first_only:
        return (month_first,), (
            f"in {rows} the second number goes beyond 12 ({shape.month_first_only:,} times) and the"
            " first never does: the month comes first"
        )
    if at == ".":
        return (day_first, month_first), f"no number in {rows} goes beyond 12, dots in between"
    return (day_first, month_first), f"no number in {rows} goes beyond 12: day and month look alike"
