"""Words for features: where the numbers of a customer stand in them, and words that cannot be."""

from __future__ import annotations

import pytest
from segmentation.playbook.errors import PlaybookError
from segmentation.playbook.feature_words import ColumnBeside, FeatureWords, read_feature_words


def words(customer_amount: str) -> FeatureWords:
    row = {
        "feature": "overdue_ratio",
        "low_words": "keeps to the rhythm",
        "high_words": "later than usual",
        "amount": "{} times the usual gap",
        "decimals": 1,
        "customer_amount": customer_amount,
    }
    return read_feature_words([row])["overdue_ratio"]


def test_columns_beside_have_digits_of_their_own() -> None:
    """A gap of 1.4 days, written as 1, would not explain how late 8 days are."""
    found = words("usually {gap:1}, now {recency_days}, {} times (usually {gap:1})")
    assert found.columns_beside == ["gap", "recency_days"]
    assert found.parts_of_customer == [
        *("usually ", ColumnBeside("gap", 1), ", now ", ColumnBeside("recency_days", 0)),
        *(", ", None, " times (usually ", ColumnBeside("gap", 1), ")"),
    ]
    assert ColumnBeside("gap", 1).written(1.44) == "1.4"
    assert ColumnBeside("gap", 0).written(1234.5) == "1,234"
    assert ColumnBeside("gap", 1).written(-0.01) == "0.0"


def test_without_words_for_one_customer_there_are_no_parts() -> None:
    assert words("").parts_of_customer == []
    assert words("").columns_beside == []


@pytest.mark.parametrize(
    "amount",
    ["usually {gap}", "{} of {gap:}", "{} of {gap:12}", "{} of {Gap}", "{} of {gap:1", "{} and {}"],
)
def test_words_that_cannot_be(amount: str) -> None:
    with pytest.raises(PlaybookError, match="with digits after the point where they need some"):
        words(amount)
