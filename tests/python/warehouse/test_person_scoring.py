"""People scored without the warehouse get what a build gives them, every customer of a data set."""

from __future__ import annotations

from pathlib import Path

import pytest
from builds import NO_UNIT_TESTS, QUICK, Warehouse
from scored_customers import compare_with_marts


def published(warehouse: Warehouse) -> Path:
    return warehouse.folder / "published" / "segments.duckdb"


def test_every_customer_of_the_sample(sample: Warehouse) -> None:
    assert set(compare_with_marts(published(sample))) == {"value", "profile"}


@pytest.mark.long
def test_every_customer_of_complete_journey(fresh: Warehouse) -> None:
    """Its prospects by logistic regression; the dates, refunds and states are real."""
    fresh.build(*NO_UNIT_TESTS, **QUICK)
    found = compare_with_marts(published(fresh))
    assert found["value"] == 2469
    assert set(found) == {"value", "profile", "prospects"}


@pytest.mark.long
def test_every_customer_of_the_market_survey(fresh: Warehouse) -> None:
    """Its prospects by trees, and a profile of numbers, categories and missing values."""
    quick = QUICK | {"prospects_options": {"candidates": ["gradient_boosting"], "repeats": 1}}
    done = fresh.dbt("build", *NO_UNIT_TESTS, dataset="market_survey", **quick)
    if "SEGMENTATION_DATA_DIR" in done.stdout:
        pytest.skip("SEGMENTATION_DATA_DIR names no folder with the published files")
    assert done.returncode == 0, done.stdout[-6000:]
    assert compare_with_marts(published(fresh)) == {"profile": 10_695, "prospects": 2_627}
