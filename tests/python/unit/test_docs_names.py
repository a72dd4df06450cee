"""Columns and commands that the documentation names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[3]
PAGES = sorted(
    [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").rglob("*.md")]
)
TABLE_AND_COLUMN = re.compile(r"`(?:marts[.])?((?:dim|fct|rpt)_[a-z0-9_]+)[.]([a-z0-9_]+)`")


def columns_of_marts() -> dict[str, set[str]]:
    files = (PROJECT / "models" / "marts").rglob("*.yml")
    # The loader in C takes a tenth of the time.
    read = [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for path in files]
    return {
        model["name"]: {column["name"] for column in model.get("columns", [])}
        for content in read
        for model in content.get("models", [])
    }


def named_columns(page: Path) -> list[tuple[str, str]]:
    return TABLE_AND_COLUMN.findall(page.read_text(encoding="utf-8"))


def test_columns_of_marts_that_pages_name_exist() -> None:
    marts = columns_of_marts()
    missing = [
        f"{page.relative_to(PROJECT)}: {mart}.{column}"
        for page in PAGES
        for mart, column in named_columns(page)
        if column not in marts.get(mart, set())
    ]
    assert missing == []
    assert sum(len(named_columns(page)) for page in PAGES) > 20


@pytest.mark.parametrize("page", ["README.md", "docs/README.md"])
def test_where_the_commands_are_is_said(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    assert "The commands `segmentation` and `dbt`" in text
    assert "`source .venv/bin/activate`" in text


def test_nobody_is_told_to_install_a_package_of_the_same_name() -> None:
    """A registry has another project that is called segmentation."""
    library = sorted((PROJECT / "python").rglob("*.py"))
    told = [
        str(path.relative_to(PROJECT))
        for path in [*PAGES, *library]
        if re.search(r"pip install[^`.]*\bsegmentation\b", path.read_text(encoding="utf-8"))
    ]
    assert told == []
