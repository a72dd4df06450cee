"""How the dates in a column of text are written, from all of its values.

A format is written ``dd.mm.yyyy``, ``mm/dd/yyyy hh:mi``, ``dd mon yyyy``; ``iso`` is yyyy-mm-dd
with or without a time of day and an offset. Where every value has two numbers of at most 12,
nothing in the column says which is the day: that is left open, and asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
_ISO_DAY = f"^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}{_TIME}$"
# What is_written_as_day and read_timestamp of macros/reading look for.
READ_AS_DAY = r"^\s*[0-9]+[-/ ][0-9]+[-/ ][0-9]+\s*($|[T ][0-9])"
OFFSET = ":[0-9]{2}.*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"


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
        Rows that the formats read, with every choice of an open order: a date that does not exist,
        such as 31.02.2024, is not read.
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
    """Values that are written alike; rows of dates that exist in one order at least."""

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
    compact_format = "yyyymmdd"
    ((iso, offset, compact),) = engine.rows(
        "select"
        f" count(*) filter ({_matches(value, _ISO_DAY)}),"
        f" count(*) filter ({_matches(value, OFFSET)}),"
        f" count(*) filter ({_matches(value, _COMPACT)})"
        f" from {table}"
    )
    found: list[_Found] = []
    if iso:
        found.append(_Found(iso, (ISO,), f"{iso:,} rows begin with yyyy-mm-dd"))
    if compact:
        said = f"{compact:,} rows are eight digits, {compact_format}"
        found.append(_Found(compact, (compact_format,), said))
    for shape in [*_shapes(engine, table, value), *_words_first(engine, table, value)]:
        formats, reason = _format_of(shape)
        if formats:
            found.append(_Found(shape.rows, formats, reason))
    found.sort(key=lambda item: (-item.rows, item.formats))
    readable = _readable(engine, table, value, [name for item in found for name in item.formats])
    found = [item for item in found if any(readable.alone[name] for name in item.formats)]
    decided = dict.fromkeys(item.formats[0] for item in found if not item.is_open)
    return DateEvidence(
        formats=tuple(decided),
        open_orders=tuple(
            OpenOrder(tuple((name, readable.only[other]) for name, other in item.both_ways))
            for item in found
            if item.is_open
        ),
        read=readable.rows,
        reason="; ".join(item.reason for item in found),
        has_offset=bool(offset),
    )


def moment_of_text(value: str, formats: Sequence[str]) -> str:
    """Return SQL that reads text as the models of a mapping do; null where it is no date.

    Parameters
    ----------
    value : str
        SQL of a text.
    formats : sequence of str
        At least one.
    """
    # A year of two digits is tried first: four would be read from two.
    written = sorted((name for name in formats if name != ISO), key=lambda name: "yyyy" in name)
    moments = []
    if ISO in formats:
        moments.append(
            f"case when not {_matches(value, READ_AS_DAY)} then null"
            f" when {_matches(value, OFFSET)}"
            f" then timezone('UTC', try_cast({value} as timestamptz))"
            f" else try_cast({value} as timestamp) end"
        )
    if written:
        names = ", ".join(text_literal(strptime_format(name)) for name in written)
        moments.append(f"try_strptime({value}, [{names}])")
    return moments[0] if len(moments) == 1 else f"coalesce({', '.join(moments)})"


@dataclass(frozen=True)
class _Found:
    """Rows that are written alike, and one format, or two of which the values decide for none."""

    rows: int
    formats: tuple[str, ...]
    reason: str

    @property
    def is_open(self) -> bool:
        return len(self.formats) > 1

    @property
    def both_ways(self) -> tuple[tuple[str, str], ...]:
        first, second = self.formats
        return (first, second), (second, first)


@dataclass(frozen=True)
class _Readable:
    """Rows that all formats read, and each: if it were the only one, and if it alone were missing.

    Attributes
    ----------
    rows : int
    alone : dict of str to int
        Rows that a format reads.
    only : dict of str to int
        Rows that a format reads and no other one does.
    """

    rows: int
    alone: dict[str, int]
    only: dict[str, int]


def _readable(engine: Engine, table: str, value: str, formats: Sequence[str]) -> _Readable:
    names = list(dict.fromkeys(formats))
    if not names:
        return _Readable(0, {}, {})
    flags = ", ".join(
        f"{moment_of_text(value, [name])} is not null as f{at}" for at, name in enumerate(names)
    )
    columns = [f"f{at}" for at in range(len(names))]
    number = " + ".join(f"cast({column} as integer)" for column in columns)
    counts = ", ".join(
        f"count(*) filter ({column}), count(*) filter ({column} and n = 1)" for column in columns
    )
    ((rows, *each),) = engine.rows(
        f"""
        with flags as (
            select {flags}
            from {table}
            where {value} is not null
        ),
        counted as (
            select *, {number} as n from flags
        )
        select count(*) filter (n > 0), {counts} from counted
        """
    )
    return _Readable(
        rows,
        dict(zip(names, each[::2], strict=True)),
        dict(zip(names, each[1::2], strict=True)),
    )


def _matches(value: str, pattern: str) -> str:
    return f"regexp_matches({value}, {text_literal(pattern)})"


def _time_parts(hours: str, seconds: str, half: str) -> str:
    return (
        f"concat(case when {hours} <> '' then case when {half} <> '' then ' hh12:mi' else"
        f" ' hh:mi' end else '' end, case when {seconds} <> '' then ':ss' else '' end,"
        f" case when {half} <> '' then ' am' else '' end)"
    )


def _is_date(year: str, month: str, day: str) -> str:
    """Return SQL: whether three texts of digits are a date that exists.

    In which century a year of two digits is does not matter: its leap years are the same.
    """
    full_year = f"if(length({year}) > 2, lpad({year}, 4, '0'), concat('20', lpad({year}, 2, '0')))"
    return f"try_cast(concat_ws('-', {full_year}, {month}, {day}) as date) is not null"


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
                {_is_date("p.c", "p.b", "p.a")} as is_day_first,
                {_is_date("p.c", "p.a", "p.b")} as is_month_first,
                {_is_date("p.a", "p.b", "p.c")} as is_year_first
            from parts
            where p.fraction = '' and p.zone = ''
        )
        select
            first_digits, separator, second_is_word, third_digits, time_of_day, count(*),
            count(*) filter (is_day_first and not is_month_first),
            count(*) filter (is_month_first and not is_day_first)
        from shapes
        where
            second_is_word
            or if(first_digits = 4, is_year_first, is_day_first or is_month_first)
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
            f"the first number is above 12 in {shape.day_first_only:,} of {rows}, the second in"
            f" {shape.month_first_only:,}: both orders occur"
        )
    if shape.day_first_only:
        return (day_first,), (
            f"the first number is above 12 in {shape.day_first_only:,} of {rows}, the second in"
            " none: the day comes first"
        )
    if shape.month_first_only:
        return (month_first,), (
            f"the second number is above 12 in {shape.month_first_only:,} of {rows}, the first in"
            " none: the month comes first"
        )
    return (day_first, month_first), (
        f"neither number is above 12 in any of {rows}: day and month look alike"
    )
