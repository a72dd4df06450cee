"""Expected sales: the regression in Python and SQL, the chain ladder, and shares of segments."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from segmentation.classification.sales import (
    SALES_FEATURES,
    SpendModel,
    backtested_ratio,
    chain_ladder_factor,
    fit_spend,
    shared_out,
)
from segmentation.classification.sales_so_far import SalesSoFar, tally_with_sales
from segmentation.engine.duckdb import DuckDBEngine


def shop(rows: int, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """Return first days, and later sales that are three times the early ones, half of them 0."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({name: 1.0 + random.poisson(3, rows) for name in SALES_FEATURES})
    frame["early_revenue"] = np.round(random.lognormal(3, 0.7, rows), 2)
    buys = random.random(rows) < 0.5
    sales = np.where(buys, 6 * frame.early_revenue * random.gamma(2, 0.5, rows), 0.0)
    return frame, sales


class TestRegression:
    """Sales expected from the first days."""

    def test_planted_sales_are_found(self) -> None:
        frame, sales = shop(2_000)
        model = fit_spend(frame, sales)
        new, actual = shop(2_000, seed=4)
        expected = model.expected(new)
        assert expected.sum() == pytest.approx(actual.sum(), rel=0.1)
        rich = new.early_revenue > new.early_revenue.median()
        assert expected[rich].sum() == pytest.approx(actual[rich].sum(), rel=0.15)

    def test_sql_expects_the_same(
        self, connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
    ) -> None:
        frame, sales = shop(300)
        model = fit_spend(frame, sales)
        frame.loc[0, "early_items"] = np.nan
        frame.loc[1, "early_revenue"] = -50.0
        frame.loc[2, "early_revenue"] = 1e9
        connection.register("rows", frame)
        found = connection.sql(f"select {model.expression(engine)} from rows").fetchnumpy()
        np.testing.assert_allclose(next(iter(found.values())), model.expected(frame), rtol=1e-9)
        assert model.expected(frame).max() <= 50 * model.mean * (1 + 1e-12)

    def test_nobody_bought_anything(self) -> None:
        frame, _ = shop(50)
        assert fit_spend(frame, np.zeros(50)).expected(frame).tolist() == [0.0] * 50
        assert fit_spend(frame, np.full(50, -1.0)).mean == 0.0

    def test_features_that_never_vary(self) -> None:
        frame, sales = shop(50)
        model = fit_spend(frame.assign(**dict.fromkeys(SALES_FEATURES, 2.0)), sales)
        assert model.features == []
        assert model.expected(frame) == pytest.approx(np.full(50, sales.mean()))

    def test_a_past_that_is_like_today_has_a_ratio_of_one(self) -> None:
        frame, sales = shop(1_200)
        ratio = backtested_ratio(frame, sales, np.arange(1_200) // 200, 0)
        assert ratio == pytest.approx(1, abs=0.15)
        assert backtested_ratio(frame, sales, np.zeros(1_200, dtype=int), 0) is None
        assert backtested_ratio(frame, 0 * sales, np.arange(1_200) // 200, 0) is None


class TestChainLadder:
    """What was expected so far beside what came."""

    def test_by_hand(self) -> None:
        """Ten customers of 5 count beside them."""
        assert chain_ladder_factor(150.0, 50.0, 5.0) == pytest.approx(2.0)
        assert chain_ladder_factor(-10.0, 50.0, 5.0) == pytest.approx(0.5)
        assert chain_ladder_factor(0.0, 0.0, 0.0) == 1.0

    def test_sales_fall_to_segments_that_spend(self) -> None:
        shared = shared_out(np.array([12.0, 8.0]), np.array([[0.5, 0.5], [1.0, 0.0]]), [10.0, 30.0])
        np.testing.assert_allclose(shared, [[3.0, 9.0], [8.0, 0.0]])
        assert shared_out(np.array([4.0]), np.array([[0.25, 0.75]]), [0.0, -1.0]).tolist() == [
            [1.0, 3.0]
        ]

    def test_known_sales_and_the_rest(
        self, connection: duckdb.DuckDBPyConnection, engine: DuckDBEngine
    ) -> None:
        """A model that expects 100 of everyone, half of it by age 60.

        The prospect and the customer of age 60 spent 80 and 40 where 100 were expected of the two;
        with ten customers of 100 the factor is 1120 / 1100. The prospect spent 80, and half of 100
        is to come.
        """
        connection.execute(
            "create table later_sales as select * from (values ('p', 60, 80.00), ('m', 60, 40.00),"
            " ('old', 90, 500.00)) as t (customer_id, seen_days, later_revenue)"
        )
        connection.execute(
            "create table features as select customer_id, customer_id = 'p' as is_prospect"
            " from later_sales"
        )
        connection.execute(
            "create table ages as select * from (values (60, 0.5::double), (90, 1::double))"
            " as t (age_days, share_so_far)"
        )
        connection.execute(
            "create table assignments as select 'p' as customer_id,"
            " [0.75::double, 0.25::double] as probabilities"
        )
        spend = SpendModel([], [], [], [], [], 0.0, 100.0)
        sales = SalesSoFar("features", "later_sales", "ages", spend)
        tallied, factor = tally_with_sales(engine, "assignments", sales, [100.0, 300.0])
        assert factor == pytest.approx(1120 / 1100)
        assert (tallied.customers, tallied.most_likely) == (1, (1, 0))
        assert tallied.expected == pytest.approx((0.75, 0.25))
        assert tallied.variances == pytest.approx((0.1875, 0.1875))
        assert tallied.sales_so_far == pytest.approx((40.0, 40.0))
        assert sum(tallied.sales) == pytest.approx(80 + 50 * 1120 / 1100, abs=0.002)
