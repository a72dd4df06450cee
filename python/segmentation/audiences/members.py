"""The customers of a segment as the marts have them today."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from segmentation.audiences.audience import AudienceError, unknown_segment
from segmentation.engine.sql import text_literal
from segmentation.published.read_marts import Marts

# What is read, by mart. A file that an earlier version published may lack some.
_COLUMNS = {
    "dim_segments": (
        *("segmentation", "segment_slug", "segment_name", "strategy", "channel"),
        *("dataset", "as_of"),
    ),
    "fct_customer_segments": (
        *("segmentation", "segment_slug", "customer_id", "expected_loss"),
        *("reason_1", "reason_2", "reason_3"),
    ),
    "dim_customers": ("customer_id", "monetary", "responses"),
}

# What an audience's file tells of a customer.
FILE_COLUMNS = (
    *("customer_id", "spend", "expected_loss", "reason_1", "reason_2", "reason_3"),
    *("segmentation", "segment_slug", "segment_name", "strategy", "channel", "as_of"),
)


@dataclass(frozen=True)
class Members:
    """The customers of a segment.

    Attributes
    ----------
    dataset : str
        The data set that the marts are of.
    rows : pyarrow.Table
        One row a customer, with ``FILE_COLUMNS`` and `responses`. The largest expected loss comes
        first, then the largest spend, then the smallest customer id.
    """

    dataset: str
    rows: pa.Table


def read_members(marts: Marts, segmentation: str, segment_slug: str) -> Members:
    """Read the customers of a segment.

    Parameters
    ----------
    marts : Marts
        Of a published file or a warehouse.
    segmentation, segment_slug : str

    Raises
    ------
    AudienceError
        If there is no such segment, or an earlier version wrote the marts.
    """
    _check_columns(marts)
    rows = marts.connection.sql(
        "select segmentation, segment_slug, dataset from dim_segments order by all"
    ).fetchall()
    datasets = {f"{one}/{slug}": str(dataset) for one, slug, dataset in rows}
    segment = f"{segmentation}/{segment_slug}"
    if segment not in datasets:
        raise unknown_segment(segment, datasets)
    found = marts.connection.sql(
        f"""
        select
            segments.customer_id,
            customers.monetary as spend,
            segments.expected_loss,
            segments.reason_1,
            segments.reason_2,
            segments.reason_3,
            segments.segmentation,
            segments.segment_slug,
            named.segment_name,
            named.strategy,
            named.channel,
            named.as_of,
            cast(customers.responses as bigint) as responses
        from fct_customer_segments as segments
        inner join dim_segments as named
            on
                segments.segmentation = named.segmentation
                and segments.segment_slug = named.segment_slug
        left join dim_customers as customers
            on segments.customer_id = customers.customer_id
        where
            segments.segmentation = {text_literal(segmentation)}
            and segments.segment_slug = {text_literal(segment_slug)}
        order by
            segments.expected_loss desc nulls last,
            customers.monetary desc nulls last,
            segments.customer_id asc
        """
    )
    return Members(datasets[segment], found.to_arrow_table())


def _check_columns(marts: Marts) -> None:
    there: dict[str, set[str]] = {}
    for table, column in marts.connection.sql(
        "select table_name, column_name from information_schema.columns"
        f" where table_catalog = current_database() and table_schema = {text_literal(marts.schema)}"
    ).fetchall():
        there.setdefault(table, set()).add(column)
    missing = [
        f"{table}.{column}"
        for table, columns in _COLUMNS.items()
        for column in columns
        if column not in there.get(table, set())
    ]
    if missing:
        raise AudienceError(
            f"{marts.path} lacks {', '.join(missing)}: an earlier version wrote it, or a build that"
            " did not get that far. Run dbt build with this version."
        )
