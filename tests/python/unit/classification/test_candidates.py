"""Which candidates are judged."""

from __future__ import annotations

import pytest
from segmentation.classification.candidates import chosen_candidates
from segmentation.registry.option_checks import OptionError


def test_a_candidate_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "xgboost" not in [candidate.name for candidate in chosen_candidates(None)]
    with pytest.raises(OptionError, match="needs the package 'xgboost'"):
        chosen_candidates(["xgboost"])


def test_candidates_can_be_removed() -> None:
    chosen = chosen_candidates(["random_forest", "logistic_regression"])
    assert [candidate.name for candidate in chosen] == ["logistic_regression", "random_forest"]
