"""Expected and actual numbers of customers who buy in a period."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.lifetime_value.accuracy import metrics
from segmentation.lifetime_value.backtest_groups import Groups, Rows
from segmentation.lifetime_value.options import PURCHASE_MODEL
from segmentation.lifetime_value.repeat_purchases import Numbers
from segmentation.lifetime_value.spreads import ALL, SpreadsOfGroupings

BUYERS = "buyers"


class BuyerForecasts:
    """Judges forecasts of buyers, the oldest day first.

    The number of buyers is a sum of independent yes/no outcomes: by chance, its variance is the sum
    of p (1 - p), as in a Poisson binomial distribution. How much more it varies is learned from the
    days before, on the rarer side: in a group where nearly all buy, non-buyers are counted.
    """

    def __init__(self) -> None:
        self._spreads = SpreadsOfGroupings()

    def judged(
        self,
        day: datetime.date,
        groupings: Sequence[tuple[str, Groups]],
        chance: Numbers,
        bought: NDArray[np.bool_],
    ) -> Iterator[dict[str, Any]]:
        """Return the rows of ``rpt_value_forecast_accuracy`` of a day, and learn from it.

        Parameters
        ----------
        day : date
        groupings : sequence of (str, list of groups)
            Of n customers, as :func:`segmentation.lifetime_value.backtest_groups.groups_of` returns
            them.
        chance : ndarray, shape (n,)
            Probability of a purchase in the period.
        bought : ndarray of bool, shape (n,)
        """
        variance = chance * (1.0 - chance)
        for grouping, groups in groupings:
            spread = self._spreads.of(grouping)
            for number, name, rows in groups:
                size, expected = int(rows.sum()), float(chance[rows].sum())
                rarer, is_mirrored = _rarer_side(expected, size)
                low, high = spread.interval(rarer, float(variance[rows].sum()))
                # Customers are whole: the interval ends at the next whole numbers.
                low, high = float(math.floor(low)), float(min(math.ceil(high), size))
                yield {
                    "forecast_on": day,
                    "measure": BUYERS,
                    "forecast_method": PURCHASE_MODEL,
                    "grouped_by": grouping,
                    "group_number": number,
                    "group_name": name,
                    "customers": size,
                    "predicted": expected,
                    "lower_predicted": size - high if is_mirrored else low,
                    "upper_predicted": size - low if is_mirrored else high,
                    "actual": float(bought[rows].sum()),
                    **(metrics(bought.astype(np.float64), chance) if grouping == ALL else {}),
                }
        for grouping, groups in groupings:
            self._learn(grouping, [rows for _, _, rows in groups], chance, bought)

    def _learn(
        self,
        grouping: str,
        groups: list[Rows],
        chance: Numbers,
        bought: NDArray[np.bool_],
    ) -> None:
        expected, actual, variance = [], [], []
        for rows in groups:
            size = int(rows.sum())
            rarer, is_mirrored = _rarer_side(float(chance[rows].sum()), size)
            buyers = float(bought[rows].sum())
            expected.append(rarer)
            actual.append(size - buyers if is_mirrored else buyers)
            variance.append(float((chance[rows] * (1.0 - chance[rows])).sum()))
        # Half a customer is added, so that a group of which all or none bought has a logarithm.
        self._spreads.add(
            grouping, np.array(expected) + 0.5, np.array(actual) + 0.5, np.array(variance)
        )


def _rarer_side(buyers: float, customers: int) -> tuple[float, bool]:
    """Return the smaller of expected buyers and non-buyers, and whether it is the second."""
    return (customers - buyers, True) if 2.0 * buyers > customers else (buyers, False)
