"""People who are scored outside a build: absence is made of what their callers know."""

from __future__ import annotations

from typing import Any

import duckdb
import jinja2
import numpy as np
import pandas as pd
import pytest
from builds import PROJECT
from house import House
from segmentation.clustering.model import SegmentationModel
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.features.absence import absence_expression, absence_of
from segmentation.steps.scoring_macros import scoring_macros

SETTINGS: dict[str, Any] = {
    "features": ["absence_days", "frequency"],
    "states": True,
    "k": 2,
    "scan_to": 3,
    "stability_resamples": 2,
    "compared_algorithms": [],
}


@pytest.fixture
def shop() -> pd.DataFrame:
    """Return customers who come often, and others who come seldom and stay away."""
    random = np.random.default_rng(5)
    often = np.arange(300) % 2 == 0
    gap = np.where(often, 4.0, 30.0)
    recency = np.floor(gap * random.uniform(0.0, 4.0, 300))
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:03d}" for i in range(300)],
            "recency_days": recency,
            "usual_gap_days": gap,
            "absence_days": np.maximum(recency, 2 * gap),
            "overdue_ratio": recency / gap,
            "frequency": np.where(often, 40.0, 5.0) + random.integers(0, 5, 300),
            "planted": 0,
        }
    )


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection, shop: pd.DataFrame) -> House:
    house = House(connection, shop)
    house.put("playbook", playbook("occasional", "overdue_ratio <= 2"))
    return house


def playbook(slug: str, condition: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "segmentation": ["value"], "k": [None], "segment_slug": [slug],
            "segment_name": [slug.capitalize()], "target_z_scores": [None],
            "condition": [condition], "condition_of": ["segment"], "condition_order": [1],
            "description": [""], "strategy": [""], "channel": [""], "priority": [""],
        }
    )  # fmt: skip


def create_macros(house: House, model: SegmentationModel | None) -> None:
    assert model is not None
    macros = scoring_macros(DuckDBEngine(house.connection), model, house.named_segments(), {})
    house.connection.execute(f"create macro score{macros['people_macro']}")
    house.connection.execute(f"create macro score_person{macros['person_macro']}")


@pytest.mark.parametrize(
    ("recency", "gap"),
    [(0, 4), (7, 4), (8, 4), (8.5, 4), (9, 4), (3, None), (None, 4), (None, None), (5, 0)],
)
def test_a_build_and_the_macros_have_one_rule(recency: float | None, gap: float | None) -> None:
    text = (PROJECT / "macros" / "absence_days.sql").read_text(encoding="utf-8")
    module = jinja2.Environment(autoescape=False).from_string(text).module
    built = module.absence_days("recency", "gap")
    values = ", ".join(
        f"cast({'null' if value is None else value} as double) as {name}"
        for name, value in (("recency", recency), ("gap", gap))
    )
    made = absence_expression("recency", "gap")
    with duckdb.connect() as connection:
        found = connection.sql(f"select {built}, {made} from (select {values})").fetchall()
    assert found[0][0] == found[0][1]


def test_absence_is_made_of_recency_and_the_usual_gap(house: House) -> None:
    create_macros(house, house.first_fit(SETTINGS))
    house.connection.execute("create table people as select * exclude (absence_days) from features")
    columns = "customer_id, segment_id, distance, runner_up_slug, margin"
    expected = house.connection.sql(f"select {columns} from score('features') order by all")
    made = house.connection.sql(f"select {columns} from score('people') order by all")
    assert made.fetchall() == expected.fetchall()

    def person(arguments: str) -> tuple[Any, ...]:
        sql = f"select segment_id, distance, margin from score_person({arguments})"
        (row,) = house.connection.sql(sql).fetchall()
        return row

    # One person is as one row of a table.
    others = "6 as frequency, 0.5 as overdue_ratio"
    for recency, gap, absence in ((15, 30, 60), (15, 4, 15), (15, None, 15), (None, 4, None)):
        given = "null" if absence is None else absence
        house.put("row", house.connection.sql(f"select {given} as absence_days, {others}").df())
        (expected_row,) = house.connection.sql(
            "select segment_id, distance, margin from score('row')"
        ).fetchall()
        days = f"recency_days := {recency or 'null'}, usual_gap_days := {gap or 'null'}"
        assert person(f"{days}, frequency := 6, overdue_ratio := 0.5") == expected_row


def test_of_a_table_the_absence_that_is_given_counts(house: House) -> None:
    create_macros(house, house.first_fit(SETTINGS))
    row = "6 as frequency, 0.5 as overdue_ratio, 1 as recency_days, 1 as usual_gap_days"
    house.connection.execute(f"create table given as select 60 as absence_days, {row}")
    house.connection.execute(f"create table made as select {row}")
    distances = [
        house.connection.sql(f"select distance from score('{table}')").fetchall()
        for table in ("given", "made")
    ]
    assert distances[0] != distances[1]


def test_the_rule_for_arrays_is_that_of_the_engine() -> None:
    values = [0.0, 3.0, 7.9, 8.0, 8.1, 90.0, None]
    pairs = [(recency, gap) for recency in values for gap in (0.0, 4.0, None)]
    rows = ", ".join(
        f"({'null' if r is None else r}::double, {'null' if g is None else g}::double)"
        for r, g in pairs
    )
    with duckdb.connect() as connection:
        rule = absence_expression("recency", "gap")
        expected = connection.sql(
            f"select {rule} from (values {rows}) as t (recency, gap)"
        ).fetchall()
    columns = zip(*pairs, strict=True)
    recency, gap = (np.array([np.nan if v is None else v for v in of]) for of in columns)
    found = [None if np.isnan(v) else float(v) for v in absence_of(recency, gap)]
    assert found == [value for (value,) in expected]
    assert None in found
