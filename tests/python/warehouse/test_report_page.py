"""The page about the segments: from what a build published to what Chromium shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser import assert_page_is_sound, needs_chromium
from builds import NO_UNIT_TESTS, QUICK, Warehouse
from segmentation.cli.app import app
from typer.testing import CliRunner

# Those whose files are not in a package stand in SEGMENTATION_DATA_DIR.
DATA_SETS = ("complete_journey", "marketing_campaign", "market_survey", "members")


def page_of(warehouse: Warehouse, folder: Path) -> tuple[Path, Path]:
    """Return the page that the command writes, and the published file that it shows."""
    published = warehouse.folder / "published" / "segments.duckdb"
    page = folder / "page.html"
    done = CliRunner().invoke(app, ["report", "--published", str(published), "--output", str(page)])
    assert done.exit_code == 0, done.output
    return page, published


@needs_chromium
@pytest.mark.long
def test_the_page_of_the_sample(sample: Warehouse, tmp_path: Path) -> None:
    assert_page_is_sound(*page_of(sample, tmp_path))


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize("dataset", DATA_SETS)
def test_the_page_of_each_data_set(fresh: Warehouse, tmp_path: Path, dataset: str) -> None:
    if dataset != "complete_journey" and not os.environ.get("SEGMENTATION_DATA_DIR"):
        pytest.skip("SEGMENTATION_DATA_DIR names no folder with the published files")
    fresh.build(*NO_UNIT_TESTS, dataset=dataset, **QUICK)
    assert_page_is_sound(*page_of(fresh, tmp_path))
