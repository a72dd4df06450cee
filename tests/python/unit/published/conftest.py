"""Fixtures of the tests of the published file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_marts import SmallMarts, small_marts


@pytest.fixture
def marts(tmp_path: Path) -> Iterator[SmallMarts]:
    built = small_marts(tmp_path)
    yield built
    built.connection.close()
