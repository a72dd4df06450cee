"""Which model is current: one rule in SQL and before a fit; and how much of a history is read."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from house import SETTINGS, House
from hypothesis import example, given
from hypothesis import strategies as st
from newest_model import newest_model, put_current_model
from segmentation.clustering.model import SegmentationModel
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.registry.current import champion_of, model_to_apply, newest_first, read_models
from segmentation.registry.digest import row_digest
from segmentation.registry.header import StoredModelError
from segmentation.registry.promotions import Promotion, promotion_of
from segmentation.registry.run import Run, read_run

DAY = datetime.date(2025, 12, 31)
RUN = Run("sample", "default", DAY, 365)
NOON, EVENING = datetime.datetime(2025, 1, 1, 12), datetime.datetime(2025, 1, 1, 18)
SCHEMA = pa.schema(
    {
        "dataset": pa.string(),
        "variant": pa.string(),
        "model_number": pa.int64(),
        "model_version": pa.string(),
        "fitted_at": pa.timestamp("us"),
        "as_of": pa.date32(),
        "became": pa.string(),
    }
)
PROMOTIONS = pa.schema(
    dict.fromkeys(
        ("segmentation", "dataset", "variant", "model_version", "action", "decided_on"), pa.string()
    )
)
_numbers = st.integers(0, 4) | st.sampled_from([-3, 1_000_000, 1_000_001, 2**40])
_versions = st.builds(
    "value-{}-{}".format,
    st.sampled_from(["0001", "0002", "0003", "4", "1000001", "9999999999", "x", ""]),
    st.sampled_from("ab"),
)
_headers = st.fixed_dictionaries(
    {
        "dataset": st.none() | st.sampled_from(["sample", "members"]),
        "variant": st.none() | st.sampled_from(["default", "another"]),
        "model_number": st.none() | _numbers,
        "model_version": st.none() | _versions,
        "fitted_at": st.none() | st.sampled_from([datetime.datetime(2025, 1, d) for d in (1, 2)]),
        "as_of": st.just(DAY),
        "became": st.sampled_from([None, "champion", "challenger"]),
    }
)
_promotions = st.fixed_dictionaries(
    {
        "segmentation": st.sampled_from(["value", "profile"]),
        "dataset": st.sampled_from(["sample", "members"]),
        "variant": st.none() | st.sampled_from(["", "default", "another"]),
        "model_version": _versions,
        "action": st.sampled_from(["promote", "pin"]),
        "decided_on": st.sampled_from(["2025-01-01", "2025-01-01 00:00:00", "2025-01-01 12:00:00"]),
    }
)


@pytest.fixture(scope="module")
def listing() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection in which a run is of `sample`, to list the current models of tables."""
    with duckdb.connect() as connection:
        connection.execute("create table run as select 'sample' as dataset, 'default' as variant")
        yield connection


def header(version: str | None, **more: Any) -> dict[str, Any]:
    """Return the header of a model with number 1, unless another is given."""
    plain = {"dataset": "sample", "variant": "default", "model_number": 1, "as_of": DAY}
    plain |= {"became": None}
    return plain | {"model_version": version, "fitted_at": NOON} | more


# Of each pair the first is current, whichever way round they are stored.
TIES = {
    "fitted last": [header("value-0001-a", fitted_at=EVENING), header("value-0001-b")],
    "a time before none": [header("value-0001-a"), header("value-0001-b", fitted_at=None)],
    "greatest version": [header("value-0001-b"), header("value-0001-a")],
    "greatest code point": [header("value-0001-\U0001f600"), header("value-0001-\ue000")],
    "small letters after capitals": [header("value-0001-a"), header("value-0001-B")],
    "a version before none": [header("value-0001-a"), header(None)],
    "number of the version": [header("value-0002-b"), header("value-0001-a", model_number=2)],
    "of a lost data set": [header("value-0001-b", dataset=None), header("value-0001-a")],
}


def ties(test: Callable[..., None]) -> Callable[..., None]:
    """Add all ties, both ways round, to the examples of a test of headers."""
    for pair in TIES.values():
        for headers in (pair, pair[::-1]):
            test = example(headers=headers, promotions=[])(test)
    return test


@pytest.mark.parametrize("pair", TIES.values(), ids=TIES)
def test_of_equal_numbers_one_is_current(pair: list[dict[str, Any]]) -> None:
    assert newest_first(pair, RUN) == pair
    assert newest_first(pair[::-1], RUN) == pair


