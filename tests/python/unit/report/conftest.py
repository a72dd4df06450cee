"""Fixtures of the tests of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_marts import ReportMarts


@pytest.fixture
def marts(tmp_path: Path) -> ReportMarts:
    """Return a file with all marts, in which nobody is."""
    return ReportMarts(tmp_path / "segments.duckdb")
