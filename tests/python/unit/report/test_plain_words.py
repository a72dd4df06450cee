"""What fits write for analysts is said in plain words on the page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from segmentation.lifetime_value.purchase_fit import PurchaseFit
from segmentation.lifetime_value.purchase_models import NAMES
from segmentation.lifetime_value.spend_model import SpendFit
from segmentation.registry.refit_policy import FitReason
from segmentation.report.plain_words import in_plain_words


@pytest.mark.parametrize("family", list(NAMES))
def test_warnings_of_the_model_of_purchases(family: str) -> None:
    fit: Any = SimpleNamespace(
        model=SimpleNamespace(family=family), penalised=True, agreeing_starts=1, starts=5
    )
    uncertain, searches = map(in_plain_words, PurchaseFit.warnings(fit))
    assert uncertain == (
        "The customers are too alike, or hardly anybody leaves: the model of purchases is less"
        " certain than usual."
    )
    assert searches == (
        "Only one of 5 searches for the model of purchases found the best one. Compare the"
        " forecasts with what customers did before."
    )


def test_warnings_of_the_model_of_spending() -> None:
    fit: Any = SimpleNamespace(correlated=False, penalised=True, excluded=0)
    assert [in_plain_words(text) for text in SpendFit.warnings(fit)] == [
        "All customers spend alike, or a few spend very much more than the others: the model of"
        " spending is less certain than usual."
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "Over 2 quarters its error (RMSE of revenue per customer) was 9, that of the last 90"
            " days repeated 10.",
            "Over 2 quarters its typical error for a customer's revenue was 9, that of the last 90"
            " days repeated 10.",
        ),
        (FitReason("there is no model yet").words, "there was no model before"),
        ("it was asked for", "it was asked for"),
        ("", ""),
    ],
)
def test_words_of_analysts(written: str, said: str) -> None:
    assert in_plain_words(written) == said
