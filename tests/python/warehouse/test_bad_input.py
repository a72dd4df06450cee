"""Input that must not break a build: a sensible result or a clear error, never a wrong number."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from builds import NO_TESTS, NO_UNIT_TESTS, QUICK, Warehouse

pytestmark = pytest.mark.long

# Segments of customers, all that they are made of, and the data tests of these tables.
SEGMENTS = ("--select", "+fct_customer_segments", "+dim_segments", "+rpt_model_history")
CAUTIOUS = ("--indirect-selection", "cautious", *NO_UNIT_TESTS)

ORDERS = (
    "create table contract.orders (customer_id text, order_id text, ordered_at timestamp,"
    " items double, revenue double, discount double)"
)


def put(warehouse: Warehouse, *statements: str) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("create schema if not exists contract")
        for statement in statements:
            connection.execute(statement)


def rejected(warehouse: Warehouse) -> dict[str, str]:
    rows = warehouse.query("select record_id, rejected_because from marts.rpt_rejects")
    return {str(record): reason for record, reason in rows}


VALUE = "where segmentation = 'value'"


def test_empty_tables(fresh: Warehouse) -> None:
    put(fresh, ORDERS)
    output = fresh.build(*NO_UNIT_TESTS, **QUICK, dataset="warehouse")
    assert "value: nobody to segment as of 2025-12-31; nothing fitted" in output
    assert "prospects: nothing fitted; no segments are predicted" in output
    assert "Warning: Nobody has a segment: no customer was accepted." in output
    for mart in (name for name in fresh.tables() if name.startswith("marts.")):
        counted = {
            "marts.rpt_builds": 1,
            "marts.rpt_fit_decisions": 4,
            # Why there is no forecast.
            "marts.rpt_lifetime_value_model": 1,
            "marts.rpt_rows_read": 5,
            "marts.rpt_shared_identities": 1,
            "marts.rpt_warnings": 1,
        }.get(mart, 0)
        # An empty company still has its one row of everybody, with zeros, or none.
        assert fresh.query(f"select count(*) from {mart}")[0][0] == counted, mart


def test_one_customer(fresh: Warehouse) -> None:
    put(fresh, ORDERS, "insert into contract.orders values ('a', 'o1', '2025-12-30', 1, 5, 0)")
    fresh.build(*SEGMENTS, *CAUTIOUS, **QUICK, dataset="warehouse")
    sizes = f"select segment_slug, share from marts.dim_segments {VALUE} and customers > 0"
    assert fresh.query(sizes) == [("new", 1.0)]
    assert fresh.query(
        "select distance, margin, runner_up_slug, reason_1"
        f" from marts.fct_customer_segments {VALUE}"
    ) == [(0.0, None, "occasional", "1 day since the first purchase")]


def test_identical_customers(fresh: Warehouse) -> None:
    put(
        fresh,
        ORDERS,
        "insert into contract.orders select i, i, '2025-12-30', 1, 5, 0 from range(50) r(i)",
    )
    output = fresh.build(*SEGMENTS, *CAUTIOUS, **QUICK, dataset="warehouse")
    assert "feature monetary is left out: every customer has the same value, 5" in output
    sizes = f"select customers, share from marts.dim_segments {VALUE} and customers > 0"
    assert fresh.query(sizes) == [(50, 1.0)]
    (dropped,) = fresh.query(
        "select features_used, features_dropped from marts.rpt_model_history"
        " where segmentation = 'value'"
    )
    assert dropped[0] == ""
    assert dropped[1].count("every customer has the same value") == 4


@pytest.fixture(scope="module")
def with_errors(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Return what is read of rows with errors of many kinds, all at once."""
    warehouse = Warehouse(tmp_path_factory.mktemp("with_errors"))
    put(
        warehouse,
        ORDERS,
        # A hundred honest customers with three orders each.
        "insert into contract.orders select 'c' || (i % 100), 'h' || i,"
        " timestamp '2025-06-01' + interval 1 day * (i % 211), 1 + i % 3, 10 + i % 37, i % 5"
        " from range(300) r(i)",
        # One customer with 1,500,000 orders.
        "insert into contract.orders select 'busy', 'b' || i,"
        " timestamp '2025-12-01' + interval 1 second * i, 1, 0.01, 0 from range(1500000) r(i)",
        """insert into contract.orders values
        ('O''Brien "é" ✓; drop', 'quotes', '2025-07-01', 1, 20, 0),
        ('absurd', 'absurd', '2025-07-01', 1, 1e12, 0),
        ('refunds only', 'r1', '2025-07-01', -1, -20, 0),
        ('c1', 'refund', '2025-07-01', -1, -5, 0),
        (null, 'no customer', '2025-07-01', 1, 20, 0),
        ('', 'blank customer', '2025-07-01', 1, 20, 0),
        ('c1', 'no date', null, 1, 20, 0),
        ('c1', 'no revenue', '2025-07-01', null, null, null),
        ('c1', 'ancient', '1899-12-31', 1, 20, 0),
        ('c1', 'ahead', '2026-01-01', 1, 20, 0),
        ('c1', 'not a number', '2025-07-01', 1, 'nan', 0),
        ('c1', 'infinite', '2025-07-01', 1, 'inf', 0),
        ('c1', 'half an item', '2025-07-01', 1.5, 20, 0),
        ('c1', 'negative items', '2025-07-01', -1, 20, 0),
        ('c2', 'twice', '2025-07-01', 1, 20, 0),
        ('c2', 'twice', '2025-07-02', 1, 30, 0)""",
        "insert into contract.orders (customer_id, ordered_at, revenue) values"
        " ('c1', '2025-07-01', 1)",
        "create table contract.campaign_activity as select * from (values"
        " ('c3', 1, 5), ('c4', -1, 5), ('nobody', 1, 5), ('c5', 1, null), ('c6', 1, 0))"
        " as t (customer_id, responses, visits)",
    )
    read = ("--select", "+rpt_rejects", "+dim_customers", *CAUTIOUS)
    warehouse.build(*read, **QUICK, dataset="warehouse")
    return warehouse


