"""Measure, keep the figures, and write the page: ``python -m benchmarks.evidence``."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmentation.engine.threads import limit_native_threads

from benchmarks import machine
from benchmarks.evidence import (
    after_refits,
    money,
    page,
    planted,
    promises,
    prospects,
    ranking,
    refits,
    spoken_reasons,
    unchanged,
    value_forecasts,
)
from benchmarks.evidence.builds import VALUE_ALONE, Build
from benchmarks.evidence.customers import named_customers
from benchmarks.evidence.shops import CDNOW, CDNOW_PACKAGE, COMPLETE_JOURNEY, Shop, has_cdnow


@dataclass(frozen=True)
class Months:
    """A shop that is built as of the end of one month after another, the first model kept.

    Attributes
    ----------
    shop : Shop
    days : tuple of date
    configuration : str
        What the options are, as the page writes it.
    options : mapping
        dbt's vars, besides those of the shop.
    """

    shop: Shop
    days: tuple[datetime.date, ...]
    configuration: str
    options: Mapping[str, Any]


SECOND_HALF_OF_2017 = tuple(
    datetime.date(2017, month, day)
    for month, day in ((6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31))
)
FIRST_HALF_OF_1998 = (
    datetime.date(1997, 12, 31),
    *(
        datetime.date(1998, month, day)
        for month, day in ((1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 30))
    ),
)
YEAR = ("365 days", {"lrfm_window_days": 365})
QUARTER = ("90 days", {"lrfm_window_days": 90})
WITHOUT_LENGTH = (
    "90 days, without length",
    {
        "lrfm_window_days": 90,
        "value_options": {"features": ["absence_days", "frequency", "monetary"]},
    },
)
# The orders of complete_journey begin half a year before its first day: a window of a year is not
# full before the last one, and the spend of a customer who does the same again and again grows
# until then, by a tenth and more in a month. A window of 90 days is full from the first day, and is
# what "the same as before" is measured by; length still grows with the data. The year of CDNOW is
# full.
MONTHS = (
    *(
        Months(COMPLETE_JOURNEY, SECOND_HALF_OF_2017, *configuration)
        for configuration in (YEAR, QUARTER, WITHOUT_LENGTH)
    ),
    Months(CDNOW, FIRST_HALF_OF_1998, *YEAR),
)
EVERY_TWO_MONTHS = tuple(
    Months(
        COMPLETE_JOURNEY,
        (datetime.date(2017, 2, 28), datetime.date(2017, 4, 30), *SECOND_HALF_OF_2017[::2]),
        *configuration,
    )
    for configuration in (YEAR, WITHOUT_LENGTH)
)
FEATURES = "from intermediate.int_value_features order by customer_id"


def main() -> None:
    """Read the command line, measure, and write the results file and the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SECTIONS))
    parser.add_argument("--into", type=Path, default=page.RESULTS, help="the results file")
    parser.add_argument("--page", type=Path, default=page.PAGE, help="the page with the tables")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in SECTIONS]
    if unknown:
        parser.error(f"nothing is called {', '.join(unknown)}; there are: {', '.join(SECTIONS)}")
    limit_native_threads()
    for name in asked.names or SECTIONS:
        print(name, flush=True)
        with tempfile.TemporaryDirectory(prefix="evidence-") as folder:
            found = SECTIONS[name](Path(folder))
        # Written after each one, so that a later failure loses no figures.
        keep(asked.into, name, found)
    page.write(asked.into, asked.page)


def keep(path: Path, name: str, found: Any) -> None:
    """Replace one section of a results file; the others stay."""
    results = json.loads(path.read_text()) if path.is_file() else {}
    facts = {key: fact for key, fact in machine.facts().items() if key != "load_average"}
    sections = results.get("sections", {}) | {name: found}
    results = {
        "machine": facts,
        "sections": {key: sections[key] for key in SECTIONS if key in sections},
    }
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")


