"""The SQL that steps generate: a person can read it, and any table can be scored by it."""

from __future__ import annotations

import logging
import re

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import MIXED, House, fitted
from mixed_customers import planted_customers
from segmentation.clustering.assign import assignments_query
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.steps.apply_clusters import assign_segments, project_customers
from segmentation.steps.scoring_macros import scoring_macros

LONGEST_LINE = 200


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> House:
    return House(connection, planted_customers())


@pytest.mark.parametrize(
    ("algorithm", "transform"),
    [
        ("kmeans", "none"),
        ("kprototypes", "yeo_johnson"),
        ("gaussian_mixture", "log"),
        ("dbscan", "log"),
    ],
)
def test_a_score_is_named_steps_on_short_lines(
    house: House, algorithm: str, transform: str
) -> None:
    model = fitted(house, algorithm=algorithm, transform=transform)
    segments = house.named_segments()
    query = assignments_query(DuckDBEngine(house.connection), "features", model, segments, {})
    assert [step.name for step in query.steps if step.name != "lowest_proximities"] == [
        "filled_features",
        "scaled_features",
        "proximities",
        "nearest_segments",
        "clusters_by_name",
        "customer_states",
        "states_before_clusters",
        "squared_distances",
        "own_and_second_distances",
        "evidence_of_features",
        "ranked_features",
        "reasons",
        "assignments",
    ]
    lines = str(query).splitlines()
    assert max(map(len, lines)) <= LONGEST_LINE
    # The engine takes the steps together: none is stored in between.
    ((_, plan),) = house.connection.sql(f"explain {query}").fetchall()
    assert "PROJECTION" in plan
    assert "CTE" not in plan
    # A step reads one before it, and nothing is nested.
    assert sum(line.strip().startswith("from ") for line in lines) == len(query.steps)
    assert str(query).count("select") == len(query.steps)


@pytest.mark.long
def test_macros_are_the_same_steps_also_as_the_engine_lists_them(house: House) -> None:
    engine = DuckDBEngine(house.connection)
    model = fitted(house)
    macros = scoring_macros(engine, model, house.named_segments(), {})
    for name, body in macros.items():
        assert max(map(len, body.splitlines())) <= LONGEST_LINE
        house.connection.execute(f"create macro {name}{body}")
    listed = dict(
        engine.rows(
            "select function_name, macro_definition from duckdb_functions() "
            "where function_name in ('people_macro', 'person_macro')"
        )
    )
    for name, first in (("people_macro", "people_with_every_feature"), ("person_macro", "person")):
        steps = re.findall(r"(\w+) AS \(\(?SELECT", listed[name])
        assert steps[:3] == [first, "filled_features", "scaled_features"]
        assert steps[-1] == "assignments"


def test_a_table_may_have_the_name_of_a_step(house: House) -> None:
    model = house.first_fit(MIXED)
    engine = DuckDBEngine(house.connection)
    macros = scoring_macros(engine, model, house.named_segments(), {})
    house.connection.execute(f"create macro score{macros['people_macro']}")
    expected = house.assignments().segment_id.tolist()
    for step in ("filled_features", "scaled_features", "nearest_segments", "assignments"):
        house.connection.execute(f"create table {step} as from features")
        scored = house.connection.sql(
            f"select segment_id from score('{step}') order by customer_id"
        )
        assert [row[0] for row in scored.fetchall()] == expected


