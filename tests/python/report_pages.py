"""Pages of marts made by hand: what they show, and what a browser reads of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser

from report_marts import ReportMarts
from segmentation.published.read_marts import Marts
from segmentation.report.content import Figure, Page, Section
from segmentation.report.page import SECTIONS, page_of


def page(marts: ReportMarts, *sections: Callable[[Marts], Section]) -> Page:
    """Return the page of a file, or no more than some sections of it."""
    with marts.opened() as opened:
        return page_of(opened, sections or SECTIONS)


def figures(of: Page) -> list[Figure]:
    return [figure for section in of.sections for figure in section.figures]


def figure_of(marts: ReportMarts, section: Callable[[Marts], Section], name: str) -> Figure:
    """Return a figure of a section."""
    (found,) = (figure for figure in figures(page(marts, section)) if figure.name == name)
    return found


def absent(of: Page) -> dict[str, str]:
    return {f.name: f.absent_because for f in figures(of) if f.absent_because}


def assert_sound(of: Page) -> None:
    """Everything is shown or says in a sentence why it is not; no finding has a hole."""
    for figure in figures(of):
        if figure.absent_because:
            assert re.fullmatch(r"[A-Z].*[.!]", figure.absent_because), figure.name
            assert not figure.pictures
            assert figure.table is None
        else:
            assert figure.table is not None
            assert len(figure.table.rows), figure.name
        said = " ".join([figure.title, figure.note, figure.absent_because])
        assert not re.search(r"\b(nan|NaN|NaT|None|inf)\b", said), said
    names = Counter(figure.name for figure in figures(of))
    assert [name for name, count in names.items() if count > 1] == []
    groups = [group for section in of.sections for group in section.groups]
    assert len(groups) == 3
    for group in groups:
        assert bool(group.cards) != bool(group.absent_because)


class Read(HTMLParser):
    """What a browser reads: elements, identifiers, links, texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "src", "xlink:href"}:
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
