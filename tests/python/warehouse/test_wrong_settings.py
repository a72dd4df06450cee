"""Settings that cannot be: one clear error before anything is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from builds import PROJECT, QUICK, Warehouse, project_copy

pytestmark = pytest.mark.long

LISTED = "complete_journey, market_survey, marketing_campaign, members, sample, warehouse"


def test_a_data_set_that_is_not_there(fresh: Warehouse) -> None:
    """It decides what dbt reads at all: nothing else is looked at."""
    done = fresh.dbt("build", dataset="smaple")
    assert done.returncode != 0
    assert done.stdout.count(f"There is no data set 'smaple'. The data sets are: {LISTED}") == 1
    assert "Traceback" not in done.stdout
    assert not fresh.path.exists()


PROJECT_FILE = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
DATA_SETS = PROJECT_FILE["vars"]["datasets"]
WRONG_DATA_SET = {"as_of": "2025-12-31", "value_option": {}, "profile_options": {"n_init": 0}}

# What is wrong with a build of `warehouse`, and what is said of it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"as_off": "2025-06-30"}, "There is no var 'as_off'. The vars are: as_of, "),
    ({"as_of": "2025-02-29"}, "as_of is '2025-02-29'. It must be a day of the calendar"),
    ({"lrfm_window_days": 0}, "lrfm_window_days is '0'. It must be a whole number of days, 1 to"),
    ({"early_days": 2.5}, "early_days is '2.5'. It must be a whole number of days, 1 to 36500."),
    ({"prospect_tenure_days": 0}, "prospect_tenure_days is '0'. It must be a whole number of days"),
    ({"max_rejected_share": "1 %"}, "max_rejected_share is '1 %'. It must be a number from 0 to 1"),
    ({"publish_parquet": "maybe"}, "publish_parquet is 'maybe'. It must be true or false."),
    ({"refit": "maybe"}, "refit is 'maybe'. It must be true or false."),
    ({"refit_after_days": "²"}, "refit_after_days is '²'. It must be a whole number of days"),
    (
        {"segment_survival_share": 0.5},
        "segment_survival_share is '0.5'. It must be a number above 0.5, at most 1",
    ),
    ({"segment_split_share": 0.7}, "segment_split_share is '0.7'. It must be a number above 0, at"),
    ({"refit_on_drift": "maybe"}, "refit_on_drift is 'maybe'. It must be true or false."),
    ({"least_psi": 25}, "least_psi is '25'. It must be a number from 0 to 1, e.g. 0.01."),
    ({"fail_on_drift": 1}, "fail_on_drift is '1'. It must be true or false."),
    (
        {"value_options": {"transform": "logg", "k": 10_000}},
        "value: transform is 'logg'. Did you mean 'log'? It can be: none, log, yeo_johnson.",
    ),
    ({}, 'value: k is 10000. It must be a whole number, 1 to 50, or "auto".'),
    ({"profile_options": {"outlier_factor": 0}}, "profile: outlier_factor is 0. It must be"),
    ({"prospects_options": {"seed": 2**32}}, "prospects: seed is 4294967296. It must be"),
    (
        {"datasets": {**DATA_SETS, "warehouse": WRONG_DATA_SET}},
        "The data set 'warehouse' has the key 'value_option' in the var datasets. The keys are: ",
    ),
    ({}, "profile: n_init is 0. It must be a whole number, 1 to 1000."),
    ({}, '"orders" lacks order_id, ordered_at. A table orders needs the columns customer_id'),
    ({}, '"campaign_activity" lacks customer_id, responses, visits. A table'),
    ({}, "seeds/age_groups.csv, line 5: it has 5 cells and the header has 4."),
]


def wrong(folder: Path) -> Warehouse:
    """Return a warehouse whose tables lack columns, of a project with a seed that is none."""
    project = project_copy(folder / "project")
    with (project / "seeds/age_groups.csv").open("a") as seed:
        seed.write("ancient,4,100,,\n")
    warehouse = Warehouse(folder, project)
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create schema contract")
        connection.execute("create table contract.orders (customer_id int, revenue int)")
        connection.execute("create table contract.campaign_activity (x int)")
    return warehouse


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    """Before anything is built, and in one error without a traceback."""
    warehouse = wrong(tmp_path)
    variables = {name: value for one, _ in WRONG for name, value in one.items()}
    done = warehouse.dbt("build", dataset="warehouse", **variables)
    assert done.returncode != 0
    assert f"Nothing was built, because of {len(WRONG)} mistakes:" in done.stdout
    for _, message in WRONG:
        assert done.stdout.count(message) == 1, message
    assert "Traceback" not in done.stdout
    assert "keyboard" not in done.stdout
    assert warehouse.tables() == ["contract.campaign_activity", "contract.orders"]


def test_what_does_not_read_what_is_wrong_is_not_stopped(tmp_path: Path) -> None:
    done = wrong(tmp_path).dbt("test", "--select", "int_run_settings", dataset="warehouse")
    assert "mistake" not in done.stdout


def test_files_of_a_data_set_that_are_not_there(
    fresh: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGMENTATION_DATA_DIR", str(fresh.folder))
    done = fresh.dbt("build", dataset="market_survey")
    assert done.returncode != 0
    for file in ("train.csv", "test.csv"):
        assert done.stdout.count(f"market_survey/{file}") == 1
    assert "Nothing was built, because of 2 mistakes:" in done.stdout
    assert fresh.tables() == []


def test_a_seed_with_its_columns_in_another_order(sample: Warehouse, tmp_path: Path) -> None:
    """Into a table that is there already: cells go by the names of their columns."""
    warehouse = sample.copy(tmp_path)
    warehouse.project = project_copy(tmp_path / "project")
    seed = warehouse.project / "seeds" / "segment_playbook.csv"
    table = pd.read_csv(seed, dtype=str, keep_default_na=False)
    table[table.columns[::-1]].to_csv(seed, index=False)
    content = "select * from seeds.segment_playbook order by all"
    before = warehouse.query(content)
    done = warehouse.dbt("seed", "--select", "segment_playbook", dataset="sample", **QUICK)
    assert done.returncode == 0, done.stdout
    assert warehouse.query(content) == before
