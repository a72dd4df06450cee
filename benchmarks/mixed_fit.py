"""K-Prototypes on a sample and refined in the engine, beside the same on all rows in memory.

Both use this project's own K-Prototypes with as many restarts, on one thread of native code: what
is compared is where the rows are. Both end with a table that has every row's segment.

What a run adds to memory is the peak of its process less what the process held once its libraries
were loaded, before it opened the table.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contender import Work, peak_megabytes
from benchmarks.mixed_scoring import CATEGORIES, NUMBERS, write_customers
from benchmarks.race import Entry, judged, race, ratio, raw_figures, run

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from segmentation.features.mixed_sample import MixedSample
    from segmentation.features.prepared import PreparedFeatures

ROWS = 1_000_000
# So many times the rows, to see how time grows.
LARGER = 10
ROUNDS = 1
SAMPLE_ROWS = 50_000
SCAN_ROWS = 5_000
KS = range(2, 11)
SCAN_RESAMPLES = 20
RESTARTS = 10
# Passes end when no prototype moves by 0.005 standard deviations, as in profile_model.yml: further
# passes would not change the digits of the cost that the goal compares.
MOST_PASSES, TOLERANCE = 50, 0.005
K = 5
COLUMNS = (*NUMBERS, *CATEGORIES)


def measure(folder: Path, rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file."""
    small, large = {"folder": str(folder / "small")}, {"folder": str(folder / "large")}
    run(Entry(__name__, "prepare", small | {"rows": rows}))
    run(Entry(__name__, "prepare", large | {"rows": LARGER * rows}))
    times = f"{LARGER} times the rows"
    laps = race(
        {
            "ours": Entry(__name__, "sample_and_refine", small),
            "ours, with a k scan": Entry(
                __name__, "sample_and_refine", small | {"name": "scan", "scans": True}
            ),
            f"ours, {times}": Entry(__name__, "sample_and_refine", large),
            "in memory": Entry(__name__, "in_memory", small),
        },
        rounds,
    )
    compared = run(Entry(__name__, "compare", small)).facts
    ours, memory = laps["ours"], laps["in memory"]
    scanning, larger = laps["ours, with a k scan"], laps[f"ours, {times}"]
    figures = [
        ratio("in memory / ours", memory, ours),
        ratio("in memory / ours, CPU", memory, ours, figure="cpu_seconds", at_least=8),
        ratio("in memory / ours, peak memory", memory, ours, figure="peak_megabytes"),
        judged(
            "cost over all rows above that of the fit in memory, %, in the latter's scaling",
            compared["cost_gap"],
            at_most=0.01,
        ),
        ratio(f"ours, {times} / ours", larger, ours, at_most=LARGER),
        ratio(f"ours, {times} / ours, CPU", larger, ours, figure="cpu_seconds", at_most=LARGER),
    ]
    for label, of_label, at_most in (
        ("ours", ours, 150),
        ("ours, with a k scan", scanning, 150),
        (f"ours, {times}", larger, None),
        ("in memory", memory, None),
    ):
        added = [lap.facts["added_megabytes"] for lap in of_label]
        figures.append(
            judged(f"added memory in MB, {label}", max(added), at_most=at_most, rounds=added)
        )
    return {
        "name": "mixed_fit",
        "what": (
            f"{rows:,} rows, {len(NUMBERS)} numbers and {len(CATEGORIES)} categories as text with "
            f"nulls, K-Prototypes with k = {K}, {RESTARTS} restarts, and a table of labels"
        ),
        "figures": figures,
        "notes": {
            "our_refinement_passes": ours[-1].facts["passes"],
            "our_refinement_passes_larger": larger[-1].facts["passes"],
            "rows_labelled_alike": compared["labelled_alike"],
        },
        "raw": raw_figures(laps),
    }


def prepare(folder: str, rows: int) -> Work:
    """Make a table of planted groups."""
    import duckdb

    def work() -> dict[str, Any]:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(_table_file(folder))) as connection:
            write_customers(connection, rows)
        return {}

    return work


