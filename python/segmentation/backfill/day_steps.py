"""The days of a backfill: equal steps of the calendar between two days."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass

# How many days or months the words stand for.
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3}

_NUMBER_OF_DAYS = re.compile(r"([1-9][0-9]{0,4}) *(?:days?)?", re.ASCII)


@dataclass(frozen=True)
class CalendarStep:
    """How far one day of a backfill is from the next: a number of days, or of months.

    Attributes
    ----------
    days, months : int
        One of them is zero.
    """

    days: int = 0
    months: int = 0

    def day_number(self, first: dt.date, number: int) -> dt.date:
        """Return the day so many steps after the first.

        Parameters
        ----------
        first : datetime.date
        number : int
            Zero is the first day itself.

        Returns
        -------
        datetime.date
            Of months, the same day of the month as the first; the last day of the month where it
            has no such day, or where the first day is the last of its month.
        """
        if self.days:
            return first + dt.timedelta(days=self.days * number)
        months = first.year * 12 + first.month - 1 + self.months * number
        year, month = months // 12, months % 12 + 1
        last = calendar.monthrange(year, month)[1]
        is_end = first.day == calendar.monthrange(first.year, first.month)[1]
        return dt.date(year, month, last if is_end else min(first.day, last))


def read_step(text: str) -> CalendarStep:
    """Read a step: ``day``, ``week``, ``month``, ``quarter``, or a number of days.

    Raises
    ------
    ValueError
        If the text is none of these; the message lists what is allowed.
    """
    word = text.strip().lower()
    if word in _DAYS:
        return CalendarStep(days=_DAYS[word])
    if word in _MONTHS:
        return CalendarStep(months=_MONTHS[word])
    number = _NUMBER_OF_DAYS.fullmatch(word)
    if number is None:
        raise ValueError(
            f"'{text}' is no step of the calendar. Write day, week, month, quarter, or a number of"
            " days, e.g. 10."
        )
    return CalendarStep(days=int(number[1]))


def days_between(first: dt.date, last: dt.date, step: CalendarStep) -> list[dt.date]:
    """Return the first day and those after it, up to the last.

    Parameters
    ----------
    first, last : datetime.date
        The last one is among the days only where a step ends on it.
    step : CalendarStep

    Returns
    -------
    list of datetime.date
        Ascending; empty where `last` is before `first`.
    """
    days: list[dt.date] = []
    while (day := step.day_number(first, len(days))) <= last:
        days.append(day)
    return days
