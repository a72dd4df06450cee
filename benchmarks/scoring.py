"""Scoring in the engine, beside a bare copy of the same columns and beside scikit-learn.

The table lies in a DuckDB file that is attached for reading; every contender writes a table to a
new file and ends with a checkpoint, so that what it wrote is on disk when its time is taken.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contender import Work
from benchmarks.race import Entry, judged, race, ratio, raw_figures, run

if TYPE_CHECKING:
    import duckdb

ROWS = 10_000_000
ROUNDS = 5
FEATURES = ("recency", "frequency", "monetary", "tenure")
# Mean and standard deviation of the logarithm of each.
SHAPES = ((3.0, 1.0), (1.5, 0.8), (5.0, 1.2), (5.0, 0.6))
NULLS = 0.03
TRANSFORMS = ("none", "yeo_johnson")
SAMPLE_ROWS = 50_000
K = 4


def measure(folder: Path, rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file."""
    where = {"folder": str(folder)}
    run(Entry(__name__, "prepare", where | {"rows": rows}))
    laps = race(
        {
            "in the engine": Entry(__name__, "in_the_engine", where | {"transform": "none"}),
            "bare copy": Entry(__name__, "bare_copy", where),
            "through pandas": Entry(__name__, "through_pandas", where | {"transform": "none"}),
            "in the engine, Yeo-Johnson": Entry(
                __name__, "in_the_engine", where | {"transform": "yeo_johnson"}
            ),
            "through pandas, Yeo-Johnson": Entry(
                __name__, "through_pandas", where | {"transform": "yeo_johnson"}
            ),
        },
        rounds,
    )
    different = {
        transform: run(
            Entry(__name__, "count_different_labels", where | {"transform": transform})
        ).facts["rows"]
        for transform in TRANSFORMS
    }
    ours, bare, pandas = laps["in the engine"], laps["bare copy"], laps["through pandas"]
    skewed = laps["in the engine, Yeo-Johnson"]
    skewed_pandas = laps["through pandas, Yeo-Johnson"]
    return {
        "name": "scoring",
        "what": f"{rows:,} rows, {len(FEATURES)} numeric features with nulls, k = {K}",
        "figures": [
            ratio("in the engine / bare copy", ours, bare, at_most=1.1),
            ratio("in the engine / bare copy, CPU", ours, bare, figure="cpu_seconds"),
            ratio("through pandas / in the engine", pandas, ours, at_least=4.5),
            ratio(
                "through pandas / in the engine, peak memory",
                pandas,
                ours,
                figure="peak_megabytes",
            ),
            judged("rows whose label is not scikit-learn's", different["none"], at_most=0),
            ratio("Yeo-Johnson: in the engine / bare copy", skewed, bare),
            ratio("Yeo-Johnson: through pandas / in the engine", skewed_pandas, skewed),
            judged(
                "Yeo-Johnson: rows whose label is not scikit-learn's",
                different["yeo_johnson"],
                at_most=0,
            ),
        ],
        "raw": raw_figures(laps),
    }


def prepare(folder: str, rows: int) -> Work:
    """Make the table, and fit a model per transform to its first rows."""
    import duckdb
    import numpy as np
    import pandas as pd
    from segmentation.features.preprocessor import FeaturePreprocessor
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PowerTransformer, StandardScaler

    def work() -> dict[str, Any]:
        columns = ", ".join(f"{name} double" for name in FEATURES)
        with duckdb.connect(str(Path(folder) / "customers.duckdb")) as connection:
            connection.execute(f"create table customers (id bigint, {columns})")
            random = np.random.default_rng(20240229)
            for start in range(0, rows, 1_000_000):
                size = min(1_000_000, rows - start)
                drawn = {
                    name: np.where(
                        random.random(size) < NULLS, np.nan, random.lognormal(mean, spread, size)
                    )
                    for name, (mean, spread) in zip(FEATURES, SHAPES, strict=True)
                }
                connection.register(
                    "drawn", pd.DataFrame({"id": np.arange(start, start + size), **drawn})
                )
                connection.execute("insert into customers select * from drawn")
            sample = connection.sql(
                f"select {', '.join(FEATURES)} from customers order by id limit {SAMPLE_ROWS}"
            ).df()
        for transform in TRANSFORMS:
            ours = FeaturePreprocessor(transformation=transform).fit(sample)
            kmeans = KMeans(K, n_init=3, random_state=0).fit(ours.transform(sample))
            fills = {feature.name: feature.fill for feature in ours.features_}
            theirs = StandardScaler() if transform == "none" else PowerTransformer()
            theirs.fit(sample.fillna(fills).to_numpy())
            _model_file(folder, transform).write_bytes(
                pickle.dumps(
                    {
                        "features": ours.features_,
                        "centroids": kmeans.cluster_centers_,
                        "fills": fills,
                        "pipeline": make_pipeline(theirs, kmeans),
                    }
                )
            )
        return {}

    return work


