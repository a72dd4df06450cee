"""Cells of a table: the mart's value beside what people read."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
from segmentation.report.content import Column, Table
from segmentation.report.formats import COUNT, DATE, MONEY, SHARE


def test_cells_have_the_exact_value_and_the_written_one() -> None:
    rows = pd.DataFrame(
        {
            "left_out": [1, 2],
            "share": [1 / 3, None],
            "name": ['a <b> "c"', None],
            "customers": [1234, 5],
            "revenue": [1234.5, np.nan],
            "on": [pd.Timestamp("2025-12-31"), pd.NaT],
            "is_chosen": [True, False],
        }
    )
    columns = [
        *(Column("name", "name"), Column("customers", "n", COUNT), Column("share", "s", SHARE)),
        *(Column("revenue", "r", MONEY), Column("on", "on", DATE), Column("is_chosen", "chosen")),
    ]
    assert Table(columns, rows).cells == [
        [
            ('a <b> "c"', 'a <b> "c"'),
            ("1234", "1,234"),
            (repr(1 / 3), "33.3%"),
            ("1234.5", "1,234"),
            ("2025-12-31 00:00:00", "2025-12-31"),
            ("True", "yes"),
        ],
        [("", "–"), ("5", "5"), ("", "–"), ("", "–"), ("", "–"), ("False", "no")],
    ]


def test_a_number_can_be_read_back() -> None:
    """The smallest difference between two doubles is there."""
    values = [0.1 + 0.2, 0.3, 1e-300, -0.0, np.float64(2) ** 60]
    cells = Table([Column("x", "x", SHARE)], pd.DataFrame({"x": values})).cells
    assert [float(exact) for ((exact, _),) in cells] == values


def test_a_table_without_rows() -> None:
    rows = pd.DataFrame({"x": pd.Series(dtype=float), "day": pd.Series(dtype="datetime64[us]")})
    assert Table([Column("x", "x"), Column("day", "day", DATE)], rows).cells == []


def test_a_date_of_python() -> None:
    rows = pd.DataFrame({"day": [datetime.date(2025, 1, 2)]})
    assert Table([Column("day", "day", DATE)], rows).cells == [[("2025-01-02", "2025-01-02")]]


def test_sentences_are_told_from_names() -> None:
    rows = pd.DataFrame({"name": ["At Risk"], "why": ["Bought every 9 days. " * 3], "n": [1]})
    columns = [Column("name", "name"), Column("why", "why"), Column("n", "n", COUNT)]
    assert Table(columns, rows).are_long == [False, True, False]
    assert Table(columns, rows[:0]).are_long == [False, False, False]
