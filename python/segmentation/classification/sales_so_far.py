"""What prospects spent so far, and what is expected of them until the age of the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.classification.forecast import TallyWithSales
from segmentation.classification.sales import SpendModel, chain_ladder_factor, shared_out
from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, select
from segmentation.features.arrays import Matrix

# Sums are of whole numbers, trillionths of customers and thousandths of money: the order of rows
# makes no difference.
_CUSTOMER_PARTS, _MONEY_PARTS = 10**12, 10**3


@dataclass(frozen=True)
class SalesSoFar:
    """Where sales are read.

    Attributes
    ----------
    features, later_sales, sales_by_age : str
        From-items: ``int_prospect_features``, ``int_later_sales``, ``int_sales_by_age``.
    spend : SpendModel
    """

    features: str
    later_sales: str
    sales_by_age: str
    spend: SpendModel

    def customers(self, engine: Engine) -> Query:
        """Return a query for each customer of ``later_sales``.

        Its result has customer_id, is_prospect, seen_days, later_revenue, expected_sales (from the
        end of the first days to the horizon), share_so_far (of them that a customer of that age has
        had).
        """
        joined = (
            f"{self.later_sales} as sales\ninner join {self.features} as features\n"
            "    on sales.customer_id = features.customer_id\n"
            f"inner join {self.sales_by_age} as ages\n"
            "    on sales.seen_days = ages.age_days"
        )
        columns = ["sales.customer_id", "sales.seen_days", "sales.later_revenue"]
        columns += ["features.is_prospect", "ages.share_so_far"]
        columns += [f"features.{name}" for name in self.spend.features]
        known = Query(self.later_sales).step("observed_customers", select(columns, joined))
        return known.adding("expected", [f"{self.spend.expression(engine)} as expected_sales"])


def tally_with_sales(
    engine: Engine, assignments: str, sales: SalesSoFar, means: Sequence[float]
) -> tuple[TallyWithSales, float]:
    """Sum the probabilities and sales of all prospects.

    What a prospect spends is what is known, and the rest of what is expected: the share that
    customers of that age have not had yet, times the factor of the chain ladder.

    Parameters
    ----------
    engine : Engine
    assignments : str
        A from-item with customer_id and probabilities.
    sales : SalesSoFar
    means : sequence of float
        Mean sales of a customer of each segment.

    Returns
    -------
    TallyWithSales
    float
        The factor.
    """
    k = len(means)
    factor = ladder_factor(engine, sales)
    customers = sales.customers(engine)
    joined = (
        f"{customers.result} as customers\ninner join {assignments} as assignments\n"
        "    on customers.customer_id = assignments.customer_id"
    )
    columns = [
        "assignments.probabilities",
        "cast(customers.later_revenue as double) as later_revenue",
        "customers.expected_sales * (1 - customers.share_so_far) as rest",
    ]
    of_prospects = customers.step("sales_of_prospects", select(columns, joined))
    count = 0
    most_likely = np.zeros(k, dtype=int)
    of_customers, of_money = np.zeros((2, k), dtype=object), np.zeros((2, k), dtype=object)
    for batch in engine.batches(of_prospects):
        p = np.array(batch.column(0).to_pylist(), dtype=float).reshape(-1, k)
        known = batch.column(1).to_numpy(zero_copy_only=False)
        rest = factor * batch.column(2).to_numpy(zero_copy_only=False)
        count += len(p)
        most_likely += np.bincount(p.argmax(axis=1), minlength=k)
        so_far = shared_out(known, p, means)
        of_customers += _exact_sums((p, p * (1 - p)), _CUSTOMER_PARTS)
        of_money += _exact_sums((so_far + shared_out(rest, p, means), so_far), _MONEY_PARTS)
    expected, variances = (tuple(part / _CUSTOMER_PARTS for part in row) for row in of_customers)
    total, so_far_total = (tuple(part / _MONEY_PARTS for part in row) for row in of_money)
    tallied = TallyWithSales(
        count, tuple(int(n) for n in most_likely), expected, variances, total, so_far_total
    )
    return tallied, factor


def _exact_sums(tables: Sequence[Matrix], parts: int) -> np.ndarray:
    """Return the sums of the columns of each table as whole numbers of `parts`."""
    sums = [np.round(table * parts).astype(np.int64).sum(axis=0) for table in tables]
    return np.array([[int(total) for total in row] for row in sums], dtype=object)


def ladder_factor(engine: Engine, sales: SalesSoFar) -> float:
    """Return the factor of the chain ladder, see :func:`chain_ladder_factor`.

    Of everyone whose age has not reached the horizon.
    """
    customers = sales.customers(engine)
    oldest = f"(select max(age_days) from {sales.sales_by_age})"
    due = f"sum({engine.scaled_integer('expected_sales * share_so_far', _MONEY_PARTS)})"
    ((actual, expected),) = engine.rows(
        customers.step(
            "sales_of_unfinished",
            select(
                ["cast(sum(later_revenue) as double)", due],
                customers.result,
                where=f"seen_days < {oldest}",
            ),
        )
    )
    return chain_ladder_factor(
        float(actual or 0), float(expected or 0) / _MONEY_PARTS, sales.spend.mean
    )
