"""dbt's unit tests, each of them once: on the sample, or on the data set of its staging model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from builds import QUICK, Warehouse


def read(warehouse: Warehouse, name: str) -> Any:
    """Return a file that the last run of dbt left."""
    return json.loads((warehouse.folder / "target" / name).read_text(encoding="utf-8"))


def outcomes(warehouse: Warehouse) -> dict[str, str]:
    """Return how each unit test of the last run ended."""
    return {
        result["unique_id"]: result["status"]
        for result in read(warehouse, "run_results.json")["results"]
        if result["unique_id"].startswith("unit_test.")
    }


def written(warehouse: Warehouse, folder: str = "models/") -> list[str]:
    """Return the unit tests that the yml files of a folder have for this data set."""
    tests = read(warehouse, "manifest.json")["unit_tests"]
    return [name for name, test in tests.items() if test["original_file_path"].startswith(folder)]


def test_those_of_the_sample_pass(sample: Warehouse, tmp_path: Path) -> None:
    warehouse = sample.copy(tmp_path)
    done = warehouse.dbt("test", "--select", "test_type:unit", dataset="sample", **QUICK)
    assert done.returncode == 0, done.stdout[-6000:]
    assert len(written(warehouse)) > 150
    assert outcomes(warehouse) == dict.fromkeys(written(warehouse), "pass")


@pytest.mark.long
@pytest.mark.parametrize(
    ("dataset", "options"),
    [
        # The vars of other tests' builds, for which dbt has parsed the project.
        ("complete_journey", {}),
        ("market_survey", {"dataset": "market_survey"}),
        ("members", {"dataset": "members", **QUICK}),
        ("marketing_campaign", {"dataset": "marketing_campaign", **QUICK}),
    ],
)
def test_those_of_the_staging_of_other_data_pass(
    fresh: Warehouse, data_directory: Path, dataset: str, options: dict[str, Any]
) -> None:
    assert data_directory.is_dir()
    folder = f"models/staging/{dataset}/"
    selected = ("--select", f"+path:{folder}", "--exclude-resource-type", "test")
    fresh.build(*selected, **options)
    assert written(fresh, folder)
    assert outcomes(fresh) == dict.fromkeys(written(fresh, folder), "pass")
