"""What the purchase models know of a customer: repeat purchases, when the last was, and their age.

Time is counted in weeks. A customer's first purchase starts their time and is not counted; of
several purchases on one day one is counted, as the published models do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

DAYS_PER_WEEK = 7.0

# Doubles count every whole number up to here, and nobody buys on more days.
_LARGEST_FREQUENCY = 10_000_000


class PurchaseHistoryError(ValueError):
    """Purchase histories that no customer can have."""


@dataclass(frozen=True)
class RepeatPurchases:
    """Frequency, recency and age of customers, as three arrays of the same length.

    Attributes
    ----------
    frequency : ndarray of int64, shape (n,)
        x: days with a repeat purchase.
    recency : ndarray of float64, shape (n,)
        t_x: weeks from the first purchase to the last; 0 if there was no other.
    age : ndarray of float64, shape (n,)
        T: weeks from the first purchase to the day of the build.

    Raises
    ------
    PurchaseHistoryError
        If the lengths differ, a value is missing or negative, a frequency is no whole number, a
        last purchase lies after the day of the build, or a last purchase lies on the first day
        although there were others. The message names the first such row.

    Examples
    --------
    >>> purchases = RepeatPurchases.of([0, 2, 0], [0, 30.43, 0], [38.86, 38.86, 38.86])
    >>> len(purchases), purchases.grouped().customers.tolist()
    (3, [2, 1])
    """

    frequency: Counts
    recency: Numbers
    age: Numbers

    def __post_init__(self) -> None:
        sizes = {column.shape for column in (self.frequency, self.recency, self.age)}
        if len(sizes) > 1 or self.frequency.ndim != 1:
            raise PurchaseHistoryError(
                "frequency, recency and age need one value for each customer; their shapes are "
                f"{self.frequency.shape}, {self.recency.shape} and {self.age.shape}."
            )
        for wrong, problem in (
            (~np.isfinite(self.recency) | ~np.isfinite(self.age), "recency or age is missing"),
            (self.frequency < 0, "frequency is negative"),
            (self.frequency > _LARGEST_FREQUENCY, f"frequency exceeds {_LARGEST_FREQUENCY:,}"),
            (self.recency < 0, "recency is negative"),
            (self.recency > self.age, "the last purchase is later than the age allows"),
            (
                (self.frequency == 0) != (self.recency == 0),
                "recency is 0 if, and only if, there was no repeat purchase",
            ),
        ):
            if wrong.any():
                raise PurchaseHistoryError(self._sentence(wrong, problem))

    @classmethod
    def of(cls, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> RepeatPurchases:
        """Return purchases from anything that can be read as three arrays.

        Parameters
        ----------
        frequency : array_like of shape (n,)
            Whole numbers, of any type.
        recency, age : array_like of shape (n,)
            Weeks.
        """
        counted = np.asarray(frequency, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            wrong = np.atleast_1d(~np.isfinite(counted) | (counted != np.floor(counted)))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise PurchaseHistoryError(
                f"Row {row}: frequency is {np.atleast_1d(counted)[row]}. It counts days: "
                "pass whole numbers."
            )
        return cls(
            np.clip(counted, -1, _LARGEST_FREQUENCY + 1).astype(np.int64),
            np.asarray(recency, dtype=np.float64),
            np.asarray(age, dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.frequency)

    def taken(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> RepeatPurchases:
        """Return some of the rows, by position or by a mask."""
        return RepeatPurchases(self.frequency[rows], self.recency[rows], self.age[rows])

    def grouped(self) -> DistinctPurchases:
        """Return the distinct triples with their numbers of customers.

        Sorted by frequency, recency and age: the result does not depend on the order of rows.
        """
        position = np.zeros(len(self), dtype=np.int64)
        for column in (self.frequency, self.recency, self.age):
            codes, values = pd.factorize(column, sort=True)
            position *= max(len(values), 1)
            position += codes
            # Codes are made dense again after each column: their product cannot overflow.
            position, kept = pd.factorize(position, sort=True)
            del kept
        customers = np.bincount(position).astype(np.int64)
        first = np.empty(len(customers), dtype=np.intp)
        # Any row of a group has its values.
        first[position] = np.arange(len(self), dtype=np.intp)
        return DistinctPurchases(self.taken(first), customers, position.astype(np.intp))

    def _sentence(self, wrong: NDArray[np.bool_], problem: str) -> str:
        row = int(np.argmax(wrong))
        more = int(wrong.sum()) - 1
        others = f", and so are {more:,} others" if more else ""
        return (
            f"Row {row} is wrong{others}: {problem} (frequency {self.frequency[row]}, recency "
            f"{self.recency[row]:g}, age {self.age[row]:g} weeks). Count purchase days per "
            "customer up to the day of the build, without the first."
        )


@dataclass(frozen=True)
class DistinctPurchases:
    """Distinct histories, how many customers have each, and which one every row has.

    Attributes
    ----------
    purchases : RepeatPurchases
        m distinct rows, in ascending order.
    customers : ndarray of int64, shape (m,)
        At least 1 each.
    position : ndarray of intp, shape (n,)
        The distinct row of every original one: ``purchases.age[position]`` are the ages before.
    """

    purchases: RepeatPurchases
    customers: Counts
    position: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.customers)

    def thinned(self, rows: int) -> DistinctPurchases:
        """Return every k-th history, so that at most about so many are left; all if there are few.

        Histories are in ascending order: what is left is spread like all of them.
        """
        step = max(len(self) // rows, 1)
        customers = self.customers[::step]
        return DistinctPurchases(
            self.purchases.taken(slice(None, None, step)),
            customers,
            np.arange(len(customers), dtype=np.intp),
        )

    @cached_property
    def frequencies(self) -> tuple[Counts, NDArray[np.intp]]:
        """Distinct frequencies, and the one of every row."""
        return _distinct(self.purchases.frequency)

    @cached_property
    def recencies(self) -> tuple[Numbers, NDArray[np.intp]]:
        """Distinct recencies, and the one of every row."""
        return _distinct(self.purchases.recency)

    @cached_property
    def ages(self) -> tuple[Numbers, NDArray[np.intp]]:
        """Distinct ages, and the one of every row."""
        return _distinct(self.purchases.age)


def _distinct(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    codes, distinct = pd.factorize(values, sort=True)
    return distinct, codes
