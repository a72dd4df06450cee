"""Whole builds of a large company's tables, the first and the second, beside a bare copy of them.

The data set is `warehouse`: views over two Parquet files of customers and orders, drawn by
hashes of their numbers, so that they are the same at every run. Spending is skewed, four kinds of
customers are planted, and so are rows that a build has to reject. The second build keeps the models
of the first; neither runs tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.build import where_the_time_goes
from benchmarks.contender import Work
from benchmarks.race import PROJECT, Entry, Lap, judged, race, ratio, raw_figures, run

CUSTOMERS = 1_000_000
ROUNDS = 1
AS_OF = "2025-12-31"
# A kind of customers: its share, orders of the median customer, what the median order is worth, and
# the days before as_of between which it buys.
KINDS = (
    ("frequent", 0.15, 60, 80.0, 730, 0),
    ("regular", 0.35, 20, 40.0, 700, 0),
    ("new", 0.20, 4, 40.0, 80, 0),
    ("gone", 0.30, 6, 30.0, 730, 300),
)
# One order in so many is of a customer who is not there; one in so many has the id of another.
UNKNOWN_CUSTOMERS = 1_009
REPEATED_IDS = 2_003


def measure(folder: Path, rows: int = CUSTOMERS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file; `rows` are customers."""
    where = {"folder": str(folder)}
    orders = run(Entry(__name__, "prepare", where | {"customers": rows})).facts["orders"]
    laps = race(
        {
            "first build": Entry(__name__, "first_build", where),
            "second build": Entry(__name__, "second_build", where),
            "bare copy": Entry(__name__, "bare_copy", where),
        },
        rounds,
    )
    first, second, copy = laps.values()
    found = run(Entry(__name__, "compare", where)).facts
    return {
        "name": "whole_build",
        "what": f"{orders:,} orders of {rows:,} customers in Parquet files, built without tests",
        "figures": [
            ratio("second build / first build", second, first),
            ratio("second build / first build, CPU", second, first, figure="cpu_seconds"),
            ratio("second build / bare copy", second, copy),
            ratio("second build / bare copy, CPU", second, copy, figure="cpu_seconds"),
            _largest("peak memory in MB, first build", first),
            _largest("peak memory in MB, second build", second),
            judged("planted rejects that were not found, or others", found["rejects"], at_most=0),
            judged("customers without a row in the marts", found["lost"], at_most=0),
            # Who is planted in one kind may behave as another: there is no goal.
            judged("agreement of segments and kinds (adjusted Rand index)", found["agreement"]),
        ],
        "where_the_time_goes": where_the_time_goes(
            json.loads((folder / "target" / "run_results.json").read_text()), second[-1].seconds
        ),
        "raw": raw_figures(laps),
    }


def prepare(folder: str, customers: int) -> Work:
    """Write the two files, a row at a time through the engine."""
    import duckdb

    def work() -> dict[str, Any]:
        with duckdb.connect() as connection:
            for table, query in (
                ("customers", customers_query(customers)),
                ("orders", orders_query(customers)),
            ):
                file = _file(folder, table)
                connection.execute(f"copy ({query}) to '{file}' (format parquet)")
            counted = connection.execute(
                f"select count(*) from read_parquet('{_file(folder, 'orders')}')"
            ).fetchone()
        return {"orders": counted[0] if counted else 0}

    return work


def customers_query(customers: int) -> str:
    """Return the query for the customers, with what their orders are drawn by.

    Parameters
    ----------
    customers : int
        How many.

    Returns
    -------
    str
        customer_id, birth_year, gender, profession, income (one in twelve missing), and the
        planted `kind`, which no build reads.
    """
    return (
        "select customer_id, cast(1945 + 60 * u1 as integer) as birth_year,"
        " case when u2 < 0.1 then null when u2 < 0.55 then 'Female' else 'Male' end as gender,"
        " ['Artist', 'Engineer', 'Doctor', 'Lawyer', 'Homemaker'][1 + cast(floor(5 * u3 * u3)"
        " as integer)] as profession,"
        " case when u4 > 1.0 / 12 then cast(exp(9.5 + 1.5 * u5) * (1 + (kind = 'frequent')::int)"
        " as decimal(18, 2)) end as income, kind"
        f" from ({_drawn_customers(customers)})"
    )


def orders_query(customers: int) -> str:
    """Return the query for the orders: about twenty a customer, most of a few customers.

    Parameters
    ----------
    customers : int
        How many there are.

    Returns
    -------
    str
        customer_id, order_id, ordered_at, items, revenue (one in fifty a refund), discount.
    """
    uniform = _uniform("position * 4096 + number", range(6, 11))
    drawn = (
        f"select *, {uniform} from (select *, unnest(range(orders)) as number"
        f" from ({_drawn_customers(customers)}))"
    )
    key = "(position * 4096 + number)"
    return (
        f"select case when hash({key}) % {UNKNOWN_CUSTOMERS} = 0 then 'nobody'"
        " else customer_id end as customer_id,"
        f" format('O{{:012d}}', {key} + case when hash({key} + 1) % {REPEATED_IDS} = 0"
        " and number + 1 < orders then 1 else 0 end) as order_id,"
        f" timestamp '{AS_OF} 22:00:00' - to_seconds(cast(86400 * (until_days + u6"
        " * (from_days - until_days)) as bigint)) as ordered_at,"
        " 1 + cast(floor(9 * u7 * u7) as bigint) as items,"
        " cast(worth * exp(1.6 * (u8 - 0.5)) * case when u9 < 0.02 then -1 else 1 end"
        " as decimal(18, 2)) as revenue,"
        f" cast(u10 as decimal(18, 2)) as discount from ({drawn})"
    )


