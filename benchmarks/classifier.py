"""A classifier applied to a table in the warehouse, beside the plain scikit-learn script.

Customers are drawn from a survey-like population in two ways: attributes that many people share,
as surveys have them, and a continuous income that makes nearly every row a row of its own. The
model is the same on both sides: a script has the fitted pipeline and predicts the whole table
through pandas. Peak memory less that of a contender that only gets ready is what applying adds.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contender import Work
from benchmarks.race import Entry, judged, race, ratio, raw_figures, run

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

ROWS = 1_000_000
ROUNDS = 3
ONE = "gradient_boosting"
LABELLED_ROWS = 8_000
SURVEY = "survey_like"
MOSTLY_DISTINCT = "mostly_distinct"
KINDS = (SURVEY, MOSTLY_DISTINCT)
FEATURES = (
    "gender",
    "ever_married",
    "age",
    "graduated",
    "profession",
    "work_experience",
    "spending_level",
    "family_size",
    "other_category",
)
INCOME = "income"
PROFESSIONS = ("Artist", "Healthcare", "Entertainment", "Engineer", "Doctor", "Lawyer", "Executive")
MISSING = 0.03


def measure(folder: Path, rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Run the benchmark and return its entry of the results file."""
    where = {"folder": str(folder)}
    for kind in KINDS:
        run(Entry(__name__, "prepare", where | {"kind": kind, "rows": rows}))
    fits = race(
        {
            "fit, five candidates": Entry(__name__, "fit", where | {"kind": SURVEY}),
            # Whichever candidate wins: both contenders below use the same model.
            "fit, one candidate": Entry(
                __name__, "fit", where | {"kind": SURVEY, "candidates": [ONE]}
            ),
            "fit, plain script": Entry(__name__, "fit_plainly", where | {"kind": SURVEY}),
        },
        rounds=1,
    )
    run(Entry(__name__, "fit", where | {"kind": MOSTLY_DISTINCT, "candidates": [ONE]}))
    laps = race(
        {
            f"{name}, {kind.replace('_', ' ')}": Entry(__name__, function, where | {"kind": kind})
            for kind in KINDS
            for name, function in (
                ("ready", "ready"),
                ("in batches", "in_batches"),
                ("through pandas", "through_pandas"),
            )
        },
        rounds,
    )
    with_reasons = race(
        {
            "in batches with reasons, survey like": Entry(
                __name__, "in_batches", where | {"kind": SURVEY, "reasons": True}
            )
        },
        rounds=1,
    )
    figures = []
    for kind in KINDS:
        words = kind.replace("_", " ")
        ours, plain = laps[f"in batches, {words}"], laps[f"through pandas, {words}"]
        idle = laps[f"ready, {words}"]
        different = run(Entry(__name__, "count_different", where | {"kind": kind})).facts["rows"]
        figures += [
            ratio(f"{words}: through pandas / in batches", plain, ours, at_least=1.5),
            judged(f"{words}: rows per second", rows / min(lap.seconds for lap in ours)),
            judged(f"{words}: rows predicted", ours[-1].facts["predicted"]),
            judged(
                f"{words}: MB added",
                max(
                    lap.peak_megabytes - at_rest.peak_megabytes
                    for lap, at_rest in zip(ours, idle, strict=True)
                ),
                at_most=300,
            ),
            judged(
                f"{words}: MB added through pandas",
                max(
                    lap.peak_megabytes - at_rest.peak_megabytes
                    for lap, at_rest in zip(plain, idle, strict=True)
                ),
            ),
            judged(f"{words}: rows whose segment or probability differs", different, at_most=0),
        ]
    stored = fits["fit, one candidate"][0].facts
    figures += [
        ratio(
            "fit, one candidate / plain script",
            fits["fit, one candidate"],
            fits["fit, plain script"],
        ),
        judged("seconds of reading the stored model", stored["seconds_to_load"]),
        judged("MB of the stored model", stored["megabytes"]),
    ]
    return {
        "name": "classifier",
        "what": f"{rows:,} prospects, {len(FEATURES)} attributes, a model of "
        f"{LABELLED_ROWS:,} labelled rows (gradient boosting)",
        "figures": figures,
        "raw": raw_figures(fits | laps | with_reasons),
    }


def prepare(folder: str, kind: str, rows: int) -> Work:
    """Make a table of prospects and a frame of labelled people."""
    import duckdb
    import numpy as np

    def work() -> dict[str, Any]:
        random = np.random.default_rng(20240229)
        labelled = _people(random, LABELLED_ROWS, kind)
        labelled.insert(0, "id", np.arange(LABELLED_ROWS))
        labelled["segment"] = _segments(random, labelled)
        labelled.to_pickle(_file(folder, kind, "labelled.pickle"))
        with duckdb.connect(str(_file(folder, kind, "prospects.duckdb"))) as connection:
            for start in range(0, rows, 100_000):
                size = min(100_000, rows - start)
                people = _people(random, size, kind)
                people.insert(0, "id", np.arange(start, start + size))
                connection.register("people", people)
                connection.execute(
                    "insert into prospects select * from people"
                    if start
                    else "create table prospects as select * from people"
                )
        return {}

    return work


