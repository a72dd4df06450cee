"""What the warehouse tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from builds import NO_TESTS, QUICK, Warehouse, built_once


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the sample once, by quick fits. Tests look at it and leave it as it is."""
    return built_once(tmp_path_factory, "sample", dataset="sample", **QUICK)


@pytest.fixture(scope="session")
def sample_by_one_thread(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the sample from nothing once more, by one thread in another working directory.

    Tests leave it as it is, and its log too, which is that of the build alone: for the sample, dbt
    has parsed the project.
    """
    assert sample.path.exists()
    options = {"threads": 1, "directory": Path(os.sep), "dataset": "sample", **QUICK}
    return built_once(tmp_path_factory, "sample-by-one-thread", *NO_TESTS, **options)
