"""Temperature scaling, and the calibration error."""

from __future__ import annotations

import numpy as np
import pytest
from segmentation.classification.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
    temper,
)
from segmentation.classification.metrics import (
    log_loss,
)


def test_overconfidence_is_corrected() -> None:
    random = np.random.default_rng(1)
    honest = random.dirichlet(np.ones(3), 4_000)
    actual = (random.random((4_000, 1)) > honest.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    boastful = temper(honest, 0.4)
    temperature = fit_temperature(actual, boastful)
    assert temperature == pytest.approx(2.5, rel=0.1)
    after = temper(boastful, temperature)
    before_error = expected_calibration_error(reliability(actual, boastful))
    after_error = expected_calibration_error(reliability(actual, after))
    assert before_error > 0.1
    assert after_error < 0.03
    assert log_loss(actual, after) < log_loss(actual, boastful)
    assert (after.argmax(axis=1) == boastful.argmax(axis=1)).all()


def test_bins_and_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.5, 0.5]])
    records = reliability(np.array([0, 1, 0, 1]), probabilities, bins=2)
    assert records == [
        {"lower": 0.0, "upper": 0.5, "customers": 1, "mean_probability": 0.5, "accuracy": 0.0},
        {
            "lower": 0.5,
            "upper": 1.0,
            "customers": 3,
            "mean_probability": pytest.approx(0.8),
            "accuracy": pytest.approx(2 / 3),
        },
    ]
    assert expected_calibration_error(records) == pytest.approx((0.5 + 3 * (0.8 - 2 / 3)) / 4)
