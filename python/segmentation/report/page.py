"""The page: from marts to one HTML file that needs nothing else."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import jinja2
import markupsafe

from segmentation.engine.duckdb import UNKNOWN_NAME_ERRORS
from segmentation.published.marts_schema import MartsNotFoundError
from segmentation.published.read_marts import Marts
from segmentation.published.turns import turns_in
from segmentation.published.whole_files import write_whole
from segmentation.report.content import Figure, Page, Section
from segmentation.report.formats import count, date, large
from segmentation.report.rows import where
from segmentation.report.sections.behaviour import behaviour
from segmentation.report.sections.cards import cards
from segmentation.report.sections.changes import changes
from segmentation.report.sections.conversion import conversion
from segmentation.report.sections.distributions import features
from segmentation.report.sections.expected_value import expected_value
from segmentation.report.sections.number_of_segments import number_of_segments, segment_maps
from segmentation.report.sections.preferences import preferences
from segmentation.report.sections.prospects import prospects
from segmentation.report.sections.sizes import sizes
from segmentation.report.sections.sources import sources
from segmentation.report.sections.who_they_are import people
from segmentation.report.segments import PROFILE, VALUE, segments_of
from segmentation.report.sentences import predicts_given_segments
from segmentation.report.theme import drawn

SECTIONS = (
    cards,
    sizes,
    changes,
    expected_value,
    behaviour,
    people,
    conversion,
    preferences,
    prospects,
    number_of_segments,
    segment_maps,
    features,
    sources,
)


# The figures whose findings stand at the top of the page.
HIGHLIGHTS = (
    *("value-sizes", "value-moves", "expected-value", "value-expected-loss", "profile-sizes"),
    "expected-prospects",
)


def page_of(marts: Marts, sections: Sequence[Callable[[Marts], Section]] = SECTIONS) -> Page:
    """Return what the page says about the marts of a file.

    Parameters
    ----------
    marts : Marts
    sections : sequence of callable
        The parts of the page, from top to bottom.

    Returns
    -------
    Page

    Raises
    ------
    MartsNotFoundError
        If the file lacks dim_segments, or a table of it a column.
    """
    if "dim_segments" not in marts.descriptions:
        raise MartsNotFoundError("The file has no table dim_segments.")
    try:
        shown = [_explained(section(marts), marts) for section in sections]
    except (KeyError, *UNKNOWN_NAME_ERRORS) as error:
        raise MartsNotFoundError(
            f"A table of the file lacks a column that the page shows ({error}): another version"
            " of the project built it."
        ) from error
    about = marts.frame("select distinct as_of from dim_segments order by all").head(1)
    dataset = marts.data_name or "no customers"
    as_of = date(about["as_of"].iloc[0]) if len(about) else ""
    return Page(
        title=f"Customer segments: {dataset.replace('_', ' ')}",
        subtitle=f"As of {as_of}" if as_of else "",
        key_figures=_key_figures(marts),
        highlights=[
            (figure.title, figure.name)
            for name in HIGHLIGHTS
            for figure in _figures(shown)
            if figure.name == name and not figure.absent_because
        ],
        warnings=_warnings(marts),
        sections=shown,
        marts=[
            (name, marts.descriptions.get(name, ""), count(marts.row_count(name)))
            for name in sorted({figure.mart for figure in _figures(shown)} | {"dim_segments"})
            if name in marts.descriptions
        ],
    )


def html_of(page: Page) -> str:
    """Return a page as HTML: text, style sheet and drawings in one.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("segmentation.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["with_code"] = _with_code
    return environment.get_template("page.html.j2").render(page=page, drawn=drawn)


def _with_code(text: str) -> markupsafe.Markup:
    """Return a text in HTML, in which words between backticks are code."""
    escaped = str(markupsafe.escape(text))
    return markupsafe.Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))


def write_page(html: str, path: Path) -> None:
    """Write a page so that its readers see the old one or the new one, never a part.

    Parameters
    ----------
    html : str
    path : Path
        Its folder is made if there is none.

    Raises
    ------
    OSError
        If the folder cannot be made or written to, or `path` is no place for a file: a folder, a
        device.

    Notes
    -----
    What a link leads to is replaced. A page keeps the permissions of the one before.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is there, and is no file", str(path))
    with turns_in(path.parent):
        write_whole(path, lambda unfinished: _write(html, unfinished))


def _write(html: str, path: Path) -> None:
    path.write_text(html, encoding="utf-8")


def _explained(section: Section, marts: Marts) -> Section:
    """Return a section that says of which tables the file has none."""
    figures = [
        figure
        if figure.mart in marts.descriptions
        else replace(
            figure,
            absent_because=f"The file has no table {figure.mart}: an older version built it, or"
            " the build was of a part. Build again.",
        )
        for figure in section.figures
    ]
    return replace(section, figures=figures)


def _figures(sections: list[Section]) -> Iterator[Figure]:
    for section in sections:
        yield from section.figures


def _key_figures(marts: Marts) -> list[tuple[str, str]]:
    shown = []
    if "dim_customers" in marts.descriptions:
        shown.append((count(marts.row_count("dim_customers")), "customers"))
    values = where(marts.table("rpt_segment_value"), segmentation=VALUE)
    revenue = float(values["revenue"].sum()) if len(values) else 0.0
    if revenue:
        shown.append((large(revenue), "revenue in the window"))
    for segmentation in (VALUE, PROFILE):
        segments = segments_of(marts, segmentation)
        inhabited = int((segments["customers"] > 0).sum())
        if inhabited:
            shown.append((count(inhabited), f"segments by {segmentation}"))
    forecast = marts.table("rpt_prospect_distribution")
    if len(forecast):
        given = predicts_given_segments(forecast)
        who = "people with a predicted segment" if given else "new customers with a forecast"
        shown.append((count(forecast["prospects"].iloc[0]), who))
    return shown


def _warnings(marts: Marts) -> list[str]:
    rows = marts.table("rpt_warnings")
    if rows.empty:
        return []
    rows = rows.sort_values("warning_number")
    return [f"{row.message} {row.what_to_do}" for row in rows.itertuples()]
