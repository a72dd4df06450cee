"""A stored model that was changed is named, never applied, and fitted anew."""

from __future__ import annotations

import datetime

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from house import SETTINGS, House
from prospect_house import ProspectHouse, people
from segmentation.classification.model import ProspectsModel
from segmentation.clustering.model import SegmentationModel
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.registry.current import read_models
from segmentation.registry.digest import DIGEST, row_digest
from segmentation.registry.header import StoredModelError
from segmentation.registry.run import read_run
from segmentation.steps.apply_clusters import project_customers
from segmentation.steps.scoring_rules import ScoringTables, scoring_rules

OTHER = "its digest was made of other values"
# What happened to a row, and what is said of it.
TAMPERED = [
    ("features = list_transform(features, f -> struct_update(f, scale := 0.0))", OTHER),
    ("features = null", "it has nothing in features"),
    ("features = null, segments = null", "it has nothing in features, segments"),
    (
        "segments = list_transform(segments, lambda s, i:"
        " struct_update(s, segment_slug := segments[5 - i].segment_slug))",
        OTHER,
    ),
    ("options = replace(options, '600', '601')", OTHER),
    (f"{DIGEST} = null", "its digest is missing"),
    (f"{DIGEST} = ''", "its digest is missing"),
    (f"{DIGEST} = upper({DIGEST})", OTHER),
    ("model_number = 7", OTHER),
    ("model_number = null", "it has nothing in model_number"),
    ("dataset = null", "it has nothing in dataset"),
    ("model_version = null", "it has nothing in model_version"),
    ("previous_version = 'value-0000-00000000'", OTHER),
]


def _check_every_column(
    house: House | ProspectHouse,
    model: type[SegmentationModel] | type[ProspectsModel],
    columns: list[str],
) -> None:
    """Check that a row in which any one value is deleted is damaged, and no other is."""
    engine = DuckDBEngine(house.connection)
    (row,) = engine.records("from models")
    run = read_run(engine, "run")
    for column in columns:
        changed = f"(select * replace (null as {column}) from models)"
        stored = read_models(engine, changed, run, model)
        assert (stored.damage is None) == (row[column] is None), column
        assert (stored.current is None) == (stored.predecessor is None) == (row[column] is not None)
        assert stored.number == 1


@pytest.fixture(scope="module")
def first_fit(customers: pd.DataFrame) -> tuple[SegmentationModel, pa.Table, pd.DataFrame]:
    """Return a model, the row that is stored of it, and the segments of its customers."""
    with duckdb.connect() as connection:
        house = House(connection, customers)
        model = house.fit()
        assert model is not None
        row = connection.sql("from models").to_arrow_table()
        return model, row, house.assignments().drop(columns="model_version")


@pytest.mark.long
@pytest.mark.parametrize(("tampering", "what"), TAMPERED)
def test_it_is_named_never_applied_and_fitted_anew(
    house: House,
    first_fit: tuple[SegmentationModel, pa.Table, pd.DataFrame],
    logged: pytest.LogCaptureFixture,
    tampering: str,
    what: str,
) -> None:
    first, row, before = first_fit
    house.connection.register("row_of_first", row)
    house.connection.execute("insert into models select * from row_of_first")
    house.connection.execute(f"update models set {tampering}")
    for apply in (house.assignments, house.segments):
        with pytest.raises(StoredModelError, match=what):
            apply()
    logged.clear()
    again = house.fit()
    assert again is not None
    assert again.fit_reason.startswith("the stored model ")
    assert " in value_model is damaged: " in again.fit_reason
    assert again.fit_reason.endswith(what)
    assert f"{again.fit_reason}; it is not applied" in logged.messages
    assert again.model_number == (8 if "= 7" in tampering else 2)
    assert again.previous_version == (
        None if "version = null" in tampering else first.model_version
    )
    # The damaged row stays in the history, and is history.
    assert house.connection.sql("select count(*) from models").fetchall() == [(2,)]
    assert house.fit() is None
    after = house.assignments()
    assert set(after.model_version) == {again.model_version}
    pd.testing.assert_frame_equal(after.drop(columns="model_version"), before)


@pytest.mark.long
def test_whatever_is_deleted_is_damage(house: House) -> None:
    house.first_fit()
    _check_every_column(house, SegmentationModel, SegmentationModel.SCHEMA.names)


def test_a_damaged_model_is_not_replaced_by_an_earlier_one(house: House) -> None:
    """Its names stay, for it is sound; customers get segments of a new fit."""
    house.playbook([])
    first = house.fit()
    second = house.fit(refit=True)
    assert first is not None
    assert second is not None
    house.connection.execute("update models set k = 5 where model_number = 2")
    # Without a model to take them from, slugs would be made of these.
    house.connection.execute("update words set low_words = 'less', high_words = 'more'")
    with pytest.raises(StoredModelError, match=second.model_version):
        house.assignments()
    third = house.fit()
    assert third is not None
    assert (third.model_number, third.previous_version) == (3, second.model_version)
    names = {segment.segment_slug for segment in third.segments}
    assert names == {segment.segment_slug for segment in first.segments}
    assert {segment.named_by for segment in third.segments} == {"earlier model"}


