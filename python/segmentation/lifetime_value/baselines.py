"""Forecasts without a model, for comparison: a model that loses to them is of no use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentation.lifetime_value.repeat_purchases import Numbers

_TERCILES = (1 / 3, 2 / 3)


@dataclass(frozen=True)
class RfmCells:
    """Means of what customers did next, by tercile of recency, frequency and monetary value.

    Attributes
    ----------
    edges : ndarray of shape (3, 2)
        Upper bounds of the lower two terciles, a row for each value; the bound belongs below.
    means : ndarray of shape (27,)
        Of the outcome; the mean of all customers where a cell was empty.
    """

    edges: Numbers
    means: Numbers

    @classmethod
    def learn(cls, values: Numbers, outcome: Numbers) -> RfmCells:
        """Learn from customers whose outcome is known.

        Parameters
        ----------
        values : ndarray of shape (n, 3)
            Recency, frequency and monetary value on an earlier day.
        outcome : ndarray of shape (n,)
            What they bought after it.
        """
        edges = np.quantile(values, _TERCILES, axis=0, method="higher").T
        cells = _cells(values, edges)
        customers = np.bincount(cells, minlength=27)
        # Sorted within cells: the sum does not depend on the order of the customers.
        order = np.lexsort((outcome, cells))
        sums = np.bincount(cells[order], outcome[order], minlength=27)
        everybody = float(sums.sum() / len(outcome))
        means = np.where(customers > 0, sums / np.maximum(customers, 1), everybody)
        return cls(edges, means)

    def forecast(self, values: Numbers) -> Numbers:
        """Return the mean of each customer's cell.

        Parameters
        ----------
        values : ndarray of shape (n, 3)
            Recency, frequency and monetary value on the day of the forecast.
        """
        return np.asarray(self.means[_cells(values, self.edges)])


def _cells(values: Numbers, edges: Numbers) -> np.ndarray:
    terciles = [
        np.searchsorted(edges[i], values[:, i], side="left") for i in range(values.shape[1])
    ]
    return np.asarray(9 * terciles[0] + 3 * terciles[1] + terciles[2])
