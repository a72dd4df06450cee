"""``segmentation show``: a mart, or the customers of a segment, as a table."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segmentation.cli.conventions import AsJson, CommandError, print_json, records, terminal
from segmentation.cli.opened import Schema, opened_marts
from segmentation.cli.summary import Warehouse
from segmentation.engine.sql import quoted, text_literal
from segmentation.published.read_marts import Marts

# Narrower columns say nothing; what has more columns is shown one row a block.
LEAST_WIDTH = 11

_CUSTOMERS = """
    select
        segments.customer_id,
        segments.segmentation,
        segments.segment_name,
        segments.runner_up_slug,
        customers.monetary,
        customers.frequency,
        customers.recency_days,
        segments.reason_1
    from fct_customer_segments as segments
    left join dim_customers as customers using (customer_id)
    where lower({name}) = lower({text}) {of}
    order by customers.monetary desc nulls last, segments.customer_id
    limit {limit}
"""


def show(
    what: Annotated[
        str | None,
        typer.Argument(
            help="A mart, e.g. dim_segments, or a segment by its slug or name, e.g. at_risk or"
            " value:at_risk. Without it, all marts and segments are listed.",
            show_default=False,
        ),
    ] = None,
    warehouse: Warehouse = Path("warehouse.duckdb"),
    schema: Schema = None,
    limit: Annotated[int, typer.Option(min=1, help="The most rows to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show a mart, or the customers of a segment, the most valuable first."""
    option = "--warehouse or SEGMENTATION_WAREHOUSE"
    with opened_marts(warehouse, schema, option=option) as marts:
        if what is None:
            _list_all(marts, as_json)
            return
        title, sql, total = _query(marts, what, limit)
        found = marts.connection.sql(sql)
        columns, rows = list(found.columns), found.fetchall()
    if as_json:
        print_json(records(columns, rows))
        return
    console = terminal()
    _print(console, title, columns, rows)
    if total > len(rows):
        console.print(f"{len(rows):,} of {total:,} rows: --limit shows more.", highlight=False)


def _query(marts: Marts, what: str, limit: int) -> tuple[str, str, int]:
    """Return a title, a query and how many rows there are without the limit."""
    if what in marts.descriptions:
        total = marts.row_count(what)
        return what, f"select * from {quoted(what)} limit {limit}", total
    segmentation, _, name = what.rpartition(":")
    known = _segments(marts)
    for column in ("segment_slug", "segment_name"):
        found = [
            row
            for row in known
            if row[column].lower() == name.lower() and segmentation in ("", row["segmentation"])
        ]
        of = f"and segments.segmentation = {text_literal(segmentation)}" if segmentation else ""
        if found:
            sql = _CUSTOMERS.format(
                name=f"segments.{column}", text=text_literal(name), of=of, limit=int(limit)
            )
            names = " and ".join(f"{row['segmentation']}: {row['segment_name']}" for row in found)
            return names, sql, sum(int(row["customers"]) for row in found)
    raise CommandError(
        f"There is no mart and no segment '{what}'. Marts: {', '.join(marts.descriptions)}."
        f" Segments: {', '.join(dict.fromkeys(row['segment_slug'] for row in known))}."
    )


def _segments(marts: Marts) -> list[dict[str, Any]]:
    columns = ("segmentation", "segment_slug", "segment_name", "customers")
    rows = marts.connection.sql(
        f"select {', '.join(columns)} from dim_segments order by 1, customers desc, 2"
    ).fetchall()
    return records(columns, rows)


def _list_all(marts: Marts, as_json: bool) -> None:
    listed: list[dict[str, Any]] = [
        {"mart": name, "rows": marts.row_count(name), "what_it_holds": text}
        for name, text in marts.descriptions.items()
    ]
    segments = _segments(marts)
    if as_json:
        print_json({"marts": listed, "segments": segments})
        return
    console = terminal()
    marts_table = Table(title="Marts", title_justify="left")
    for column in ("Mart", "Rows", "What it holds"):
        marts_table.add_column(column, justify="right" if column == "Rows" else "left")
    for mart in listed:
        first = str(mart["what_it_holds"]).split(". ")[0].rstrip(".")
        marts_table.add_row(escape(str(mart["mart"])), f"{mart['rows']:,}", escape(first))
    console.print(marts_table)
    _print(
        console,
        "Segments",
        list(segments[0]) if segments else [],
        [tuple(row.values()) for row in segments],
    )


def _print(console: Console, title: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    if len(columns) * LEAST_WIDTH > console.width:
        for number, row in enumerate(rows, start=1):
            block = Table(title=escape(f"{title}, row {number}"), title_justify="left")
            block.add_column("Column", style="bold")
            block.add_column("Value")
            for column, value in zip(columns, row, strict=True):
                block.add_row(escape(column), escape(_written(value)))
            console.print(block)
        return
    table = Table(title=escape(title), title_justify="left")
    for place, column in enumerate(columns):
        numbers = any(isinstance(row[place], int | float | Decimal) for row in rows)
        table.add_column(escape(column), justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(escape(_written(value)) for value in row))
    console.print(table)


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dt.date):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        number = float(value)
        return f"{number:,.2f}" if abs(number) >= 1 or not number else f"{number:.3g}"
    return str(value)
