"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from builds import Warehouse

# Set before SciPy is first imported: scikit-learn's array API check skips itself without it.
os.environ.setdefault("SCIPY_ARRAY_API", "1")


@pytest.fixture
def fresh(tmp_path: Path) -> Warehouse:
    """Return a warehouse in which nothing has been built."""
    return Warehouse(tmp_path)
