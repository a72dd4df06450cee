"""A fit with a k scan, beside the usual recipe of scikit-learn on all rows.

Each contender is a process of its own, and not only for its memory: importing `segmentation`
limits native thread pools to one thread for the process, which would slow the recipe down. The
recipe runs with scikit-learn's own default.
"""

from __future__ import annotations

import datetime
import pickle
from pathlib import Path
from typing import Any

from benchmarks.contender import Work
from benchmarks.race import Entry, judged, race, ratio, raw_figures, run

ROWS = 1_000_000
ROUNDS = 1
FEATURES = ("length", "recency", "frequency", "monetary")
# Groups that overlap: rows have a standard deviation of 1 around their centre, and centres are
# about 3 apart. Shares are unequal, as those of customers are.
CENTRES = ((0, 0, 0, 0), (2.5, -1.5, 1.0, 0.5), (-1.0, 2.5, -1.5, 1.0), (1.0, 1.5, 2.0, -2.0))
SHARES = (0.4, 0.3, 0.2, 0.1)
K = 4
KS = range(2, 11)
RESTARTS = 10
SILHOUETTE_ROWS = 10_000


def measure(folder: Path, rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file."""
    where = {"folder": str(folder)}
    run(Entry(__name__, "prepare", where | {"rows": rows}))
    laps = race(
        {
            "ours": Entry(__name__, "sample_and_refine", where),
            "recipe": Entry(__name__, "recipe", where),
        },
        rounds,
    )
    ours, recipe = laps["ours"], laps["recipe"]
    gaps = run(Entry(__name__, "inertia_gaps", where)).facts
    return {
        "name": "fit",
        "what": (
            f"{rows:,} rows, {len(FEATURES)} features, k from {KS[0]} to {KS[-1]} judged, "
            f"k = {K} fitted"
        ),
        "figures": [
            ratio("recipe / ours", recipe, ours, at_least=20),
            ratio("recipe / ours, CPU", recipe, ours, figure="cpu_seconds", at_least=20),
            ratio("recipe / ours, peak memory", recipe, ours, figure="peak_megabytes"),
            judged(
                "inertia over all rows above the recipe's, %, in the recipe's scaling",
                gaps["recipe_scaling"],
                at_most=0.03,
            ),
            judged(
                "inertia over all rows above the recipe's, %, in our scaling",
                gaps["our_scaling"],
            ),
        ],
        "notes": {
            "recipe_silhouette_by_k": recipe[-1].facts["silhouettes"],
            "our_refinement_passes": ours[-1].facts["passes"],
        },
        "raw": raw_figures(laps),
    }


def prepare(folder: str, rows: int) -> Work:
    """Make a table of planted groups."""
    import duckdb
    import numpy as np
    import pandas as pd

    def work() -> dict[str, Any]:
        random = np.random.default_rng(20240229)
        group = random.choice(len(SHARES), size=rows, p=SHARES)
        drawn = np.array(CENTRES, dtype=float)[group] + random.standard_normal((rows, 4))
        frame = pd.DataFrame(drawn, columns=list(FEATURES))
        frame.insert(0, "customer_id", np.arange(rows))
        with duckdb.connect(str(_table_file(folder))) as connection:
            connection.register("drawn", frame)
            connection.execute(
                "create table customers as "
                "select * replace (cast(customer_id as varchar) as customer_id) from drawn"
            )
        return {}

    return work


def sample_and_refine(folder: str) -> Work:
    """Fit as a build does: scan and fit on a sample, refine on all rows in the engine."""
    import duckdb
    from segmentation.clustering.fit import fit_model
    from segmentation.clustering.options import SegmentationOptions
    from segmentation.engine.duckdb import DuckDBEngine
    from segmentation.registry.header import FitRequest
    from segmentation.registry.run import Run

    run = Run("planted", "default", datetime.date(2025, 12, 31), 365)
    options = SegmentationOptions(
        features=FEATURES,
        k=K,
        scan_from=KS[0],
        scan_to=KS[-1],
        n_init=RESTARTS,
        scan_n_init=RESTARTS,
    )

    def work() -> dict[str, Any]:
        with duckdb.connect(str(_table_file(folder)), read_only=True) as connection:
            model = fit_model(
                DuckDBEngine(connection),
                "customers",
                options,
                FitRequest("benchmark", run, "benchmark"),
            )
        assert model is not None
        fitted = {
            "center": [feature.center for feature in model.prepared_features.numbers],
            "scale": [feature.scale for feature in model.prepared_features.numbers],
            "centroids": model.centroids.tolist(),
        }
        _fit_file(folder, "ours").write_bytes(pickle.dumps(fitted))
        return {"passes": model.metrics.passes, "inertia": model.metrics.inertia}

    return work


def recipe(folder: str) -> Work:
    """Fit every k to all rows and judge it on some; keep the fit of the chosen one."""
    import duckdb
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler

    def work() -> dict[str, Any]:
        with duckdb.connect(str(_table_file(folder)), read_only=True) as connection:
            customers = connection.sql("select * from customers").df()
        scaler = StandardScaler()
        scaled = scaler.fit_transform(customers[list(FEATURES)].to_numpy())
        fits, silhouettes = {}, {}
        for k in KS:
            fits[k] = KMeans(k, n_init=RESTARTS, random_state=0).fit(scaled)
            silhouettes[k] = silhouette_score(
                scaled,
                fits[k].labels_,
                sample_size=min(SILHOUETTE_ROWS, len(scaled)),
                random_state=0,
            )
        fitted = {
            "center": scaler.mean_.tolist(),
            "scale": scaler.scale_.tolist(),
            "centroids": fits[K].cluster_centers_.tolist(),
        }
        _fit_file(folder, "recipe").write_bytes(pickle.dumps(fitted))
        return {
            "silhouettes": {k: round(float(value), 4) for k, value in silhouettes.items()},
            "inertia": float(fits[K].inertia_),
        }

    return work


def inertia_gaps(folder: str) -> Work:
    """Compare the two fits over all rows.

    Ours is scaled by the sample's mean and deviation, the recipe's by those of all rows. Inertias
    compare within one scaling only; that of the recipe is in the recipe's favour.
    """
    import duckdb
    import numpy as np

    def work() -> dict[str, Any]:
        with duckdb.connect(str(_table_file(folder)), read_only=True) as connection:
            columns = connection.sql(f"select {', '.join(FEATURES)} from customers").fetchnumpy()
        rows = np.column_stack([columns[name] for name in FEATURES])
        fits = {
            name: {
                part: np.array(numbers)
                for part, numbers in pickle.loads(_fit_file(folder, name).read_bytes()).items()
            }
            for name in ("ours", "recipe")
        }
        gaps = {}
        for scaling, name in (("our_scaling", "ours"), ("recipe_scaling", "recipe")):
            inertias = []
            for fit in (fits["ours"], fits["recipe"]):
                raw_centroids = fit["centroids"] * fit["scale"] + fit["center"]
                squared = [
                    (((rows - centroid) / fits[name]["scale"]) ** 2).sum(axis=1)
                    for centroid in raw_centroids
                ]
                inertias.append(float(np.min(squared, axis=0).sum()))
            gaps[scaling] = 100 * (inertias[0] / inertias[1] - 1)
        return gaps

    return work


def _table_file(folder: str) -> Path:
    return Path(folder) / "planted.duckdb"


def _fit_file(folder: str, name: str) -> Path:
    return Path(folder) / f"fit_{name}.pickle"
