"""Scoring of numbers and categories in the engine, beside a bare copy and beside pandas.

The table is one of customers: numbers that lack here and there, and categories as text, some of
them null and some that the model has not seen. It lies in a DuckDB file that is attached for
reading; every contender writes a table to a new file and ends with a checkpoint, so that what it
wrote is on disk when its time is taken.
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
NUMBERS = ("age", "income", "frequency", "monetary")
CATEGORIES = {
    "gender": ("female", "male", "not stated"),
    "education": ("basic", "bachelor", "doctorate", "master", "secondary"),
    "marital_status": ("divorced", "married", "partnered", "single", "widowed"),
    "profession": (
        "artist",
        "doctor",
        "engineer",
        "entertainment",
        "executive",
        "healthcare",
        "homemaker",
        "lawyer",
        "marketing",
    ),
    "region": ("central", "east", "islands", "north", "north-east", "south", "south-west", "west"),
}
UNSEEN = "moved away"
# Shares of a column's values that are null, and of a category's that the model has not seen.
NULLS, UNSEEN_SHARE = 0.03, 0.005
# Unequal groups that overlap, as those of customers do.
SHARES = (0.35, 0.25, 0.20, 0.12, 0.08)
SAMPLE_ROWS = 50_000
CHUNK = 1_000_000
K = 5


def measure(folder: Path, rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file."""
    where = {"folder": str(folder)}
    run(Entry(__name__, "prepare", where | {"rows": rows}))
    laps = race(
        {
            "in the engine": Entry(__name__, "in_the_engine", where),
            "bare copy": Entry(__name__, "bare_copy", where),
            "through pandas": Entry(__name__, "through_pandas", where),
        },
        rounds,
    )
    different = run(Entry(__name__, "count_different_labels", where)).facts
    ours, bare, pandas = laps["in the engine"], laps["bare copy"], laps["through pandas"]
    return {
        "name": "mixed_scoring",
        "what": (
            f"{rows:,} rows, {len(NUMBERS)} numbers and {len(CATEGORIES)} categories as text, "
            f"with nulls and unseen categories, K-Prototypes with k = {K}"
        ),
        "figures": [
            ratio("in the engine / bare copy", ours, bare, at_most=0.7),
            ratio("in the engine / bare copy, CPU", ours, bare, figure="cpu_seconds", at_most=0.7),
            ratio("through pandas / in the engine", pandas, ours, at_least=10),
            ratio(
                "through pandas / in the engine, CPU",
                pandas,
                ours,
                figure="cpu_seconds",
                at_least=10,
            ),
            ratio(
                "through pandas / in the engine, peak memory",
                pandas,
                ours,
                figure="peak_megabytes",
            ),
            judged("rows whose label is not that of NumPy", different["rows"], at_most=0),
        ],
        "notes": {
            "rows_with_a_null": different["with_a_null"],
            "rows_with_an_unseen_category": different["with_an_unseen_category"],
        },
        "raw": raw_figures(laps),
    }


def prepare(folder: str, rows: int) -> Work:
    """Make the table, and fit K-Prototypes to its first rows."""
    import duckdb
    import numpy as np
    from segmentation.clustering import ALGORITHMS
    from segmentation.clustering.gamma import default_gamma
    from segmentation.features.categories import PreparedCategory
    from segmentation.features.mixed_sample import MixedSample
    from segmentation.features.prepared import PreparedFeatures
    from segmentation.features.preprocessor import FeaturePreprocessor

    def work() -> dict[str, Any]:
        size = min(SAMPLE_ROWS, rows // 2)
        with duckdb.connect(str(Path(folder) / "customers.duckdb")) as connection:
            # The rows of the fit hold every category except the one that is added later.
            write_customers(connection, rows, unseen_from=size)
            frame = connection.sql(
                f"select {', '.join([*NUMBERS, *CATEGORIES])} from customers"
                f" where id < {size} order by id"
            ).df()
        preprocessor = FeaturePreprocessor().fit(frame[list(NUMBERS)])
        categories = []
        for name in CATEGORIES:
            # The most frequent first, of equally frequent ones the first by its code points.
            frequent = frame[name].dropna().sort_values().value_counts(sort=False)
            known = [str(value) for value in frequent.index]
            categories.append(PreparedCategory(name, known, str(frequent.idxmax())))
        features = PreparedFeatures(preprocessor.features_, categories)
        numbers = preprocessor.transform(frame[list(NUMBERS)])
        codes = [category.codes(frame[category.name].to_numpy(object)) for category in categories]
        sample = MixedSample(
            numbers,
            np.column_stack(codes),
            tuple(len(category.categories) for category in categories),
            default_gamma(numbers.std(axis=0)),
        )
        fitted = ALGORITHMS["kprototypes"].fit(sample, K, n_init=3, seed=0)
        _model_file(folder).write_bytes(
            pickle.dumps(
                {"features": features, "prototypes": fitted.prototypes, "gamma": sample.gamma}
            )
        )
        return {}

    return work


def write_customers(
    connection: duckdb.DuckDBPyConnection, rows: int, unseen_from: int | None = None
) -> None:
    """Write the table ``customers`` of planted groups.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    rows : int
    unseen_from : int, optional
        The first row that may have a category which no row before it has; none has it by default.
    """
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(20240229)
    centres = random.normal(0, 1.6, (len(SHARES), len(NUMBERS)))
    # Years, money, purchases and money again.
    means, spreads = np.array([45, 40_000, 30, 900]), np.array([9, 9_000, 6, 200])
    columns = [f"{name} double" for name in NUMBERS] + [f"{name} varchar" for name in CATEGORIES]
    connection.execute(f"create table customers (id bigint, {', '.join(columns)})")
    texts = [
        f"[{', '.join(repr(value) for value in (*values, UNSEEN))}][{name} + 1] as {name}"
        for name, values in CATEGORIES.items()
    ]
    for start in range(0, rows, CHUNK):
        size = min(CHUNK, rows - start)
        ids = np.arange(start, start + size)
        group = random.choice(len(SHARES), size=size, p=SHARES)
        drawn: dict[str, Any] = {"id": ids}
        for j, name in enumerate(NUMBERS):
            scaled = centres[group, j] + random.standard_normal(size)
            raw = np.round(means[j] + spreads[j] * scaled, 2)
            drawn[name] = np.where(random.random(size) < NULLS, np.nan, raw)
        for j, (name, values) in enumerate(CATEGORIES.items()):
            # A category that depends on the group, except for nearly half of the rows.
            own = random.random(size) < 0.55
            code = np.where(
                own, group * (j + 1) % len(values), random.integers(len(values), size=size)
            ).astype(np.int8)
            unseen = random.random(size) < UNSEEN_SHARE
            if unseen_from is not None:
                code = np.where(unseen & (ids >= unseen_from), len(values), code)
            drawn[name] = pd.array(code, dtype="Int8")
            drawn[name][random.random(size) < NULLS] = pd.NA
        connection.register("drawn", pd.DataFrame(drawn))
        connection.execute(
            f"insert into customers select id, {', '.join([*NUMBERS, *texts])} from drawn"
        )
        connection.unregister("drawn")


def in_the_engine(folder: str) -> Work:
    """Score by one SQL expression; nothing leaves the engine."""
    import duckdb
    from segmentation.engine.duckdb import DuckDBEngine
    from segmentation.scoring.nearest import assigned_table

    model = pickle.loads(_model_file(folder).read_bytes())
    output = _new_output(folder, "engine")

    def work() -> dict[str, Any]:
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder)
            query = assigned_table(
                DuckDBEngine(connection),
                "source.customers",
                model["features"],
                model["prototypes"],
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
                "create table copied as "
                f"select id, {', '.join([*NUMBERS, *CATEGORIES])} from source.customers"
            )
            connection.execute("checkpoint")
        return {}

    return work


