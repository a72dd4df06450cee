"""Applying a classifier: storage, batches, reasons, forecasts."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import logging
import math
import os
import pickle
import zipfile

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from segmentation.classification import SegmentClassifier, storage
from segmentation.classification.assign import NewTable, score_into
from segmentation.classification.candidates import CANDIDATES
from segmentation.classification.features import as_matrix, described_by_segment, learn_columns
from segmentation.classification.forecast import (
    Revenue,
    forecast_records,
    tally_predictions,
    tally_probabilities,
)
from segmentation.classification.prediction import predict, predict_in_batches, top_two
from segmentation.classification.reasons import REASONS, TYPICAL, log_odds_drops
from segmentation.classification.storage import (
    StoredClassifier,
    StoredClassifierError,
    check_stored,
    dump_classifier,
    load_classifier,
)
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.playbook.feature_words import FeatureWords
from sklearn.cluster import KMeans
from sklearn.preprocessing import FunctionTransformer

SEGMENTS = ("A", "B", "C")


def people(rows: int, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "age": random.integers(18, 80, rows).astype(float),
            "married": random.choice(["Yes", "No"], rows).astype(object),
            "level": random.choice(["Low", "Average", "High"], rows).astype(object),
        }
    )
    for name in ("age", "married", "level"):
        frame.loc[random.random(rows) < 0.1, name] = None
    return frame


def labels(frame: pd.DataFrame) -> np.ndarray:
    old = (frame.age.fillna(40) > 50).to_numpy()
    return np.where(old, 2, np.where(frame.level.eq("High"), 1, 0))


def fit_classifier_of(candidate: str, classes: int = 3) -> SegmentClassifier:
    frame = people(300)
    columns, _ = learn_columns(
        frame, ["age", "married", "level"], {"level": ["Low", "Average", "High"]}
    )
    kind = CANDIDATES[candidate]
    pipeline = kind.pipeline(columns, 0, kind.grid[0])
    X, y = as_matrix(frame, columns), labels(frame) % classes
    pipeline.fit(X, y)
    columns = described_by_segment(columns, X, y, classes)
    errors = (0.02,) * classes
    return SegmentClassifier(candidate, SEGMENTS[:classes], columns, 1.2, errors, pipeline)


# A classifier is only read: one fit of each is enough.
classifier_of = functools.cache(fit_classifier_of)


@pytest.fixture(scope="module")
def boosted() -> SegmentClassifier:
    return classifier_of("gradient_boosting")


@pytest.fixture(scope="module")
def stored() -> StoredClassifier:
    return dump_classifier(classifier_of("logistic_regression"))


class TestStorage:
    """A stored classifier is read back; everything else is refused."""

    @pytest.mark.long
    @pytest.mark.parametrize("classes", [2, 3])
    @pytest.mark.parametrize("candidate", CANDIDATES)
    def test_a_stored_classifier_is_read_back_unchanged(self, candidate: str, classes: int) -> None:
        pytest.importorskip(CANDIDATES[candidate].needs or "sklearn")
        classifier = classifier_of(candidate, classes)
        stored = dump_classifier(classifier)
        assert dump_classifier(fit_classifier_of(candidate, classes)) == stored
        found = load_classifier(stored.payload, stored.digest)
        assert (found.candidate, found.segments, found.columns) == (
            classifier.candidate,
            classifier.segments,
            classifier.columns,
        )
        rows = people(200, seed=5)
        assert (found.probabilities(rows) == classifier.probabilities(rows)).all()

    @given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
    def test_a_flipped_bit_is_refused(
        self, stored: StoredClassifier, position: float, bit: int
    ) -> None:
        changed = bytearray(stored.payload)
        changed[int(position * len(changed))] ^= 1 << bit
        for read in (load_classifier, check_stored):
            with pytest.raises(StoredClassifierError, match="digest"):
                read(bytes(changed), stored.digest)

    def test_foreign_bytes_are_refused_though_their_digest_is_right(
        self, stored: StoredClassifier, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        whole = stored.payload
        trace = tmp_path_factory.mktemp("trace") / "was_run"

        class Intruder:
            def __reduce__(self) -> object:
                return os.mkdir, (str(trace),)

        foreign = {
            "half of it": (whole[: len(whole) // 2], "not a skops file"),
            "pickle": (pickle.dumps(Intruder()), "not a skops file"),
            "text": (b"model", "not a skops file"),
            "another estimator": (skops.io.dumps({"pipeline": KMeans(2)}), "KMeans"),
            "a function": (skops.io.dumps(FunctionTransformer(os.system)), "system"),
            "no classifier": (skops.io.dumps({"format": "other"}), "not in the format"),
            "a list": (skops.io.dumps([1, 2]), "not in the format"),
        }
        foreign["nothing"] = (b"", "it is empty")
        for payload, message in foreign.values():
            for read in (load_classifier, check_stored):
                with pytest.raises(StoredClassifierError, match=message):
                    read(payload, hashlib.sha256(payload).hexdigest())
        assert not trace.exists()

    @pytest.fixture
    def loaded(self, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
        """Return what is loaded while a stored classifier is checked."""
        loaded: list[bytes] = []
        monkeypatch.setattr(storage, "load_classifier", lambda payload, _: loaded.append(payload))
        return loaded

    def test_what_these_libraries_wrote_is_not_loaded_to_be_checked(
        self, stored: StoredClassifier, loaded: list[bytes]
    ) -> None:
        check_stored(stored.payload, stored.digest)
        assert loaded == []

    @pytest.mark.parametrize("part", ["format", "scikit_learn", "skops"])
    def test_what_others_wrote_is_loaded_to_be_checked(
        self, stored: StoredClassifier, loaded: list[bytes], part: str
    ) -> None:
        content = skops.io.loads(stored.payload, trusted=["numpy.dtype"])
        payload = skops.io.dumps({**content, part: "0.24.2"})
        check_stored(payload, hashlib.sha256(payload).hexdigest())
        assert loaded == [payload]

    def test_a_part_of_a_library_whose_version_is_not_stored_is_loaded_to_be_checked(
        self, loaded: list[bytes]
    ) -> None:
        pytest.importorskip("xgboost")
        stored = dump_classifier(classifier_of("xgboost", 2))
        check_stored(stored.payload, stored.digest)
        assert loaded == [stored.payload]

    def test_one_that_is_asked_for_again_is_not_loaded_again(
        self, stored: StoredClassifier
    ) -> None:
        found = load_classifier(stored.payload, stored.digest)
        assert load_classifier(bytes(bytearray(stored.payload)), stored.digest) is found

    @pytest.mark.parametrize(
        ("part", "value", "message"),
        [
            ("scikit_learn", "0.24.2", r"scikit-learn 0\.24\.2 wrote it"),
            ("temperature", -1.0, "parts do not fit"),
            ("segments", ["A", "B"], "parts do not fit"),
            ("candidate", "oracle", "parts do not fit"),
            ("columns", [], "parts do not fit"),
            ("pipeline", {}, "parts do not fit"),
        ],
    )
    def test_parts_that_do_not_fit(
        self, stored: StoredClassifier, part: str, value: object, message: str
    ) -> None:
        content = skops.io.loads(stored.payload, trusted=["numpy.dtype"])
        payload = skops.io.dumps({**content, part: value})
        with pytest.raises(StoredClassifierError, match=message):
            load_classifier(payload, hashlib.sha256(payload).hexdigest())

    def test_types_not_on_the_list_are_not_stored(self) -> None:
        odd = SegmentClassifier("random_forest", SEGMENTS, (), 1.0, (0.0,) * 3, KMeans(2))  # type: ignore[arg-type]
        with pytest.raises(StoredClassifierError, match="KMeans"):
            dump_classifier(odd)

    def test_the_file_is_identical_from_run_to_run(self, stored: StoredClassifier) -> None:
        with zipfile.ZipFile(io.BytesIO(stored.payload)) as archive:
            assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
            assert json.loads(archive.read("schema.json"))["__id__"] < 1000


class TestBatches:
    """Rows pass in batches."""

    @pytest.mark.long
    @pytest.mark.parametrize("candidate", CANDIDATES)
    def test_the_size_of_a_batch_changes_no_bit(self, candidate: str) -> None:
        pytest.importorskip(CANDIDATES[candidate].needs or "sklearn")
        classifier = classifier_of(candidate)
        rows = pa.Table.from_pandas(people(70, seed=2))
        whole = pa.Table.from_batches(predict_in_batches(classifier, [rows], keep=["id"]))
        for size in (1, 50):
            parts = predict_in_batches(
                classifier, rows.to_batches(32), keep=["id"], batch_rows=size
            )
            assert pa.Table.from_batches(parts).equals(whole)
        assert whole.to_pandas().equals(predict(classifier, people(70, seed=2), keep=["id"]))

    def test_predictions_of_a_row(self, boosted: SegmentClassifier) -> None:
        rows = people(100, seed=3)
        said = boosted.probabilities(rows)
        table = predict(boosted, rows.set_index(rows.id + 5))
        assert table.index.tolist() == (rows.id + 5).tolist()
        in_order = -np.sort(-said, axis=1)
        assert table.probability.tolist() == in_order[:, 0].tolist()
        assert table.margin.tolist() == (in_order[:, 0] - in_order[:, 1]).tolist()
        assert np.array_equal(np.stack(table.probabilities), said)
        assert (table.segment != table.runner_up).all()
        assert (table.segment.map(SEGMENTS.index) == said.argmax(axis=1)).all()

    def test_equally_likely_segments_come_in_order(self) -> None:
        first, second = top_two(np.array([[0.25, 0.5, 0.25], [0.4, 0.4, 0.2], [0.2, 0.4, 0.4]]))
        assert (first.tolist(), second.tolist()) == ([1, 0, 1], [0, 1, 2])

    def test_strange_rows_are_scored_and_a_missing_column_is_warned_of_once(
        self, boosted: SegmentClassifier, caplog: pytest.LogCaptureFixture
    ) -> None:
        strange = pd.DataFrame(
            {"age": [None, np.inf, 1e300, -5.0], "married": ["Maybe", None, "", "No"]}
        )
        with caplog.at_level(logging.WARNING, logger="segmentation"):
            found = list(predict_in_batches(boosted, [strange, strange], batch_rows=2))
        assert [batch.num_rows for batch in found] == [2, 2, 2, 2]
        assert [record.message for record in caplog.records] == [
            "The columns level are missing; they count as unknown for everybody."
        ]
        assert np.isfinite(pa.Table.from_batches(found).column("probability").to_numpy()).all()
        complete = strange.assign(level=None)
        assert predict(boosted, strange).equals(predict(boosted, complete))

    def test_no_rows(self, boosted: SegmentClassifier) -> None:
        assert len(predict(boosted, people(0))) == 0
        assert boosted.probabilities(people(0)).shape == (0, 3)


class TestReasons:
    """Three reasons per row."""

    def test_they_are_the_largest_drops_in_log_odds(self, boosted: SegmentClassifier) -> None:
        rows = people(60, seed=4)
        X = as_matrix(rows, boosted.columns)
        said = boosted.matrix_probabilities(X)
        drops = log_odds_drops(boosted, X, said)
        for i in range(0, 60, 7):
            for j, column in enumerate(boosted.columns):
                changed = X[[i]]
                changed[0, j] = column.typical
                segment = said[i].argmax()
                before = said[i, segment]
                after = boosted.matrix_probabilities(changed)[0, segment]
                expected = math.log(before / (1 - before)) - math.log(after / (1 - after))
                assert drops[i, j] == pytest.approx(expected, abs=1e-9)

    def test_they_are_in_words(self, boosted: SegmentClassifier) -> None:
        words = {"age": FeatureWords("age", "younger", "older", "{} years old", 0)}
        rows = pd.DataFrame(
            {
                "age": [75.0, None, boosted.columns[0].typical],
                "married": [
                    "No",
                    "No",
                    boosted.columns[1].written_category(boosted.columns[1].typical),
                ],
                "level": ["Average", "High", "Average"],
            }
        )
        typical = boosted.columns[0].typical
        found = predict(boosted, rows, words=words)
        assert found.segment[0] == "C"
        assert found.reason_1[0] == f"older: 75 years old (typical {typical:.0f})"
        assert found.segment[1] == "B"
        assert found.reason_1[1] == "level High (typical Average)"
        assert found.reason_1[2] == TYPICAL
        assert pd.isna(found.reason_2[2])

    @pytest.mark.parametrize("candidate", ["logistic_regression", "gradient_boosting"])
    def test_they_point_in_the_direction_of_the_segment(self, candidate: str) -> None:
        """Person and segment's typical person lie on the same side of the typical person."""
        classifier = classifier_of(candidate)
        words = {"age": FeatureWords("age", "younger", "older", "{} years old", 0)}
        learned, rows = people(300), people(200, seed=12)
        segments = labels(learned)
        found = predict(classifier, rows, words=words)
        told = found[[f"reason_{rank + 1}" for rank in range(REASONS)]]
        age, level = classifier.columns[0], {"Low": 1, "Average": 2, "High": 3}
        of_levels = learned.level.map(level)
        for i, reasons in enumerate(told.itertuples(index=False)):
            spoken = [reason for reason in reasons if isinstance(reason, str)]
            assert spoken
            assert len(set(spoken)) == len(spoken)
            own = segments == "ABC".index(found.segment[i])
            for reason in spoken:
                if reason.startswith(("younger", "older")):
                    side = learned.age[own].median() - age.typical
                    assert (rows.age[i] - age.typical) * side > 0
                    assert reason.startswith("older" if side > 0 else "younger")
                if reason.startswith("level") and "unknown" not in reason:
                    side = of_levels[own].median() - of_levels.median()
                    assert (level[rows.level[i]] - of_levels.median()) * side > 0
                if reason.startswith("married") and "unknown" not in reason:
                    share = (learned.married[own] == rows.married[i]).mean()
                    assert share > (learned.married == rows.married[i]).mean()


