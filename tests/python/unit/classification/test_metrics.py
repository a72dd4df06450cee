"""Metrics of folds."""

from __future__ import annotations

import numpy as np
import pytest
from fewer_examples import fewer_examples
from hypothesis import given
from hypothesis import strategies as st
from segmentation.classification.metrics import (
    fold_metrics,
    macro_f1,
)
from sklearn import metrics as reference


@pytest.mark.long
@fewer_examples(0.4)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 60))
def test_metrics_are_those_of_scikit_learn(seed: int, classes: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    actual = random.choice(classes, rows)
    probabilities = random.dirichlet(np.ones(classes), rows)
    predicted = probabilities.argmax(axis=1)
    found = fold_metrics(actual, probabilities, [str(i) for i in range(classes)])
    f1 = reference.f1_score(actual, predicted, average="macro", zero_division=0.0)
    assert found["macro_f1", None] == pytest.approx(f1)
    assert macro_f1(actual, predicted, classes) == pytest.approx(f1)
    assert found["accuracy", None] == pytest.approx((actual == predicted).mean())
    assert found["log_loss", None] == pytest.approx(
        reference.log_loss(actual, np.clip(probabilities, 1e-9, 1), labels=range(classes)), rel=1e-6
    )