def through_pandas(folder: str) -> Work:
    """Fetch, scale, code, compare with the prototypes in NumPy, and write the labels back."""
    import duckdb
    import numpy as np
    import pandas as pd
    from segmentation.features.mixed_sample import MixedSample

    model = pickle.loads(_model_file(folder).read_bytes())
    features, prototypes = model["features"], model["prototypes"]
    output = _new_output(folder, "pandas")

    def work() -> dict[str, Any]:
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder)
            customers = connection.sql(
                f"select id, {', '.join([*NUMBERS, *CATEGORIES])} from source.customers"
            ).df()
            numbers = [
                feature.scaled(customers[feature.name].to_numpy()) for feature in features.numbers
            ]
            codes = []
            for category in features.categories:
                # Each value once, and not each row: the fastest way of pandas to code text.
                places, values = pd.factorize(customers[category.name], use_na_sentinel=False)
                codes.append(category.codes(np.asarray(values, dtype=object))[places])
            labels = prototypes.assign(
                MixedSample(
                    np.column_stack(numbers),
                    np.column_stack(codes),
                    tuple(len(category.categories) for category in features.categories),
                    model["gamma"],
                )
            )
            connection.register("labels", pd.DataFrame({"id": customers.id, "segment_id": labels}))
            connection.execute("create table scored as select id, segment_id from labels")
            connection.execute("checkpoint")
        return {}

    return work


def count_different_labels(folder: str) -> Work:
    """Count the rows on which the two ways of scoring disagree, or that one of them lacks."""
    import duckdb

    def work() -> dict[str, Any]:
        null = " or ".join(f"{name} is null" for name in (*NUMBERS, *CATEGORIES))
        unseen = " or ".join(f"{name} = '{UNSEEN}'" for name in CATEGORIES)
        with duckdb.connect() as connection:
            _attach(connection, folder)
            for name in ("engine", "pandas"):
                connection.execute(f"attach '{_output(folder, name)}' as {name} (read_only)")
            different = connection.sql(
                "select count(*) from source.customers as customers"
                " full join engine.scored as ours using (id)"
                " full join pandas.scored as theirs using (id)"
                " where customers.id is null or ours.segment_id is null"
                " or theirs.segment_id is null or ours.segment_id <> theirs.segment_id"
            ).fetchall()[0][0]
            with_a_null, with_an_unseen_category = connection.sql(
                f"select count(*) filter ({null}), count(*) filter ({unseen}) from source.customers"
            ).fetchall()[0]
        return {
            "rows": different,
            "with_a_null": with_a_null,
            "with_an_unseen_category": with_an_unseen_category,
        }

    return work


def _attach(connection: duckdb.DuckDBPyConnection, folder: str) -> None:
    connection.execute(f"attach '{Path(folder) / 'customers.duckdb'}' as source (read_only)")


def _model_file(folder: str) -> Path:
    return Path(folder) / "model.pickle"


def _output(folder: str, name: str) -> Path:
    return Path(folder) / f"{name}.duckdb"


def _new_output(folder: str, name: str) -> Path:
    output = _output(folder, name)
    output.unlink(missing_ok=True)
    return output