@pytest.mark.long
def test_of_nobody_it_is_no_error(house: House, logged: pytest.LogCaptureFixture) -> None:
    """An emptied build ends, fits nothing and leaves the row to the next build of customers."""
    house.first_fit()
    house.connection.execute("update models set k = 5")
    house.connection.execute("create table customers as from features")
    house.connection.execute("delete from features")
    assert house.fit() is None
    assert len(house.segments()) == len(house.assignments()) == 0
    assert f"{OTHER}; it is not applied" in logged.text
    projected = project_customers(
        house.connection, segmentation="value", tables=house.model_tables, segments="segments"
    )
    assert projected.fetchall() == []
    rules = scoring_rules(
        house.connection,
        segmentations={"value": ScoringTables("models", "current_model", "models", "features")},
        run_settings="run",
        feature_words="words",
    )
    assert rules["model_version"].to_pylist() == [None]
    house.connection.execute("insert into features from customers")
    again = house.fit()
    assert again is not None
    assert again.fit_reason.endswith(OTHER)


@pytest.mark.long
def test_a_damaged_row_that_is_not_current_disturbs_nothing(house: House) -> None:
    house.first_fit()
    second = house.fit(refit=True)
    assert second is not None
    house.connection.execute("update models set features = null where model_number = 1")
    assert house.fit() is None
    assert set(house.assignments().model_version) == {second.model_version}


class TestRowsWithoutDigests:
    """As the version before stored them: they get theirs once, and are not fitted again."""

    @pytest.mark.long
    def test_get_them_without_a_fit(self, house: House) -> None:
        house.first_fit()
        house.run("sample", "other", datetime.date(2025, 12, 31))
        house.fit()
        applied = house.assignments()
        whole = house.connection.sql("from models order by variant").to_arrow_table().to_pylist()
        house.connection.execute(f"alter table models drop column {DIGEST}")
        # Between the upgrade and the first whole build there is nothing to check.
        pd.testing.assert_frame_equal(house.assignments(), applied)
        returned = house.returned(SETTINGS)
        assert sorted(returned.to_pylist(), key=lambda row: row["variant"]) == whole
        assert all(row[DIGEST] == row_digest(row) for row in whole)

    def test_and_a_fit_that_is_asked_for_too(self, house: House) -> None:
        house.first_fit()
        house.connection.execute(f"alter table models drop column {DIGEST}")
        returned = house.returned(SETTINGS, refit=True).to_pylist()
        assert [row["model_number"] for row in returned] == [1, 2]

    def test_damaged_ones_get_none(self, house: House) -> None:
        house.first_fit()
        house.connection.execute(f"alter table models drop column {DIGEST}")
        house.connection.execute("update models set features = null")
        (row,) = house.returned(SETTINGS).to_pylist()
        assert row["model_number"] == 2
        assert row["fit_reason"].endswith("it has nothing in features")

    def test_of_classifiers_too(self, prospects: ProspectHouse) -> None:
        prospects.first_fit()
        whole = prospects.connection.sql("from models").to_arrow_table().to_pylist()
        prospects.connection.execute(f"alter table models drop column {DIGEST}")
        assert prospects.returned().to_pylist() == whole


@pytest.mark.long
@pytest.mark.parametrize(
    ("tampering", "what"),
    [
        (
            "segments = list_transform(segments, lambda s, i:"
            " struct_update(s, label := segments[4 - i].label))",
            OTHER,
        ),
        (
            "segments = list_transform(segments, lambda s, i:"
            " struct_update(s, segment_id := 3 - i))",
            OTHER,
        ),
        ("payload = 'x'::blob, digest = sha256('x')", OTHER),
        ("payload = null", "it has nothing in payload"),
        ("segments = null", "it has nothing in segments"),
        (f"{DIGEST} = null", "its digest is missing"),
        ("temperature = 2", OTHER),
    ],
)
def test_so_is_a_classifier(prospects: ProspectHouse, tampering: str, what: str) -> None:
    first = prospects.first_fit()
    prospects.connection.execute(f"update models set {tampering}")
    for apply in (prospects.assignments, prospects.segments):
        with pytest.raises(StoredModelError, match=what):
            apply()
    again = prospects.fitted()
    assert again.fit_reason == (
        f"the stored model {first.model_version} in prospects_model is damaged: {what}"
    )
    assert (again.model_number, again.previous_version) == (2, first.model_version)
    assert set(prospects.assignments().model_version) == {again.model_version}
    assert prospects.fit() is None


def test_whatever_of_it_is_deleted_is_damage(prospects: ProspectHouse) -> None:
    prospects.first_fit()
    _check_every_column(prospects, ProspectsModel, ProspectsModel.SCHEMA.names)


def test_of_nobody_a_damaged_classifier_is_no_error(prospects: ProspectHouse) -> None:
    prospects.first_fit()
    prospects.connection.execute("update models set k = 5")
    prospects.features(people()[:0])
    assert prospects.fit() is None
    assert len(prospects.segments()) == len(prospects.assignments()) == 0
    assert len(prospects.forecast()) == 0
    prospects.features(people())
    assert prospects.fitted().fit_reason.endswith(OTHER)


def test_without_training_data_a_damaged_classifier_is_not_applied(
    prospects: ProspectHouse,
) -> None:
    prospects.first_fit()
    prospects.connection.execute("update models set segments = null")
    prospects.connection.execute("update features set target = null")
    gone = prospects.fitted()
    assert (gone.algorithm, gone.k) == ("none", 0)
    assert prospects.assignments().empty
