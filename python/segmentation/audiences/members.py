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

# What is forecast of a customer; a file that an earlier version published lacks it.
_FORECASTS = "fct_customer_value_forecast"
_FORECAST_COLUMNS = ("expected_revenue_90_days", "probability_active", "lifetime_value")


@dataclass(frozen=True)
class Members:
    """The customers of a segment.

    Attributes
    ----------
    dataset : str
        The data set that the marts are of.
    rows : pyarrow.Table
        One row a customer: what :func:`told` leaves in, and `responses`. The largest expected loss
        comes first, then the largest spend, then the smallest customer id.
    """

    dataset: str
    rows: pa.Table


def told(customers: pa.Table) -> pa.Table:
    """Return what an audience's file tells of customers."""
    return customers.drop_columns(["responses"])


def read_members(
    marts: Marts, segmentation: str, segment_slug: str, top: int | None = None
) -> Members:
    """Read the customers of a segment.

    Parameters
    ----------
    marts : Marts
        Of a published file or a warehouse.
    segmentation, segment_slug : str
    top : int, optional
        Read no more than so many, those with the largest expected losses.

    Raises
    ------
    AudienceError
        If there is no such segment, or an earlier version wrote the marts.
    """
    has_forecasts = _check_columns(marts)
    rows = marts.connection.sql(
        "select segmentation, segment_slug, dataset from dim_segments order by all"
    ).fetchall()
    datasets = {f"{one}/{slug}": str(dataset) for one, slug, dataset in rows}
    segment = f"{segmentation}/{segment_slug}"
    if segment not in datasets:
        raise unknown_segment(segment, datasets)
    found = marts.connection.sql(
        _members_query(segmentation, segment_slug, has_forecasts=has_forecasts, top=top)
    )
    return Members(datasets[segment], found.to_arrow_table())


def _members_query(
    segmentation: str, segment_slug: str, *, has_forecasts: bool, top: int | None
) -> str:
    """Return the query of the customers of a segment."""
    forecast_columns, forecasts = "", ""
    if has_forecasts:
        forecast_columns = "".join(f"forecasts.{name}," for name in _FORECAST_COLUMNS)
        forecasts = (
            f"left join {_FORECASTS} as forecasts on segments.customer_id = forecasts.customer_id"
        )
    return f"""
    select
        segments.customer_id,
        customers.monetary as spend,
        segments.expected_loss,
        {forecast_columns}
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
    {forecasts}
    where
        segments.segmentation = {text_literal(segmentation)}
        and segments.segment_slug = {text_literal(segment_slug)}
    order by
        segments.expected_loss desc nulls last,
        customers.monetary desc nulls last,
        segments.customer_id asc
    {"" if top is None else f"limit {top}"}
    """


def _check_columns(marts: Marts) -> bool:
    """Check that the marts have what is read; return whether they have forecasts too."""
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
            " did not get that far. Run `segmentation build` with this version."
        )
    return {"customer_id", *_FORECAST_COLUMNS} <= there.get(_FORECASTS, set())
