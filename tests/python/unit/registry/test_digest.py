"""The digest of a row: the same for the same values, another for any other."""

from __future__ import annotations

import copy
import datetime
import math
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.registry.digest import DIGEST, row_digest, with_digests

ROW: dict[str, Any] = {
    "version": "value-0001",
    "number": 1,
    "flag": True,
    "real": 0.1,
    "day": datetime.date(2025, 12, 31),
    "time": datetime.datetime(2025, 12, 31, 1, 2, 3, 4),
    "bytes": b"\x00\xff",
    "empty": None,
    "rows": [{"name": "a", "values": [1.0, None, -0.0], "inner": {"x": None, "y": 2}}, None],
}
SCHEMA = pa.schema(
    {
        "text": pa.string(),
        "whole": pa.int64(),
        "real": pa.float64(),
        "flag": pa.bool_(),
        "day": pa.date32(),
        "time": pa.timestamp("us"),
        "bytes": pa.binary(),
        "reals": pa.list_(pa.list_(pa.float64())),
        "rows": pa.list_(pa.struct({"name": pa.string(), "value": pa.float64()})),
        DIGEST: pa.string(),
    }
)
_reals = st.none() | st.floats()
_records = st.fixed_dictionaries(
    {
        # The engine's text holds no surrogate.
        "text": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
        "real": _reals,
        "flag": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
        "time": st.none() | st.datetimes(),
        "bytes": st.none() | st.binary(),
        "reals": st.none() | st.lists(st.none() | st.lists(_reals, max_size=3), max_size=3),
        "rows": st.none()
        | st.lists(st.fixed_dictionaries({"name": st.none() | st.just("a"), "value": _reals})),
    }
)


def test_the_digested_text_never_changes() -> None:
    """Or stored models would be taken for damaged ones after an upgrade."""
    assert row_digest(ROW) == "4a5a31f1ef313a0dfb9a93fbae30561ccc25a79f762ea331325acbd155b49706"


@given(record=_records)
def test_a_row_keeps_its_digest_in_the_engine(
    connection_of_examples: duckdb.DuckDBPyConnection, record: dict[str, Any]
) -> None:
    table = with_digests(pa.Table.from_pylist([record], schema=SCHEMA))
    connection_of_examples.register("written", table)
    connection_of_examples.execute("create or replace table stored as from written")
    (stored,) = connection_of_examples.execute("from stored").to_arrow_table().to_pylist()
    assert stored[DIGEST] == row_digest(stored) == row_digest(record)


def test_neither_order_nor_later_columns_nor_the_digest_itself_count() -> None:
    backwards = dict(reversed(ROW.items()))
    assert row_digest({**backwards, "later": None, DIGEST: "any"}) == row_digest(ROW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in ROW if name != "empty"),
        ("version", "value-0002"),
        ("number", True),
        ("number", 1.0),
        ("number", "1"),
        ("flag", 1),
        ("real", math.nextafter(0.1, 1)),
        ("real", math.nan),
        ("day", datetime.date(2026, 1, 1)),
        ("day", "2025-12-31"),
        ("time", datetime.datetime(2025, 12, 31, 1, 2, 3, 5)),
        ("bytes", b"\x00\xfe"),
        ("bytes", "00ff"),
        ("empty", ""),
        ("empty", []),
    ],
)
def test_any_other_value_is_another_digest(name: str, value: Any) -> None:
    assert row_digest({**ROW, name: value}) != row_digest(ROW)


def test_so_is_any_other_value_within() -> None:
    changes: list[Any] = [
        lambda rows: rows.reverse(),
        lambda rows: rows.pop(),
        lambda rows: rows[0].update(name="b"),
        lambda rows: rows[0]["values"].__setitem__(1, 0.0),
        lambda rows: rows[0]["values"].__setitem__(2, 0.0),
        lambda rows: rows[0]["inner"].update(x=0),
        lambda rows: rows[0].update(inner=None),
    ]
    digests = {row_digest(ROW)}
    for change in changes:
        row = copy.deepcopy(ROW)
        change(row["rows"])
        digests.add(row_digest(row))
    assert len(digests) == len(changes) + 1
