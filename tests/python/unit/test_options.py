"""Options: whatever is wrong is named, with what would be right."""

from __future__ import annotations

import math
from typing import Any

import pytest
from segmentation.clustering import ALGORITHMS
from segmentation.options import OptionError, SegmentationOptions
from segmentation.workflow import read_options

FEATURES = {"features": ["recency_days", "frequency"]}


def test_overrides_are_laid_over_the_settings() -> None:
    options = read_options({**FEATURES, "k": 4, "transform": "log"}, '{"k": 5}')
    assert (options.k, options.transform) == (5, "log")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"scalling": "none"}, "no option 'scalling'. Did you mean 'scaling'"),
        ({"algorithm": "kmean"}, "algorithm is 'kmean'. Did you mean 'kmeans'"),
        ({"transform": "boxcox"}, "It can be: none, log, yeo_johnson"),
        ({"scaling": "robust"}, "It can be: none, standard, min_max"),
        ({"outliers": "iqr"}, "It can be: none, clip, drop"),
        ({"imputation": "mean"}, "It can be: median, mice"),
        ({"transform": {"recency_days": "logg"}}, "transform is 'logg'"),
        ({"transform": {"recency": "log"}}, "transform names 'recency'"),
        ({"trims": {"income": 5}}, "trims of income is 5"),
        ({"trims": {"income": [5, 1]}}, "trims of income is [5, 1]. The lowest comes first"),
        ({"trims": [1]}, "trims is written as"),
        ({"k": 0}, 'k is 0. It must be a whole number, 1 or more, or "auto"'),
        ({"k": 2.5}, "k is 2.5"),
        ({"k": True}, "k is True"),
        ({"k": "many"}, "k is 'many'"),
        ({"features": []}, "features and categorical_features are empty"),
        ({"features": "recency_days"}, "features is a list of names"),
        ({"features": ["a", "b", "a"]}, "name a column twice: a"),
        ({"n_init": 0}, "n_init is 0. It must be a whole number, 1 or more"),
        ({"scan_from": 5, "scan_to": 4}, "scan_to is 4. It must be a whole number, 5 or more"),
        ({"k": "auto", "scan_to": 6}, "the scan only tries 2 to 6"),
        ({"outlier_factor": -1}, "outlier_factor is -1. It must be a number, 0 or more"),
        ({"naming_limit": "far"}, "naming_limit is 'far'"),
        ({"tolerance": -1}, "tolerance is -1"),
        ({"gamma": -0.5}, "gamma is -0.5. It must be a number, 0 or more"),
        ({"gamma": "half"}, "gamma is 'half'"),
        ({"gamma": True}, "gamma is True"),
        ({"gamma": math.nan}, "gamma is nan"),
        ({"gamma": math.inf}, "gamma is inf. It must be a number, 0 or more"),
        ({"categorical_features": "gender"}, "categorical_features is a list of names"),
        ({"categorical_features": ["g", "frequency"]}, "name a column twice: frequency"),
        ({"algorithm": "kmodes"}, "The algorithm kmodes needs numbers and categories"),
        ({"algorithm": "kmodes", "features": [], "categorical_features": ["g"]}, "kmodes needs"),
        ({"k": {"kmean": 3}}, "an algorithm that k names is 'kmean'. Did you mean 'kmeans'"),
        ({"k": {"kmeans": 0}}, 'k of kmeans is 0. It must be a whole number, 1 or more, or "auto"'),
        ({"k": {"kprototypes": "many"}}, "k of kprototypes is 'many'"),
        ({"k": {"kprototypes": 4}, "auto_k_to": 12}, "the scan only tries 2 to 10"),
        ({"compared_algorithms": ["kmean"]}, "compared_algorithms is 'kmean'. Did you mean"),
        ({"compared_algorithms": "kmeans"}, "compared_algorithms is a list of names"),
        ({"compared_rows": 9}, "compared_rows is 9. It must be a whole number, 10 or more"),
        ({"compared_n_init": 0}, "compared_n_init is 0"),
        ({"compared_resamples": 1}, "compared_resamples is 1. It must be a whole number, 2 or"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as raised:
        SegmentationOptions.from_mapping({**FEATURES, **setting})
    assert message in str(raised.value)


@pytest.mark.parametrize("overrides", ["k: 5", "[1]", '"k"'])
def test_overrides_that_are_no_names_and_values(overrides: str) -> None:
    with pytest.raises(OptionError, match="names and values"):
        read_options(FEATURES, overrides)


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


def test_another_option_is_another_fit() -> None:
    one = SegmentationOptions.from_mapping(FEATURES)
    assert one.fit_hash() == SegmentationOptions.from_mapping(dict(FEATURES)).fit_hash()
    for other in ({"seed": 1}, {"gamma": 0.5}, {"categorical_features": ["g"]}, {"k": {}}):
        another = SegmentationOptions.from_mapping({**FEATURES, **other})
        assert one.fit_hash() != another.fit_hash()


@pytest.mark.parametrize("algorithm", ["dbscan", "hdbscan", "optics", "grid"])
def test_who_finds_as_many_as_there_are_does_not_look_at_k(algorithm: str) -> None:
    options = SegmentationOptions(features=("a",), algorithm=algorithm, k="auto", scan_to=3)
    assert options.k_of_algorithm == "auto"