def _people(random: Any, size: int, kind: str) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    age = np.clip(random.gamma(6.0, 7.0, size), 18, 89).round()
    is_married = random.random(size) < 1 / (1 + np.exp((38 - age) / 5))
    level = np.clip(random.poisson(0.2 + 0.7 * is_married, size), 0, 2)
    profession = (random.poisson(1.2 + age / 60, size) + (age > 55)) % len(PROFESSIONS)
    people = pd.DataFrame(
        {
            "gender": np.where(random.random(size) < 0.5, "Female", "Male"),
            "ever_married": np.where(is_married, "Yes", "No"),
            "age": age,
            "graduated": np.where(random.random(size) < 0.6, "Yes", "No"),
            "profession": np.array(PROFESSIONS, dtype=object)[profession],
            "work_experience": np.minimum(random.geometric(0.35, size) - 1, 14).astype(float),
            "spending_level": np.array(["Low", "Average", "High"], dtype=object)[level],
            "family_size": 1.0 + random.poisson(1.0 + is_married, size).clip(0, 8),
            "other_category": np.array([f"Cat_{i}" for i in range(1, 8)], dtype=object)[
                random.choice(7, size, p=(0.02, 0.05, 0.1, 0.13, 0.01, 0.65, 0.04))
            ],
        }
    )
    for name in ("profession", "work_experience", "family_size"):
        people[name] = people[name].mask(random.random(size) < MISSING)
    if kind == MOSTLY_DISTINCT:
        people[INCOME] = (20_000 * random.lognormal(0.3 * level + 0.2, 0.5)).round(2)
    return people


def _segments(random: Any, people: pd.DataFrame) -> Any:
    import numpy as np

    scores = np.stack(
        [
            (people.age - 45) / 12,
            1.2 * (people.spending_level == "High") + 0.6 * (people.ever_married == "Yes"),
            (45 - people.age) / 10 + (people.profession == "Healthcare"),
            0.8 * (people.graduated == "Yes") - 0.2 * people.family_size.fillna(2),
        ],
        axis=1,
    )
    return np.array(list("ABCD"))[(scores + random.gumbel(size=scores.shape)).argmax(axis=1)]


def fit(folder: str, kind: str, candidates: list[str] | None = None) -> Work:
    """Judge candidates on grouped folds."""
    import pandas as pd
    from segmentation.classification import fit_classifier

    labelled = pd.read_pickle(_file(folder, kind, "labelled.pickle"))

    def work() -> dict[str, Any]:
        fitted = fit_classifier(
            labelled,
            "segment",
            "id",
            _options(kind, candidates=None if candidates is None else tuple(candidates)),
        )
        if candidates == [ONE]:
            return _store(folder, kind, fitted.classifier)
        return {"winner": fitted.winner}

    return work


def _store(folder: str, kind: str, classifier: Any) -> dict[str, Any]:
    import time

    from segmentation.classification.storage import dump_classifier, load_classifier

    stored = dump_classifier(classifier)
    _file(folder, kind, "model.skops").write_bytes(stored.payload)
    _file(folder, kind, "digest.json").write_text(json.dumps(stored.digest))
    before = time.perf_counter()
    load_classifier(stored.payload, stored.digest)
    return {
        "seconds_to_load": time.perf_counter() - before,
        "megabytes": len(stored.payload) / 1e6,
    }


def _options(kind: str, **more: Any) -> Any:
    from segmentation.classification import ClassifierOptions

    return ClassifierOptions(
        features=FEATURES if kind == SURVEY else (*FEATURES, INCOME),
        ordered_categories={"spending_level": ("Low", "Average", "High")},
        **more,
    )


