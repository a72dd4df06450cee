"""The sample data set: the seeds in the project are what the generator writes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from segmentation.onboarding.sample_data import (
    AS_OF,
    NEVER_BOUGHT,
    PLANTED,
    sample_tables,
    write_sample,
)

SEEDS = Path(__file__).parents[4] / "seeds" / "sample"


@pytest.mark.long
def test_the_seeds_are_what_the_generator_writes(tmp_path: Path) -> None:
    written = write_sample(tmp_path)
    assert len(written) == 4
    for path in written:
        assert path.read_bytes() == (SEEDS / path.name).read_bytes(), path.name


@pytest.mark.long
def test_another_seed_is_another_sample() -> None:
    assert not sample_tables(1)["sample_orders"].equals(sample_tables(2)["sample_orders"])


@pytest.mark.long
def test_it_holds_what_a_build_must_cope_with() -> None:
    tables = sample_tables()
    orders = tables["sample_orders"]
    assert (orders.revenue < 0).sum() >= 30
    assert (pd.to_datetime(orders.ordered_at) > AS_OF + pd.Timedelta(days=1)).sum() >= 5
    assert orders.order_id.is_unique
    customers = tables["sample_customers"]
    assert customers.income.isna().sum() >= 10
    assert len(customers) == sum(s.customers for s in PLANTED) + NEVER_BOUGHT == 500
    assert set(orders.customer_id) == set(tables["sample_planted_segments"].customer_id)
