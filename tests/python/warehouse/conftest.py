"""What the warehouse tests share."""

from __future__ import annotations

import pytest
from builds import EVERYTHING, QUICK, Warehouse, built_once


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the sample once, by quick fits, with all tests. Tests leave it as it is."""
    return built_once(tmp_path_factory, "sample", *EVERYTHING, dataset="sample", **QUICK)
