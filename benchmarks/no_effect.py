"""Campaigns that do nothing: how often the interval of rpt_campaign_lift excludes 0.

    python -m benchmarks.no_effect warehouse.duckdb --seeds 1000

Every customer of a built warehouse is assigned by each of many seeds, as of an earlier day, and
nobody is treated. The marts then compare what the groups did since. Of intervals of 95 %, 5 % are
expected to exclude 0; of tests of the groups' sizes, 5 % are expected below 0.05.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).parents[1]

# The models that assignments change.
SELECTION = ("stg_audiences__assignments+",)


def main() -> None:
    """Read the command line, measure on a copy of the warehouse, and print the shares."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.no_effect", description=__doc__)
    parser.add_argument("warehouse", type=Path, help="a warehouse that dbt built; it is copied")
    parser.add_argument("--dataset", default="complete_journey")
    parser.add_argument("--day", default="2017-09-30", help="when everybody is assigned")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--holdout", type=float, default=0.2, help="a share, e.g. 0.2")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="no-effect-") as folder:
        warehouse = Path(folder) / "warehouse.duckdb"
        shutil.copy(asked.warehouse, warehouse)
        assignments = Path(folder) / "assignments"
        assign(warehouse, assignments, asked.seeds, asked.day, asked.holdout)
        build(warehouse, assignments, {"dataset": asked.dataset})
        print(json.dumps(shares(warehouse), indent=2))


def assign(warehouse: Path, folder: Path, seeds: int, day: str, holdout: float) -> None:
    """Write the assignments of all customers by many seeds, each an audience of its own.

    Parameters
    ----------
    warehouse : Path
        Its customers are assigned.
    folder : Path
        Is made.
    seeds : int
    day : str
        YYYY-MM-DD.
    holdout : float
        The share that is held out.
    """
    folder.mkdir()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(
            f"""
            copy (
                with hashed as (
                    select *, cast('0x' || substr(sha256(seed || ':' || customer_id), 1, 13)
                        as bigint) / 4503599627370496 as bucket
                    from (select 'nothing_' || range as seed from range({int(seeds)}))
                    cross join (select customer_id from marts.dim_customers)
                )
                select
                    (select any_value(dataset) from marts.dim_segments) as dataset,
                    seed as audience,
                    customer_id,
                    case when bucket < $1 then 'held out' else 'treated' end as assignment_group,
                    cast($2 as date) as assigned_on,
                    'value' as segmentation,
                    'everybody' as segment_slug,
                    seed,
                    cast($1 as double) as holdout_share,
                    bucket,
                    cast(null as bigint) as responses_before
                from hashed
            ) to '{folder / "nothing.parquet"}' (format parquet)
            """,
            [holdout, day],
        )


def build(warehouse: Path, assignments: Path, variables: dict[str, Any]) -> None:
    """Build the marts of campaigns, with their data tests."""
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "build", "--select", *SELECTION),
            *("--exclude-resource-type", "unit_test", "--vars", json.dumps(variables)),
        ],
        cwd=warehouse.parent,
        env=os.environ
        | {
            "SEGMENTATION_WAREHOUSE": str(warehouse),
            "SEGMENTATION_ASSIGNMENTS": str(assignments),
            "DBT_PROJECT_DIR": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(warehouse.parent / "target"),
            "DBT_LOG_PATH": str(warehouse.parent / "logs"),
        },
        check=True,
        stdout=subprocess.DEVNULL,
    )


def shares(warehouse: Path) -> dict[str, Any]:
    """Return what share of the intervals exclude 0, by measure, and of the tests are below 0.05.

    Returns
    -------
    dict
        `audiences`; `intervals_that_exclude_0`, measure to share, of those that have an interval;
        `sample_ratios_below_0.05` and `sample_ratios_not_as_planned`, shares of the audiences.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        measures = connection.sql(
            """
            select measure, avg(case when interval_low > 0 or interval_high < 0 then 1 else 0 end)
            from marts.rpt_campaign_lift
            where interval_low is not null
            group by measure
            order by measure
            """
        ).fetchall()
        ((audiences, below, not_planned),) = connection.sql(
            """
            select count(*), avg(cast(sample_ratio_p_value < 0.05 as integer)),
                avg(cast(sample_ratio_verdict = 'not as planned' as integer))
            from marts.rpt_campaign_lift
            where measure = 'revenue'
            """
        ).fetchall()
    return {
        "audiences": audiences,
        "intervals_that_exclude_0": dict(measures),
        "sample_ratios_below_0.05": below,
        "sample_ratios_not_as_planned": not_planned,
    }


if __name__ == "__main__":
    main()
