"""``segmentation summary``: the segments of a built warehouse, in the terminal."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segmentation.cli.conventions import AsJson, print_json, records, short_path, terminal
from segmentation.cli.data_quality import data_quality
from segmentation.cli.opened import Schema, opened_marts
from segmentation.cli.over_time_words import OverTime
from segmentation.cli.playbook_advice import playbook_advice
from segmentation.engine.duckdb import Connection, DuckDBError
from segmentation.published.files import published_file
from segmentation.published.marts_schema import MartsNotFoundError
from segmentation.published.publication import PublishingError
from segmentation.published.read_marts import Marts
from segmentation.published.value_forecasts import ValueForecast, read_value_forecast

Warehouse = Annotated[
    Path,
    typer.Option(help="The DuckDB file that dbt built.", envvar="SEGMENTATION_WAREHOUSE"),
]


# What the table and the JSON show of a segment.
COLUMNS = (
    "segmentation",
    "segment_slug",
    "segment_name",
    "customers",
    "expected_customers",
    "share",
    "headline",
    "strategy",
    "channel",
    "priority",
)


def summary(
    warehouse: Warehouse = Path("warehouse.duckdb"),
    schema: Schema = None,
    as_json: AsJson = False,
) -> None:
    """Show the segments: size, what sets them apart, what to do; who moved; and the warnings."""
    show_summary(warehouse, schema, as_json=as_json)


def show_summary(warehouse: Path, schema: str | None, *, as_json: bool = False) -> None:
    """Print the summary of a warehouse, for people or as JSON.

    Raises
    ------
    CommandError
        If the file cannot be opened or has no marts.
    """
    option = "--warehouse or SEGMENTATION_WAREHOUSE"
    with opened_marts(warehouse, schema, option=option) as marts:
        about = _about(marts)
        quality = data_quality(marts.connection)
        forecast = read_value_forecast(marts)
        over_time = OverTime.of(marts)
        segments = _segments(marts.connection)
        schema = marts.schema
        if as_json:
            facts = _facts(marts) | {"schema": schema, "segments": segments}
            facts["lifetime_value"] = forecast and _forecast_facts(forecast)
            print_json(facts | over_time.facts)
            return
    console = terminal()
    console.print(_table(about, segments))
    if forecast is not None:
        text = f"\nLifetime value: {_forecast_words(forecast)}"
        console.print(escape(text), highlight=False, soft_wrap=True)
    if over_time.line:
        console.print(escape(f"\nOver time: {over_time.line}"), highlight=False, soft_wrap=True)
    _print_what_follows(console, segments, warehouse, schema)
    for line in quality:
        console.print(escape(line), highlight=False, soft_wrap=True)


def _forecast_words(forecast: ValueForecast) -> str:
    """Return what is expected and the verdict; the verdict alone where it is not relied on."""
    if forecast.why_none is not None or forecast.loses_to_last_period:
        return forecast.verdict
    return f"{forecast.sentence} {forecast.verdict}"


def _forecast_facts(forecast: ValueForecast) -> dict[str, Any]:
    return asdict(forecast) | {"verdict": forecast.verdict}


def _segments(connection: Connection) -> list[dict[str, Any]]:
    # A file that an earlier version built expects nothing.
    found = connection.table("dim_segments").columns
    columns = [name if name in found else f"null as {name}" for name in COLUMNS]
    rows = connection.sql(
        f"""
        select {", ".join(columns)}
        from dim_segments
        order by
            case segmentation when 'value' then 1 when 'profile' then 2 else 3 end,
            segment_slug = 'unassigned', customers desc, segment_slug
        """
    ).fetchall()
    return records(COLUMNS, rows)


def _facts(marts: Marts) -> dict[str, Any]:
    """Return what the JSON says beside the segments: the data set, its rows and its warnings."""
    connection = marts.connection
    facts: dict[str, Any] = {"name": marts.data_name}
    days = connection.sql("select distinct dataset, as_of from dim_segments").fetchall()
    facts["dataset"], facts["as_of"] = days[0] if days else (None, None)
    for name, query in (
        ("source_rows", "select * from rpt_source_rows order by source_table, outcome_rank"),
        ("rows_read", "select * from rpt_rows_read where rows_read > 0 order by source_table"),
        ("warnings", "select message, what_to_do from rpt_warnings order by warning_number"),
    ):
        mart = query.split(" from ")[1].split()[0]
        exists = connection.sql(
            "select 1 from information_schema.tables where table_schema = current_schema()"
            f" and table_name = '{mart}'"
        ).fetchall()
        result = connection.sql(query) if exists else None
        facts[name] = [] if result is None else records(result.columns, result.fetchall())
    return facts


def _table(about: tuple[str, str | None], segments: list[dict[str, Any]]) -> Table:
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
    several = len({segment["segmentation"] for segment in segments}) > 1
    for segment in segments:
        name, customers = segment["segment_name"], segment["customers"]
        expected, share, strategy = (
            segment[column] for column in ("expected_customers", "share", "strategy")
        )
        table.add_row(
            escape(f"{segment['segmentation']}: {name}" if several else name),
            f"{customers:,}" if expected is None else f"{customers:,}\nexpected {expected:,.1f}",
            "" if share is None else f"{share:.1%}",
            escape(segment["headline"]),
            escape(f"{strategy} (priority: {segment['priority']})") if strategy else "",
        )
    return table


def _print_what_follows(
    console: Console, segments: list[dict[str, Any]], warehouse: Path, schema: str
) -> None:
    if any(segment["expected_customers"] is not None for segment in segments):
        console.print(
            "\nProspects: a segment's customers are those for whom it is the most likely one; "
            "'expected' is the sum\nof all prospects' probabilities, which is the forecast. "
            "A segment that is second for many has few\nof the first and more of the second.",
            highlight=False,
            soft_wrap=True,
        )
    file, schema = _file_to_open(warehouse, schema)
    console.print(
        "\nWhere to look next, in "
        f"[bold]{escape(short_path(file))}[/bold] (any DuckDB client or BI tool, read-only; schema "
        f"[bold]{escape(schema)}[/bold]):\n"
        "  dim_segments            this table\n"
        "  fct_customer_segments   every customer's segment, runner-up, and three reasons\n"
        "  rpt_segment_value       what each segment is worth\n"
        "  rpt_value_at_risk       whom to call today: the largest expected losses, with reasons\n"
        "  rpt_conversion          how visits turn into responses, by age group and by segment\n"
        "  rpt_segment_profiles    features of each segment beside those of all customers\n"
        "  rpt_k_selection         criteria for each number of segments\n"
        "  rpt_segment_projection  x and y of customers and centroids, for a scatter plot\n"
        "  rpt_prospect_distribution  how many prospects will join each segment\n"
        "  fct_segment_migrations  who moved from which segment to which, by observed day\n"
        "  fct_segment_events      what became of each segment when a model was fitted anew\n"
        "  rpt_drift               how far customers are from those of the fit\n"
        f"{escape(playbook_advice(warehouse))}\n"
        "docs/marts.md of the package has queries to start from.",
        highlight=False,
        soft_wrap=True,
    )


def _file_to_open(warehouse: Path, schema: str) -> tuple[Path, str]:
    """Return the file for readers, and the schema of its marts.

    It is the one that builds of the warehouse publish, if it is there: an open warehouse keeps the
    next build from writing.
    """
    with contextlib.suppress(PublishingError, MartsNotFoundError, DuckDBError):
        published = published_file(str(warehouse), os.environ.get("SEGMENTATION_PUBLISHED", ""))
        if published is not None and published.is_file():
            with Marts(published) as marts:
                return published, marts.schema
    return warehouse, schema


def _about(marts: Marts) -> tuple[str, str | None]:
    rows = marts.connection.sql(
        """
        select distinct segments.as_of, history.model_version, history.as_of
        from dim_segments as segments
        left join rpt_model_history as history
            on segments.model_version = history.model_version
        order by history.model_version nulls last
        """
    ).fetchall()
    if not rows:
        return "No customers, no segments", None
    as_of = rows[0][0]
    lines = []
    for _, model_version, fitted_as_of in rows:
        if model_version is not None:
            line = f"Model {model_version}, fitted as of {fitted_as_of}"
            if fitted_as_of != as_of:
                line += f": typical values are of that day, customers of {as_of}"
            lines.append(line)
    return f"Segments of {marts.data_name} as of {as_of}", "\n".join(lines) or None
