"""Figures of drift, and their words."""

from __future__ import annotations

import pytest
from segmentation.features.bins import CountedBins
from segmentation.over_time.drift import (
    DriftFigure,
    ShopAge,
    WordsOfDrift,
    alarms,
    drift_figures,
    drift_reason,
    index_in_words,
)
from segmentation.over_time.drift_words import bin_in_words
from segmentation.playbook.feature_words import FeatureWords

RECENCY = CountedBins("number", "recency_days", [30.0, 95.0], 0.0, 400.0, [], [400, 480, 120, 0])
CITY = CountedBins("category", "city", [], None, None, ["Ulm", "Bonn"], [600, 380, 0, 20])
SEGMENTS = CountedBins("segments", "segments", [], None, None, ["0", "new"], [700, 300, 0, 0])
SAME_DAY = ShopAge(0, 1000, 365)
LATER = ShopAge(30, 1000, 365)
WORDS = WordsOfDrift(
    {"recency_days": FeatureWords("recency_days", "low", "high", "{} days", 0)}, {"0": "Loyal"}
)


def test_the_share_that_moved_most_is_said() -> None:
    figure, missing = drift_figures([RECENCY], [[350, 340, 310, 0]], LATER, WORDS)
    assert figure.moved is not None
    assert figure.moved.words == "more customers with recency above 95 days: 12 % → 31 %"
    assert (figure.moved.share_at_fit, figure.moved.share_now) == (0.12, 0.31)
    assert figure.has_drifted
    assert (figure.bins, figure.customers_at_fit, figure.customers_now) == (3, 1000, 1000)
    assert (missing.subject_kind, missing.psi, missing.moved) == ("missing values", 0.0, None)


def test_a_model_compared_with_its_own_day_has_not_drifted() -> None:
    columns = [RECENCY, CITY, SEGMENTS]
    figures = drift_figures(columns, [column.counts for column in columns], SAME_DAY, WORDS)
    assert {(f.psi, f.has_drifted, f.moved, f.is_expected) for f in figures} == {
        (0.0, False, None, False)
    }
    assert drift_reason(figures) is None


def test_missing_values_and_unseen_categories_have_figures_of_their_own() -> None:
    figures = drift_figures([CITY], [[500, 300, 50, 150]], LATER, WORDS)
    found = {figure.subject_kind: figure for figure in figures}
    assert list(found) == ["feature", "missing values", "unseen categories"]
    words = {kind: figure.moved.words for kind, figure in found.items() if figure.moved}
    assert words["missing values"] == "more customers without city: 2.0 % → 15.0 %"
    assert words["unseen categories"] == (
        "more customers with a city that the model does not know: 0.0 % → 5.0 %"
    )
    assert all(figure.has_drifted for figure in figures)


def test_one_unseen_category_in_a_thousand_is_no_drift() -> None:
    figures = drift_figures([CITY], [[600, 379, 1, 20]], LATER, WORDS)
    assert not any(figure.has_drifted for figure in figures)


def test_segments_are_named_as_they_are_today() -> None:
    (figure,) = drift_figures([SEGMENTS], [[400, 600, 0, 0]], LATER, WORDS)
    assert figure.moved is not None
    assert figure.moved.words == "fewer customers in Loyal: 70 % → 40 %"


def test_nobody_now_has_no_figures() -> None:
    assert drift_figures([RECENCY], [[0, 0, 0, 0]], LATER, WORDS) == []


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (ShopAge(30, 1000, 365), {"length_days"}),
        (ShopAge(30, 300, 365), {"length_days", "frequency", "recency_days"}),
        (ShopAge(30, 364, 365), {"length_days"}),
        (ShopAge(-700, 1000, 365), {"length_days", "frequency", "recency_days"}),
        (ShopAge(30, None, 365), {"length_days"}),
        (ShopAge(0, 30, 365), set()),
    ],
)
def test_what_drifts_by_construction(age: ShopAge, expected: set[str]) -> None:
    """Features of the whole history always; those of a window while the shop is younger."""
    assert age.drifting(["length_days", "frequency", "recency_days", "income"]) == expected


def test_what_is_expected_is_no_reason_to_fit() -> None:
    length = CountedBins("number", "length_days", [30.0], 0.0, 99.0, [], [500, 500, 0])
    figures = drift_figures([length, SEGMENTS], [[100, 900, 0], [100, 900, 0, 0]], LATER, WORDS)
    assert [(f.has_drifted, f.is_expected) for f in figures] == [
        (True, True),
        (False, False),
        (True, True),
    ]
    assert drift_reason(figures) is None


def test_the_reason_names_what_is_farthest_above_its_threshold() -> None:
    figures = drift_figures([CITY, RECENCY], [[560, 420, 0, 20], [350, 340, 310, 0]], LATER, WORDS)
    assert drift_reason(figures) == "recency_days drifted: PSI 0.24 above 0.018"


