"""Fixtures of all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from builds import Warehouse, shared_folder
from hypothesis import settings
from parse_states import ParseStates

# Set before SciPy is first imported: scikit-learn's array API check skips itself without it.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# No test depends on how fast a machine is.
settings.register_profile("quick", deadline=None)
settings.register_profile("thorough", max_examples=2500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session", autouse=True)
def parse_states(tmp_path_factory: pytest.TempPathFactory) -> ParseStates:
    """Share what dbt parses between all warehouses of this run."""
    Warehouse.parse_states = ParseStates(shared_folder(tmp_path_factory) / "parse_states")
    return Warehouse.parse_states


@pytest.fixture
def fresh(tmp_path: Path) -> Warehouse:
    """Return a warehouse in which nothing has been built."""
    return Warehouse(tmp_path)
