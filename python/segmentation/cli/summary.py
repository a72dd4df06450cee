"""``segmentation summary``: the segments of a built warehouse, in the terminal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segmentation.cli.data_quality import data_quality
from segmentation.cli.opened import Schema, opened_marts
from segmentation.engine.duckdb import Connection

Warehouse = Annotated[
    Path,
    typer.Option(help="The DuckDB file that dbt built.", envvar="SEGMENTATION_WAREHOUSE"),
]


def summary(warehouse: Warehouse = Path("warehouse.duckdb"), schema: Schema = None) -> None:
    """Show the segments: size, what sets them apart, what to do; and the warnings."""
    console = Console(width=None if os.isatty(1) else 140)
    option = "--warehouse or SEGMENTATION_WAREHOUSE"
    with opened_marts(warehouse, schema, console, option=option) as marts:
        schema = marts.schema
        connection = marts.connection
        about = _about(connection)
        quality = data_quality(connection)
        # A file that an earlier version built expects nothing.
        columns = connection.table("dim_segments").columns
        expected = "expected_customers" if "expected_customers" in columns else "null"
        rows = connection.sql(
            f"""
            select
                segmentation,
                segment_name,
                customers,
                {expected} as expected_customers,
                share,
                headline,
                strategy,
                priority
            from dim_segments
            order by
                case segmentation when 'value' then 1 when 'profile' then 2 else 3 end,
                segment_slug = 'unassigned', customers desc, segment_slug
            """
        ).fetchall()
    table = Table(
        title=about[0],
        caption=about[1],
        show_lines=True,
    )
    table.add_column("Segment", style="bold", min_width=14)
    table.add_column("Customers", justify="right")
    table.add_column("Share", justify="right")
    table.add_column("What sets it apart", ratio=3)
    table.add_column("What to do", ratio=3)
    several = len({row[0] for row in rows}) > 1
    for segmentation, name, customers, expected, share, headline, strategy, priority in rows:
        table.add_row(
            escape(f"{segmentation}: {name}" if several else name),
            f"{customers:,}" if expected is None else f"{customers:,}\nexpected {expected:,.1f}",
            "" if share is None else f"{share:.1%}",
            escape(headline),
            escape(f"{strategy} (priority: {priority})") if strategy else "",
        )
    console.print(table)
    if any(row[3] is not None for row in rows):
        console.print(
            "\nProspects: a segment's customers are those for whom it is the most likely one; "
            "'expected' is the sum\nof all prospects' probabilities, which is the forecast. "
            "A segment that is second for many has few\nof the first and more of the second.",
            highlight=False,
            soft_wrap=True,
        )
    console.print(
        "\nWhere to look next, in "
        f"[bold]{escape(str(warehouse))}[/bold] (any DuckDB client, schema "
        f"[bold]{escape(schema)}[/bold]):\n"
        "  dim_segments            this table\n"
        "  fct_customer_segments   every customer's segment, runner-up, and three reasons\n"
        "  rpt_segment_value       what each segment is worth\n"
        "  rpt_conversion          how visits turn into responses, by age group and by segment\n"
        "  rpt_segment_profiles    features of each segment beside those of all customers\n"
        "  rpt_k_selection         criteria for each number of segments\n"
        "  rpt_segment_projection  x and y of customers and centroids, for a scatter plot\n"
        "  rpt_prospect_distribution  how many prospects will join each segment\n"
        "Names and strategies are edited in seeds/segment_playbook.csv; "
        "docs/marts.md has queries to start from.",
        highlight=False,
        soft_wrap=True,
    )
    for line in quality:
        console.print(escape(line), highlight=False, soft_wrap=True)


def _about(connection: Connection) -> tuple[str, str | None]:
    rows = connection.sql(
        """
        select distinct segments.dataset, segments.as_of, history.model_version, history.as_of
        from dim_segments as segments
        left join rpt_model_history as history
            on segments.model_version = history.model_version
        order by history.model_version nulls last
        """
    ).fetchall()
    if not rows:
        return "No customers, no segments", None
    dataset, as_of = rows[0][:2]
    lines = []
    for _, _, model_version, fitted_as_of in rows:
        if model_version is not None:
            line = f"Model {model_version}, fitted as of {fitted_as_of}"
            if fitted_as_of != as_of:
                line += f": typical values are of that day, customers of {as_of}"
            lines.append(line)
    return f"Segments of {dataset} as of {as_of}", "\n".join(lines) or None