@pytest.mark.long
@ties
@given(headers=st.lists(_headers, max_size=6), promotions=st.lists(_promotions, max_size=1))
def test_dbt_and_fits_choose_the_same_row(
    listing: duckdb.DuckDBPyConnection,
    headers: list[dict[str, Any]],
    promotions: list[dict[str, Any]],
) -> None:
    listing.register("models", pa.Table.from_pylist(headers, schema=SCHEMA))
    listing.register("promotions", pa.Table.from_pylist(promotions, schema=PROMOTIONS))
    query = newest_model("value", "models", "run", "promotions")
    found = listing.sql(query).to_arrow_table().to_pylist()
    of_run = [row for row in found if (row["dataset"], row["variant"]) == ("sample", "default")]
    own = newest_first(headers, RUN)
    decided = promotion_of(promotions, "value", RUN)
    champion = champion_of(own, decided)
    names = ("model_number", "model_version", "fitted_at")
    assert [[row[name] for name in names] for row in of_run] == [
        [champion[name] for name in names] for _ in [1] if champion is not None
    ]
    if champion is not None:
        (row,) = of_run
        assert (row["newest_number"], row["newest_version"]) == (
            own[0]["model_number"],
            own[0]["model_version"],
        )
        assert row["has_later_fits"] == (own[0] is not champion)
        is_decided = decided is not None and champion["model_version"] == decided.model_version
        assert (row["chosen_by"] != "newest champion") == is_decided
    # At most one row of each data set and variant.
    assert len({(row["dataset"], row["variant"]) for row in found}) == len(found)


class CountingEngine(DuckDBEngine):
    """The engine, and how many rows it returned whole."""

    whole = 0
    rows_returned = 0

    def records(self, sql: str) -> list[dict[str, Any]]:
        found = super().records(sql)
        self.rows_returned += len(found)
        self.whole += sum("segments" in record for record in found)
        return found


@pytest.fixture
def long_history(house: House) -> House:
    """Return 30 models of one data set and 30 of another, each sound."""
    house.first_fit()
    (row,) = house.connection.sql("from models").to_arrow_table().to_pylist()
    rows = []
    for dataset in ("sample", "members"):
        version = None
        for number in range(1, 31):
            copied = row | {
                "dataset": dataset,
                "model_number": number,
                "model_version": f"value-{number:04d}-{dataset}",
                "previous_version": version,
            }
            version = copied["model_version"]
            rows.append(copied | {"row_digest": row_digest(copied)})
    house.connection.register(
        "written", pa.Table.from_pylist(rows, schema=SegmentationModel.SCHEMA)
    )
    house.connection.execute("create or replace table models as from written")
    return house


def test_of_a_long_history_one_model_is_read(long_history: House) -> None:
    engine = CountingEngine(long_history.connection)
    run = read_run(engine, "run")
    stored = read_models(engine, "models", run, SegmentationModel)
    assert stored.current is not None
    assert (stored.current.model_number, stored.number) == (30, 30)
    assert stored.predecessor == stored.current
    assert engine.whole == 1

    engine.whole = engine.rows_returned = 0
    applied = model_to_apply(engine, "models", "current_model", run, SegmentationModel, "features")
    assert applied == stored.current
    assert engine.whole == 1
    assert engine.rows_returned == 3


def test_of_damaged_ones_those_down_to_a_sound_one_are_read(long_history: House) -> None:
    long_history.connection.execute("update models set k = 9 where model_number > 28")
    engine = CountingEngine(long_history.connection)
    stored = read_models(engine, "models", read_run(engine, "run"), SegmentationModel)
    assert stored.damage is not None
    assert "value-0030-sample" in stored.damage
    assert stored.predecessor is not None
    assert stored.predecessor.model_number == 28
    assert engine.whole == 3


@pytest.mark.parametrize("changed", ["dataset = 'members'", "variant = 'another'"])
def test_a_model_that_is_moved_to_other_data_is_named(
    long_history: House, logged: pytest.LogCaptureFixture, changed: str
) -> None:
    """Or the one before it would take its place unnoticed."""
    long_history.connection.execute(
        f"update models set {changed} where model_version = 'value-0030-sample'"
    )
    engine = CountingEngine(long_history.connection)
    with logged.at_level(logging.WARNING, logger="segmentation"):
        stored = read_models(engine, "models", read_run(engine, "run"), SegmentationModel)
    assert stored.number == 29
    assert set(logged.messages) == {
        "the stored model value-0030-sample in value_model is damaged: "
        "its digest was made of other values"
    }
    # The moved row and the current one.
    assert engine.whole == 2


def test_of_rows_that_share_their_identity_a_damaged_one_is_found(house: House) -> None:
    house.first_fit()
    house.connection.execute("insert into models select * replace (7 as k) from models")
    with pytest.raises(StoredModelError, match="its digest was made of other values"):
        house.assignments()


def test_a_current_model_that_is_not_stored_is_missed(house: House) -> None:
    house.first_fit()
    house.connection.execute("create table listed as from current_model")
    house.connection.execute("update models set model_version = 'value-0001-x'")
    engine = DuckDBEngine(house.connection)
    with pytest.raises(StoredModelError, match="no such model is stored"):
        model_to_apply(
            engine, "models", "listed", read_run(engine, "run"), SegmentationModel, "features"
        )


FOUR_FITS = [
    header("value-0004-d", model_number=4, fitted_at=EVENING, became="challenger"),
    header("value-0003-c", model_number=3, became="challenger"),
    header("value-0002-b", model_number=2, became="champion"),
    header("value-0001-a"),
]


