"""One call gives people the segment that a build would give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import House, fitted
from mixed_customers import planted_customers
from segmentation.published.people import ScoringError, score_people
from segmentation.steps.scoring_rules import ScoringTables, scoring_rules


def build(connection: duckdb.DuckDBPyConnection, **settings: Any) -> House:
    """Fit a model, and create its macros as a build does."""
    house = House(connection, planted_customers())
    fitted(house, **settings)
    house.put("segments", house.segments())
    (rule,) = scoring_rules(
        connection,
        segmentations={"profile": ScoringTables("models", "current_model", "segments", "features")},
        run_settings="run",
        feature_words="words",
    ).to_pylist()
    connection.execute("create schema marts")
    connection.execute(f"create macro marts.score_profile{rule['people_macro']}")
    connection.execute(f"create macro marts.score_profile_person{rule['person_macro']}")
    return house


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> House:
    return build(connection)


def scored(house: House, people: Any) -> pd.DataFrame:
    return score_people(people, segmentation="profile", warehouse=house.connection)


@pytest.mark.long
@pytest.mark.parametrize("algorithm", ["kprototypes", "kmeans", "gaussian_mixture", "dbscan"])
def test_customers_get_what_the_build_gave_them(
    connection: duckdb.DuckDBPyConnection, algorithm: str
) -> None:
    house = build(connection, algorithm=algorithm)
    people = connection.sql("from features order by customer_id").df()
    found = scored(house, people)
    assigned = house.assignments()
    same = [
        "customer_id", "segment_id", "distance", "margin", "reason_1", "reason_2", "reason_3",
        "model_version",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(found[same], assigned[same], check_dtype=False)
    names = house.segments().set_index("segment_id")
    for row, runner_up in zip(found.itertuples(), assigned.runner_up_id, strict=True):
        if row.segment_id == -1:
            assert (row.segment_slug, row.segment_name) == ("noise", "Noise")
        else:
            assert row.segment_slug == names.loc[row.segment_id, "segment_slug"]
            assert row.segment_name == names.loc[row.segment_id, "segment_name"]
        assert row.runner_up_slug == names.loc[runner_up, "segment_slug"]
    assert (algorithm == "dbscan") == (found.segment_id == -1).any()


@pytest.mark.long
def test_order_and_customer_id_are_kept(house: House) -> None:
    people = house.connection.sql("from features").df().sample(frac=1, random_state=0)
    people["customer_id"] = people.customer_id.str.lower()
    found = scored(house, people)
    assert found.customer_id.tolist() == people.customer_id.tolist()
    assert found.index.tolist() == list(range(300))
    twice = pd.concat([people, people])
    again = scored(house, twice)
    assert again.customer_id.tolist() == twice.customer_id.tolist()
    assert again.segment_id.tolist() == found.segment_id.tolist() * 2


def test_one_person_in_sql_and_in_python(house: House) -> None:
    person = {"age": 70, "income": 45.0, "home": "house", "plan": "a=b; c: d"}
    in_python = scored(house, person)
    in_sql = house.connection.sql(
        "from marts.score_profile_person(age := 70, income := 45.0, home := 'house',"
        " plan := 'a=b; c: d')"
    ).df()
    pd.testing.assert_frame_equal(
        in_python.drop(columns="customer_id"), in_sql.drop(columns="customer_id")
    )
    assert len(in_sql) == 1
    assert in_sql.segment_id.tolist() == [2]
    assert in_python.customer_id.isna().all()


@pytest.mark.long
def test_a_feature_that_is_left_out_is_missing(house: House) -> None:
    partly = scored(house, [{"age": 70.0}, {"home": "house"}, {"age": None, "home": "house"}])
    assert len(partly) == 3
    texts = partly[["reason_1", "reason_2", "reason_3"]]
    assert partly.segment_id.notna().all()
    one = house.connection.sql("from marts.score_profile_person(age := 70)").df()
    assert one.distance.tolist() == pytest.approx([partly.distance[0]])
    columns = ["segment_id", "distance", "reason_1", "reason_2", "reason_3"]
    pd.testing.assert_series_equal(
        partly.loc[1, columns], partly.loc[2, columns], check_names=False
    )
    assert any("unknown, taken as" in str(text) for text in texts.to_numpy().ravel())
    nobody = house.connection.sql("from marts.score_profile_person()").df()
    assert nobody.segment_id.notna().all()


@pytest.mark.long
def test_odd_values_are_scored(house: House) -> None:
    people = pd.DataFrame(
        {
            "age": [np.nan, np.inf, -np.inf, 1e300, 30],
            "income": ["20", None, "90.5", "0", "-1"],
            "home": ["it's new", None, "", "Büro ✓", "日本"],
            "shoe_size": [1, 2, 3, 4, 5],
        }
    )
    found = scored(house, people)
    assert found.segment_id.notna().all()
    assert found.reason_1.notna().all()
    assert np.isfinite(found.distance).all()


@pytest.mark.long
def test_no_people(house: House) -> None:
    people = house.connection.sql("from features").df()
    found = scored(house, people[:0])
    assert found.empty
    assert "segment_slug" in found.columns
    assert scored(house, []).empty


@pytest.mark.long
def test_a_segmentation_without_a_model(house: House) -> None:
    with pytest.raises(ScoringError) as raised:
        score_people({"age": 3}, segmentation="value", warehouse=house.connection)
    assert "no model of the segmentation 'value'. It has: profile." in str(raised.value)
    with duckdb.connect() as empty, pytest.raises(ScoringError, match="with `segmentation build`"):
        score_people({"age": 3}, segmentation="value", warehouse=empty)


@pytest.mark.long
def test_people_without_a_feature_of_the_model(house: House) -> None:
    """A misspelt name or a wrong table is an error, because only fill values would be scored."""
    with pytest.raises(ScoringError) as raised:
        scored(house, [{"Agee": 30, "customer_id": "x"}])
    assert "Agee" in str(raised.value)
    assert "age, income, home, plan" in str(raised.value)


@pytest.mark.long
def test_text_in_a_numeric_feature_is_an_error(house: House) -> None:
    with pytest.raises(ScoringError, match="'thirty'"):
        scored(house, [{"age": "thirty"}])


@pytest.mark.long
def test_column_names_ignore_case(house: House) -> None:
    small = scored(house, {"age": 70, "home": "house"})
    large = scored(house, {"AGE": 70, "Home": "house"})
    pd.testing.assert_frame_equal(small, large)


@pytest.mark.long
def test_a_warehouse_file_is_only_read(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        build(connection)
    before = file.read_bytes()
    found = score_people({"age": 70, "home": "house"}, segmentation="profile", warehouse=file)
    assert found.segment_id.tolist() == [2]
    assert file.read_bytes() == before


def test_a_missing_warehouse(tmp_path: Path) -> None:
    with pytest.raises(ScoringError, match=r"no warehouse .*nowhere.duckdb. Build it"):
        score_people({}, segmentation="value", warehouse=tmp_path / "nowhere.duckdb")


def test_where_there_is_no_model_every_call_says_so(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    House(connection, planted_customers())
    (rule,) = scoring_rules(
        connection,
        segmentations={"profile": ScoringTables("models", "current_model", "segments", "features")},
        run_settings="run",
        feature_words="words",
    ).to_pylist()
    assert rule["model_version"] is None
    connection.execute("create schema marts")
    connection.execute(f"create macro marts.score_profile{rule['people_macro']}")
    connection.execute(f"create macro marts.score_profile_person{rule['person_macro']}")
    message = "no model of the segmentation 'profile'.*features: age, "
    for call in (
        "from marts.score_profile_person(age := 70, home := 'flat')",
        "select count(*) from marts.score_profile_person()",
        "select segment_name from marts.score_profile('features')",
    ):
        with pytest.raises(duckdb.InvalidInputException, match=message):
            connection.sql(call).fetchall()
    with pytest.raises(ScoringError, match=f"^This warehouse has {message}"):
        score_people({"age": 70}, segmentation="profile", warehouse=connection)


@pytest.mark.long
def test_ids_and_other_columns_with_any_name(house: House) -> None:
    """Names that SQL treats as equal, and tables of the caller, cause no confusion."""
    house.connection.execute("create table people_to_score as select 1 as mine")
    people = pd.DataFrame(
        {
            "Customer_ID": ["x", "x", None],
            "Position_In_People": [2, 2, 1],
            "GIVEN_CUSTOMER_ID": ["p", "q", "r"],
            "age": [30.0, 60.0, 40.0],
        },
        index=[7, 7, 9],
    )
    found = scored(house, people)
    assert found.customer_id.tolist()[:2] == ["x", "x"]
    assert found.customer_id.isna().tolist() == [False, False, True]
    alone = [scored(house, {"age": age}).segment_id[0] for age in people.age]
    assert found.segment_id.tolist() == alone
    row = people.iloc[1]
    assert scored(house, row).segment_id.tolist() == [alone[1]]
    assert house.connection.sql("from people_to_score").fetchall() == [(1,)]
