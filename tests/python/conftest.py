"""Fixtures of all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from builds import Warehouse, built_once, shared_folder
from dbt_processes import DbtProcesses
from hypothesis import settings
from parse_states import ParseStates

# Set before SciPy is first imported: scikit-learn's array API check skips itself without it.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# The files that take longest, beginning with the longest. The order is that in which processes side
# by side take files: short ones come last, so that all processes end together. While one builds the
# sample or complete_journey for a file, another has one that needs neither: it does not wait.
LONGEST = (
    "test_complete_journey.py",
    "test_bad_input.py",
    "test_unit_tests_of_models.py",
    "test_estimator.py",
    "test_sample.py",
    "test_days_covered.py",
    "test_prospects.py",
    "test_comparison.py",
    "test_lifetime_value.py",
    "test_market_survey_pipeline.py",
    "test_complete_journey_rebuilt.py",
    "test_published_file.py",
    "test_history.py",
    "test_package.py",
    "test_pipeline.py",
    "test_killed.py",
    "test_your_data.py",
    "test_selections.py",
    "test_champions.py",
    "test_wrong_settings.py",
    "test_benchmarks.py",
    "test_known_segments.py",
    "test_members_pipeline.py",
    "test_drift_of_builds.py",
    "test_outcomes.py",
    "test_own_tables.py",
    "test_erasure.py",
    "test_paths.py",
    "test_market_survey_classifier.py",
    "test_audiences.py",
    "test_names_that_stay.py",
    "test_page.py",
    "test_upgrade.py",
    "test_metrics.py",
    "test_parse_states.py",
)

# No test depends on how fast a machine is.
settings.register_profile("quick", deadline=None)
settings.register_profile("thorough", max_examples=2500, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, then the other builds, then the unit tests."""
    items.sort(key=lambda item: _place(item.path))


def _place(file: Path) -> int:
    if file.name in LONGEST:
        return LONGEST.index(file.name)
    return len(LONGEST) + ("unit" in file.parts)


@pytest.fixture(scope="session", autouse=True)
def parse_states(tmp_path_factory: pytest.TempPathFactory) -> ParseStates:
    """Share what dbt parses between all warehouses of this run."""
    Warehouse.parse_states = ParseStates(shared_folder(tmp_path_factory) / "parse_states")
    return Warehouse.parse_states


@pytest.fixture(scope="session", autouse=True)
def dbt_processes() -> Iterator[DbtProcesses]:
    """Run dbt in processes that begin with their imports."""
    Warehouse.dbt_processes = DbtProcesses()
    yield Warehouse.dbt_processes
    Warehouse.dbt_processes.stop()


@pytest.fixture(scope="session")
def data_directory() -> Path:
    """Return the folder of the published files; tests that need a missing one are skipped."""
    folder = os.environ.get("SEGMENTATION_DATA_DIR")
    if not folder:
        pytest.skip("SEGMENTATION_DATA_DIR names no folder with the published files")
    return Path(folder)


@pytest.fixture(scope="session")
def complete_journey(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Build the default data set once, by whole fits. Tests leave it as it is."""
    return built_once(tmp_path_factory, "complete_journey")


@pytest.fixture(scope="session")
def market_survey(tmp_path_factory: pytest.TempPathFactory, data_directory: Path) -> Warehouse:
    """Build the whole survey once, by whole fits. Tests leave it as it is."""
    assert data_directory.is_dir()
    return built_once(tmp_path_factory, "market_survey", dataset="market_survey")


@pytest.fixture
def fresh(tmp_path: Path) -> Warehouse:
    """Return a warehouse in which nothing has been built."""
    return Warehouse(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 3 MB, less than the sample needs."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