class TestTables:
    """Whole tables in the engine."""

    @pytest.mark.parametrize(("distinct_share", "at_once"), [(0.0, 1), (1.0, 100_000), (1.0, 50)])
    def test_rows_are_scored_as_if_alone(
        self,
        connection: duckdb.DuckDBPyConnection,
        engine: DuckDBEngine,
        boosted: SegmentClassifier,
        monkeypatch: pytest.MonkeyPatch,
        distinct_share: float,
        at_once: int,
    ) -> None:
        monkeypatch.setattr("segmentation.classification.assign.PART_COMBINATIONS", at_once)
        share = "segmentation.classification.assign.DISTINCT_SHARE_WITH_REASONS"
        monkeypatch.setattr(share, distinct_share)
        rows = pd.concat([people(400, seed=6)] * 2, ignore_index=True).assign(id=range(800))
        connection.register("rows", rows)
        connection.execute("create table t as select * from rows")
        connection.execute("update t set age = 'nan'::double where id % 50 = 0")
        rows.loc[rows.id % 50 == 0, "age"] = np.nan
        done = score_into(
            engine,
            "t",
            boosted,
            NewTable("scored"),
            keep=["id", "age"],
            words={},
        )
        assert done.rows == 800
        assert (done.predicted == 800) == (distinct_share == 0.0)
        found = connection.sql("from scored order by id").df()
        expected = predict(boosted, rows)
        assert found.segment.tolist() == expected.segment.tolist()
        assert np.array_equal(np.stack(found.probabilities), np.stack(expected.probabilities))
        assert found.reason_1.tolist() == expected.reason_1.tolist()
        assert found.columns[:2].tolist() == ["id", "age"]
        tables = connection.sql("select table_name from duckdb_tables()").fetchall()
        assert sorted(name for (name,) in tables) == ["scored", "t"]

    def test_an_empty_table_and_one_without_features(
        self,
        connection: duckdb.DuckDBPyConnection,
        engine: DuckDBEngine,
        boosted: SegmentClassifier,
    ) -> None:
        connection.execute("create table nobody (id int, age double, married text, level text)")
        none, same = NewTable("none"), NewTable("same")
        assert score_into(engine, "nobody", boosted, none, keep=["id"], words={}).rows == 0
        assert connection.sql("select count(*) from none").fetchall() == [(0,)]
        connection.execute("create table ids as select range as id from range(3)")
        assert score_into(engine, "ids", boosted, same, keep=["id"], words={}).predicted == 1
        assert len(connection.sql("select distinct probabilities from same").fetchall()) == 1
        assert connection.sql("select count(*) from same").fetchall() == [(3,)]