@pytest.mark.long
def test_a_feature_may_have_the_name_of_a_column_that_scoring_makes(house: House) -> None:
    """`scaled_age` beside `age`, and a text `CODE_HOME` beside `home`."""
    plain = planted_customers()
    other = np.random.default_rng(3).permutation(plain.income.to_numpy())
    frame = plain.assign(scaled_age=other, CODE_HOME=plain.plan)
    house.put("features", frame.drop(columns=["planted", "income", "plan"]))
    settings = {
        "features": ["age", "scaled_age"],
        "categorical_features": ["home", "CODE_HOME"],
        "transform": "none",
    }
    found = [fitted(house, **settings), house.assignments()]
    renamed = {"scaled_age": "other_number", "CODE_HOME": "other_text"}
    house.connection.execute("delete from models")
    house.put("features", frame.drop(columns=["planted", "income", "plan"]).rename(columns=renamed))
    settings["features"], settings["categorical_features"] = (
        ["age", "other_number"],
        ["home", "other_text"],
    )
    expected = [fitted(house, **settings), house.assignments()]
    np.testing.assert_array_equal(found[0].centroids, expected[0].centroids)
    columns = ["segment_id", "distance", "runner_up_id", "margin"]
    pd.testing.assert_frame_equal(found[1][columns], expected[1][columns])


@pytest.mark.long
def test_categories_and_columns_of_several_lines_stay_what_they_are(house: House) -> None:
    frame = planted_customers().drop(columns="planted")
    before = house.first_fit(MIXED)
    expected = house.assignments()
    lines = {home: f"{home}\n  of 'two'\n\tlines -- or \"three\"" for home in frame.home.unique()}
    house.connection.execute("delete from models")
    house.put(
        "features", frame.assign(home=frame.home.map(lines)).rename(columns={"age": "a\n ge"})
    )
    settings = {"features": ["a\n ge", "income"], "transform": {"income": "log"}}
    after = fitted(house, **settings)
    assert set(after.categories[0].categories) == set(lines.values())
    np.testing.assert_array_equal(before.centroids, after.centroids)
    columns = ["segment_id", "distance", "runner_up_id", "margin"]
    found = house.assignments()
    pd.testing.assert_frame_equal(found[columns], expected[columns])
    said = pd.concat([found[f"reason_{rank}"] for rank in (1, 2, 3)]).dropna()
    homes = set(said[said.str.startswith("home ")].str.extract(r"(?s)^home (.*) \(here")[0])
    assert homes
    assert homes <= set(lines.values())


@pytest.mark.long
@pytest.mark.parametrize("key_type", ["varchar", "bigint"])
def test_no_rows_have_the_columns_and_types_of_rows(house: House, key_type: str) -> None:
    house.connection.execute(
        "create or replace table features as select * replace "
        f"(cast(replace(customer_id, 'C', '') as {key_type}) as customer_id) from features"
    )

    def results() -> list[duckdb.DuckDBPyRelation]:
        return [
            assign_segments(
                house.connection,
                tables=house.model_tables,
                segments="segments",
                feature_words="words",
            ),
            project_customers(
                house.connection,
                segmentation="value",
                tables=house.model_tables,
                segments="segments",
            ),
        ]

    empty = [(r.columns, list(map(str, r.types)), len(r.fetchall())) for r in results()]
    fitted(house)
    house.segments()
    full = [(r.columns, list(map(str, r.types)), len(r.fetchall())) for r in results()]
    assert [rows for _, _, rows in empty] == [0, 0]
    assert [rows for _, _, rows in full] == [300, 303]
    assert [found[:2] for found in empty] == [found[:2] for found in full]


@pytest.mark.long
def test_what_the_engine_runs_is_logged_at_debug(
    house: House, logged: pytest.LogCaptureFixture
) -> None:
    fitted(house)
    log = logging.getLogger("segmentation")
    level = log.level
    try:
        log.setLevel(logging.INFO)
        house.assignments()
        assert "nearest_segments as (" not in logged.text
        log.setLevel(logging.DEBUG)
        house.assignments()
    finally:
        log.setLevel(level)
    # The root logger hands the same message on.
    queries = {message for message in logged.messages if "nearest_segments as (" in message}
    (query,) = (message for message in queries if "reasons as (" in message)
    assert query.startswith('with\n\nfilled_features as (\n    select\n        "customer_id",\n')
