"""Options: whatever is wrong is named, with what would be right."""

from __future__ import annotations

from typing import Any

import pytest
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


def test_another_option_is_another_fit() -> None:
    one = SegmentationOptions.from_mapping(FEATURES)
    assert one.fit_hash() == SegmentationOptions.from_mapping(dict(FEATURES)).fit_hash()
    assert one.fit_hash() != SegmentationOptions.from_mapping({**FEATURES, "seed": 1}).fit_hash()
