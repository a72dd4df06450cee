"""Names, headlines and reasons where categories are among the features."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from house import House, fitted
from mixed_customers import CATEGORIES, NUMBERS, planted_customers
from segmentation.clustering.model import category_profile


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
    model = fitted(house)
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


def test_a_category_that_came_later_is_new_to_the_model(house: House) -> None:
    """By K-Means it can speak for a segment, for it is farther from a purer one."""
    fitted(house, algorithm="kmeans")
    house.connection.execute("update features set plan = 'it''s \"new\"' where age < 30")
    found = house.assignments()
    texts = found[["reason_1", "reason_2", "reason_3"]].to_numpy().ravel().tolist()
    assert 'plan it\'s "new" is new to the model' in texts
    assert found.segment_id.notna().all()
    assert found.reason_1.notna().all()


def test_reasons_are_the_largest_contributions(house: House) -> None:
    """Against the definition, worked out anew from the prototypes."""
    model = fitted(house)
    own = model.prototypes
    frame = house.connection.sql("from features order by customer_id").df()
    numbers = np.column_stack(
        [f.scaled(frame[f.name].to_numpy()) for f in model.prepared_features.numbers]
    )
    codes = np.column_stack(
        [c.codes(frame[c.name].to_numpy(object)) for c in model.prepared_features.categories]
    )
    found = house.assignments()
    names = [*NUMBERS, *CATEGORIES]
    for row, segment in enumerate(found.segment_id):
        terms = np.hstack(
            [
                (numbers[row] - own.centers) ** 2,
                np.column_stack(
                    [costs[:, codes[row, f]] for f, costs in enumerate(own.category_costs)]
                ),
            ]
        )
        gaps = (np.delete(terms, segment, axis=0) - terms[segment]).mean(axis=0)
        expected = [names[j] for j in np.argsort(-gaps, kind="stable") if gaps[j] > 1e-12][:3]
        texts = found.loc[row, ["reason_1", "reason_2", "reason_3"]].dropna().tolist()
        assert len(texts) == len(expected)
        assert all(name in text for name, text in zip(expected, texts, strict=True))


def test_slugs_mean_the_same_after_a_refit(house: House) -> None:
    fitted(house)
    before = house.assignments().merge(house.segments(), on="segment_id")
    house.connection.execute("update features set income = income * 1.05, age = age + 1")
    house.connection.execute("delete from features where customer_id < 'C0060'")
    house.connection.execute("create or replace table features as from features order by random()")
    house.connection.execute("update features set plan = 'brand new' where customer_id > 'C0290'")
    fitted(house, seed=99)
    after = house.assignments().merge(house.segments(), on="segment_id")
    assert set(after.named_by) == {"earlier model"}
    both = before.merge(after, on="customer_id")
    assert len(both) == 240
    assert (both.segment_slug_x == both.segment_slug_y).mean() > 0.97


def test_slugs_of_categories_alone_carry_over(house: House) -> None:
    fitted(house, features=[], transform="none")
    before = house.assignments().merge(house.segments(), on="segment_id")
    house.connection.execute("delete from features where customer_id < 'C0060'")
    fitted(house, features=[], transform="none", seed=9)
    after = house.assignments().merge(house.segments(), on="segment_id")
    assert set(after.named_by) == {"earlier model"}
    both = before.merge(after, on="customer_id")
    assert (both.segment_slug_x == both.segment_slug_y).mean() > 0.9


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
    model = fitted(house)
    (home,) = [c for c in model.categories if c.name == "home"]
    profile = category_profile([home], 0)
    for code, name in enumerate(home.categories):
        share = home.shares[code]
        apart = home.segment_shares[0][code] - share
        expected = apart / np.sqrt(share * (1 - share))
        assert profile[f"home={name}"] == pytest.approx(expected)
