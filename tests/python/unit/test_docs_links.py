"""Links between the pages of the documentation lead somewhere, and the index reaches every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
PAGES = sorted(
    [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").rglob("*.md")]
)
LINK = re.compile(r"\[[^]]*]\(([^()\s]+)\)")


def without_code_blocks(page: Path) -> str:
    """Return a page without its code blocks, where # and brackets mean something else."""
    return re.sub(r"^( *)```.*?^\1```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code_blocks(page), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def relative_links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield each link as it is written, its file, and its anchor without the #."""
    for link in LINK.findall(re.sub(r"`[^`]*`", "code", without_code_blocks(page))):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            yield link, (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_relative_links_lead_to_files_and_headings(page: Path) -> None:
    broken = [
        link
        for link, file, anchor in relative_links(page)
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]
    assert not broken


def test_the_index_links_every_page_of_the_docs() -> None:
    index = PROJECT / "docs" / "README.md"
    linked = {file for _, file, _ in relative_links(index)}
    assert [page for page in PAGES if page not in {index, *linked}] == []


def test_the_readme_links_the_index() -> None:
    linked = {file for _, file, _ in relative_links(PROJECT / "README.md")}
    assert PROJECT / "docs" / "README.md" in linked