def in_the_engine(folder: str, transform: str) -> Work:
    """Score by one SQL expression; nothing leaves the engine."""
    import duckdb
    from segmentation.engine.duckdb import DuckDBEngine
    from segmentation.features.prepared import PreparedFeatures
    from segmentation.scoring.nearest import assigned_table
    from segmentation.scoring.prototypes import from_centers

    model = pickle.loads(_model_file(folder, transform).read_bytes())
    output = _new_output(folder, f"engine_{transform}")

    def work() -> dict[str, Any]:
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder)
            query = assigned_table(
                DuckDBEngine(connection),
                "source.customers",
                PreparedFeatures(model["features"]),
                from_centers(model["centroids"]),
                keep=["id"],
            )
            connection.execute(f"create table scored as select id, segment_id from ({query})")
            connection.execute("checkpoint")
        return {}

    return work


def bare_copy(folder: str) -> Work:
    """Copy the id and the features, and compute nothing."""
    import duckdb

    output = _new_output(folder, "copy")

    def work() -> dict[str, Any]:
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder)
            connection.execute(
                f"create table copied as select id, {', '.join(FEATURES)} from source.customers"
            )
            connection.execute("checkpoint")
        return {}

    return work


def through_pandas(folder: str, transform: str) -> Work:
    """Fetch, fill, scale and predict with scikit-learn, and write the labels back."""
    import duckdb
    import pandas as pd

    model = pickle.loads(_model_file(folder, transform).read_bytes())
    output = _new_output(folder, f"pandas_{transform}")

    def work() -> dict[str, Any]:
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder)
            customers = connection.sql(
                f"select id, {', '.join(FEATURES)} from source.customers"
            ).df()
            filled = customers[list(FEATURES)].fillna(model["fills"])
            labels = model["pipeline"].predict(filled.to_numpy())
            connection.register("labels", pd.DataFrame({"id": customers.id, "segment_id": labels}))
            connection.execute("create table scored as select id, segment_id from labels")
            connection.execute("checkpoint")
        return {}

    return work


def count_different_labels(folder: str, transform: str) -> Work:
    """Count the rows on which the two ways of scoring disagree, or that one of them lacks."""
    import duckdb

    def work() -> dict[str, Any]:
        with duckdb.connect() as connection:
            _attach(connection, folder)
            for name in ("engine", "pandas"):
                path = _output(folder, f"{name}_{transform}")
                connection.execute(f"attach '{path}' as {name} (read_only)")
            different = connection.sql(
                "select count(*) from source.customers as customers"
                " full join engine.scored as ours using (id)"
                " full join pandas.scored as theirs using (id)"
                " where customers.id is null or ours.segment_id is null"
                " or theirs.segment_id is null or ours.segment_id <> theirs.segment_id"
            ).fetchall()[0][0]
        return {"rows": different}

    return work


def _attach(connection: duckdb.DuckDBPyConnection, folder: str) -> None:
    connection.execute(f"attach '{Path(folder) / 'customers.duckdb'}' as source (read_only)")


def _model_file(folder: str, transform: str) -> Path:
    return Path(folder) / f"model_{transform}.pickle"


def _output(folder: str, name: str) -> Path:
    return Path(folder) / f"{name}.duckdb"


def _new_output(folder: str, name: str) -> Path:
    output = _output(folder, name)
    output.unlink(missing_ok=True)
    return output