def sample_and_refine(folder: str, name: str = "ours", scans: bool = False) -> Work:
    """Fit to a sample, refine on all rows in the engine, and score them there."""
    import duckdb
    from segmentation.clustering import ALGORITHMS
    from segmentation.clustering.k_choice import FitsToJudge, scan_k
    from segmentation.clustering.refinement import LloydPasses, refine_prototypes
    from segmentation.engine.duckdb import DuckDBEngine
    from segmentation.scoring.nearest import assigned_table

    algorithm = ALGORITHMS["kprototypes"]
    output = _new_output(folder, name)

    def work() -> dict[str, Any]:
        before = _resident_megabytes()
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder)
            engine = DuckDBEngine(connection)
            frame = engine.sample(
                "source.customers",
                columns=list(NUMBERS),
                text_columns=list(CATEGORIES),
                key="id",
                rows=SAMPLE_ROWS,
            )
            features, sample = _prepared(connection, frame)
            if scans:
                scan_k(
                    sample.rows(slice(0, SCAN_ROWS)),
                    algorithm,
                    KS,
                    FitsToJudge(n_init=RESTARTS, seed=0, resamples=SCAN_RESAMPLES),
                )
            start = algorithm.fit(sample, K, n_init=RESTARTS, seed=0).prototypes
            assert algorithm.recentered is not None
            lloyd = LloydPasses(algorithm.recentered, sample.gamma, MOST_PASSES, TOLERANCE)
            refined = refine_prototypes(engine, "source.customers", features, start, lloyd)
            query = assigned_table(
                engine, "source.customers", features, refined.prototypes, keep=["id"]
            )
            connection.execute(f"create table scored as select id, segment_id from ({query})")
            connection.execute("checkpoint")
        fitted = {"features": features, "prototypes": refined.prototypes, "gamma": sample.gamma}
        _fit_file(folder, name).write_bytes(pickle.dumps(fitted))
        return {
            "passes": refined.passes,
            "cost": refined.inertia,
            "added_megabytes": round(peak_megabytes() - before, 1),
        }

    return work


def in_memory(folder: str) -> Work:
    """Fetch all rows, fit to them, label them in NumPy, and write the labels back."""
    import duckdb
    import pandas as pd
    from segmentation.clustering import ALGORITHMS

    output = _new_output(folder, "memory")

    def work() -> dict[str, Any]:
        before = _resident_megabytes()
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder)
            customers = connection.sql(
                f"select id, {', '.join(COLUMNS)} from source.customers"
            ).df()
            features, sample = _prepared(connection, customers)
            # The labels of the fit equal those of the prototypes in NumPy.
            fitted = ALGORITHMS["kprototypes"].fit(sample, K, n_init=RESTARTS, seed=0)
            connection.register(
                "labels", pd.DataFrame({"id": customers.id, "segment_id": fitted.labels})
            )
            connection.execute("create table scored as select id, segment_id from labels")
            connection.execute("checkpoint")
        kept = {"features": features, "prototypes": fitted.prototypes, "gamma": sample.gamma}
        _fit_file(folder, "memory").write_bytes(pickle.dumps(kept))
        return {
            "cost": fitted.prototypes.inertia(sample),
            "added_megabytes": round(peak_megabytes() - before, 1),
        }

    return work


