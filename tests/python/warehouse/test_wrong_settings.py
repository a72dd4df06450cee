"""Settings that cannot be: one clear error before anything is built."""

from __future__ import annotations

from typing import Any

import pytest
from builds import Warehouse


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"dataset": "smaple"}, "There is no data set 'smaple'. The data sets are: "),
        ({"dataset": "sample", "as_of": "31.12.2025"}, "written YYYY-MM-DD"),
        ({"dataset": "sample", "as_of": "2025-02-29"}, "as_of is '2025-02-29'. It must be a day"),
        ({"dataset": "sample", "lrfm_window_days": 0}, "It must be a whole number of days"),
        ({"dataset": "sample", "max_rejected_share": "1 %"}, "It must be a number from 0 to 1"),
        ({"dataset": "sample", "early_days": 2.5}, "early_days is '2.5'. It must be a whole"),
        ({"dataset": "sample", "prospect_tenure_days": 29}, "number of days, early_days (30) to"),
    ],
)
def test_a_setting_that_cannot_be(
    fresh: Warehouse, variables: dict[str, Any], message: str
) -> None:
    done = fresh.dbt("build", **variables)
    assert done.returncode != 0
    assert done.stdout.count(message) == 1
    assert "Traceback" not in done.stdout
    assert not fresh.path.exists()


LISTED = "complete_journey, market_survey, marketing_campaign, members, sample, warehouse"


def test_data_sets_are_listed(fresh: Warehouse) -> None:
    done = fresh.dbt("parse", dataset="smaple")
    assert LISTED in done.stdout


def test_a_variable_that_nobody_reads(fresh: Warehouse) -> None:
    done = fresh.dbt("build", dataset="sample", as_off="2025-06-30")
    assert done.returncode != 0
    assert "There is no var 'as_off'. The vars are: as_of, " in done.stdout


def test_a_wrong_option_of_the_segmentation(fresh: Warehouse) -> None:
    done = fresh.dbt(
        "build",
        "--select",
        "+value_model",
        "--exclude",
        "resource_type:test",
        "resource_type:unit_test",
        dataset="sample",
        value_options={"transform": "logg"},
    )
    assert done.returncode != 0
    assert "transform is 'logg'. Did you mean 'log'? It can be: none, log, yeo_johnson." in (
        done.stdout
    )
