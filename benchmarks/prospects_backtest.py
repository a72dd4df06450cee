"""Forecasts of prospects as of past days beside what came: counts, their intervals, and sales.

    python benchmarks/prospects_backtest.py FOLDER 2017-06-30:90 2017-07-31:120

For each day and horizon the data set is built as of that day into a file of its own in FOLDER;
another build, as of the data set's last day, has the features of the same customers at the age of
the horizon. The value model of the day gives both their segments. Nothing after the day is read by
the forecast.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import read_segments
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.steps.prospect_targets import ValueRule

PROJECT = Path(__file__).parents[1]
FEW = {"compared_algorithms": [], "scan_to": 4, "stability_resamples": 2}


@dataclass(frozen=True)
class Build:
    """A build of a data set: as of a day, or as of its last, with a fixed horizon."""

    folder: Path
    dataset: str
    as_of: str | None
    horizon: int

    @property
    def path(self) -> Path:
        """The file that it is built into."""
        return self.folder / f"{self.dataset}_{self.as_of or 'end'}_{self.horizon}.duckdb"

    def make(self, *select: str) -> Path:
        """Build what is selected, where the file is not there yet."""
        if not self.path.exists():
            variables = {
                "dataset": self.dataset,
                "as_of": self.as_of,
                "horizon_days": self.horizon,
                "value_options": FEW,
            }
            environment = os.environ | {
                "SEGMENTATION_WAREHOUSE": str(self.path),
                "DBT_TARGET_PATH": str(self.path.with_suffix(".target")),
                "DBT_LOG_PATH": str(self.path.with_suffix(".logs")),
                "SEGMENTATION_THREADS": "1",
                "DBT_PROJECT_DIR": str(PROJECT),
                "DBT_PROFILES_DIR": str(PROJECT),
            }
            command = [str(Path(sys.executable).with_name("dbt")), "--quiet", "build"]
            command += ["--exclude-resource-type", "test", "unit_test", "--select", *select]
            try:
                subprocess.run(
                    [*command, "--vars", json.dumps(variables)], env=environment, check=True
                )
            except subprocess.CalledProcessError:
                # A part of a build is none.
                self.path.unlink(missing_ok=True)
                raise
        return self.path


def compared(forecast: Path, truth: Path) -> dict[str, object]:
    """Return how a forecast of one day compares with what came."""
    with duckdb.connect(str(forecast), read_only=True) as then:
        counts = then.sql(
            "select forecast.*, segments.segment_slug from segmentation.prospects_forecast"
            " as forecast inner join segmentation.prospects_segments as segments using (segment_id)"
        ).df()
        if counts.empty:
            (why,) = then.sql(
                "select no_forecast_because from intermediate.int_prospect_horizon"
            ).fetchall()[0]
            return {"reason": why or "nothing could be learned"}
        model = SegmentationModel.from_record(
            then.sql("from segmentation.value_model").to_arrow_table().to_pylist()[0]
        )
        segments = read_segments(
            then.sql("from segmentation.value_segments").to_arrow_table().to_pylist()
        )
        assigned = then.sql(
            "select customer_id, probabilities from segmentation.prospects_assignments"
        ).df()
        facts = then.sql(
            "select labelled_customers, algorithm from segmentation.prospects_model"
        ).fetchall()[0]
    rule = ValueRule(model, segments)
    with duckdb.connect(str(truth)) as end:
        end.register("prospects", assigned[["customer_id"]])
        end.execute("create or replace temporary table wanted as select customer_id from prospects")
        came = rule.segments_of(
            DuckDBEngine(end),
            "(select * from intermediate.int_features_at_age"
            " where customer_id in (select customer_id from wanted))",
        )
        (sales,) = end.sql(
            "select cast(sum(later_revenue) as double) from intermediate.int_later_sales"
            " where customer_id in (select customer_id from wanted)"
        ).fetchall()[0]
    slugs = {segment.segment_id: segment.segment_slug for segment in segments}
    actual_of = assigned["customer_id"].map(came).map(slugs)
    places = counts.sort_values("segment_id")["segment_slug"].tolist()
    p = np.stack(assigned["probabilities"].to_list())
    known = actual_of.isin(places).to_numpy()
    at = actual_of[known].map({slug: i for i, slug in enumerate(places)}).to_numpy(int)
    counts["actual"] = counts["segment_slug"].map(actual_of.value_counts()).fillna(0)
    has = counts["interval_low"].notna()
    held = counts["actual"].between(counts["interval_low"], counts["interval_high"])
    # A segment of which there is nearly nothing is easily covered.
    large = has & (counts[["expected_customers", "actual"]].max(axis=1) >= 0.05 * len(assigned))
    return {
        "learned_from": facts[0],
        "classifier": facts[1],
        "prospects": len(assigned),
        "segments": len(counts),
        "in_no_learned_segment": int((~known).sum()),
        "log_loss": float(-np.log(np.maximum(p[known][np.arange(len(at)), at], 1e-9)).mean()),
        "accuracy": float((p[known].argmax(axis=1) == at).mean()),
        "mean_error_of_counts": float(
            (counts["expected_customers"] - counts["actual"]).abs().mean()
        ),
        "covered": int(held[has].sum()),
        "intervals": int(has.sum()),
        "covered_large": int(held[large].sum()),
        "intervals_large": int(large.sum()),
        "width": float(
            ((counts["interval_high"] - counts["interval_low"])[has] / len(assigned)).mean()
        ),
        "backtest_coverage": counts["backtest_coverage"].iloc[0],
        "expected_sales": float(counts["expected_sales"].sum()),
        "actual_sales": sales,
        "sales_ratio": float(counts["expected_sales"].sum()) / sales,
        "sales_factor": counts["sales_factor"].iloc[0],
    }


def main() -> None:
    """Build, compare, and print a table and what all days say together."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("days", nargs="+", help="day:horizon, e.g. 2017-06-30:90")
    parser.add_argument("--dataset", default="complete_journey")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for day in asked.days:
        as_of, horizon = day.split(":")
        truth = Build(asked.folder, asked.dataset, None, int(horizon)).make(
            "+int_features_at_age", "+int_later_sales"
        )
        forecast = Build(asked.folder, asked.dataset, as_of, int(horizon)).make(
            "+prospects_forecast", "+prospects_segments"
        )
        rows.append({"as_of": as_of, "horizon": int(horizon), **compared(forecast, truth)})
        print(json.dumps(rows[-1], default=float), flush=True)
    table = pd.DataFrame(rows)
    if "covered" in table:
        print(table.drop(columns=["reason"], errors="ignore").round(3).to_string(index=False))
        for horizon, of_horizon in table.dropna(subset=["covered"]).groupby("horizon"):
            print(
                f"{int(str(horizon))} days: "
                f"{of_horizon.covered.sum() / of_horizon.intervals.sum():.0%} of "
                f"{of_horizon.intervals.sum():.0f} intervals held, of large segments "
                f"{of_horizon.covered_large.sum() / of_horizon.intervals_large.sum():.0%} of "
                f"{of_horizon.intervals_large.sum():.0f}; expected by actual sales: median "
                f"{of_horizon.sales_ratio.median():.2f}, {of_horizon.sales_ratio.min():.2f} to "
                f"{of_horizon.sales_ratio.max():.2f}"
            )


if __name__ == "__main__":
    main()
