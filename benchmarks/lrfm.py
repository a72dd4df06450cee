"""LRFM by the project's own SQL, beside the same in pandas, from one Parquet file of orders.

The SQL is what dbt compiles from the models at the time of the run, so that it cannot drift. As in
a build, both models become tables in a DuckDB file. pandas reads only the columns that it needs and
groups once; it writes its result to Parquet.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.contender import Work
from benchmarks.race import PROJECT, Entry, judged, race, ratio, raw_figures, run

ORDERS = 20_000_000
ROUNDS = 3
AS_OF = "2025-12-31"
WINDOW_DAYS = 365
MODELS = ("int_customer_activity", "int_customer_lrfm")
STAGING = "stg_sample__customer_activity"
COLUMNS = (
    "first_purchase_on",
    "last_purchase_on",
    "length_days",
    "recency_days",
    "frequency",
    "monetary",
)


def measure(folder: Path, rows: int = ORDERS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file."""
    where = {"folder": str(folder)}
    customers = max(rows // 20, 1)
    run(Entry(__name__, "prepare", where | {"orders": rows, "customers": customers}))
    laps = race(
        {
            "SQL models": Entry(__name__, "sql_models", where),
            "pandas": Entry(__name__, "in_pandas", where),
        },
        rounds,
    )
    ours, pandas = laps["SQL models"], laps["pandas"]
    different = run(Entry(__name__, "count_different_customers", where)).facts["rows"]
    return {
        "name": "lrfm",
        "what": f"{rows:,} orders of {customers:,} customers in a Parquet file",
        "figures": [
            ratio("pandas / SQL models", pandas, ours, at_least=3.5),
            ratio("pandas / SQL models, CPU", pandas, ours, figure="cpu_seconds"),
            ratio("pandas / SQL models, peak memory", pandas, ours, figure="peak_megabytes"),
            judged("customers whose LRFM differs", different, at_most=0),
        ],
        "raw": raw_figures(laps),
    }


def compile_models(folder: str) -> None:
    """Let dbt write the models' SQL into a folder, as a build of the sample would run it."""
    environment = os.environ | {
        "SEGMENTATION_WAREHOUSE": str(_warehouse(folder)),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(Path(folder) / "target"),
        "DBT_LOG_PATH": str(Path(folder) / "logs"),
    }
    variables = f"{{dataset: sample, as_of: '{AS_OF}', lrfm_window_days: {WINDOW_DAYS}}}"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            "compile",
            "--quiet",
            "--vars",
            variables,
            "--select",
            *MODELS,
            STAGING,
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"dbt compile failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


def prepare(folder: str, orders: int, customers: int) -> Work:
    """Compile the models, and write the orders: two years, one refund in fifty."""
    import duckdb

    def work() -> dict[str, Any]:
        compile_models(folder)
        # Hashes are random enough, and the same at every run and for any number of threads.
        drawn = ", ".join(
            f"hash(position * 8 + {j}) / 18446744073709551616.0 as u{j}" for j in range(6)
        )
        with duckdb.connect() as connection:
            connection.execute(
                "copy (select"
                f" format('C{{:08d}}', cast(floor({customers} * pow(u0, 1.5)) as bigint))"
                " as customer_id,"
                " format('O{:09d}', position) as order_id,"
                " timestamp '2024-01-01' + to_seconds(cast(735 * 86400 * u1 as bigint))"
                " as ordered_at,"
                " 1 + cast(floor(9 * u2) as bigint) as items,"
                " round(exp(1 + 4 * u3), 2) * case when u4 < 0.02 then -1 else 1 end as revenue,"
                " round(u5, 2) as discount"
                f" from (select range as position, {drawn} from range({orders})))"
                f" to '{_orders_file(folder)}' (format parquet)"
            )
        return {}

    return work


def sql_models(folder: str) -> Work:
    """Run the two compiled models as tables of a new DuckDB file."""
    import duckdb

    _warehouse(folder).unlink(missing_ok=True)
    compiled = {
        path.stem: path.read_text()
        for path in (Path(folder) / "target" / "compiled").rglob("*.sql")
        if path.stem in (*MODELS, STAGING)
    }
    connection = duckdb.connect(str(_warehouse(folder)))
    connection.execute("create schema intermediate")
    connection.execute(
        "create table intermediate.int_checked_customer_activity as"
        f" select *, cast(null as varchar) as rejected_because from ({compiled[STAGING]})"
    )
    # The file holds money as doubles, as most files do; staging converts them to decimals. Every
    # order is valid, because pandas does not check for invalid ones either.
    connection.execute(
        "create view intermediate.int_checked_orders as select customer_id, order_id, ordered_at,"
        " items, cast(revenue as decimal(18, 2)) as revenue,"
        " cast(discount as decimal(18, 2)) as discount, cast(null as varchar) as rejected_because"
        f" from read_parquet('{_orders_file(folder)}')"
    )

    def work() -> dict[str, Any]:
        with connection:
            for model in MODELS:
                connection.execute(f"create table intermediate.{model} as {compiled[model]}")
            connection.execute("checkpoint")
        return {}

    return work


def in_pandas(folder: str) -> Work:
    """Do the same with one group-by of pandas."""
    import pandas as pd

    as_of = pd.Timestamp(AS_OF)
    window_start = as_of - pd.Timedelta(days=WINDOW_DAYS - 1)

    def work() -> dict[str, Any]:
        orders = pd.read_parquet(
            _orders_file(folder), columns=["customer_id", "ordered_at", "revenue"]
        )
        orders["ordered_on"] = orders.ordered_at.dt.normalize()
        orders = orders[orders.ordered_on <= as_of]
        is_purchase = orders.revenue >= 0
        is_in_window = orders.ordered_on >= window_start
        lrfm = (
            orders.assign(
                purchased_on=orders.ordered_on.where(is_purchase),
                counts=is_purchase & is_in_window,
                spent=orders.revenue.where(is_in_window, 0.0),
            )
            .groupby("customer_id", sort=False)
            .agg(
                first_purchase_on=("purchased_on", "min"),
                last_purchase_on=("purchased_on", "max"),
                frequency=("counts", "sum"),
                monetary=("spent", "sum"),
            )
            .dropna(subset="last_purchase_on")
            .reset_index()
        )
        lrfm["length_days"] = (lrfm.last_purchase_on - lrfm.first_purchase_on).dt.days
        lrfm["recency_days"] = (as_of - lrfm.last_purchase_on).dt.days
        lrfm["monetary"] = lrfm.monetary.round(2)
        lrfm.to_parquet(_pandas_file(folder))
        return {}

    return work


def count_different_customers(folder: str) -> Work:
    """Count the customers that only one side has, or that differ in any column."""
    import duckdb

    def work() -> dict[str, Any]:
        differs = " or ".join(
            f"ours.{name} is distinct from cast(theirs.{name} as "
            f"{'date' if name.endswith('_on') else 'decimal(18, 2)'})"
            for name in COLUMNS
        )
        with duckdb.connect(str(_warehouse(folder)), read_only=True) as connection:
            different, compared = connection.sql(
                f"select count(*) filter ({differs}), count(*)"
                " from intermediate.int_customer_lrfm as ours"
                f" full join read_parquet('{_pandas_file(folder)}') as theirs"
                " on ours.customer_id = theirs.customer_id"
            ).fetchall()[0]
        return {"rows": different, "compared": compared}

    return work


def _warehouse(folder: str) -> Path:
    # The compiled SQL calls the database by the name of this file.
    return Path(folder) / "lrfm.duckdb"


def _orders_file(folder: str) -> Path:
    return Path(folder) / "orders.parquet"


def _pandas_file(folder: str) -> Path:
    return Path(folder) / "lrfm_pandas.parquet"