def test_rows_with_errors_are_rejected_by_name(with_errors: Warehouse) -> None:
    """And good rows keep their numbers."""
    found = rejected(with_errors)
    assert found == {
        "no customer": "no customer_id",
        "blank customer": "no customer_id",
        "no date": "no ordered_at",
        "ancient": "impossible ordered_at 1899-12-31 00:00:00",
        "ahead": "ordered_at 2026-01-01 00:00:00 lies in the future",
        "not a number": "cannot be read: revenue 'nan'",
        "infinite": "cannot be read: revenue 'inf'",
        "half an item": "cannot be read: items '1.5'",
        "negative items": "negative items without money given back",
        "twice": "order_id stands in an earlier row",
        "None": "no order_id",
        "c4": "a negative count",
        "nobody": "customer 'nobody' is not among the accepted customers",
    }
    assert with_errors.query(
        "select customer_id, frequency, monetary from marts.dim_customers"
        " where customer_id in ('busy', 'absurd', 'c2') or customer_id like 'O%' order by 1"
    ) == [
        ('O\'Brien "é" ✓; drop', 1, Decimal("20.00")),
        ("absurd", 1, Decimal("1000000000000.00")),
        ("busy", 1_500_000, Decimal("15000.00")),
        ("c2", 4, Decimal("97.00")),
    ]


def test_customers_with_rows_that_are_rejected_have_segments(
    with_errors: Warehouse, tmp_path: Path
) -> None:
    whole = with_errors.copy(tmp_path)
    whole.build(*NO_UNIT_TESTS, **QUICK, dataset="warehouse")
    assert rejected(whole) == rejected(with_errors)
    assert whole.query(
        "select segment_slug, reason_1 from marts.fct_customer_segments"
        f" {VALUE} and customer_id = 'refunds only'"
    ) == [("unassigned", "no purchase up to 2025-12-31")]
    assert whole.query(
        f"select count(*) from marts.fct_customer_segments {VALUE} and segment_slug <> 'unassigned'"
    ) == [(103,)]


