"""A small warehouse, as a build leaves it, as far as a backfill reads it before dbt begins."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

TABLES = """
    create schema intermediate;
    create schema segmentation;
    create schema marts;
    create table intermediate.int_run_settings as select 'shop' as dataset, 'default' as variant,
        date '2025-12-31' as as_of, 365 as lrfm_window_days;
    create table intermediate.int_purchase_days as
        select 'C1' as customer_id, date '2025-03-15' as purchased_on;
    create table segmentation.current_models as
        select segmentation, 'shop' as dataset, 'default' as variant,
            segmentation || '-0001-aaaaaaaa' as model_version, date '2025-06-30' as as_of
        from (values ('value'), ('profile'), ('lifetime_value')) as models (segmentation);
    create table segmentation.segment_log as
        select 'shop' as dataset, 'default' as variant, segmentation, as_of, row_kind,
            customer_id, segment_slug, segment_slug as segment_name,
            'value-0001-aaaaaaaa' as model_version
        from (values
            ('value', date '2025-12-31', 'day', null, null),
            ('profile', date '2025-12-31', 'day', null, null),
            ('prospects', date '2025-12-31', 'day', null, null),
            ('value', date '2025-12-31', 'change', 'C1', 'loyal'),
            ('value', date '2025-09-30', 'day', null, null)
        ) as days (segmentation, as_of, row_kind, customer_id, segment_slug);
    create table segmentation.build_runs as
        select 1 as run_number, 'first' as run_id, 'build' as command,
            timestamp '2025-12-31 10:00:00' as started_at,
            timestamp '2025-12-31 10:01:40' as ended_at, 'shop' as dataset, 'default' as variant,
            date '2025-12-31' as as_of, false as refit, false as is_empty, 9 as models,
            9 as models_selected, 9 as models_built, 0 as nodes_failed, 0 as nodes_skipped,
            '{}' as models_before;
    create table marts.fct_customer_segment_history as
        select segmentation, customer_id, segment_slug, segment_name, as_of as valid_from
        from segmentation.segment_log where row_kind = 'change';
"""


def write_history(file: Path) -> Path:
    """Write the warehouse into a file that is not there yet."""
    file.write_bytes(_content())
    return file


@cache
def _content() -> bytes:
    """Return the file, which is made once for all tests of a process."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "history.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute(TABLES)
        return file.read_bytes()