def test_the_reason_counts_the_others() -> None:
    figures = drift_figures(
        [RECENCY, CITY], [[350, 340, 310, 0], [500, 300, 50, 150]], LATER, WORDS
    )
    reason = drift_reason(figures)
    assert reason is not None
    assert reason.endswith(", and 3 other figures")


def figure(psi: float, threshold: float) -> DriftFigure:
    return DriftFigure("feature", "x", 2, psi, threshold, "formula", 9, 9, None, False, 1e-6)


@pytest.mark.parametrize(
    ("psi", "threshold", "words"),
    [
        (0.3141, 0.0181, "PSI 0.31 above 0.018"),
        (0.01804, 0.01801, "PSI 0.01804 above 0.01801"),
        (8.39, 0.02, "PSI 8.4 above 0.02"),
        (0.00999, 0.0002, "PSI 0.01 above 0.0002, but below 0.01, the least that counts"),
        (0.004, 0.002, "PSI 0.004 above 0.002, but below 0.01, the least that counts"),
        (0.0, 0.02, "PSI 0 not above 0.02"),
    ],
)
def test_an_index_beside_its_threshold(psi: float, threshold: float, words: str) -> None:
    assert index_in_words(figure(psi, threshold)) == words


def test_what_is_too_small_to_matter_is_no_drift() -> None:
    """Of a million customers one in a hundred moved: not chance, and no marketer would notice."""
    then = [500_000, 500_000, 0]
    column = CountedBins("number", "x", [30.0], 0.0, 99.0, [], then)
    small, _ = drift_figures([column], [[505_000, 495_000, 0]], LATER, WORDS)
    assert small.psi > small.threshold
    assert (small.p_value < 1e-9, small.has_drifted, alarms([small])) == (True, False, [False])
    asked, _ = drift_figures([column], [[505_000, 495_000, 0]], LATER, WORDS, least_psi=0.0)
    assert (asked.has_drifted, alarms([asked])) == (True, [True])
    exactly, _ = drift_figures([column], [[505_000, 495_000, 0]], LATER, WORDS, least_psi=small.psi)
    assert exactly.has_drifted


def test_one_figure_of_many_is_no_alarm() -> None:
    """It is above its own threshold, as one of a hundred is without drift."""
    column = CountedBins("number", "x", [30.0], 0.0, 99.0, [], [500, 500, 0])
    (drifted, missing) = drift_figures([column], [[562, 438, 0]], LATER, WORDS)
    assert drifted.has_drifted
    assert 0.001 < drifted.p_value < 0.01
    assert missing.p_value == 1.0
    assert alarms([drifted]) == [True]
    assert alarms([drifted, *[missing] * 30]) == [False] * 31
    assert drift_reason([drifted, *[missing] * 30]) is None


def test_a_threshold_of_zero_is_exceeded_before_all_others() -> None:
    """Of three customers now, none is expected in a bin that was empty among a million."""
    assert drift_reason([figure(0.5, 0.01), figure(0.1, 0.0)]) == (
        "x drifted: PSI 0.1 above 0, and 1 other figure"
    )


@pytest.mark.parametrize(
    ("column", "place", "words"),
    [
        (RECENCY, 0, "with recency up to 30 days"),
        (RECENCY, 1, "with recency above 30 up to 95 days"),
        (RECENCY, 3, "without recency"),
        (CITY, 1, "with city Bonn"),
        (SEGMENTS, 1, "in new"),
        (SEGMENTS, 2, "in segments that the model did not have when it was fitted"),
        (SEGMENTS, 3, "without a segment"),
        (
            CountedBins("distance", "distance", [1.25], 0.0, 2.0, [], [1, 1, 0]),
            1,
            "with distance to the centroid above 1.25",
        ),
        # Rounded, the edges would be one.
        (
            CountedBins("number", "recency_days", [0.1, 0.2], 0.0, 2.0, [], [1, 1, 1, 0]),
            1,
            "with recency above 0.1 up to 0.2 days",
        ),
        (
            CountedBins("number", "x", [4.9, 5.0], 5.0, 5.0, [], [0, 9, 0, 0]),
            0,
            "with x below 5.00",
        ),
        (CountedBins("number", "x", [4.9, 5.0], 5.0, 5.0, [], [0, 9, 0, 0]), 1, "with x of 5.00"),
        (CountedBins("number", "x", [], None, None, [], [0, 9]), 0, "with x of any value"),
    ],
)
def test_bins_in_words(column: CountedBins, place: int, words: str) -> None:
    assert bin_in_words(column, place, WORDS.features, WORDS.segments) == words
