"""An upgrade: models that an earlier version stored are kept, get digests, and apply as before."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from builds import NO_UNIT_TESTS, QUICK, Warehouse
from segmentation.registry.digest import DIGEST, row_digest

pytestmark = pytest.mark.long

PREVIOUS = Path(__file__).with_name("previous_version")
SEGMENTATIONS = ("value", "profile", "prospects")
# Tables that have other names now.
FORMER_NAMES = ("every_model", "every_segment", "every_scoring_rule")
# Those that the rows were fitted with.
SETTINGS: dict[str, Any] = {
    "dataset": "sample",
    # The defaults of that version, in which gamma was null.
    "value_options": {
        "features": ["length_days", "recency_days", "frequency", "monetary"],
        "states": False,
        "trims": {},
        "outliers": "none",
        "floors": {},
    },
    "profile_options": {"gamma": "half_mean_deviation", "transform": "none"},
    "prospects_options": QUICK["prospects_options"],
    "lifetime_value_options": QUICK["lifetime_value_options"],
}


def stored(name: str) -> dict[str, Any]:
    return json.loads((PREVIOUS / f"{name}_model.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Return a warehouse that an earlier version left, built by this one."""
    warehouse = Warehouse(tmp_path_factory.mktemp("upgraded"))
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create schema segmentation")
        for name in SEGMENTATIONS:
            write(connection, name)
        for name in FORMER_NAMES:
            connection.execute(f"create table segmentation.{name} as select 1 as stale")
    warehouse.build(*NO_UNIT_TESTS, **SETTINGS)
    return warehouse


def write(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Write a model table as it was, of the types that it had."""
    model = stored(name)
    table = f"segmentation.{name}_model"
    columns = ", ".join(f'"{column}" {kind}' for column, kind in model["types"].items())
    connection.execute(f"create table {table} ({columns})")
    schema = connection.table(table).to_arrow_table().schema
    written = pa.Table.from_pylist([_values(row, model["types"]) for row in model["rows"]])
    connection.register("written", written)
    connection.execute(f"insert into {table} by name select * from written")
    assert connection.table(table).to_arrow_table().schema == schema


def _values(row: dict[str, Any], types: dict[str, str]) -> dict[str, Any]:
    return {
        column: base64.b64decode(value["base64"]) if types[column] == "BLOB" else value
        for column, value in row.items()
        if value is not None
    }


def records(warehouse: Warehouse, name: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        query = f"from segmentation.{name}_model order by model_number"
        return connection.sql(query).to_arrow_table().to_pylist()


@pytest.mark.parametrize("name", ["value", "profile"])
def test_nothing_is_fitted_again_and_every_row_has_a_digest(upgraded: Warehouse, name: str) -> None:
    (before,) = stored(name)["rows"]
    (after,) = records(upgraded, name)
    assert after["model_version"] == before["model_version"]
    assert after["options"] == before["options"]
    assert after[DIGEST] == row_digest(after)
    assert upgraded.query(
        f"select model_version, is_in_force from marts.rpt_model_history"
        f" where segmentation = '{name}'"
    ) == [(before["model_version"], True)]


def test_the_classifier_is_fitted_anew(upgraded: Warehouse) -> None:
    """It had learned segments of later behaviour, which were none of the value segments."""
    (before,) = stored("prospects")["rows"]
    earlier, fitted = records(upgraded, "prospects")
    assert earlier["model_version"] == before["model_version"]
    assert earlier["target_source"] == "later behaviour"
    assert fitted["fit_reason"] == "the configuration changed"
    assert (fitted["target_source"], fitted["model_number"]) == ("segment at age", 2)
    assert fitted["horizon_days"] == 180
    for row in (earlier, fitted):
        assert row[DIGEST] == row_digest(row)


@pytest.mark.parametrize("name", ["value", "profile"])
def test_no_customer_changes_segment(upgraded: Warehouse, name: str) -> None:
    before = stored(name)
    assert len(before["assignments"]) >= 490
    assigned = upgraded.query(
        f"select customer_id, segment_id from segmentation.{name}_assignments"
    )
    assert dict(assigned) == before["assignments"]
    named = upgraded.query(
        f"select segment_id::varchar, segment_slug from segmentation.{name}_segments"
    )
    assert dict(named) == before["names"]


def test_no_table_stays_under_a_former_name(upgraded: Warehouse) -> None:
    tables = upgraded.tables()
    assert "segmentation.all_models" in tables
    assert not {f"segmentation.{name}" for name in FORMER_NAMES} & set(tables)


def test_from_then_on_a_row_without_a_digest_is_damaged(upgraded: Warehouse) -> None:
    _, before = records(upgraded, "prospects")
    with duckdb.connect(str(upgraded.path)) as connection:
        connection.execute(f"update segmentation.prospects_model set {DIGEST} = null")
    # Nobody is a prospect of the sample: the step that says so reads the model all the same.
    applied = upgraded.dbt("run", "--select", "prospects_assignments", **SETTINGS)
    assert applied.returncode != 0
    damage = (
        f"the stored model {before['model_version']} in prospects_model is damaged: "
        "its digest is missing"
    )
    assert f"T{damage[1:]}. It is not applied." in applied.stdout
    again = upgraded.dbt("run", "--select", "prospects_model", **SETTINGS)
    assert again.returncode == 0, again.stdout
    assert f"{damage}; it is not applied" in again.stderr
    _, damaged, fitted = records(upgraded, "prospects")
    assert damaged == before | {DIGEST: None}
    assert (fitted["model_number"], fitted["fit_reason"]) == (3, damage)
    assert fitted[DIGEST] == row_digest(fitted)
