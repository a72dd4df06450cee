"""The scorer of clusters in Python beside the SQL that a build runs."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from house import House, fitted
from mixed_customers import CATEGORIES, NUMBERS, planted_customers
from scored_customers import assert_same
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.states import STATE_IDS_FROM
from segmentation.playbook.feature_words import read_feature_words
from segmentation.scorer.cluster_scorer import ClusterScorer
from segmentation.scorer.columns_of_people import People
from segmentation.scorer.scored_people import ScoredPeople, records
from segmentation.steps.scoring_rules import ScoringTables, scoring_rules
from state_shop import CONDITIONS, playbook, state_shop
from state_shop import SETTINGS as STATES


@pytest.fixture(scope="module", params=["kprototypes", "kmeans", "gaussian_mixture", "dbscan"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    """Return a house with a model of each algorithm, which tests leave as it is."""
    with duckdb.connect() as connection:
        house = House(connection, planted_customers())
        fitted(house, algorithm=request.param)
        house.put("segments", house.segments())
        tables = ScoringTables("models", "current_model", "segments", "features")
        (rule,) = scoring_rules(
            connection,
            segmentations={"profile": tables},
            run_settings="run",
            feature_words="words",
        ).to_pylist()
        connection.execute(f"create macro score_profile{rule['people_macro']}")
        yield house


def scorer_of(house: House) -> ClusterScorer:
    words = house.connection.sql("from words").to_arrow_table().to_pylist()
    (row,) = house.connection.sql("from models").to_arrow_table().to_pylist()
    model = SegmentationModel.from_record(row)
    columns = house.connection.table("features").columns
    return ClusterScorer(model, house.named_segments(), read_feature_words(words), columns)


def compared(house: House, values: str) -> ScoredPeople:
    """Score the rows of a query both ways; fail where they differ."""
    house.connection.execute(f"create or replace temp table us as {values}")
    rows = house.connection.sql("from us order by customer_id").to_arrow_table().to_pylist()
    marts = house.connection.sql("from score_profile('us') order by customer_id").to_arrow_table()
    scorer = scorer_of(house)
    people = People(
        len(rows),
        {
            name: np.array([np.nan if row[name] is None else row[name] for row in rows], float)
            for name in NUMBERS
        },
        {name: [row[name] for row in rows] for name in CATEGORIES},
    )
    scored = scorer.score(people)
    for answer, mart in zip(records(scorer, scored), marts.to_pylist(), strict=True):
        assert_same(answer | {"model_version": scorer.model_version}, mart, "distance")
    return scored


@pytest.mark.long
def test_customers_of_a_build(house: House) -> None:
    scored = compared(house, "from features")
    assert len(set(scored.segment_ids.tolist())) > 1


def test_missing_values_unknown_categories_and_extremes(house: House) -> None:
    numbers = [None, 0, -1, 1e-300, 1e15, -1e15, 33]
    cases = [
        (age, income, home, plan)
        for age in numbers
        for income in (None, -5, 45)
        for home in (None, "house", "a castle")
        for plan in (None, "a=b; c: d")
    ]
    values = ", ".join(
        f"({i}, "
        + ", ".join(
            "null" if v is None else f"'{v}'" if isinstance(v, str) else f"{v!r}::double"
            for v in case
        )
        + ")"
        for i, case in enumerate(cases)
    )
    compared(
        house,
        "select lpad(i::varchar, 4, '0') as customer_id, age::double as age,"
        " income::double as income, home::varchar as home, plan::varchar as plan"
        f" from (values {values}) as people (i, age, income, home, plan)",
    )


def test_nobody(house: House) -> None:
    scorer = scorer_of(house)
    scored = scorer.score(People(0, {}, {}))
    assert records(scorer, scored) == []


@pytest.mark.long
def test_a_row_does_not_depend_on_the_others(house: House) -> None:
    rows = house.connection.sql("from features order by customer_id").df()
    scorer = scorer_of(house)

    def of(part: slice) -> ScoredPeople:
        frame = rows[part]
        numbers = {name: frame[name].to_numpy(float) for name in NUMBERS}
        return scorer.score(
            People(len(frame), numbers, {name: list(frame[name]) for name in CATEGORIES})
        )

    together = records(scorer, of(slice(None)))
    assert [records(scorer, of(slice(i, i + 1)))[0] for i in range(len(rows))] == together


def shop_of_states(connection: duckdb.DuckDBPyConnection) -> House:
    """Return a shop in which some customers contradict the name of the nearest cluster."""
    house = House(connection, state_shop())
    much = ("loyal", "monetary >= 10 * typical_monetary", "segment", 1)
    house.put("playbook", playbook([*CONDITIONS[:3], much, CONDITIONS[4]]))
    model = house.fit(STATES)
    assert model is not None
    bound = (
        10 * {threshold.name: threshold.value for threshold in model.thresholds}["typical_monetary"]
    )
    for customer, share in ((0, 0.45), (3, 0.5), (6, None), (420, 0.45)):
        connection.execute(
            "update features set monetary = ?, frequency = 34, recency_days = 2"
            " where customer_id = ?",
            [None if share is None else share * bound, f"C{customer:03d}"],
        )
    return house


@pytest.mark.long
def test_states_and_kept_promises_one_by_one_and_together(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """The segments of a build: of all customers at once, and of each alone."""
    house = shop_of_states(connection)
    expected = house.assignments().sort_values("customer_id")
    assert (expected.margin == 0.0).any()
    assert (expected.segment_id >= STATE_IDS_FROM).any()
    features = house.connection.sql("from features order by customer_id").df()
    scorer = scorer_of(house)
    numbers = {name: features[name].to_numpy(float) for name in scorer.inputs.numbers}
    together = scorer.score(People(len(features), numbers, {}))
    alone = [
        scorer.score(People(1, {name: of[i : i + 1] for name, of in numbers.items()}, {}))
        for i in range(len(features))
    ]
    for name, column in (
        ("segment_ids", "segment_id"),
        ("runner_up_ids", "runner_up_id"),
        ("amounts", "distance"),
        ("margins", "margin"),
    ):
        of_build = expected[column].to_numpy(float)
        np.testing.assert_allclose(getattr(together, name), of_build, rtol=0, atol=1e-12)
        one_by_one = np.concatenate([getattr(scored, name) for scored in alone])
        np.testing.assert_array_equal(one_by_one, getattr(together, name))
    for name in ("reasons", "of_segments"):
        one_by_one = np.concatenate([getattr(scored, name) for scored in alone])
        np.testing.assert_array_equal(one_by_one, getattr(together, name))
    np.testing.assert_array_equal(
        scorer.segments_of(People(len(features), numbers, {})), together.segment_ids
    )
    assert together.reasons[:, 0].tolist() == expected.reason_1.tolist()
