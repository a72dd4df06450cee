"""Which cluster names a customer whose own figures contradict the nearest one's name."""

from __future__ import annotations

import duckdb
import pytest
from segmentation.clustering.kept_promises import KeptPromises
from segmentation.engine.sql import Query
from segmentation.playbook.conditions import read_condition
from segmentation.scoring.prototypes import NOISE

PROMISES = KeptPromises(
    {
        0: read_condition("spend >= typical_spend and spend is highest", "loyal"),
        1: read_condition("late <= 2 and visits >= 10", "regular"),
    },
    {"typical_spend": 100.0},
)
# To clusters 0, 1 and 2; nothing is promised of the last one.
DISSIMILARITIES = ["apart_0", "apart_1", "apart_2"]
NEAR = {"segment_id": 0, "spend": 100, "late": 1, "visits": 10}


def cluster_of(
    promises: KeptPromises, apart: tuple[float, ...] = (1, 2, 3), **customer: float | None
) -> int:
    values = NEAR | customer | {f"apart_{i}": distance for i, distance in enumerate(apart)}
    listed = ", ".join(
        f"cast({'null' if value is None else value} as double) as {name}"
        for name, value in values.items()
    )
    with duckdb.connect() as connection:
        connection.execute(f"create table customers as select {listed}")
        query = promises.kept(Query("customers"), DISSIMILARITIES[: len(apart)])
        (found,) = connection.sql(f"select cluster_id from ({query})").fetchall()
    return int(found[0])


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ({"spend": 50}, 0),
        ({"spend": 49.9}, 1),
        ({"spend": None}, 0),
        ({"spend": 49.9, "late": 4, "visits": 5}, 1),
        ({"spend": 49.9, "late": 4.1}, 2),
        ({"spend": 49.9, "visits": 4.9}, 2),
        ({"spend": 49.9, "late": None}, 1),
        # Nobody is held to the name of a cluster that is not the nearest.
        ({"late": 9, "visits": 0}, 0),
    ],
    ids=[
        *("half", "less than half", "not known", "at the bounds of the next", "too late"),
        *("too seldom", "not known of the next", "contradicts another"),
    ],
)
def test_who_contradicts_a_name_is_in_the_next_cluster(
    customer: dict[str, float | None], expected: int
) -> None:
    assert cluster_of(PROMISES, **customer) == expected


def test_the_nearest_of_the_others_names_and_of_equally_near_ones_the_first() -> None:
    assert cluster_of(PROMISES, (1, 3, 2), spend=1) == 2
    assert cluster_of(PROMISES, (1, 2, 2), spend=1) == 1


def test_where_all_names_are_contradicted_the_nearest_cluster_stays() -> None:
    assert cluster_of(PROMISES, (1, 2), spend=1, visits=1) == 0
    assert cluster_of(PROMISES, (2, 1), segment_id=1, spend=1, visits=1) == 1


def test_noise_stays_noise() -> None:
    assert cluster_of(PROMISES, segment_id=NOISE, spend=1) == NOISE


def test_without_conditions_or_others_the_nearest_cluster_names() -> None:
    assert cluster_of(KeptPromises(), spend=1) == 0
    assert cluster_of(PROMISES, (1,), spend=1) == 0
    # What a threshold is that was not measured is contradicted by nobody.
    assert cluster_of(KeptPromises(PROMISES.conditions), spend=1) == 0
