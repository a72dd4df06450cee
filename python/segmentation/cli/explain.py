"""``segmentation explain``: why a customer is in a segment, and what would change it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from segmentation.cli.conventions import AsJson, CommandError, print_json, terminal
from segmentation.cli.customer_periods import show_periods
from segmentation.cli.forecast_words import forecast_in_words
from segmentation.cli.published_option import Published, opened_scorers
from segmentation.published.customer_history import customer_history
from segmentation.published.segment_events import read_refits
from segmentation.published.value_forecasts import customer_forecast, forecast_warning


def explain(
    customer: Annotated[str, typer.Argument(help="The id of a customer.")],
    published: Published = None,
    segmentation: Annotated[
        str | None, typer.Option(help="value, profile or prospects; all of them by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain the segments of a customer, and what this customer is expected to bring.

    Shows the reasons, the runner-up, every feature, what would change the segment, and the earlier
    segments. With --segmentation, the forecast of lifetime value is left out.

    The exit code is 1 if there is no such customer.
    """
    from segmentation.scorer.explanation import UnknownCustomerError
    from segmentation.scorer.explanation import explain as explained

    forecast, warning = None, None
    with opened_scorers(published) as (file, scorers):
        known = {row["segmentation"] for row in file.segments()}
        if segmentation is not None and segmentation not in known:
            raise CommandError(
                f"There is no segmentation {segmentation!r}. There are: {', '.join(sorted(known))}."
            )
        try:
            found = explained(file, scorers, customer, segmentation)
        except UnknownCustomerError as error:
            raise CommandError(str(error)) from None
        if segmentation is None:
            forecast, warning = customer_forecast(file, customer), forecast_warning(file)
        history = customer_history(file, customer, segmentation)
        refits = read_refits(file.engine, file.mart_names) or []
        names = {
            (row["segmentation"], row["segment_slug"]): row["segment_name"]
            for row in file.segments()
        }
    if as_json:
        answer = {"customer_id": customer, "segmentations": found, "history": history}
        print_json(answer if segmentation is not None else answer | {"value_forecast": forecast})
        return
    console = terminal()
    for entry in found:
        _show(console, customer, entry, names)
        of = entry["segmentation"]
        show_periods(console, [p for p in history or [] if p["segmentation"] == of], refits)
    if forecast is not None:
        console.print(
            f"\n[bold]lifetime value[/bold]: customer {escape(customer)}", highlight=False
        )
        for line in [*forecast_in_words(forecast), *filter(None, [warning])]:
            console.print(f"  {escape(line)}", soft_wrap=True, highlight=False)


def _show(
    console: Console, customer: str, entry: dict[str, Any], names: dict[tuple[str, str], str]
) -> None:
    segmentation = entry["segmentation"]

    def line(text: str) -> None:
        console.print(escape(text), soft_wrap=True, highlight=False)

    console.print(
        f"\n[bold]{escape(segmentation)}[/bold]: customer {escape(customer)} is in the segment"
        f" [bold]{escape(entry['segment_name'])}[/bold].",
        highlight=False,
        soft_wrap=True,
    )
    line(f"  Because: {'; '.join(entry['reasons'])}.")
    if "features" not in entry:
        return
    slug = entry["runner_up_slug"]
    second = names.get((segmentation, slug), slug)
    line(_how_surely(entry, second))
    line(_change(entry["change"], second))
    _show_features(console, entry, second)
    if entry["states"]:
        _show_states(console, entry, names)
    line(f"  Model {entry['model_version']}.")


def _how_surely(entry: dict[str, Any], second: str | None) -> str:
    if "probability" in entry:
        return (
            f"  Its probability is {entry['probability']:.1%}; next comes {second}, "
            f"{entry['margin']:.1%} less."
        )
    if second is None:
        return f"  Its distance is {entry['distance']:.2f}; there is no other segment."
    if entry["margin"] is None:
        return f"  A condition decides, not a distance. Without it, the segment would be {second}."
    return (
        f"  Its distance is {entry['distance']:.2f}; next comes {second}, "
        f"{entry['margin']:.2f} further away."
    )


def _change(change: dict[str, Any] | None, second: str | None) -> str:
    if change is None:
        return "  No single feature, changed within what customers have, leads to the next segment."
    before = "unknown" if change["before"] is None else _written(change["before"])
    return (
        f"  It would be {second} if {_label(change['feature'])} were "
        f"{_written(change['after'])} instead of {before}, and all else as it is."
    )


def _show_features(console: Console, entry: dict[str, Any], second: str | None) -> None:
    is_distance = "distance" in entry
    console.print(
        "\nWhat each feature adds to the squared distance; less is nearer:"
        if is_distance
        else "\nBy how much each feature raises the log-odds of the segment:",
        highlight=False,
    )
    table = Table()
    table.add_column("Feature")
    table.add_column("Value", justify="right")
    in_state = is_distance and entry["margin"] is None and second is not None
    table.add_column(f"To {second}" if in_state else f"To {entry['segment_name']}", justify="right")
    with_second = any(row["runner_up"] is not None for row in entry["features"])
    if with_second:
        table.add_column(f"To {second}", justify="right")
    for row in entry["features"]:
        cells = [_label(row["feature"]), _written(row["value"]), f"{row['own']:.3f}"]
        if with_second:
            cells.append(f"{row['runner_up']:.3f}")
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


def _show_states(
    console: Console, entry: dict[str, Any], names: dict[tuple[str, str], str]
) -> None:
    console.print("\nConditions; the first that holds decides, before distances:", highlight=False)
    table = Table()
    table.add_column("Segment")
    table.add_column("Condition")
    table.add_column("This customer")
    table.add_column("Holds")
    for state in entry["states"]:
        figures = ", ".join(
            f"{_label(name)} {_written(value)}" for name, value in state["figures"].items()
        )
        slug = state["segment_slug"]
        name = names.get((entry["segmentation"], slug), slug)
        holds = "yes" if state["holds"] else "no"
        table.add_row(*(escape(text) for text in (name, state["condition"], figures, holds)))
    console.print(table)


def _label(feature: str) -> str:
    return feature.replace("_", " ")


def _written(value: float | str | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return value
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.2f}"
