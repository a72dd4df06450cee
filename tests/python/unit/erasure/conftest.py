"""A small warehouse with customers, as a build leaves it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

BUILT = """
create schema marts; create schema segmentation; create schema intermediate; create schema staging;
create schema contract;
create table segmentation.build_runs as select 1 as run_number, 'sample' as dataset;
create table staging.stg_sample__customers (customer_id varchar, identity_id varchar);
create table staging.stg_members__customers (customer_id varchar, identity_id varchar);
create table intermediate.int_checked_customers (
    customer_id varchar primary key, name varchar not null, check (name <> ''));
create table intermediate.int_orders (
    customer_id varchar references intermediate.int_checked_customers (customer_id), cents bigint);
create index orders_by_cents on intermediate.int_orders (cents);
create table segmentation.value_assignments (customer_id bigint, segment_id integer);
create table segmentation.segment_log (
    dataset varchar, variant varchar default 'default', segmentation varchar default 'value',
    as_of date, row_kind varchar, customers bigint, customer_id varchar, segment_slug varchar);
create table marts.fct_customer_segments (customer_id varchar, segment_name varchar);
create table marts.dim_customers (customer_id varchar, identity_id varchar);
create table marts.rpt_reject_reasons (reason varchar, example varchar);
create table contract.orders (customer_id varchar, note varchar);
comment on table marts.dim_customers is 'It''s "all" of them.';
comment on column marts.dim_customers.identity_id is 'Who it is.';
create view marts.rpt_segments as from {database}.marts.fct_customer_segments;
comment on view marts.rpt_segments is 'A view.';
create macro marts.score(people) as table select 1 as x;
"""
FILLED = """
insert into staging.stg_sample__customers values ('{gone}', 'person 1'), ('C-STAYS', 'person 1');
insert into staging.stg_members__customers values ('{gone}', 'somebody else');
insert into intermediate.int_checked_customers
    select 'C-' || range, 'n' from range(3) union all select '{gone}', 'n'
    union all select 'C-' || range, 'n' from range(3, 6);
insert into intermediate.int_orders select customer_id, 7 from intermediate.int_checked_customers;
insert into segmentation.segment_log (dataset, as_of, row_kind, customer_id, segment_slug) values
    ('sample', '2025-02-01', 'change', '{gone}', 'loyal'),
    ('sample', '2025-04-01', 'change', '{gone}', null),
    ('members', '2025-01-01', 'change', '{gone}', 'loyal');
insert into segmentation.segment_log (dataset, as_of, row_kind, customers) values
    ('sample', '2025-01-01', 'day', 5), ('sample', '2025-02-01', 'day', 7),
    ('sample', '2025-03-01', 'day', 8), ('sample', '2025-04-01', 'day', 6),
    ('members', '2025-02-01', 'day', 9);
insert into marts.fct_customer_segments values ('{gone}', 'Lost'), ('C-STAYS', 'Lost');
insert into marts.dim_customers values ('{gone}', 'person 1'), ('C-STAYS', 'person 1');
insert into marts.rpt_reject_reasons values
    ('customer ... is unknown', 'customer ''{gone}'' is unknown'),
    ('twice', 'customers {gone} {gone}1 {gone}, {gone}'), ('other', 'customer ''C-STAYS''');
"""


@pytest.fixture
def make_warehouse(tmp_path: Path) -> Callable[..., Path]:
    def make(gone: str = "ZQX-77", file: str = "warehouse.duckdb") -> Path:
        path = tmp_path / file
        path.write_bytes(_content(gone, file))
        return path

    return make


@cache
def _content(gone: str, file: str) -> bytes:
    """Return the file, which is made once for all tests of a process: a view names it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / file
        with duckdb.connect(str(path)) as connection:
            connection.execute(BUILT.format(database=path.stem))
            connection.execute(FILLED.format(gone=gone))
        return path.read_bytes()


@pytest.fixture
def warehouse(make_warehouse: Callable[..., Path]) -> Path:
    return make_warehouse()
