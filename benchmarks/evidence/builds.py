"""Real builds into warehouses that are thrown away."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.evidence.shops import OWN_SCHEMA, Shop, write_cdnow
from benchmarks.race import PROJECT

# The marts that figures are read from. The tests of the project are not run: CI runs them.
MARTS = (
    *("+fct_customer_segments", "+dim_segments", "+dim_customers"),
    *("+rpt_expected_loss_backtest", "+rpt_prospect_distribution"),
)
VALUE_ALONE = ("+value_assignments", "+value_segments")

# What is fitted to choose or to compare, and changes no value segment, is fitted as little as can
# be: k is 4 whatever the scan says.
QUICK: dict[str, Any] = {
    "value_options": {"compared_algorithms": [], "scan_to": 4, "stability_resamples": 2},
    "profile_options": {"compared_algorithms": [], "scan_to": 4, "stability_resamples": 2},
    "prospects_options": {"candidates": ["logistic_regression"], "repeats": 1},
}


class Build:
    """A warehouse file in a folder of its own, and the dbt that builds it.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    shop : Shop
    """

    def __init__(self, folder: Path, shop: Shop) -> None:
        self.folder = folder
        self.shop = shop
        self.path = folder / "warehouse.duckdb"
        folder.mkdir(parents=True, exist_ok=True)

    def run(self, as_of: datetime.date, selection: tuple[str, ...] = MARTS) -> None:
        """Build as of a day; the model of an earlier build of the file is kept.

        Raises
        ------
        RuntimeError
            If dbt fails; the message holds the end of what it printed.
        """
        if self.shop.is_own and not self.path.exists():
            self._put_orders()
        variables = {**QUICK, **self.shop.variables, "as_of": as_of.isoformat()}
        of_shop = self.shop.variables.get("value_options", {})
        variables["value_options"] = {**QUICK["value_options"], **of_shop}
        environment = os.environ | {
            "SEGMENTATION_WAREHOUSE": str(self.path),
            "DBT_PROJECT_DIR": str(PROJECT),
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "NO_COLOR": "1",
        }
        command = [
            str(Path(sys.executable).with_name("dbt")),
            *("build", "--select", *selection),
            *("--exclude-resource-type", "test", "unit_test"),
            *("--vars", json.dumps(variables)),
        ]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(
                f"{self.shop.name} as of {as_of}: dbt failed:\n"
                f"{done.stdout[-4000:]}{done.stderr[-2000:]}"
            )

    def copy(self, folder: Path) -> Build:
        """Return a copy of the warehouse in another folder."""
        copied = Build(folder, self.shop)
        shutil.copy(self.path, copied.path)
        return copied

    def frame(self, sql: str) -> pd.DataFrame:
        """Return what a query finds."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.sql(sql).df()

    def records(self, sql: str) -> list[dict[str, Any]]:
        """Return what a query finds as dictionaries, lists in them as lists."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            found: list[dict[str, Any]] = connection.sql(sql).to_arrow_table().to_pylist()
            return found

    def _put_orders(self) -> None:
        orders = self.folder / "orders.parquet"
        write_cdnow(orders)
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"create schema {OWN_SCHEMA}")
            connection.execute(
                f"create table {OWN_SCHEMA}.orders as select * from read_parquet('{orders}')"
            )