def measure_names(folder: Path) -> list[dict[str, Any]]:
    """Build every shop as of each of its days, and measure its names."""
    measured = []
    for shop in (COMPLETE_JOURNEY, CDNOW):
        if shop.is_own and not has_cdnow():
            print(f"  {shop.name} is left out: {CDNOW_PACKAGE} is not installed", flush=True)
            continue
        for day in shop.days:
            print(f"  {shop.name} as of {day}", flush=True)
            measured.append(measure_day(Build(folder / f"{shop.name}-{day}", shop), day))
    return measured


def measure_day(build: Build, day: datetime.date) -> dict[str, Any]:
    """Build a shop as of a day, and measure its names; return figures that JSON can hold."""
    build.run(day)
    customers = named_customers(build, day)
    segments = promises.segment_rows(customers)
    contradictions = promises.contradictions(
        customers.frame, customers.segments, customers.thresholds
    )
    return {
        "title": customers.title,
        "customers": len(customers.frame),
        "segments": segments,
        "pairs": promises.judged_pairs(segments),
        "contradictions": dataclasses.asdict(contradictions),
        "reasons": dataclasses.asdict(
            spoken_reasons.counted_reasons(customers.frame, refits.spoken_words())
        ),
        "rankings": ranking.ranked(customers.frame),
        "money": money.top_fifth(build),
        "prospects": prospects.coverage(build),
        "refits": measure_refits(build, day),
    }


def measure_refits(build: Build, day: datetime.date) -> dict[str, Any] | None:
    """Fit the last day of a shop again and again, to resamples and with other customers."""
    if day != build.shop.days[-1]:
        return None
    features = build.frame(FEATURES)
    return {
        **dataclasses.asdict(refits.bootstrap_agreement(features)),
        "resamples": refits.RESAMPLES,
        "contamination": {
            kind: refits.changed_by_contamination(features, kind) for kind in refits.CONTAMINATIONS
        },
    }


def measure_unchanged(folder: Path) -> list[dict[str, Any]]:
    """Build shops as of one end of a month after another, and count who changes segment."""
    measured = []
    for number, months in enumerate(MONTHS):
        if months.shop.is_own and not has_cdnow():
            continue
        variables = {**months.shop.variables, **months.options}
        shop = dataclasses.replace(months.shop, variables=variables)
        build = Build(folder / f"configuration-{number}", shop)
        build.run(months.days[0], VALUE_ALONE)
        for change in unchanged.changes_over_days(build, months.days):
            print(
                f"  {shop.name}, {months.configuration}, {change.after}: {change.share:.1%}",
                flush=True,
            )
            measured.append(
                {
                    "shop": shop.name,
                    "configuration": months.configuration,
                    "before": change.before.isoformat(),
                    "after": change.after.isoformat(),
                    "customers": change.customers,
                    "in_clusters": change.in_clusters,
                    "changed": change.changed,
                    "share": change.share,
                    "moves": change.moves,
                }
            )
    return measured


def measure_after_refits(folder: Path) -> list[dict[str, Any]]:
    """Fit shops anew every two months, and count who keeps the name of the segment."""
    measured = []
    for number, months in enumerate(EVERY_TWO_MONTHS):
        options = dict(months.options)
        of_value = options.pop("value_options", {})
        shop = dataclasses.replace(months.shop, variables={**months.shop.variables, **options})
        build = Build(folder / f"refits-{number}", shop)
        for refit in after_refits.refits_over_days(build, months.days, of_value):
            print(f"  {shop.name}, {months.configuration}, {refit.after}", flush=True)
            days = {"before": refit.before.isoformat(), "after": refit.after.isoformat()}
            names = {"shop": shop.name, "configuration": months.configuration}
            measured.append({**names, **dataclasses.asdict(refit), **days})
    return measured


def measure_planted(folder: Path) -> list[dict[str, Any]]:
    """Cluster worlds whose groups are known."""
    del folder
    return planted.all_kinds()


SECTIONS: dict[str, Callable[[Path], Any]] = {
    "names": measure_names,
    "unchanged": measure_unchanged,
    "after_refits": measure_after_refits,
    "forecasts": value_forecasts.measure_forecasts,
    "planted": measure_planted,
}

if __name__ == "__main__":
    main()
