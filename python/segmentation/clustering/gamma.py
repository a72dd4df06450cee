"""The default weight of categories relative to numbers."""

from __future__ import annotations

from segmentation.features.arrays import Matrix


def default_gamma(deviations: Matrix) -> float:
    """Return half the mean standard deviation of the numbers (Huang, 1998).

    Parameters
    ----------
    deviations : ndarray of shape (n_numbers,)
        Standard deviation of each; 1 is returned without numbers, and where none varies.
    """
    return (0.5 * float(deviations.mean()) if len(deviations) else 0.0) or 1.0