class TestForecast:
    """Expected sizes and sales."""

    def test_expected_sizes_are_sums_of_probabilities(self, boosted: SegmentClassifier) -> None:
        rows = people(500, seed=8)
        said = boosted.probabilities(rows)
        tally = tally_predictions(predict_in_batches(boosted, [rows], batch_rows=64), 3)
        assert tally == tally_probabilities([said[::-1]], 3)
        records = forecast_records(boosted, tally, {"A": Revenue(100.0, 5.0)}, level=0.9)
        assert [r["expected_customers"] for r in records] == pytest.approx(said.sum(axis=0))
        assert sum(r["most_likely_customers"] for r in records) == 500
        assert sum(r["expected_share"] for r in records) == pytest.approx(1.0)
        first = records[0]
        spread = math.hypot(math.sqrt((said[:, 0] * (1 - said[:, 0])).sum()), 500 * 0.02)
        assert first["interval_high"] - first["expected_customers"] == pytest.approx(
            1.6448536 * spread
        )
        assert first["expected_sales"] == pytest.approx(100 * first["expected_customers"])
        assert first["lower_sales"] < first["expected_sales"] < first["upper_sales"]
        assert records[1]["expected_sales"] is None

    def test_no_people(self, boosted: SegmentClassifier) -> None:
        (first, *_) = forecast_records(boosted, tally_probabilities([], 3))
        assert (first["expected_customers"], first["interval_high"]) == (0.0, 0.0)
        assert first["expected_share"] is None

    def test_invalid_arguments(self, boosted: SegmentClassifier) -> None:
        tally = tally_probabilities([np.array([[0.5, 0.5]])], 2)
        with pytest.raises(ValueError, match="tally is of 2 segments, the classifier of 3"):
            forecast_records(boosted, tally)
        with pytest.raises(ValueError, match="between 0 and 1"):
            forecast_records(boosted, tally, level=95)

    def test_intervals_have_their_nominal_coverage(self, boosted: SegmentClassifier) -> None:
        """If people join with these probabilities, 95 % of the intervals hold."""
        exact = SegmentClassifier(
            boosted.candidate, SEGMENTS, boosted.columns, 1.0, (0.0,) * 3, boosted.pipeline
        )
        said = np.random.default_rng(9).dirichlet(np.ones(3), 400)
        record = forecast_records(exact, tally_probabilities([said], 3))[0]
        joined = (np.random.default_rng(10).random((2_000, 400)) < said[:, 0]).sum(axis=1)
        held = (joined >= record["interval_low"]) & (joined <= record["interval_high"])
        assert held.mean() == pytest.approx(0.95, abs=0.015)