def test_columns_that_are_missing_or_more_than_needed(fresh: Warehouse) -> None:
    put(fresh, "create table contract.orders as select 'a' as customer_id, 5 as revenue")
    done = fresh.dbt("build", "--select", "+int_customers", dataset="warehouse", **QUICK)
    assert done.returncode != 0
    put(fresh, "drop table contract.orders")
    done = fresh.dbt("build", dataset="warehouse", **QUICK)
    assert done.returncode != 0
    assert (
        done.stdout.count("in which a table orders, customer_activity or customers is needed") == 1
    )
    put(
        fresh,
        'create table contract.orders as select 1 as extra, 2 as "REVENUE", 3 as "Order_ID",'
        " '2025-12-30 23:30:00-05' as ordered_at, 9 as customer_id",
    )
    fresh.build("--select", "+dim_customers", *NO_TESTS, dataset="warehouse", **QUICK)
    # An hour with an offset is that of UTC, as it is in a column of timestamps with a time zone.
    assert fresh.query(
        "select customer_id, frequency, monetary, last_purchase_on::varchar"
        " from marts.dim_customers"
    ) == [("9", 1, Decimal("2.00"), "2025-12-31")]


def test_tables_as_loaders_leave_them(fresh: Warehouse) -> None:
    """Names in another case, ids of two types, blanks, time zones, a loader's own columns."""
    put(
        fresh,
        "create table contract.Orders as select cast(i % 20 as double) as Customer_ID,"
        " ' o' || i || ' ' as order_id, ' ' || (10 + i % 7) || ' ' as revenue,"
        " timestamptz '2025-12-31 23:30:00+00' - interval (i) day as ordered_at"
        " from range(200) r(i)",
        "create table contract.Customers as select cast(i as integer) as customer_id,"
        " '' as birth_year, ' ' as children, 'line ' || i as source_row, 'x' as unreadable"
        " from range(20) r(i)",
        "create table contract.product_activity as select * from (values"
        " ('1', 'fish', '2025-06-01', '100'), ('1', 'fish', '31/12/1999', '1000'),"
        " ('2', 'meat', null, 'ten'), ('nobody', 'meat', null, '5'))"
        " as t (customer_id, product_category, bought_on, revenue)",
        "create schema theirs",
        "create table theirs.backup__dbt_tmp_mine as select 42 as x",
        "create view theirs.view__dbt_tmp as select 42 as x",
    )
    marts = ("--select", "+rpt_warnings", "+rpt_segment_preferences", "+dim_customers")
    output = fresh.build(
        *marts, *CAUTIOUS, **QUICK, dataset="warehouse", warehouse_schema="CONTRACT"
    )
    assert (
        "Warning: 75.0 % of the rows of product_activity were rejected (3 of 4), most often because"
    ) in output
    # One data test counts the warnings.
    assert "WARN=1 " in output
    assert fresh.query("select * from marts.rpt_rows_read where rows_read > 0 order by 1") == [
        ("customers", 20, 20, 0, 0),
        ("orders", 200, 200, 0, 0),
        ("product_activity", 4, 1, 3, 0),
    ]
    assert fresh.query("select max(last_purchase_on)::varchar from marts.dim_customers") == [
        ("2025-12-31",)
    ]
    assert fresh.query(
        f"select product_category, revenue from marts.rpt_segment_preferences {VALUE}"
    ) == [("fish", Decimal("100.00"))]
    assert fresh.query("from theirs.backup__dbt_tmp_mine, theirs.view__dbt_tmp") == [(42, 42)]


def test_totals_instead_of_orders(fresh: Warehouse) -> None:
    """Their year is their own, whatever the window; a total without a number is rejected."""
    put(
        fresh,
        "create table contract.customer_activity as select 'c' || i as customer_id,"
        " date '2025-12-31' - cast(i as integer) as last_purchase_on, 1 + i % 9 as purchases,"
        " 10.0 * (1 + i % 13) as revenue from range(100) r(i)",
        "insert into contract.customer_activity values"
        " ('no number', '2025-01-01', null, 5), ('ancient', '0166-01-01', 1, 1)",
    )
    marts = ("--select", "+rpt_rejects", "+rpt_segment_value")
    fresh.build(*marts, *CAUTIOUS, **QUICK, dataset="warehouse", lrfm_window_days=30)
    assert rejected(fresh) == {"no number": "no purchases", "ancient": "a purchase before 1900"}
    assert fresh.query(
        "select sum(revenue) = sum(potential_value_per_year), sum(customers)"
        f" from marts.rpt_segment_value {VALUE}"
    ) == [(True, 102)]