@pytest.mark.parametrize(
    ("version", "action", "decided_before", "current"),
    [
        (None, None, None, "value-0002-b"),
        ("value-0003-c", "promote", EVENING, "value-0003-c"),
        ("value-0003-c", "pin", EVENING, "value-0003-c"),
        ("value-0001-a", "promote", NOON, "value-0001-a"),
        # The second was fitted later.
        ("value-0001-a", "promote", datetime.datetime(2025, 1, 1, 11), "value-0002-b"),
        ("value-0001-a", "pin", datetime.datetime(2025, 1, 1, 11), "value-0001-a"),
        # No such model.
        ("value-0009-x", "pin", EVENING, "value-0002-b"),
    ],
)
def test_a_challenger_waits_and_people_decide(
    version: str | None, action: str, decided_before: datetime.datetime, current: str
) -> None:
    decided = Promotion(version, action, decided_before) if version else None
    champion = champion_of(FOUR_FITS, decided)
    assert champion is not None
    assert champion["model_version"] == current


def test_without_a_champion_there_is_no_current_model() -> None:
    assert champion_of(FOUR_FITS[:2], None) is None
    assert champion_of([], None) is None


@pytest.fixture
def challenged(house: House) -> House:
    """Return a house with a champion and a challenger after it."""
    house.first_fit()
    (row,) = house.connection.sql("from models").to_arrow_table().to_pylist()
    second = row | {
        "model_number": 2,
        "model_version": "value-0002-challenger",
        "previous_version": row["model_version"],
        "became": "challenger",
    }
    rows = [second | {"row_digest": row_digest(second)}]
    house.connection.register("more", pa.Table.from_pylist(rows, schema=SegmentationModel.SCHEMA))
    house.connection.execute("insert into models from more")
    return house


def test_a_challenger_is_the_last_fit_and_not_current(challenged: House) -> None:
    engine = DuckDBEngine(challenged.connection)
    stored = read_models(engine, "models", read_run(engine, "run"), SegmentationModel)
    assert stored.current is not None
    assert stored.current.model_number == 1
    assert stored.predecessor == stored.current
    assert stored.newest is not None
    assert stored.newest.model_number == stored.number == 2
    assert stored.version == "value-0002-challenger"
    assert set(challenged.assignments()["model_version"]) == {stored.current.model_version}
    # It was not fitted long ago: the old champion is no reason for another fit.
    assert challenged.fit() is None


@pytest.mark.long
def test_a_damaged_challenger_does_not_take_the_place_of_the_champion(
    challenged: House, logged: pytest.LogCaptureFixture
) -> None:
    challenged.connection.execute("update models set k = 9 where model_number = 2")
    engine = DuckDBEngine(challenged.connection)
    with logged.at_level(logging.WARNING, logger="segmentation"):
        stored = read_models(engine, "models", read_run(engine, "run"), SegmentationModel)
    assert stored.damage is None
    assert stored.newest is None
    assert stored.newest_damage is not None
    assert "value-0002-challenger in value_model is damaged" in logged.text
    assert set(challenged.assignments()["model_version"]) == {stored.current_version}
    model = challenged.fit()
    assert model is not None
    assert model.model_number == 3
    assert "is damaged" in model.fit_reason


@pytest.mark.parametrize("became", ["'champion'", "null", "'chalenger'"])
def test_a_challenger_that_was_made_a_champion_by_hand_is_never_applied(
    challenged: House, became: str
) -> None:
    challenged.connection.execute(f"update models set became = {became} where model_number = 2")
    with pytest.raises(StoredModelError, match="value-0002-challenger in value_model is damaged"):
        challenged.assignments()


def test_a_damaged_champion_is_replaced_at_once(challenged: House) -> None:
    challenged.connection.execute("update models set k = 9 where model_number = 1")
    model = challenged.fit()
    assert model is not None
    assert (model.model_number, model.became, model.gates) == (3, "champion", [])


def test_a_pinned_model_that_is_damaged_is_named_with_its_pin(challenged: House) -> None:
    challenged.connection.execute(
        "create table promotions as select 'value' as segmentation, 'sample' as dataset, "
        "null::varchar as variant, 'value-0002-challenger' as model_version, 'pin' as action, "
        "'2025-12-31' as decided_on"
    )
    put_current_model(challenged.connection, "value", SETTINGS, promotions="promotions")
    assert set(challenged.segments()["model_version"]) == {"value-0002-challenger"}
    challenged.connection.execute("update models set k = 9 where model_number = 2")
    with pytest.raises(StoredModelError, match=r"It is pinned: remove its row from seeds/model_pr"):
        challenged.segments()


@pytest.mark.long
def test_a_champion_that_was_made_a_challenger_by_hand_is_missed(challenged: House) -> None:
    """Or the one before it would take its place unnoticed."""
    second = challenged.fit(refit=True)
    assert second is not None
    assert (second.model_number, second.became) == (3, "champion")
    challenged.connection.execute("update models set became = 'challenger' where model_number = 3")
    with pytest.raises(StoredModelError, match=r"value_model is damaged: it was stored as a champ"):
        challenged.assignments()
    model = challenged.fit()
    assert model is not None
    assert (model.model_number, model.became) == (4, "champion")
    assert "it was stored as a champion" in model.fit_reason
    assert set(challenged.assignments()["model_version"]) == {model.model_version}
