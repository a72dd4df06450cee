"""The hash that decides who is held out."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest
from segmentation.audiences.audience import AudienceError
from segmentation.audiences.buckets import bucket_of, is_held_out, read_percentage

# What can be written as UTF-8.
texts = st.text(st.characters(codec="utf-8"))
shares = st.floats(0, 1)


@given(texts, texts)
def test_a_bucket_is_from_0_up_to_1(seed: str, customer_id: str) -> None:
    bucket = bucket_of(seed, customer_id)
    assert 0 <= bucket < 1
    assert bucket == bucket_of(seed, customer_id)
    assert not is_held_out(bucket, 0.0)
    assert is_held_out(bucket, 1.0)


@given(texts, texts, shares, shares)
def test_a_campaign_that_grows_moves_nobody_out_of_it(
    seed: str, customer_id: str, one: float, other: float
) -> None:
    smaller, larger = sorted((one, other))
    bucket = bucket_of(seed, customer_id)
    # A smaller holdout is a larger campaign.
    assert is_held_out(bucket, larger) or not is_held_out(bucket, smaller)


def test_buckets_stay_what_they_are() -> None:
    """Written down once: another version, or another machine, must give the same."""
    assert bucket_of("win_back", "C0001") == 0.561119539153182
    assert bucket_of("win_back", "C0002") == 0.8294500302387706
    assert bucket_of("spring", "C0001") == 0.958767553565723
    assert bucket_of("", "") == int("e7ac0786668e0", 16) / 2**52


def test_sql_gives_the_same_buckets(connection: duckdb.DuckDBPyConnection) -> None:
    ids = [f"C{number}" for number in range(500)] + ["Zoë", "客户", "a:b", ""]
    connection.execute("create table customers as select unnest($1) as customer_id", [ids])
    rows = connection.sql(
        "select customer_id, cast('0x' || substr(sha256('s:' || customer_id), 1, 13) as bigint)"
        " / 4503599627370496 from customers"
    ).fetchall()
    assert [bucket_of("s", customer) for customer, _ in rows] == [bucket for _, bucket in rows]


def test_buckets_are_spread_evenly_and_seeds_are_independent() -> None:
    one = [bucket_of("one", str(number)) for number in range(5000)]
    other = [bucket_of("other", str(number)) for number in range(5000)]
    assert kstest(one, "uniform").pvalue > 0.01
    both = sum(a < 0.5 and b < 0.5 for a, b in zip(one, other, strict=True))
    assert abs(both - 1250) < 4 * (5000 * 0.25 * 0.75) ** 0.5


@pytest.mark.parametrize(
    ("text", "share"),
    [("10%", 0.1), (" 2.5 % ", 0.025), ("0%", 0.0), ("100%", 1.0), ("33.3%", 0.333)],
)
def test_percentages(text: str, share: float) -> None:
    assert read_percentage(text) == share


@pytest.mark.parametrize(
    "text", ["", "10", "0.1", "-1%", "100.1%", "101%", "nan%", "ten %", "1e1%"]
)
def test_what_is_no_percentage_is_named(text: str) -> None:
    with pytest.raises(AudienceError, match="from 0% to 100%") as raised:
        read_percentage(text)
    assert f"'{text}'" in str(raised.value)