def test_customers_alone(fresh: Warehouse) -> None:
    """People without purchases have a profile; nobody has to invent purchases for them."""
    put(
        fresh,
        "create table contract.customers as select i as customer_id, 20 + (i * 37) % 50 as age,"
        " if(i % 2 = 0, 'Female', 'Male') as gender, if(i % 3 = 0, 'gold', 'basic') as plan,"
        " 'Person ' || i as name from range(60) r(i)",
    )
    profile = {"features": ["age"], "categorical_features": ["gender", "plan"], "k": 3}
    options = {**QUICK, "profile_options": {**QUICK["profile_options"], **profile}}
    fresh.build(*SEGMENTS, "+rpt_rows_read", *CAUTIOUS, **options, dataset="warehouse")
    assert fresh.query(
        "select distinct segment_slug, reason_1 from marts.fct_customer_segments"
        " where segmentation = 'value'"
    ) == [("unassigned", "the data set has no purchases")]
    assert fresh.query(
        "select count(*), count(distinct segment_slug) from marts.fct_customer_segments"
        " where segmentation = 'profile' and segment_slug <> 'unassigned'"
    ) == [(60, 3)]
    assert fresh.query(
        "select features_used from marts.rpt_model_history where segmentation = 'profile'"
    ) == [("age, gender, plan",)]
    assert fresh.query("select * from marts.rpt_rows_read where rows_read > 0") == [
        ("customers", 60, 60, 0, 0)
    ]


