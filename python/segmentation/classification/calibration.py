"""Calibration: of predictions with a probability of 70 %, 70 % should be right."""

from __future__ import annotations

from typing import Any

import numpy as np

from segmentation.classification.grouping import Labels
from segmentation.classification.metrics import SMALLEST, log_loss
from segmentation.features.arrays import Matrix

# Guo et al. use fifteen.
BINS = 15
_COLDEST, _HOTTEST = 0.05, 20.0


def temper(probabilities: Matrix, temperature: float) -> Matrix:
    """Return probabilities at a temperature.

    Logits are logarithms of probabilities (at least 1e-9), divided by the temperature. A
    temperature above 1 makes probabilities more alike, below 1 less. The order within a row stays.

    Parameters
    ----------
    probabilities : ndarray of shape (n, k)
    temperature : float
        Above 0.

    Returns
    -------
    ndarray of shape (n, k)
        Rows sum to 1.
    """
    return softmax(np.log(np.clip(probabilities, SMALLEST, 1.0)) / temperature)


def softmax(scores: Matrix) -> Matrix:
    """Return the softmax of each row, shape (n, k)."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    # Summed column by column: a row's sum does not depend on the other rows.
    total = np.zeros(len(raised))
    for j in range(raised.shape[1]):
        total += raised[:, j]
    probabilities: Matrix = raised / total[:, None]
    return probabilities


def fit_temperature(actual: Labels, probabilities: Matrix) -> float:
    """Return the temperature with the lowest log loss.

    After Guo, Pleiss, Sun and Weinberger (2017), "On Calibration of Modern Neural Networks",
    ICML: a single number cannot change a prediction, and hardly overfits.

    Parameters
    ----------
    actual : ndarray of shape (n,)
    probabilities : ndarray of shape (n, k)
        Out of fold.

    Returns
    -------
    float
        From 0.05 to 20; 1 if no other value is better.
    """
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda logarithm: log_loss(actual, temper(probabilities, float(np.exp(logarithm)))),
        bounds=(np.log(_COLDEST), np.log(_HOTTEST)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    if found.fun >= log_loss(actual, temper(probabilities, 1.0)):
        return 1.0
    return float(f"{np.exp(found.x):.6g}")


def reliability(actual: Labels, probabilities: Matrix, bins: int = BINS) -> list[dict[str, Any]]:
    """Return the accuracy of predictions by interval of their probability.

    Parameters
    ----------
    actual : ndarray of shape (n,)
    probabilities : ndarray of shape (n, k)
    bins : int
        Of equal width from 0 to 1; a value between two bins belongs to the lower one.

    Returns
    -------
    list of dict
        lower, upper, customers, mean_probability (of the predicted segment), accuracy. Empty bins
        are omitted.
    """
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == actual
    position = np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)
    return [
        {
            "lower": i / bins,
            "upper": (i + 1) / bins,
            "customers": int((position == i).sum()),
            "mean_probability": float(top[position == i].mean()),
            "accuracy": float(right[position == i].mean()),
        }
        for i in range(bins)
        if (position == i).any()
    ]


def expected_calibration_error(records: list[dict[str, Any]]) -> float:
    """Return the mean gap between accuracy and probability over bins, weighted by customers."""
    customers = sum(record["customers"] for record in records)
    gaps = (
        record["customers"] * abs(record["accuracy"] - record["mean_probability"])
        for record in records
    )
    return float(sum(gaps) / customers)


def calibration_records(
    candidate: str, actual: Labels, probabilities: Matrix, temperature: float
) -> list[dict[str, Any]]:
    """Return the records of :func:`reliability` before and after, with candidate and stage."""
    return [
        {"candidate": candidate, "stage": stage, **record}
        for stage, staged in (
            ("before", probabilities),
            ("after", temper(probabilities, temperature)),
        )
        for record in reliability(actual, staged)
    ]