def _plain_pipeline(kind: str) -> Any:
    """Return what a script would write: text columns one-hot, numbers with their median."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    numbers = ["age", "work_experience", "family_size", *([INCOME] if kind != SURVEY else [])]
    texts = ["gender", "ever_married", "graduated", "profession", "other_category"]
    return make_pipeline(
        make_column_transformer(
            (SimpleImputer(strategy="median"), numbers),
            (OrdinalEncoder(categories=[["Low", "Average", "High"]]), ["spending_level"]),
            (
                make_pipeline(
                    SimpleImputer(strategy="constant", fill_value="unknown"),
                    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                ),
                texts,
            ),
        ),
        GradientBoostingClassifier(
            n_estimators=60, max_depth=3, max_features=0.5, min_samples_leaf=20, random_state=0
        ),
    )


def fit_plainly(folder: str, kind: str) -> Work:
    """Cross-validate and fit one model, as a notebook does."""
    import pandas as pd
    from sklearn.model_selection import cross_val_score

    labelled = pd.read_pickle(_file(folder, kind, "labelled.pickle"))

    def work() -> dict[str, Any]:
        pipeline = _plain_pipeline(kind)
        scores = cross_val_score(pipeline, labelled, labelled.segment, cv=5)
        pipeline.fit(labelled, labelled.segment)
        return {"accuracy": float(scores.mean())}

    return work


def ready(folder: str, kind: str) -> Work:
    """Read the model, open the tables, predict nothing."""
    import duckdb

    _load(folder, kind)
    output = _new_output(folder, kind, "ready")

    def work() -> dict[str, Any]:
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder, kind)
            connection.execute("create table scored as select id from source.prospects limit 1")
            connection.execute("checkpoint")
        return {}

    return work


def in_batches(folder: str, kind: str, reasons: bool = False) -> Work:
    """Predict distinct people batch by batch, and join in the engine."""
    import duckdb
    from segmentation.classification.assign import NewTable, score_into
    from segmentation.engine.duckdb import DuckDBEngine

    classifier = _load(folder, kind)
    output = _new_output(folder, kind, "reasons" if reasons else "batches")

    def work() -> dict[str, Any]:
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder, kind)
            scoring = score_into(
                DuckDBEngine(connection),
                "source.prospects",
                classifier,
                NewTable("scored"),
                keep=["id"],
                words={} if reasons else None,
            )
            connection.execute("checkpoint")
        return {"predicted": scoring.predicted}

    return work


def through_pandas(folder: str, kind: str) -> Work:
    """Fetch the whole table, predict it with the pipeline on text, insert a data frame."""
    import duckdb
    import numpy as np
    import pandas as pd

    plain = _load_plain(folder, kind)
    output = _new_output(folder, kind, "pandas")

    def work() -> dict[str, Any]:
        with duckdb.connect(str(output)) as connection:
            _attach(connection, folder, kind)
            prospects = connection.sql("from source.prospects").df()
            probabilities = plain.predict_proba(prospects)
            order = np.argsort(-probabilities, axis=1, kind="stable")[:, :2]
            at = np.arange(len(probabilities))
            scored = pd.DataFrame(
                {
                    "id": prospects.id,
                    "segment": plain.classes_[order[:, 0]],
                    "probability": probabilities[at, order[:, 0]],
                    "runner_up": plain.classes_[order[:, 1]],
                    "margin": probabilities[at, order[:, 0]] - probabilities[at, order[:, 1]],
                    **{
                        f"probability_{j}": probabilities[:, j]
                        for j in range(probabilities.shape[1])
                    },
                }
            )
            connection.register("predictions", scored)
            connection.execute("create table scored as select * from predictions")
            connection.execute("checkpoint")
        return {}

    return work


def count_different(folder: str, kind: str) -> Work:
    """Count the rows that are missing, or that a prediction of all rows at once sees otherwise.

    The reference is the same stored model on the whole table as one data frame.
    """
    import duckdb
    import numpy as np

    classifier = _load(folder, kind)

    def work() -> dict[str, Any]:
        with duckdb.connect() as connection:
            _attach(connection, folder, kind)
            connection.execute(f"attach '{_output(folder, kind, 'batches')}' as ours (read_only)")
            table = connection.sql(
                "select prospects.*, scored.segment, scored.probabilities "
                "from source.prospects left join ours.scored using (id) order by id"
            ).to_arrow_table()
            extra = connection.sql("select count(*) from ours.scored").fetchall()[0][0]
        probabilities = classifier.probabilities(table)
        found = table.column("probabilities").combine_chunks()
        lacking = int(found.null_count) + abs(extra - len(table))
        if lacking:
            return {"rows": lacking}
        of_ours = found.flatten().to_numpy().reshape(probabilities.shape)
        names = np.array(classifier.segments, dtype=object)[probabilities.argmax(axis=1)]
        same = (of_ours == probabilities).all(axis=1) & (
            table.column("segment").to_numpy() == names
        )
        return {"rows": int((~same).sum())}

    return work


def _load(folder: str, kind: str) -> Any:
    from segmentation.classification.storage import load_classifier

    digest = json.loads(_file(folder, kind, "digest.json").read_text())
    return load_classifier(_file(folder, kind, "model.skops").read_bytes(), digest)


def _load_plain(folder: str, kind: str) -> Any:
    """Return the script's pipeline: the depth that ours has, fitted to the same people."""
    import pandas as pd

    path = _file(folder, kind, "plain.pickle")
    if not path.exists():
        labelled = pd.read_pickle(_file(folder, kind, "labelled.pickle"))
        pipeline = _plain_pipeline(kind)
        depth = _load(folder, kind).pipeline[-1].max_depth
        pipeline.set_params(gradientboostingclassifier__max_depth=depth)
        path.write_bytes(pickle.dumps(pipeline.fit(labelled, labelled.segment)))
    return pickle.loads(path.read_bytes())


def _attach(connection: duckdb.DuckDBPyConnection, folder: str, kind: str) -> None:
    path = _file(folder, kind, "prospects.duckdb")
    connection.execute(f"attach '{path}' as source (read_only)")


def _file(folder: str, kind: str, name: str) -> Path:
    return Path(folder) / f"{kind}_{name}"


def _output(folder: str, kind: str, name: str) -> Path:
    return _file(folder, kind, f"{name}.duckdb")


def _new_output(folder: str, kind: str, name: str) -> Path:
    output = _output(folder, kind, name)
    output.unlink(missing_ok=True)
    return output
