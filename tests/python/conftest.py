"""Fixtures of all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from builds import Warehouse
from hypothesis import settings

# Set before SciPy is first imported: scikit-learn's array API check skips itself without it.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# No test depends on how fast a machine is.
settings.register_profile("quick", deadline=None)
settings.register_profile("thorough", max_examples=2500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def fresh(tmp_path: Path) -> Warehouse:
    """Return a warehouse in which nothing has been built."""
    return Warehouse(tmp_path)