def first_build(folder: str, variables: Mapping[str, Any] | None = None) -> Work:
    """Build into a new warehouse, with further vars if there are any: models are fitted."""
    import duckdb

    for left in ("target", "logs"):
        shutil.rmtree(Path(folder) / left, ignore_errors=True)
    _warehouse(folder).unlink(missing_ok=True)
    with duckdb.connect(str(_warehouse(folder))) as connection:
        connection.execute("create schema contract")
        for table in ("customers", "orders"):
            connection.execute(
                f"create view contract.{table} as"
                f" select * from read_parquet('{_file(folder, table)}')"
            )
    return second_build(folder, variables)


def second_build(folder: str, variables: Mapping[str, Any] | None = None) -> Work:
    """Build into the warehouse as it is, with further vars if there are any."""
    environment = os.environ | {
        "SEGMENTATION_WAREHOUSE": str(_warehouse(folder)),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(Path(folder) / "target"),
        "DBT_LOG_PATH": str(Path(folder) / "logs"),
    }
    command = [str(Path(sys.executable).with_name("dbt")), "build"]
    command += ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    command += [
        "--vars",
        json.dumps({"dataset": "warehouse", "as_of": AS_OF} | dict(variables or {})),
    ]

    def work() -> dict[str, Any]:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"dbt build failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
        return {}

    return work


def bare_copy(folder: str) -> Work:
    """Copy both files into tables of a new DuckDB file."""
    import duckdb

    (Path(folder) / "copy.duckdb").unlink(missing_ok=True)
    connection = duckdb.connect(str(Path(folder) / "copy.duckdb"))

    def work() -> dict[str, Any]:
        with connection:
            for table in ("customers", "orders"):
                connection.execute(
                    f"create table {table} as from read_parquet('{_file(folder, table)}')"
                )
        return {}

    return work


def compare(folder: str) -> Work:
    """Compare what a build rejected and found with what was planted."""
    import duckdb
    from sklearn.metrics import adjusted_rand_score

    def work() -> dict[str, Any]:
        with duckdb.connect(str(_warehouse(folder)), read_only=True) as connection:
            orders = f"read_parquet('{_file(folder, 'orders')}')"
            people = f"read_parquet('{_file(folder, 'customers')}')"
            planted, rejected, lost = connection.sql(
                f"select (select count(*) - count(distinct order_id) from {orders}"
                " where customer_id <> 'nobody')"
                f" + (select count(*) from {orders} where customer_id = 'nobody'),"
                " (select count(*) from marts.rpt_rejects),"
                f" (select count(*) from {people})"
                " - (select count(*) from marts.fct_customer_segments"
                " where segmentation = 'value')"
            ).fetchall()[0]
            both = connection.sql(
                f"select kind, segment_slug from {people} inner join marts.fct_customer_segments"
                " using (customer_id) where segmentation = 'value' and segment_id is not null"
            ).df()
        return {
            "planted": planted,
            "rejects": abs(planted - rejected),
            "lost": abs(lost),
            "agreement": float(adjusted_rand_score(both.kind, both.segment_slug)),
        }

    return work


def _drawn_customers(customers: int) -> str:
    """Return the query for the customers: what kind each is of, and how much it buys."""
    bounds, total = [], 0.0
    for kind, share, *_ in KINDS:
        total += share
        bounds.append(f"when u0 < {total!r} then '{kind}'")
    columns = ("orders_of_median", "worth", "from_days", "until_days")
    of_kind = [
        "case kind "
        + " ".join(f"when '{kind[0]}' then {kind[2 + place]}" for kind in KINDS)
        + f" end as {column}"
        for place, column in enumerate(columns)
    ]
    # A few buy many times what the median does: the logarithm is the sum of three uniforms.
    spread = _uniform("position", range(11, 14))
    return (
        "select *, least(4000, greatest(1, cast(orders_of_median"
        " * exp(u11 + u12 + u13 - 1.5) as bigint))) as orders"
        f" from (select *, {', '.join(of_kind)} from (select *, case {' '.join(bounds[:-1])}"
        f" else '{KINDS[-1][0]}' end as kind from (select range as position,"
        f" format('C{{:09d}}', range) as customer_id, {_uniform('range', range(6))},"
        f" {spread.replace('position', 'range')} from range({customers}))))"
    )


def _uniform(key: str, numbers: range) -> str:
    # Hashes are random enough, and the same at every run and for any number of threads.
    return ", ".join(
        f"hash(({key}) * 16 + {number}) / 18446744073709551616.0 as u{number}" for number in numbers
    )


def _largest(name: str, laps: list[Lap]) -> dict[str, Any]:
    return judged(name, max(lap.peak_megabytes for lap in laps), at_most=3_000)


def _file(folder: str, table: str) -> Path:
    return Path(folder) / f"{table}.parquet"


def _warehouse(folder: str) -> Path:
    return Path(folder) / "warehouse.duckdb"
