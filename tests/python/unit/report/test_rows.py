"""Single rows of a table: which one, where values are equal or missing."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from segmentation.report import rows


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {"name": ["a", "b", "c", "d", "e"], "value": [np.nan, 2.0, 7.0, 7.0, 2.0]},
        index=[9, 9, 3, 2, 1],
    )


def test_the_first_of_equal_rows(table: pd.DataFrame) -> None:
    """Rows without a value are neither the largest nor the smallest."""
    assert rows.largest(table, "value") == {"name": "c", "value": 7.0}
    assert rows.smallest(table, "value") == {"name": "b", "value": 2.0}


def test_decimals_and_nulls_of_an_engine() -> None:
    table = pd.DataFrame({"value": [None, Decimal("-1.5"), Decimal("-2.5")]})
    assert rows.largest(table, "value")["value"] == Decimal("-1.5")
    assert rows.smallest(table, "value")["value"] == Decimal("-2.5")


def test_records_are_in_the_order_of_the_rows(table: pd.DataFrame) -> None:
    assert [record["name"] for record in rows.records(table)] == ["a", "b", "c", "d", "e"]
    assert rows.records(table[:0]) == []
    assert rows.first(table[2:])["name"] == "c"


def test_a_finding_names_rows_that_stand_for_thirty() -> None:
    table = pd.DataFrame({"name": ["a", "b"], "customers": [29, 30]})
    assert list(rows.enough(table, "customers")["name"]) == ["b"]
    assert list(rows.enough(table[:1], "customers")["name"]) == ["a"]
