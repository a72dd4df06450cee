"""Days of many customers are written again in memory that does not grow with their texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from builds import Warehouse

pytestmark = pytest.mark.long

# Each customer of the sample so many times.
TIMES = 400
CUSTOMERS = 500 * TIMES
TABLES = (
    *(f"segmentation.{name}_assignments" for name in ("value", "profile", "prospects")),
    *(f"intermediate.int_{name}_states" for name in ("value", "profile", "prospect")),
    "intermediate.int_customer_lrfm",
    "intermediate.int_customer_rhythm",
    "intermediate.int_refunds_without_purchase",
    "segmentation.segment_log",
)
# Their assignments are more than this; what is compared of them, ids and segments, is less.
MEMORY = "350MB"


@pytest.fixture(scope="module")
def crowd(sample: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Return a copy of the sample with many customers, whose reasons are long."""
    warehouse = sample.copy(tmp_path_factory.mktemp("crowd"))
    with duckdb.connect(str(warehouse.path)) as connection:
        for table in TABLES:
            columns = [name for name, *_ in connection.execute(f"describe {table}").fetchall()]
            replaced = ["customer_id || '-' || copy as customer_id"] + [
                f"repeat({column}, 2) as {column}" for column in columns if "reason" in column
            ]
            connection.execute(
                f"create or replace table {table} as select * exclude copy"
                f" replace ({', '.join(replaced)}) from {table},"
                f" (select unnest(range({TIMES})) as copy)"
                + (" where customer_id is not null" if table.endswith("log") else "")
            )
        connection.execute(
            "insert into segmentation.segment_log by name select dataset, variant, segmentation,"
            " as_of, 'day' as row_kind, count(*) as customers, max(model_version) as model_version"
            " from segmentation.segment_log group by all"
        )
    return warehouse


@pytest.fixture
def connection(crowd: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    config = {"memory_limit": MEMORY, "threads": "2"}
    with duckdb.connect(str(crowd.path), config=config) as connection:
        yield connection


def dbt_wrote(warehouse: Warehouse, folder: str) -> str:
    """Return the query of the log, `compiled`, or what dbt did with it, `run`."""
    models = warehouse.folder / "target" / folder / "segmentation" / "models"
    return (models / "segmentation" / "over_time" / "segment_log.sql").read_text()


def test_a_day_is_written_again_in_less_memory_than_its_texts_take(
    crowd: Warehouse, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute(f"create temporary table written as {dbt_wrote(crowd, 'compiled')}")
    counted = (
        "select segmentation, row_kind, count(*), max(customers) from {} group by all order by all"
    )
    found = connection.sql(counted.format("written")).fetchall()
    assert found == connection.sql(counted.format("segmentation.segment_log")).fetchall()
    assert ("profile", "change", CUSTOMERS, None) in found
    assert ("value", "day", 1, CUSTOMERS) in found


def test_rows_of_a_day_are_deleted_without_a_join_with_each_new_one(
    crowd: Warehouse, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    statements = dbt_wrote(crowd, "run").split(";")
    delete = next(text for text in statements if text.strip().startswith("delete"))
    (written,) = set(re.findall(r"segment_log__dbt_tmp\w*", delete))
    # Of few customers: a join of each with each is seen in the number of its rows.
    connection.execute(
        f'create temporary table "{written}" as from segmentation.segment_log'
        " where customers is not null or customer_id like '%-1'"
    )
    connection.execute("begin")
    connection.execute("delete from segmentation.segment_log where customer_id not like '%-1'")
    connection.execute("set enable_profiling = 'json'")
    connection.execute(f"set profiling_output = '{tmp_path / 'profile.json'}'")
    connection.execute(delete)
    connection.execute("set enable_profiling = 'no_output'")
    assert connection.sql("select count(*) from segmentation.segment_log").fetchall() == [(0,)]
    connection.execute("rollback")
    most = max(rows_of(json.loads((tmp_path / "profile.json").read_text())))
    assert 500 < most < 10 * 500


@pytest.mark.parametrize(
    ("stored_day", "written_rows"),
    [
        # Nobody has changed: the stored day keeps its changes, and the new one lists everybody.
        (
            "as_of - 1",
            [
                ("2025-12-30", "change", 3 * CUSTOMERS),
                ("2025-12-30", "day", 3),
                ("2025-12-31", "day", 3),
                ("2025-12-31", "unchanged", 3 * CUSTOMERS),
            ],
        ),
        # The stored day stays the last one, and lists everybody as unchanged, with reasons.
        (
            "as_of + 1",
            [
                ("2025-12-31", "change", 3 * CUSTOMERS),
                ("2025-12-31", "day", 3),
                ("2026-01-01", "day", 3),
                ("2026-01-01", "unchanged", 3 * CUSTOMERS),
            ],
        ),
    ],
    ids=["the stored day is the day before", "the stored day is the day after"],
)
def test_a_day_beside_a_stored_one_is_written_in_that_memory_too(
    crowd: Warehouse, stored_day: str, written_rows: list[tuple[str, str, int]], tmp_path: Path
) -> None:
    warehouse = crowd.copy(tmp_path)
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute(
            "create or replace table segmentation.segment_log as"
            f" select * replace ({stored_day} as as_of) from segmentation.segment_log"
        )
    with duckdb.connect(
        str(warehouse.path), config={"memory_limit": MEMORY, "threads": "2"}
    ) as limited:
        limited.execute(f"create temporary table written as {dbt_wrote(crowd, 'compiled')}")
        found = limited.sql(
            "select as_of::varchar, row_kind, count(*) from written group by all order by all"
        ).fetchall()
        without_reason = limited.sql(
            "select count(*) from written where row_kind <> 'day' and reason_1 is null"
        ).fetchall()
    assert found == written_rows
    assert without_reason == [(0,)]


def rows_of(operator: dict[str, Any]) -> list[int]:
    """Return how many rows each operator of a profile handed on."""
    below = [rows for child in operator["children"] for rows in rows_of(child)]
    return [operator.get("operator_cardinality", 0), *below]