def test_a_file_that_is_missing_or_lacks_a_column(
    fresh: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEGMENTATION_DATA_DIR", raising=False)
    done = fresh.dbt("build", dataset="marketing_campaign", **QUICK)
    assert done.stdout.count("the environment variable SEGMENTATION_DATA_DIR names") == 1
    monkeypatch.setenv("SEGMENTATION_DATA_DIR", str(tmp_path))
    done = fresh.dbt("build", dataset="marketing_campaign", **QUICK)
    assert done.stdout.count("There is no file") == 1
    (tmp_path / "marketing_campaign").mkdir()
    (tmp_path / "marketing_campaign" / "marketing_campaign.csv").write_text("ID\tIncome\n1\t2\n")
    done = fresh.dbt("build", dataset="marketing_campaign", **QUICK)
    assert done.stdout.count("lacks 24 of the columns that are needed: birth_year (called") == 1


def test_values_that_the_seed_does_not_know(
    fresh: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are kept and listed, the build is green and warns, and nobody is lost."""
    monkeypatch.setenv("SEGMENTATION_DATA_DIR", str(tmp_path))
    (tmp_path / "members").mkdir()
    (tmp_path / "members" / "customer_segments.tsv").write_text(
        "Annual Spend\tName\tcustomer_id\tGender\tAge\tProfession\tResidence Type\n"
        "5000000\tIda\tM1\tWanita\t31\tPilot\tCluster\n"
        "6000000\tIwan\tM2\tmale\t41\tpilot\tSector\n"
        "7000000\tAyu\tM3\tFemale\t\tPilot\tcluster\n"
        "8000000\tBudi\tM4\tPria\t51\tIBU RUMAH TANGGA\t\n"
        "lots\tEka\tM5\tPria\t61\tWiraswasta\tSector\n",
        encoding="utf-8",
    )
    output = fresh.build(*NO_UNIT_TESTS, dataset="members", **QUICK)
    assert (
        "Warning: Column profession has values that the seed source_values does not know: 2, most"
        " often 'Pilot'."
    ) in output
    assert (
        "Warning: 20.0 % of the rows of customers were rejected (1 of 5), most often because:"
        " cannot be read: annual_spend 'lots' (1)."
    ) in output
    # A data set without any purchases is not expected to have value segments.
    assert "Nobody has a segment" not in output
    assert fresh.query("from marts.rpt_unknown_values") == [
        ("profession", "Pilot", 2),
        ("profession", "pilot", 1),
    ]
    assert fresh.query(
        "select customer_id, gender, age, profession, residence_type, annual_spend"
        " from marts.dim_customers"
    ) == [
        ("M1", "Female", 31, "Pilot", "Cluster", Decimal("5000000.00")),
        ("M2", "Male", 41, "pilot", "Sector", Decimal("6000000.00")),
        ("M3", "Female", None, "Pilot", "Cluster", Decimal("7000000.00")),
        ("M4", "Male", 51, "Homemaker", None, Decimal("8000000.00")),
    ]
    assert rejected(fresh) == {"M5": "cannot be read: annual_spend 'lots'"}
    # They state what they spend in a year and bought nothing that anybody knows of.
    assert fresh.query(
        "select distinct segment_slug, reason_1 from marts.fct_customer_segments"
        " where segmentation = 'value'"
    ) == [("unassigned", "the data set has no purchases")]
    assert fresh.query(
        "select customers, revenue, potential_value_per_year from marts.rpt_segment_value"
        " where segmentation = 'value'"
    ) == [(4, Decimal("0.00"), Decimal("26000000.00"))]
    # The names of people are nowhere, not in what is said of a rejected row either.
    tables = [name for name in fresh.tables() if not name.startswith("seeds.")]
    assert "intermediate.int_rejects" in tables
    with fresh.reading() as connection:
        for table in tables:
            rows = connection.sql(f"select to_json(t)::varchar from {table} as t").fetchall()
            assert not [row for row in rows if "Eka" in row[0] or "Budi" in row[0]], table


def test_every_line_of_a_file_is_accounted_for(
    fresh: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stray quotes, a quoted cell of two lines, a NUL, ids that are none; and no name anywhere."""
    rows = [
        [f"M{n}", f"Ida {n}", "Pria", str(20 + n % 60), "Pelajar", "Sector", str(1000 * n)]
        for n in range(1, 1001)
    ]
    rows[9][1], rows[499][1] = '"Ida 10', 'Ida 500"'
    rows[599][1] = '"Ida 600'
    rows[699].append("Ida and more")
    rows[700][1] = "Ida\0"
    rows[701][0] = "\xa0\u200b"
    rows[702][0] = "NaN"
    rows[703][1] = '"Ida\nof two lines"'
    header = "Customer_ID\tName\tGender\tAge\tProfession\tResidence Type\tAnnual Spend"
    (tmp_path / "members").mkdir()
    (tmp_path / "members" / "customer_segments.tsv").write_text(
        "\n".join([header, *("\t".join(row) for row in rows)]), encoding="utf-8"
    )
    monkeypatch.setenv("SEGMENTATION_DATA_DIR", str(tmp_path))
    reports = ("--select", "+rpt_rows_read", "+rpt_rejects", "--indirect-selection", "cautious")
    fresh.build(*NO_UNIT_TESTS, *reports, dataset="members", **QUICK)
    assert fresh.query("from marts.rpt_rows_read where source_table = 'customers'") == [
        ("customers", 1001, 995, 6, 0)
    ]
    found = fresh.query(
        "select source_row, customer_id, rejected_because from marts.rpt_rejects order by 1"
    )
    quoted = (
        ", within the quote that opens in line 705, cell 2, and would take the lines up to line 706"
        " into one cell"
    )
    assert found == [
        (
            700,
            None,
            "cannot be read: cells that do not fit the header: line 701 (8 cells, the header has 7;"
            " 55 characters)",
        ),
        (
            701,
            None,
            "cannot be read: a NUL character: line 702 (7 cells, the header has 7; 39 characters)",
        ),
        (702, None, "no customer_id"),
        (703, None, "no customer_id"),
        (
            704,
            None,
            "cannot be read: a quote over several lines: line 705 (2 cells, the header has 7;"
            f" 9 characters){quoted}",
        ),
        (
            705,
            None,
            "cannot be read: a quote over several lines: line 706 (6 cells, the header has 7;"
            f" 43 characters){quoted}",
        ),
    ]
    assert fresh.query(
        "select customer_id, age, annual_spend from intermediate.int_checked_customers"
        " where customer_id in ('M10', 'M11', 'M500', 'M600') order by source_row"
    ) == [(f"M{n}", 20 + n % 60, Decimal(1000 * n)) for n in (10, 11, 500, 600)]
    tables = [name for name in fresh.tables() if not name.startswith(("seeds.", "source_"))]
    assert "staging.stg_members__customers" in tables
    named = "select 1 from {} as t where to_json(t)::varchar like '%Ida%'"
    with fresh.reading() as connection:
        for table in tables:
            assert not connection.sql(named.format(table)).fetchall(), table
