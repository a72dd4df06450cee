"""The default weight of categories relative to numbers."""

from __future__ import annotations

from segmentation.features.arrays import Matrix


def default_gamma(numbers: Matrix) -> float:
    """Return half the mean standard deviation of the numbers (Huang, 1998); 1 without numbers."""
    if not numbers.shape[1]:
        return 1.0
    return 0.5 * float(numbers.std(axis=0).mean())
