"""Options of a classifier, as they come from YAML."""

from __future__ import annotations

import pytest
from segmentation.classification import ClassifierOptions
from segmentation.registry.option_checks import OptionError


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fold": 5}, "no option 'fold'. Did you mean 'folds'?"),
        ({"folds": 1}, "folds is 1. It must be a whole number, 2 to 100."),
        ({"repeats": 10**6}, "repeats is 1000000. It must be a whole number, 1 to 100."),
        ({"seed": 2**32}, "seed is 4294967296. It must be a whole number, 0 to 2147483647."),
        ({"fold": 1, "repeats": 0}, "'folds'? The options are"),
        ({"fold": 1, "repeats": 0}, "\nrepeats is 0. It must be"),
        ({"candidates": ["random_forrest"]}, "Did you mean 'random_forest'?"),
        ({"candidates": []}, "candidates is empty"),
        ({"features": []}, "features is empty"),
        ({"features": "age"}, "features is a list of names"),
        ({"features": ["a", "a"]}, "names a column twice: a"),
        ({"ordered_categories": {"b": ["x", "y"]}}, "'b', which is not one of the features"),
        ({"ordered_categories": {"a": ["x"]}}, "at least two categories"),
        ({"leak_gap": 2}, "leak_gap is 2. It must be a number from 0 to 1"),
        ({"exclude_shared_identities": "yes"}, "must be true or false"),
    ],
)
def test_wrong_options_are_errors(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError) as raised:
        ClassifierOptions.from_mapping({"features": ["a"]}, wrong)
    assert message in str(raised.value)
