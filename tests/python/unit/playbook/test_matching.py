"""Names: matched one to one, carried over a refit, or generated if no row is near."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from segmentation.playbook.errors import PlaybookError
from segmentation.playbook.feature_words import FeatureWords, read_feature_words, words_for
from segmentation.playbook.matching import (
    Continuity,
    ContinuityLimits,
    EarlierSegment,
    TakenNames,
    continued_segments,
    match,
    name_segments,
)
from segmentation.playbook.playbook import (
    ANY_K,
    PlaybookRow,
    read_playbook,
    rows_by_slug,
    targets_hash,
    usable_rows,
    vocabulary_for,
)
from segmentation.playbook.profile_keys import Category

WORDS = {
    "frequency": FeatureWords("frequency", "buys less often", "buys more often", "{} purchases", 0),
    "recency": FeatureWords("recency", "recent", "long ago", "{} days", 0),
}


def row(slug: str, **targets: float) -> PlaybookRow:
    return PlaybookRow("value", 2, slug, slug.title(), targets, "", "", "", "")


@given(
    arrays.arrays(
        float,
        st.tuples(st.integers(1, 4), st.integers(0, 4)),
        elements=st.integers(0, 40).map(lambda n: n / 10),
    ),
    st.sampled_from([0.5, 1.0, 2.0]),
)
def test_a_match_is_the_cheapest_there_is(costs: np.ndarray, limit: float) -> None:
    matched = match(costs, limit)
    taken = [column for column in matched if column is not None]
    assert len(taken) == len(set(taken))
    total = sum(limit if column is None else costs[i, column] for i, column in enumerate(matched))
    choices = [None, *range(costs.shape[1])]
    every_way = (
        sum(limit if c is None else costs[i, c] for i, c in enumerate(way))
        for way in itertools.product(choices, repeat=costs.shape[0])
        if len([c for c in way if c is not None]) == len({c for c in way if c is not None})
    )
    assert total == pytest.approx(min(every_way))


def test_segments_are_named_by_the_playbook() -> None:
    names = name_segments(
        [{"frequency": -1.0, "recency": 1.2}, {"frequency": 1.1, "recency": -1.0}],
        [row("loyal", frequency=1.0), row("at_risk", recency=1.0)],
        WORDS,
        limit=1.0,
    )
    assert [(n.segment_slug, n.segment_name, n.named_by) for n in names] == [
        ("at_risk", "At_Risk", "playbook"),
        ("loyal", "Loyal", "playbook"),
    ]
    assert names[0].naming_distance == pytest.approx(0.2)


def test_a_cluster_near_no_row_gets_a_description() -> None:
    names = name_segments(
        [{"frequency": 3.0, "recency": -2.5}, {"frequency": 0.1, "recency": 0.0}],
        [row("loyal", frequency=-9.0)],
        WORDS,
        limit=1.0,
    )
    assert names[0].segment_name == "Buys more often, recent"
    assert names[0].segment_slug == "buys_more_often_recent"
    assert names[1].segment_name == "Close to average"
    assert {n.named_by for n in names} == {"description"}


def test_descriptions_that_would_clash_are_numbered() -> None:
    names = name_segments([{"frequency": 1.0}, {"frequency": 2.0}], [], WORDS, limit=1.0)
    assert [n.segment_slug for n in names] == ["buys_more_often", "buys_more_often_2"]


def continuity(
    profiles: list[dict[str, float]],
    earlier: list[EarlierSegment],
    shares: list[list[float]] | None = None,
    *,
    share: float = 0.5,
    distance: float = 0.5,
    is_near_enough: bool = False,
) -> Continuity:
    limits = ContinuityLimits(share, distance, is_near_enough)
    return Continuity(earlier, continued_segments(profiles, earlier, limits, shares))


def continued(found: Continuity) -> list[str | None]:
    """Return the earlier slug of each cluster."""
    places = (found.segment(i) for i in range(len(found.continued)))
    return [segment.segment_slug if segment else None for segment in places]


def test_slugs_of_earlier_segments_precede_the_playbook() -> None:
    profiles = [{"frequency": 1.0, "recency": -1.1}, {"frequency": -1.0, "recency": 1.0}]
    earlier = [
        EarlierSegment("loyal", "Loyal", {"frequency": -0.9, "recency": 0.9}),
        EarlierSegment("old_friends", "Old Friends", {"frequency": 1.0, "recency": -1.0}),
    ]
    names = name_segments(
        profiles,
        [row("loyal", frequency=1.0), row("at_risk", frequency=-1.0)],
        WORDS,
        limit=1.0,
        taken=TakenNames(continuity(profiles, earlier).names({})),
    )
    assert [n.segment_slug for n in names] == ["old_friends", "loyal"]
    assert {n.named_by for n in names} == {"earlier model"}


def test_a_segment_that_moved_too_far_is_a_new_one() -> None:
    profiles = [{"frequency": 1.0}, {"frequency": -1.0}]
    found = continuity(profiles, [EarlierSegment("at_risk", "At Risk", {"frequency": -1.2})])
    names = name_segments(
        profiles,
        [row("loyal", frequency=1.0)],
        WORDS,
        limit=0.5,
        taken=TakenNames(found.names({})),
    )
    assert [n.segment_slug for n in names] == ["loyal", "at_risk"]
    assert [n.named_by for n in names] == ["playbook", "earlier model"]


FEW, MANY = EarlierSegment("few", "Few", {"x": -1.0}), EarlierSegment("many", "Many", {"x": 1.0})


def test_customers_decide_which_segment_goes_on_however_far_it_moved() -> None:
    """The centres say the opposite of the customers: all of them buy more than before."""
    found = continuity([{"x": 1.0}, {"x": 9.0}], [FEW, MANY], [[0.9, 0.1], [0.1, 0.6]])
    assert continued(found) == ["few", "many"]
    assert [name.naming_distance for name in found.names({}).values()] == [2.0, 8.0]
    assert found.retired == frozenset()


def test_a_slug_that_nobody_has_any_more_is_free() -> None:
    found = continuity([{"x": 1.0}, {"x": 9.0}], [FEW, MANY], [[0.0, 0.9], [0.0, 0.4]])
    assert found.retired == {"few"}
    assert Continuity(found.earlier, found.continued, empty=frozenset({"few"})).retired == set()


def test_too_few_shared_customers_make_a_new_segment_however_near_it_lies() -> None:
    found = continuity([{"x": -1.0}, {"x": 1.0}], [FEW, MANY], [[0.49, 0.3], [0.2, 0.5]])
    assert continued(found) == [None, "many"]
    assert found.retired == {"few"}


def test_where_a_condition_vouches_for_a_name_a_near_segment_goes_on() -> None:
    """Customers decide first; the rest is matched by distance, each segment once."""
    profiles, shares = [{"x": -1.1}, {"x": -0.9}, {"x": 1.0}], [[0.1, 0.0], [0.6, 0.1], [0.0, 0.2]]
    found = continuity(profiles, [FEW, MANY], shares, is_near_enough=True)
    assert continued(found) == [None, "few", "many"]


def test_of_equal_shares_the_nearer_one_goes_on() -> None:
    """A segment that splits into equal parts."""
    shares = [[0.5, 0.0], [0.5, 0.0]]
    assert continued(continuity([{"x": 1.0}, {"x": -0.8}], [FEW, MANY], shares)) == [None, "few"]
    assert continued(continuity([{"x": -0.8}, {"x": 1.0}], [FEW, MANY], shares)) == ["few", None]


def test_most_customers_in_all_keep_their_slug() -> None:
    """One to one at the largest total, where a lower limit leaves a choice."""
    shares = [[0.45, 0.4], [0.4, 0.0]]
    found = continuity([{"x": 0.0}, {"x": 0.0}], [FEW, MANY], shares, share=0.3)
    assert continued(found) == ["many", "few"]


def test_no_segment_takes_a_slug_that_stood_for_others() -> None:
    """Neither from the playbook, however near its row lies, nor by a description."""
    (name,) = name_segments(
        [{"frequency": 1.0}],
        [row("loyal", frequency=1.0)],
        WORDS,
        limit=1.0,
        taken=TakenNames(retired={"loyal", "buys_more_often"}),
    )
    assert (name.segment_slug, name.segment_name) == ("buys_more_often_2", "Buys more often 2")


SEED_ROW = {
    "segmentation": "value",
    "k": 4,
    "segment_slug": "loyal",
    "segment_name": "Loyal",
    "target_z_scores": "recency_days: -0.9; frequency: 1.2",
    "description": "d",
    "strategy": "s",
    "channel": "c",
    "priority": "high",
}


def test_a_playbook_row_is_read() -> None:
    (read,) = read_playbook([SEED_ROW, {**SEED_ROW, "k": 5}], "value")[4]
    assert read.targets == {"recency_days": -0.9, "frequency": 1.2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_z_scores": "recency_days -0.9"}, "'recency_days -0.9'"),
        ({"target_z_scores": "recency_days: high"}, "Write feature: z-score"),
        ({"target_z_scores": "recency_days: nan"}, "Write feature: z-score"),
        ({"target_z_scores": None}, "target_z_scores is empty"),
        ({"segment_slug": "Loyal Ones"}, "lower case letters"),
        ({"segment_slug": "unassigned"}, "is not 'unassigned'"),
        ({"k": 0}, "k is 0"),
        ({"k": -2}, "k is -2"),
    ],
)
def test_a_playbook_row_that_cannot_be_read_is_named(
    change: dict[str, str | int | None], message: str
) -> None:
    with pytest.raises(PlaybookError) as raised:
        read_playbook([{**SEED_ROW, **change}], "value")
    assert "segment_playbook" in str(raised.value)
    assert message in str(raised.value)


def test_a_repeated_slug_is_an_error() -> None:
    with pytest.raises(PlaybookError, match="'loyal' stands twice"):
        read_playbook([SEED_ROW, SEED_ROW], "value")
    every_k = {**SEED_ROW, "k": None}
    assert set(read_playbook([SEED_ROW, every_k], "value")) == {ANY_K, 4}
    with pytest.raises(PlaybookError, match=r"'loyal' stands twice .* and an empty k"):
        read_playbook([every_k, every_k], "value")


def test_an_empty_k_applies_to_every_k_without_rows_of_its_own() -> None:
    playbook = read_playbook(
        [
            {**SEED_ROW, "k": None, "segment_name": "Every"},
            {**SEED_ROW, "k": None, "segment_slug": "other"},
            {**SEED_ROW, "k": 4, "segment_name": "Four"},
        ],
        "value",
    )
    assert [row.segment_name for row in vocabulary_for(playbook, 4)] == ["Four"]
    assert [row.segment_slug for row in vocabulary_for(playbook, 3)] == ["loyal", "other"]
    assert vocabulary_for(playbook, 3) == vocabulary_for(playbook, 8)
    assert vocabulary_for({}, 3) == ()
    assert vocabulary_for(read_playbook([SEED_ROW], "value"), 3) == ()


def test_an_empty_k_describes_before_another_k_does() -> None:
    playbook = read_playbook(
        [
            {**SEED_ROW, "k": None, "segment_name": "Every"},
            {**SEED_ROW, "k": None, "segment_slug": "other", "segment_name": "Other"},
            {**SEED_ROW, "k": 4, "segment_name": "Four"},
        ],
        "value",
    )
    assert rows_by_slug(playbook, 3)["loyal"].segment_name == "Every"
    assert rows_by_slug(playbook, 4)["loyal"].segment_name == "Four"
    # Carried over from a model of three, it keeps its words.
    assert rows_by_slug(playbook, 4)["other"].segment_name == "Other"


def test_the_hash_includes_k() -> None:
    one = read_playbook([SEED_ROW], "value")
    every = read_playbook([{**SEED_ROW, "k": None}], "value")
    assert targets_hash(one) != targets_hash(every)


def test_the_hash_ignores_names_and_texts() -> None:
    one, renamed, moved = (
        read_playbook([{**SEED_ROW, **change}], "value")
        for change in ({}, {"segment_name": "Friends"}, {"target_z_scores": "monetary: 1"})
    )
    assert targets_hash(one) == targets_hash(renamed)
    assert targets_hash(one) != targets_hash(moved)


def test_a_slug_carried_over_from_another_k_keeps_its_texts() -> None:
    playbook = read_playbook(
        [SEED_ROW, {**SEED_ROW, "k": 3, "segment_name": "Three"}, {**SEED_ROW, "k": 9}], "value"
    )
    assert rows_by_slug(playbook, 3)["loyal"].segment_name == "Three"
    assert rows_by_slug(playbook, 5)["loyal"].k == 9


def test_a_feature_without_words_gets_default_words() -> None:
    spoken = words_for("basket_size", {})
    assert (spoken.low_words, spoken.amount) == ("lower basket size", "basket size of {}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"amount": "purchases"}, "the amount of 'f'"),
        ({"amount": "{} of {}"}, "the amount of 'f'"),
        ({"amount": None}, "the amount of 'f'"),
        ({"amount": "one|{} things"}, "the amount of 'f'"),
        ({"amount": "{} a|{} b|{} c"}, "the amount of 'f'"),
        ({"low_words": None}, "low_words of 'f' is empty"),
        ({"high_words": " "}, "high_words of 'f' is empty"),
        ({"decimals": None}, "decimals of 'f' is None"),
        ({"decimals": -1}, "decimals of 'f' is -1"),
    ],
)
def test_words_that_cannot_be_used_are_named(change: dict[str, object], message: str) -> None:
    words = {"feature": "f", "low_words": "l", "high_words": "h", "amount": "{}", "decimals": 0}
    with pytest.raises(PlaybookError, match=message):
        read_feature_words([{**words, **change}])


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1234.5, 0, "1,234"), (-0.001, 2, "0.00"), (0.456, 2, "0.46"), (-3.0, 0, "-3")],
)
def test_numbers_are_written_for_people(value: float, decimals: int, text: str) -> None:
    assert FeatureWords("f", "l", "h", "{}", decimals).written(value) == text


@pytest.mark.parametrize(
    ("amount", "value", "text"),
    [
        ("{} purchase|{} purchases", 1.0, "1 purchase"),
        ("{} purchase|{} purchases", 0.0, "0 purchases"),
        ("{} purchase|{} purchases", 1_000.0, "1,000 purchases"),
        # What is written 1 is spoken of as one.
        ("{} purchase|{} purchases", 1.4, "1 purchase"),
        ("{} purchase|{} purchases", -1.0, "-1 purchases"),
        ("{} spent", 1.0, "1 spent"),
    ],
)
def test_one_takes_the_singular(amount: str, value: float, text: str) -> None:
    assert FeatureWords("f", "l", "h", amount, 0).spoken(value) == text


def test_categories_of_one_feature_count_as_one_feature() -> None:
    """A category column that differs counts as one feature, however many categories it has."""
    profile = {
        "age": 1.0,
        Category("home", "flat"): 1.0,
        Category("home", "house"): -1.0,
        Category("home", "boat"): 0.0,
    }
    earlier = EarlierSegment(
        "old",
        "Old",
        {
            "age": 1.0,
            Category("home", "flat"): 0.0,
            Category("home", "house"): 0.0,
            Category("home", "boat"): -1.0,
        },
    )
    (name,) = continuity([profile], [earlier], distance=1.0).names({}).values()
    assert name.named_by == "earlier model"
    assert name.naming_distance == pytest.approx(np.sqrt((0 + 1.0) / 2))


def test_categories_are_in_a_description_after_numbers() -> None:
    names = name_segments(
        [
            {"frequency": 0.5, Category("home", "flat"): 2.0},
            {
                "frequency": 0.1,
                Category("home", "flat"): 0.4,
                Category("plan", "a=b; c"): 0.9,
                Category("home", "house"): -3.0,
            },
            {"frequency": 0.0, Category("home", "flat"): 0.2, Category("home", "house"): -0.9},
            {"frequency": 2.0, "recency": -1.0, Category("home", "boat"): 9.0},
            {Category("home", "日本"): 1.0},
        ],
        [],
        WORDS,
        limit=1.0,
    )
    assert [name.segment_name for name in names] == [
        "Buys more often, mostly flat",
        "Mostly a=b; c, mostly flat",
        "Close to average",
        "Buys more often, recent",
        "Mostly 日本",
    ]
    assert [name.segment_slug for name in names] == [
        "buys_more_often_mostly_flat",
        "mostly_a_b_c_mostly_flat",
        "close_to_average",
        "buys_more_often_recent",
        "mostly",
    ]


def test_a_category_without_a_name_is_described() -> None:
    """Empty text is an ordinary category."""
    (name,) = name_segments([{Category("home_type", ""): 2.0}], [], WORDS, limit=1.0)
    assert (name.segment_slug, name.segment_name) == (
        "mostly_empty_home_type",
        "Mostly empty home type",
    )


def test_names_of_columns_may_hold_an_equals_sign() -> None:
    """A number stays a number, and a category one of its column."""
    names = name_segments(
        [{"a=b": 2.0, Category("c=d", "x=y"): 0.5}, {"a=b": 0.0, Category("c=d", "x=y"): 1.0}],
        [row("high", **{"a=b": 2.0}), row("common", **{"c=d=x=y": 1.0})],
        WORDS,
        limit=0.1,
    )
    assert [name.segment_slug for name in names] == ["high", "common"]
    described = name_segments([{"a=b": 2.0, Category("c=d", "x=y"): 0.5}], [], WORDS, limit=1.0)
    assert described[0].segment_name == "Higher a=b, mostly x=y"


def test_a_target_names_the_column_that_there_is() -> None:
    rows = [
        row("high", **{"a=b": 1.0}),
        row("common", **{"c=d=x": 1.0}),
        row("none", **{"e=f": 1.0}),
    ]
    assert usable_rows(rows, {"a=b", "c=d"}) == rows[:2]
    assert usable_rows(rows, {"a", "c", "e"}) == rows
