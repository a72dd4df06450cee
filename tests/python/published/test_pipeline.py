"""The published segmentation by `dbt build`, on both files, and the marts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builds import Warehouse

pytestmark = pytest.mark.long

SETTINGS: dict[str, Any] = {
    "features": ["recency_days", "frequency", "monetary", "prior_responses"],
    "transform": {"monetary": "yeo_johnson"},
    "imputation": "mice",
}


@pytest.mark.parametrize(
    ("file", "largest_income"),
    [("marketing_campaign.csv", 600_000), ("marketing_campaign_idr.csv", 600_000_000)],
)
def test_the_pipeline_meets_the_published_segments(
    fresh: Warehouse, data_directory: Path, file: str, largest_income: int
) -> None:
    assert data_directory.is_dir()
    fresh.build(
        dataset="marketing_campaign",
        marketing_campaign_file=file,
        value_options={**SETTINGS, "trims": {"income": [None, largest_income]}},
    )
    assert fresh.query("select * from marts.rpt_rows_read order by 1") == [
        ("campaign_activity", 2240, 2237, 3),
        ("customer_activity", 2240, 2237, 3),
        ("customers", 2240, 2237, 3),
        ("orders", 0, 0, 0),
        ("product_activity", 13440, 13422, 18),
    ]
    assert fresh.query(
        "select rejected_because from marts.rpt_rejects where source_table = 'customers' order by 1"
    ) == [(f"impossible birth_year {year}",) for year in (1893, 1899, 1900)]
    assert fresh.query(
        "select customers, sample_customers from marts.rpt_model_history"
        " where segmentation = 'value'"
    ) == [(2236, 2236)]
    found = dict(
        fresh.query(
            "select segment_slug, customers from marts.dim_segments where segmentation = 'value'"
            " order by customers"
        )
    )
    # 136, 551, 606 and 943 with ten restarts of the 2,236; here one person more is scored.
    assert np.abs(np.array(list(found.values())) - [136, 551, 606, 943]).max() <= 4
    assert set(found) == {"potential_loyalist", "loyal", "at_risk", "need_attention"}
    inertia = fresh.query(
        "select inertia from marts.rpt_model_history where segmentation = 'value'"
    )[0][0]
    assert inertia <= 3119.2956
