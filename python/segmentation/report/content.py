"""What a page consists of: sections, cards and figures, before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import altair as alt
import pandas as pd

from segmentation.report.formats import TEXT, WORDS, formatted

# A text with more letters is a sentence.
SENTENCE = 40

# Any chart that Altair draws.
Chart = alt.Chart | alt.LayerChart


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        The column of the frame.
    label : str
        What the header says, with the unit.
    kind : str
        How its values are written; see :mod:`segmentation.report.formats`.
    """

    name: str
    label: str
    kind: str = TEXT


@dataclass(frozen=True)
class Table:
    """Numbers of a figure, as they stand in the marts."""

    columns: Sequence[Column]
    rows: pd.DataFrame

    @property
    def are_numbers(self) -> list[bool]:
        """Whether a column has numbers or dates, which stand to the right and never break."""
        return [column.kind not in WORDS for column in self.columns]

    @property
    def are_long(self) -> list[bool]:
        """Whether a column has sentences, which need room on a telephone."""
        return [
            column.kind in WORDS
            and max((len(str(value)) for value in self.rows[column.name]), default=0) > SENTENCE
            for column in self.columns
        ]

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        """Each row's cells: what the mart says, and how it is written."""
        frame = self.rows[[column.name for column in self.columns]]
        kinds = [column.kind for column in self.columns]
        return [
            [
                (_exact(value), formatted(value, kind))
                for value, kind in zip(row, kinds, strict=True)
            ]
            for row in frame.itertuples(index=False, name=None)
        ]


@dataclass(frozen=True)
class Picture:
    """A chart, and what it shows where a figure has several."""

    chart: Chart
    label: str = ""


@dataclass(frozen=True)
class Figure:
    """A finding: its sentence, its chart, its numbers, and where they come from.

    Attributes
    ----------
    name : str
        Unique on the page; letters, digits and hyphens.
    title : str
        What the chart finds, in a sentence.
    mart : str
        The table that the numbers come from.
    pictures : sequence of Picture
    table : Table or None
    note : str
        How to read it, where that is not obvious.
    absent_because : str
        Why there is nothing to show; then there are no pictures and no table.
    """

    name: str
    title: str
    mart: str
    pictures: Sequence[Picture] = ()
    table: Table | None = None
    note: str = ""
    absent_because: str = ""


@dataclass(frozen=True)
class Card:
    """A segment on a card.

    Attributes
    ----------
    name, size, revenue, promise, strategy, channel, priority : str
        Written for people; empty where there is nothing to say.
    apart : sequence of str
        What sets the segment apart, the most distinctive first.
    place : int
        Of the segment among those of its segmentation, from 0; it decides on the colour.
    """

    name: str
    size: str
    revenue: str
    apart: Sequence[str]
    promise: str
    strategy: str
    channel: str
    priority: str
    place: int


@dataclass(frozen=True)
class CardGroup:
    """The cards of a segmentation."""

    title: str
    question: str
    cards: Sequence[Card]
    note: str = ""
    absent_because: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading of its own."""

    name: str
    title: str
    introduction: str = ""
    groups: Sequence[CardGroup] = ()
    figures: Sequence[Figure] = field(default_factory=tuple)


@dataclass(frozen=True)
class Page:
    """The whole page.

    Attributes
    ----------
    title, subtitle : str
    key_figures : sequence of (str, str)
        A figure and what it counts, for the top of the page.
    highlights : sequence of (str, str)
        A finding and the name of its figure, those that matter first.
    warnings : sequence of str
    sections : sequence of Section
    marts : sequence of (str, str, str)
        Each table that figures come from: its name, what it is for, how many rows it has.
    """

    title: str
    subtitle: str
    key_figures: Sequence[tuple[str, str]]
    highlights: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    sections: Sequence[Section]
    marts: Sequence[tuple[str, str, str]] = ()


def _exact(value: object) -> str:
    """Return a value as a program reads it back; empty where it is null."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
        return ""
    return repr(float(value)) if isinstance(value, float) else str(value)
