"""How the segments of two models agree."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.clustering.agreement import agreement_of
from sklearn.metrics import adjusted_rand_score


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1))
def test_agreement_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    counts = [(one, other, count) for (one, other), count in Counter(pairs).items()]
    found = agreement_of(counts)
    assert found.customers == len(pairs)
    assert found.kept_share == sum(a == b for a, b in pairs) / len(pairs)
    ones, others = zip(*pairs, strict=True)
    assert found.adjusted_rand_index == pytest.approx(adjusted_rand_score(ones, others))


def test_nobody_agrees_with_nobody() -> None:
    assert agreement_of([]).kept_share == 1.0
