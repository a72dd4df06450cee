"""Names, headlines and reasons where categories are among the features."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import MIXED, House, fitted
from mixed_customers import CATEGORIES, planted_customers
from segmentation.clustering.model_parts import category_profile
from segmentation.playbook.profile_keys import Category


@pytest.fixture
def house(connection: duckdb.DuckDBPyConnection) -> House:
    return House(connection, planted_customers())


def test_categories_alone(house: House) -> None:
    model = fitted(house, features=[], transform="none", k=2)
    assert (model.features, model.gamma) == ([], 1.0)
    assert model.features_used == "home, plan"
    segments = house.segments()
    assert segments.segment_name.str.startswith("Mostly ").all()
    assert segments.segment_slug.is_unique
    assert segments.segment_slug.str.fullmatch("[a-z][a-z0-9_]*").all()
    assert segments.headline.str.contains("all customers").all()
    found = house.assignments()
    assert found.reason_1.notna().all()
    assert set(found.segment_id) == {0, 1}


def test_headlines_have_numbers_before_categories(house: House) -> None:
    model = house.first_fit(MIXED)
    for segment, text in zip(model.segments, house.segments().headline, strict=True):
        code = int(np.argmax(model.categories[1].segment_shares[segment.segment_id]))
        plan = model.categories[1].categories[code]
        own = model.categories[1].segment_shares[segment.segment_id][code]
        everybody = model.categories[1].shares[code]
        expected = f"plan {plan} {own:.0%} (all customers {everybody:.0%})"
        assert expected in text
        assert text.lower().index("(age of ") < text.index("plan ")


def test_reasons_name_categories(house: House) -> None:
    # Of numbers that are alike for all, the categories alone can speak.
    house.connection.execute("update features set age = 45, income = 45")
    house.connection.execute("update features set plan = null where customer_id like '%7'")
    model = fitted(house, transform="none")
    assert model.features == []
    assert "age: every customer has the same value, 45" in model.features_dropped
    plan = model.categories[1]
    rows = house.assignments().merge(house.connection.sql("from features").df(), on="customer_id")
    spoken, unknown = 0, 0
    for row in rows.itertuples():
        texts = [t for t in (row.reason_1, row.reason_2) if str(t).startswith("plan ")]
        if texts and isinstance(row.plan, str):
            code = plan.categories.index(row.plan)
            here, everybody = plan.segment_shares[row.segment_id][code], plan.shares[code]
            assert texts == [f"plan {row.plan} (here {here:.0%}, all customers {everybody:.0%})"]
            spoken += 1
        elif texts:
            assert texts == [f"plan unknown, taken as {plan.fill}"]
            unknown += 1
    assert min(spoken, unknown) > 5


def test_without_contributions_there_is_still_a_reason(house: House) -> None:
    """As far from every mode: the first segment wins, and no feature can say why."""
    fitted(house, features=[], transform="none")
    house.connection.execute("update features set home = 'new', plan = 'new' where age < 30")
    found = house.assignments()
    nothing = found[found.reason_1 == "no feature by itself speaks for this segment"]
    assert len(nothing) > 100
    assert set(nothing.segment_id) == {0}
    assert nothing[["reason_2", "reason_3"]].isna().all(axis=None)
    assert found.reason_1.notna().all()


@pytest.mark.long
def test_a_category_that_came_later_is_no_reason(house: House) -> None:
    """Nobody knows yet what it is typical of."""
    fitted(house, algorithm="kmeans")
    house.connection.execute("update features set plan = 'it''s \"new\"' where age < 30")
    found = house.assignments()
    texts = found[["reason_1", "reason_2", "reason_3"]].to_numpy().ravel().tolist()
    assert not any("new" in str(text) for text in texts)
    assert found.segment_id.notna().all()
    assert found.reason_1.notna().all()


def test_categories_speak_for_the_segments_that_have_more_of_them(house: House) -> None:
    house.first_fit(MIXED)
    frame = house.connection.sql("from features").df()
    found = house.assignments().merge(frame, on="customer_id")
    spoken = 0
    for name in CATEGORIES:
        everywhere = found[name].value_counts(normalize=True)
        here = found.groupby("segment_id")[name].value_counts(normalize=True)
        for row in found.itertuples():
            texts = [str(t) for t in (row.reason_1, row.reason_2, row.reason_3)]
            told = [text for text in texts if text.startswith(f"{name} ") and "(here" in text]
            if told:
                own = getattr(row, name)
                shares = here[row.segment_id][own], everywhere[own]
                assert told == [
                    f"{name} {own} (here {shares[0]:.0%}, all customers {shares[1]:.0%})"
                ]
                assert shares[0] > shares[1]
                spoken += 1
    assert spoken > 100


def test_slugs_mean_the_same_after_a_refit(house: House) -> None:
    house.first_fit(MIXED)
    before = house.named_assignments()
    house.connection.execute("update features set income = income * 1.05, age = age + 1")
    house.connection.execute("delete from features where customer_id < 'C0060'")
    house.connection.execute("create or replace table features as from features order by random()")
    house.connection.execute("update features set plan = 'brand new' where customer_id > 'C0290'")
    fitted(house, seed=99)
    after = house.named_assignments()
    assert set(after.named_by) == {"earlier model"}
    both = before.merge(after, on="customer_id")
    assert len(both) == 240
    assert (both.segment_slug_x == both.segment_slug_y).mean() > 0.97


@pytest.mark.long
def test_slugs_of_categories_alone_carry_over(house: House) -> None:
    fitted(house, features=[], transform="none")
    before = house.named_assignments()
    house.connection.execute("delete from features where customer_id < 'C0060'")
    fitted(house, features=[], transform="none", seed=9)
    after = house.named_assignments()
    assert set(after.named_by) == {"earlier model"}
    both = before.merge(after, on="customer_id")
    assert (both.segment_slug_x == both.segment_slug_y).mean() > 0.9


@pytest.mark.long
def test_a_playbook_may_have_targets_for_categories(
    house: House, logged: pytest.LogCaptureFixture
) -> None:
    rows = [
        ("young", "Young", "age: -1; home=O'Brien's \"flat\": 1"),
        ("rich", "Rich", "income: 1.3; home=Büro ✓: 1"),
        ("old", "Old", "age: 1.7; home=house: 1.5; home=nobody's: 0"),
        ("older", "Older", "age: 1.7; shoe_size: 1"),
    ]
    columns = ["segment_slug", "segment_name", "target_z_scores"]
    frame = pd.DataFrame(rows, columns=columns).assign(
        k=3, segmentation="value", description="", strategy="", channel="", priority=""
    )
    house.put("playbook", frame)
    fitted(house)
    segments = house.segments()
    assert segments.segment_slug.tolist() == ["young", "rich", "old"]
    assert set(segments.named_by) == {"playbook"}
    # A category that nobody has today is none the less of a column that was looked at.
    assert "the rows older are not used: their targets include shoe_size, which this" in logged.text


def test_profiles_of_categories_are_in_standard_deviations(house: House) -> None:
    model = house.first_fit(MIXED)
    (home,) = [c for c in model.categories if c.name == "home"]
    profile = category_profile([home], 0)
    for code, name in enumerate(home.categories):
        share = home.shares[code]
        apart = home.segment_shares[0][code] - share
        expected = apart / np.sqrt(share * (1 - share))
        assert profile[Category("home", name)] == pytest.approx(expected)