def compare(folder: str) -> Work:
    """Compare the two fits over all rows, and the tables that they wrote.

    Ours is scaled by the sample's mean and deviation, the other by those of all rows. Costs compare
    within one scaling only; that of the other is in the other's favour.
    """
    import dataclasses

    import duckdb
    import numpy as np

    def work() -> dict[str, Any]:
        ours, memory = (
            pickle.loads(_fit_file(folder, name).read_bytes()) for name in ("ours", "memory")
        )
        with duckdb.connect() as connection:
            _attach(connection, folder)
            customers = connection.sql(f"select {', '.join(COLUMNS)} from source.customers").df()
            features, sample = _prepared(connection, customers)
            for name in ("ours", "memory"):
                connection.execute(f"attach '{_output(folder, name)}' as of_{name} (read_only)")
            pairs = connection.sql(
                "select own.segment_id, other.segment_id, count(*) from source.customers"
                " left join of_ours.scored as own using (id)"
                " left join of_memory.scored as other using (id) group by all"
            ).fetchall()
        if features != memory["features"]:
            raise ValueError("The table has changed since it was fitted in memory.")
        centers = np.column_stack(
            [
                theirs.scaled(own.unscaled(ours["prototypes"].centers[:, j]))
                for j, (own, theirs) in enumerate(
                    zip(ours["features"].numbers, features.numbers, strict=True)
                )
            ]
        )
        # Both know the same categories, so that codes mean the same; a mismatch costs gamma.
        costs = tuple(
            np.where(cost > 0, memory["gamma"], 0.0) for cost in ours["prototypes"].category_costs
        )
        moved = dataclasses.replace(ours["prototypes"], centers=centers, category_costs=costs)
        gap = moved.inertia(sample) / memory["prototypes"].inertia(sample) - 1
        # Segments are numbered differently: each is matched to the one that shares most rows.
        largest: dict[int, int] = {}
        for own, _, count in pairs:
            largest[own] = max(largest.get(own, 0), count)
        return {
            "cost_gap": 100 * gap,
            "labelled_alike": sum(largest.values()) / len(sample),
            "rows_without_a_label": sum(c for a, b, c in pairs if a is None or b is None),
        }

    return work


def _prepared(
    connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame
) -> tuple[PreparedFeatures, MixedSample]:
    """Return the preparation of the columns, and prepared rows.

    Numbers are scaled as the rows given say; the categories known are those of the whole table.
    """
    import numpy as np
    import pandas as pd
    from segmentation.clustering.gamma import default_gamma
    from segmentation.features.categories import PreparedCategory
    from segmentation.features.mixed_sample import MixedSample
    from segmentation.features.prepared import PreparedFeatures
    from segmentation.features.preprocessor import FeaturePreprocessor

    preprocessor = FeaturePreprocessor().fit(frame[list(NUMBERS)])
    categories, codes = [], []
    for name in CATEGORIES:
        counts = connection.sql(
            f"select {name}, count(*) from source.customers where {name} is not null group by 1"
        ).fetchall()
        fill = min(counts, key=lambda pair: (-pair[1], pair[0]))[0]
        category = PreparedCategory(name, sorted(value for value, _ in counts), fill)
        # Each value once, and not each row: the fastest way of pandas to code text.
        places, values = pd.factorize(frame[name], use_na_sentinel=False)
        codes.append(category.codes(np.asarray(values, dtype=object))[places])
        categories.append(category)
    numbers = preprocessor.transform(frame[list(NUMBERS)])
    sample = MixedSample(
        numbers,
        np.column_stack(codes),
        tuple(len(category.categories) for category in categories),
        default_gamma(numbers.std(axis=0)),
    )
    return PreparedFeatures(preprocessor.features_, categories), sample


def _resident_megabytes() -> float:
    """Return the memory that this process holds now (Linux only)."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def _attach(connection: duckdb.DuckDBPyConnection, folder: str) -> None:
    connection.execute(f"attach '{_table_file(folder)}' as source (read_only)")


def _table_file(folder: str) -> Path:
    return Path(folder) / "planted.duckdb"


def _fit_file(folder: str, name: str) -> Path:
    return Path(folder) / f"fit_{name}.pickle"


def _output(folder: str, name: str) -> Path:
    return Path(folder) / f"{name}.duckdb"


def _new_output(folder: str, name: str) -> Path:
    output = _output(folder, name)
    output.unlink(missing_ok=True)
    return output
