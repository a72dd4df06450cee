"""The page: from marts to one HTML file that needs nothing else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import jinja2
import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report.content import Figure, Page, Section
from segmentation.report.formats import count, date, large
from segmentation.report.sections.behaviour import behaviour, people
from segmentation.report.sections.cards import cards
from segmentation.report.sections.conversion import conversion
from segmentation.report.sections.distributions import features
from segmentation.report.sections.number_of_segments import number_of_segments, segment_maps
from segmentation.report.sections.preferences import preferences
from segmentation.report.sections.prospects import prospects
from segmentation.report.sections.sizes import sizes
from segmentation.report.sections.sources import sources
from segmentation.report.theme import drawn

SECTIONS = (
    cards,
    sizes,
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
HIGHLIGHTS = ("value-sizes", "value-expected-loss", "profile-sizes", "expected-prospects")


def page_of(marts: Marts) -> Page:
    """Return what the page says about the marts of a file.

    Parameters
    ----------
    marts : Marts

    Returns
    -------
    Page
    """
    sections = [section(marts) for section in SECTIONS]
    about = marts.frame("select distinct dataset, as_of from dim_segments order by all").head(1)
    dataset = str(about["dataset"].iloc[0]) if len(about) else "no customers"
    as_of = date(about["as_of"].iloc[0]) if len(about) else ""
    return Page(
        title=f"Customer segments: {dataset.replace('_', ' ')}",
        subtitle=f"As of {as_of}" if as_of else "",
        key_figures=_key_figures(marts),
        highlights=[
            (figure.title, figure.name)
            for name in HIGHLIGHTS
            for figure in _figures(sections)
            if figure.name == name and not figure.absent_because
        ],
        warnings=_warnings(marts),
        sections=sections,
        marts=[
            (name, marts.descriptions.get(name, ""), count(marts.row_count(name)))
            for name in sorted({figure.mart for figure in _figures(sections)} | {"dim_segments"})
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
    return environment.get_template("page.html.j2").render(page=page, drawn=partial(drawn))


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
        If the folder cannot be made or written to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(html)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _figures(sections: list[Section]) -> Iterator[Figure]:
    for section in sections:
        yield from section.figures


def _key_figures(marts: Marts) -> list[tuple[str, str]]:
    totals = marts.frame(
        """
        select
            (select count(*) from dim_customers) as customers,
            (
                select count(*) from dim_segments
                where segmentation = 'value' and segment_slug != 'unassigned' and customers > 0
            ) as value_segments,
            (
                select count(*) from dim_segments
                where segmentation = 'profile' and segment_slug != 'unassigned' and customers > 0
            ) as profile_segments,
            (select sum(revenue) from rpt_segment_value where segmentation = 'value') as revenue
        """
    ).iloc[0]
    shown = [(count(totals["customers"]), "customers")]
    if pd.notna(totals["revenue"]) and totals["revenue"]:
        shown.append((large(totals["revenue"]), "revenue in the window"))
    for column, words in (
        ("value_segments", "segments by value"),
        ("profile_segments", "segments by profile"),
    ):
        if totals[column]:
            shown.append((count(totals[column]), words))
    forecast = marts.table("rpt_prospect_distribution")
    if len(forecast):
        shown.append((count(forecast["prospects"].iloc[0]), "new customers with a forecast"))
    return shown


def _warnings(marts: Marts) -> list[str]:
    rows = marts.table("rpt_warnings")
    return [f"{row.message} {row.what_to_do}" for row in rows.itertuples()]
