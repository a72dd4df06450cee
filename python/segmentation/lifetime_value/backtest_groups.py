"""The groups of customers in the results of a back-test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segmentation.lifetime_value.customers_on_day import CustomersOnDay
from segmentation.lifetime_value.repeat_purchases import Numbers
from segmentation.lifetime_value.spreads import ALL, DECILE, REPEATS, STATE

Rows = NDArray[np.bool_]
# Number, name and customers of each group.
Groups = list[tuple[int, str, Rows]]

# By repeat purchases so far: first number, and name.
_REPEAT_GROUPS = ((0, "0"), (1, "1"), (2, "2 or 3"), (4, "4 to 6"), (7, "7 or more"))

# The purchase states of macros/purchase_state.sql, from regular customers to those who stopped.
STATES = (
    "on time",
    "overdue",
    "late",
    "new",
    "first purchase",
    "one purchase",
    "lost",
)


def groups_of(customers: CustomersOnDay, predicted: Numbers) -> Iterator[tuple[str, Groups]]:
    """Return each grouping with its groups, as (number, name, rows).

    Parameters
    ----------
    customers : CustomersOnDay
        In the order of their ids. Without purchase states, that grouping is left out.
    predicted : ndarray, shape (n,)
        Deciles are cut by it, equal predictions in the order of the customers.
    """
    yield ALL, [(1, "all customers", np.ones(len(predicted), dtype=bool))]
    place = np.empty(len(predicted), dtype=np.int64)
    place[np.argsort(-predicted, kind="stable")] = np.arange(len(predicted))
    decile = place * 10 // max(len(predicted), 1)
    yield DECILE, [(i + 1, f"decile {i + 1}", decile == i) for i in range(10)]
    frequency = customers.purchases.frequency
    group = np.searchsorted([least for least, _ in _REPEAT_GROUPS], frequency, side="right") - 1
    yield (
        REPEATS,
        [
            (i + 1, f"{name} repeat purchase{'' if name == '1' else 's'}", group == i)
            for i, (_, name) in enumerate(_REPEAT_GROUPS)
            if (group == i).any()
        ],
    )
    states = customers.states
    if states is not None:
        yield (
            STATE,
            [
                (i + 1, state, states == state)
                for i, state in enumerate(STATES)
                if (states == state).any()
            ],
        )
