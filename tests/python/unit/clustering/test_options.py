"""Options: whatever is wrong is named, with what would be right."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from segmentation.classification import ClassifierOptions
from segmentation.clustering import ALGORITHMS
from segmentation.clustering.options import SegmentationOptions
from segmentation.registry.option_checks import OptionError
from segmentation.steps.overrides import LayeredSettings

FEATURES = {"features": ["recency_days", "frequency"]}


def test_overrides_are_laid_over_the_settings() -> None:
    options = LayeredSettings({**FEATURES, "k": 4, "transform": "log"}, '{"k": 5}').read(
        SegmentationOptions
    )
    assert (options.k, options.transform) == (5, "log")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"scalling": "none"}, "no option 'scalling'. Did you mean 'scaling'"),
        ({"algorithm": "kmean"}, "algorithm is 'kmean'. Did you mean 'kmeans'"),
        ({"transform": "boxcox"}, "It can be: none, log, yeo_johnson"),
        ({"scaling": "robust"}, "It can be: none, standard, min_max"),
        ({"outliers": "iqr"}, "It can be: none, clip, winsorize, drop"),
        ({"imputation": "mean"}, "It can be: median, mice"),
        ({"transform": {"recency_days": "logg"}}, "transform is 'logg'"),
        ({"transform": {"recency": "log"}}, "transform names 'recency'"),
        ({"trims": {"income": 5}}, "trims of income is 5"),
        ({"trims": {"income": [5, 1]}}, "trims of income is [5, 1]. The lowest comes first"),
        ({"trims": [1]}, "trims is written as"),
        ({"k": 0}, 'k is 0. It must be a whole number, 1 to 50, or "auto"'),
        ({"k": 51}, 'k is 51. It must be a whole number, 1 to 50, or "auto".'),
        ({"k": {"kmeans": 10_000}}, "k of kmeans is 10000. It must be a whole number, 1 to 50"),
        ({"k": "²"}, "k is '²'. It must be a whole number"),
        ({"k": "٣"}, "k is '٣'. It must be a whole number"),
        ({"k": "9" * 5_000}, "k is '999"),
        ({"seed": 4294967296}, "seed is 4294967296. It must be a whole number, 0 to 2147483647."),
        ({"trims": {"income": [math.nan, 1]}}, "trims of income is [nan, 1]. It is written as"),
        ({"trims": {"income": [1, math.inf]}}, "trims of income is [1, inf]. It is written as"),
        ({"trims": {"income": [1, 10**400]}}, "It is written as [lowest, highest], two numbers"),
        ({"trims": ["nan", 1]}, "trims is written as features and bounds"),
        ({"outlier_factor": 0}, "outlier_factor is 0. It must be a number above 0."),
        ({"outlier_factor": 10**400}, "It must be a number above 0."),
        ({"scan_to": 51}, "scan_to is 51. It must be a whole number, 2 to 50."),
        ({"scan_from": 51, "scan_to": 60}, "scan_from is 51. It must be a whole number, 2 to 50."),
        ({"auto_k_to": 60}, "auto_k_to is 60. It must be a whole number, 2 to 50."),
        ({"auto_k_from": "2"}, "auto_k_from is '2'. It must be a whole number, 2 to 50."),
        ({"n_init": 10**9}, "n_init is 1000000000. It must be a whole number, 1 to 1000."),
        ({"sample_rows": 10**9}, "sample_rows is 1000000000. It must be a whole number, 100 to"),
        ({"scan_rows": 10**9}, "scan_rows is 1000000000. It must be a whole number, 100 to 20000"),
        ({"max_passes": 10**9}, "max_passes is 1000000000. It must be a whole number, 1 to 1000."),
        ({"stability_resamples": 10**9}, "It must be a whole number, 2 to 1000."),
        ({"stability_floor": 0.6}, "There is no option 'stability_floor'."),
        ({"null_draws": 1}, "null_draws is 1. It must be a whole number, 2 to 1000."),
        ({"k": 2.5}, "k is 2.5"),
        ({"k": True}, "k is True"),
        ({"k": "many"}, "k is 'many'"),
        ({"features": []}, "features and categorical_features are empty"),
        ({"features": "recency_days"}, "features is a list of names"),
        ({"features": ["a", "b", "a"]}, "name a column twice: a"),
        ({"n_init": 0}, "n_init is 0. It must be a whole number, 1 to 1000."),
        ({"scan_from": 5, "scan_to": 4}, "scan_to is 4. It must be a whole number, 5 to 50."),
        ({"k": "auto", "scan_to": 6}, "the scan only tries 2 to 6"),
        ({"outlier_factor": -1}, "outlier_factor is -1. It must be a number above 0."),
        ({"naming_limit": "far"}, "naming_limit is 'far'"),
        ({"tolerance": -1}, "tolerance is -1"),
        ({"gamma": -0.5}, "gamma is -0.5. It must be a number, 0 or more"),
        ({"gamma": "half"}, "gamma is 'half'. It must be a number, 0 or more, or auto or half"),
        ({"gamma": True}, "gamma is True"),
        ({"gamma": math.nan}, "gamma is nan"),
        ({"gamma": math.inf}, "gamma is inf. It must be a number, 0 or more"),
        ({"categorical_features": "gender"}, "categorical_features is a list of names"),
        ({"categorical_features": ["g", "frequency"]}, "name a column twice: frequency"),
        ({"algorithm": "kmodes"}, "The algorithm kmodes needs numbers and categories"),
        ({"algorithm": "kmodes", "features": [], "categorical_features": ["g"]}, "kmodes needs"),
        ({"k": {"kmean": 3}}, "an algorithm that k names is 'kmean'. Did you mean 'kmeans'"),
        ({"k": {"kmeans": 0}}, 'k of kmeans is 0. It must be a whole number, 1 to 50, or "auto"'),
        ({"k": {"kprototypes": "many"}}, "k of kprototypes is 'many'"),
        ({"k": {"kprototypes": 4}, "auto_k_to": 12}, "the scan only tries 2 to 10"),
        ({"compared_algorithms": ["kmean"]}, "compared_algorithms is 'kmean'. Did you mean"),
        ({"compared_algorithms": "kmeans"}, "compared_algorithms is a list of names"),
        ({"compared_rows": 9}, "compared_rows is 9. It must be a whole number, 10 to 20000."),
        ({"compared_n_init": 0}, "compared_n_init is 0"),
        (
            {"compared_resamples": 1},
            "compared_resamples is 1. It must be a whole number, 2 to 1000.",
        ),
    ],
)
def test_the_error_for_a_wrong_option_says_what_is_right(
    setting: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError) as raised:
        SegmentationOptions.from_mapping({**FEATURES, **setting})
    assert message in str(raised.value)


def test_all_problems_are_reported_at_once() -> None:
    wrong = {
        "scalling": "none",
        "features": "recency_days",
        "algorithm": "kmean",
        "k": 99,
        "scan_from": 0,
        "trims": {"income": [5, 1], "age": 3},
        "outlier_factor": 0,
    }
    with pytest.raises(OptionError) as raised:
        SegmentationOptions.from_mapping(wrong)
    named = [problem.split(" is ")[0] for problem in raised.value.problems]
    assert named == [
        named[0],
        "features",
        "trims of income",
        "trims of age",
        "outlier_factor",
        "algorithm",
        "k",
        "scan_from",
    ]
    assert named[0].startswith("There")
    assert str(raised.value).splitlines() == list(raised.value.problems)


_anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text("a1²٣", max_size=5)
    | st.sampled_from(["auto", "kmodes", "kmeans", "clip", "log"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab1"), inner),
    max_leaves=5,
)


def _settings_of(options: type[SegmentationOptions] | type[ClassifierOptions]) -> Any:
    known = [field.name for field in dataclasses.fields(options)]
    return st.dictionaries(st.sampled_from(known), _anything, max_size=4)


@hypothesis.given(
    read=st.one_of(
        st.tuples(st.just(options), _settings_of(options))
        for options in (SegmentationOptions, ClassifierOptions)
    )
)
def test_whatever_is_set_is_read_or_refused_in_words(read: tuple[Any, dict[str, Any]]) -> None:
    options, settings = read
    try:
        found = options.from_mapping({**FEATURES, **settings})
    except OptionError as error:
        problems = error.problems
    else:
        json.loads(found.as_json())
        return
    assert problems
    assert all(problem.endswith(".") for problem in problems)


@pytest.mark.parametrize("overrides", ["k: 5", "[1]", '"k"', '[{}, "k"]'])
def test_overrides_that_are_no_names_and_values(overrides: str) -> None:
    with pytest.raises(OptionError, match="names and values"):
        LayeredSettings(FEATURES, overrides).read(SegmentationOptions)


@pytest.mark.parametrize(
    "overrides",
    [
        [{"k": 5, "gamma": 2}, {"k": 6}],
        '[{"k": 5, "gamma": 2}, {"k": 6}]',
        [{"gamma": 2}, None, {"k": 6}],
    ],
)
def test_later_overrides_are_laid_over_earlier_ones(overrides: object) -> None:
    """A data set's options come first, those of the run after them."""
    read = LayeredSettings({**FEATURES, "k": 4, "seed": 7}, overrides).read(SegmentationOptions)
    assert (read.k, read.gamma, read.seed) == (6, 2, 7)


