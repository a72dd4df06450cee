"""How the dates in a column are written: found in values, and asked where values do not say."""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow as pa
import pytest
from builds import PROJECT
from hypothesis import given
from hypothesis import strategies as st
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.onboarding.date_formats import (
    ISO,
    OFFSET,
    READ_AS_DAY,
    DateEvidence,
    DateFormatError,
    date_evidence,
    strptime_format,
)

FORMATS = (
    *("dd.mm.yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "dd-mm-yyyy", "yyyy/mm/dd", "yyyymmdd"),
    *("dd.mm.yy", "mm/dd/yy", "dd mon yyyy", "dd-mon-yyyy", "mon dd, yyyy", "yyyy.mm.dd"),
    *("dd.mm.yyyy hh:mi", "dd/mm/yyyy hh:mi:ss", "mm/dd/yyyy hh12:mi am", ISO),
)
MOMENTS = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2037, 12, 31))


def evidence_of(values: list[str | None]) -> DateEvidence:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("t", pa.table({"d": pa.array(values, pa.string())}))
        return date_evidence(DuckDBEngine(connection), "t", "d")


def written(moment: dt.datetime, name: str) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S" if name == ISO else strptime_format(name))


@pytest.mark.long
@given(st.lists(MOMENTS, min_size=1, max_size=30), st.sampled_from(FORMATS))
def test_a_format_is_found_in_what_it_wrote(moments: list[dt.datetime], name: str) -> None:
    """It is the only one, or one of those between which the values do not decide."""
    found = evidence_of([written(moment, name) for moment in moments])
    assert found.read == len(moments)
    choices = {choice for order in found.open_orders for choice, _ in order.choices}
    assert name in {*found.formats, *choices}
    if not found.open_orders:
        assert found.formats == (name,)
    if any(moment.day > 12 for moment in moments):
        assert not found.open_orders


@pytest.mark.long
@given(st.lists(MOMENTS, min_size=1, max_size=30), st.sampled_from(FORMATS))
def test_a_decided_format_reads_back_what_it_wrote(moments: list[dt.datetime], name: str) -> None:
    if name == ISO:
        return
    values = [written(moment, name) for moment in moments]
    # Without them 01.02.2003 is both.
    values.append(written(dt.datetime(2003, 1, 31), name))
    (found,) = evidence_of(values).formats
    with duckdb.connect(config={"threads": 1}) as connection:
        days = connection.execute(
            "select try_strptime(unnest(?::varchar[]), [?])::date", [values, strptime_format(found)]
        ).fetchall()
    assert [day for (day,) in days[:-1]] == [moment.date() for moment in moments]


def test_day_and_month_that_look_alike_are_open() -> None:
    found = evidence_of(["03/04/2017", "05/06/2017", None])
    assert found.formats == ()
    assert found.open_orders[0].choices == (("dd/mm/yyyy", 0), ("mm/dd/yyyy", 0))
    assert "day and month look alike" in found.reason


def test_both_orders_in_one_column_are_open_and_counted() -> None:
    found = evidence_of(["31/01/2017", "01/31/2017", "12/31/2017", "02/03/2017"])
    assert found.open_orders[0].choices == (("dd/mm/yyyy", 2), ("mm/dd/yyyy", 1))


def test_two_formats_in_one_column_are_both_found() -> None:
    found = evidence_of(["31.01.2017", "2017-02-01", "01.03.2017", "nobody knows"])
    assert found.formats == ("dd.mm.yyyy", ISO)
    assert found.read == 3


@pytest.mark.parametrize(
    "impossible", ["31.02.2024", "2024-02-30", "20240231", "31 Feb 2024", "30/02/2024"]
)
def test_a_date_that_does_not_exist_is_not_read(impossible: str) -> None:
    dates = ["31.01.2024", "2024-01-31", "20240131", "31 Jan 2024", "31/01/2024"]
    found = evidence_of([*dates, impossible])
    assert set(found.formats) == {"dd.mm.yyyy", ISO, "yyyymmdd", "dd mon yyyy", "dd/mm/yyyy"}
    assert found.open_orders == ()
    assert found.read == len(dates)


