"""Publishing the marts of a large warehouse, beside a bare copy of the same tables.

The warehouse is planted: its three largest marts are drawn by hashes of customer numbers, with as
many rows, columns and distinct texts as those of a build have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.contender import Work
from benchmarks.race import Entry, judged, race, ratio, raw_figures, run

CUSTOMERS = 1_000_000
ROUNDS = 5
# What a build has: docs/settings.md.
SETTINGS: dict[str, Any] = {"threads": 2, "memory_limit": "1800MB"}
MARTS = ("dim_customers", "fct_customer_segments", "fct_prospect_probabilities")


def measure(folder: Path, rows: int = CUSTOMERS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file; `rows` are customers."""
    where = {"folder": str(folder)}
    run(Entry(__name__, "prepare", where | {"customers": rows}))
    laps = race(
        {
            "publish": Entry(__name__, "publish_marts", where),
            "bare copy": Entry(__name__, "bare_copy", where),
        },
        rounds,
    )
    ours, copy = laps["publish"], laps["bare copy"]
    found = run(Entry(__name__, "compare", where)).facts
    return {
        "name": "publishing",
        "what": f"the marts of {rows:,} customers, copied, audited and swapped in",
        "figures": [
            ratio("publishing / bare copy", ours, copy, at_most=1.2),
            ratio("publishing / bare copy, CPU", ours, copy, figure="cpu_seconds", at_most=1.2),
            judged("rows that differ from those of the marts", found["differing"], at_most=0),
        ],
        "raw": raw_figures(laps),
    }


def prepare(folder: str, customers: int) -> Work:
    """Write the warehouse."""
    import duckdb

    def work() -> dict[str, Any]:
        _warehouse(folder).unlink(missing_ok=True)
        with duckdb.connect(str(_warehouse(folder)), config=SETTINGS) as connection:
            connection.execute(_planted(customers))
        return {}

    return work


def publish_marts(folder: str) -> Work:
    """Publish as a build does."""
    import duckdb
    from segmentation.published.publication import Publication, Table
    from segmentation.published.publish import publish

    def table(schema: str, name: str) -> Table:
        return Table("warehouse", schema, name)

    publication = Publication(
        warehouse=str(_warehouse(folder)),
        file=Path(folder).resolve() / "published.duckdb",
        run_id="planted",
        build_runs=table("segmentation", "build_runs"),
        current_models=table("segmentation", "current_models"),
        scoring_rules=table("segmentation", "all_scoring_rules"),
        marts=tuple(table("marts", name) for name in MARTS),
    )
    connection = duckdb.connect(str(_warehouse(folder)), config=SETTINGS)

    def work() -> dict[str, Any]:
        with connection:
            publish(connection, publication)
        return {}

    return work


def bare_copy(folder: str) -> Work:
    """Copy the tables into a new DuckDB file."""
    import duckdb

    copy = Path(folder) / "copy.duckdb"
    copy.unlink(missing_ok=True)
    connection = duckdb.connect(str(_warehouse(folder)), config=SETTINGS)

    def work() -> dict[str, Any]:
        with connection:
            connection.execute(f"attach '{copy}' as copied")
            connection.execute("create schema copied.marts")
            for name in MARTS:
                connection.execute(f"create table copied.marts.{name} as from marts.{name}")
            connection.execute("checkpoint copied")
            connection.execute("detach copied")
        return {}

    return work


def compare(folder: str) -> Work:
    """Count the rows of the published file that are not at the same place in the warehouse."""
    import duckdb

    def work() -> dict[str, Any]:
        differing = 0
        with duckdb.connect(str(_warehouse(folder)), read_only=True) as connection:
            connection.execute(f"attach '{Path(folder) / 'published.duckdb'}' as p (read_only)")
            for name in MARTS:
                ((found,),) = connection.execute(
                    f"select count(*) from (from marts.{name} select hash({name}) as here)"
                    f" positional join (from p.marts.{name} select hash({name}) as there)"
                    " where here is distinct from there"
                ).fetchall()
                differing += found
        return {"differing": differing}

    return work


def _planted(customers: int) -> str:
    """Return the statements that write the marts, and what a build knows of itself."""
    numbers = [f"(hash(range * 16 + {i}) % 100000) / 7 as number_{i}" for i in range(12)]
    # There are 5,000 of each, of some 40 characters.
    reasons = [
        f"repeat('because ', 4) || hash(range * 4 + {i}) % 5000 as reason_{i}" for i in (1, 2, 3)
    ]
    return f"""
        create schema marts;
        create schema segmentation;
        create table marts.dim_customers as
            select format('C{{:09d}}', range) as customer_id,
                hash(range) % 60 as age, {_slug("range")} as profession,
                {", ".join(numbers)},
                date '2025-12-31' as as_of
            from range({customers});
        create table marts.fct_customer_segments as
            select ['value', 'profile', 'prospects'][1 + range // {customers}] as segmentation,
                format('C{{:09d}}', range % {customers}) as customer_id,
                hash(range + 1) % 12 as segment_id, {_slug("range + 1")} as segment_slug,
                {_slug("range + 1")} as segment_name,
                (hash(range) % 1000003) / 7 as distance,
                (hash(range + 2) % 1000003) / 1e6 as margin,
                {_slug("range + 3")} as runner_up_slug,
                {", ".join(reasons)},
                'value-0001-abcdef01' as model_version, date '2025-12-31' as as_of
            from range({3 * customers});
        create table marts.fct_prospect_probabilities as
            select format('C{{:09d}}', range // 6) as customer_id, {_slug("range")} as segment_slug,
                (hash(range) % 1000003) / 1e6 as probability
            from range({customers});
        create table segmentation.build_runs as
            select 1 as run_number, 'planted' as run_id, timestamp '2026-01-01' as started_at,
                timestamp '2026-01-01' as ended_at, 'warehouse' as dataset,
                'contract' as variant, date '2025-12-31' as as_of;
        create table segmentation.current_models as
            select 'value-0001-abcdef01' as model_version, 'value' as segmentation,
                true as is_of_this_build;
        create table segmentation.all_scoring_rules as
            select 'value' as segmentation, '(people) as table from query_table(people)' as
                people_macro, '() as table select 1 as a' as person_macro;
    """


def _slug(key: str) -> str:
    return f"format('segment-{{:d}}', hash({key}) % 12)"


def _warehouse(folder: str) -> Path:
    return Path(folder) / "warehouse.duckdb"