def test_a_number_may_come_as_text() -> None:
    assert SegmentationOptions.from_mapping({**FEATURES, "k": "5"}).k == 5


def test_k_may_be_one_for_each_algorithm() -> None:
    given = {**FEATURES, "k": {"kmeans": "5", "kprototypes": 4, "kmedoids": "auto"}}
    for algorithm, k in (
        ("kmeans", 5),
        ("kprototypes", 4),
        ("kmedoids", "auto"),
        ("bisecting_kmeans", "auto"),
    ):
        options = SegmentationOptions.from_mapping({**given, "algorithm": algorithm})
        assert options.k_of_algorithm == k
    # One number is for every algorithm.
    one = SegmentationOptions.from_mapping({**FEATURES, "k": 7, "algorithm": "kprototypes"})
    assert one.k_of_algorithm == 7


def test_categories_may_stand_alone() -> None:
    options = SegmentationOptions.from_mapping({"categorical_features": ["gender"]})
    assert (options.features, options.categorical_features) == ((), ("gender",))
    assert options.transforms == ()


def test_kmodes_is_not_compared_unless_it_is_asked_for() -> None:
    options = SegmentationOptions.from_mapping(FEATURES)
    assert set(options.compared_algorithms) == set(ALGORITHMS) - {"kmodes"}
    none = SegmentationOptions.from_mapping({**FEATURES, "compared_algorithms": None})
    assert none.compared_algorithms == ()


@pytest.mark.parametrize("algorithm", ["dbscan", "hdbscan", "optics", "grid"])
def test_algorithms_that_find_the_number_ignore_k(algorithm: str) -> None:
    options = SegmentationOptions(features=("a",), algorithm=algorithm, k="auto", scan_to=3)
    assert options.k_of_algorithm == "auto"