@pytest.mark.parametrize("impossible", ["31/02/2024", "02/30/2024", "31/31/2024", "0/13/2024"])
def test_a_date_that_exists_in_no_order_does_not_decide(impossible: str) -> None:
    found = evidence_of(["03/04/2024", "05/06/2024", impossible])
    assert found.formats == ()
    assert found.open_orders[0].choices == (("dd/mm/yyyy", 0), ("mm/dd/yyyy", 0))
    assert found.read == 2
    assert found.reason == ("neither number is above 12 in any of 2 rows: day and month look alike")


def test_leap_days_of_years_of_two_digits() -> None:
    assert evidence_of(["29.02.24", "29.02.00", "29.02.72"]).read == 3
    assert evidence_of(["29.02.24", "29.02.23", "29.02.99"]).read == 1


def test_the_reason_says_how_many_rows_decide() -> None:
    assert evidence_of(["03/04/2024", "31/01/2024"]).reason == (
        "the first number is above 12 in 1 of 2 rows, the second in none: the day comes first"
    )
    assert evidence_of(["03/04/2024", "01/31/2024"]).reason == (
        "the second number is above 12 in 1 of 2 rows, the first in none: the month comes first"
    )


def test_a_column_of_dates_that_do_not_exist_holds_none() -> None:
    assert evidence_of(["31.02.2024", "30.02.2024"]) == DateEvidence()


@pytest.mark.long
@given(
    st.lists(
        st.builds(
            "{:02}{}{:02}{}{}".format,
            st.integers(0, 32),
            st.sampled_from("/.-"),
            st.integers(0, 32),
            st.sampled_from("/.-"),
            st.sampled_from(["2023", "2024", "23", "24", "1900"]),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_read_is_what_the_formats_read(values: list[str]) -> None:
    """With every choice of an open order, and less the rows that a choice is said to lose."""
    found = evidence_of(values)

    def read_by(formats: set[str]) -> int:
        if not formats:
            return 0
        with duckdb.connect(config={"threads": 1}) as connection:
            written = [strptime_format(name) for name in formats]
            ((rows,),) = connection.execute(
                f"select count(try_strptime(v, {written})) from (select unnest(?::varchar[]) as v)",
                [values],
            ).fetchall()
        return int(rows)

    choices = {name for order in found.open_orders for name, _ in order.choices}
    everything = {*found.formats, *choices}
    assert read_by(everything) == found.read
    for order in found.open_orders:
        (first, lost_by_first), (second, lost_by_second) = order.choices
        assert read_by(everything - {second}) == found.read - lost_by_first
        assert read_by(everything - {first}) == found.read - lost_by_second


def test_iso_dates_are_read_as_the_macro_reads_them() -> None:
    """What init counts as rejected is what the models of a build reject."""
    macros = (PROJECT / "macros" / "reading" / "numbers_and_dates.sql").read_text("utf-8")
    for pattern in (READ_AS_DAY, OFFSET):
        assert '"' + pattern.replace("\\", "\\\\") + '"' in macros
    values = ["2024-01-31 10:00:00,5", "2024-01-31T10:00", "2024-01-31 10:00 pm", "2024-1-31"]
    assert evidence_of(values).read == 2


def test_an_offset_is_seen() -> None:
    assert evidence_of(["2017-01-31T10:00:00Z"]).has_offset
    assert not evidence_of(["2017-01-31 10:00:00"]).has_offset


@pytest.mark.parametrize("values", [["1234"], ["12.5"], ["1.2.3.4"], ["+49 30 123"], ["a"], []])
def test_what_is_no_date(values: list[str | None]) -> None:
    assert evidence_of(values).read == 0


def test_a_format_without_a_year_is_refused() -> None:
    with pytest.raises(DateFormatError, match=r"'dd\.mm' is no format of dates"):
        strptime_format("dd.mm")
