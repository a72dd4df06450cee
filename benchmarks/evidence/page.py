"""The tables of ``docs/evidence.md``, from the results file."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.race import PROJECT, judged
from benchmarks.report import between_markers, table

RESULTS = PROJECT / "benchmarks" / "results" / "evidence.json"
PAGE = PROJECT / "docs" / "evidence.md"
END = "<!-- end of figures -->"

Row = Mapping[str, Any]


def write(results: Path = RESULTS, page: Path = PAGE) -> None:
    """Replace the tables of a page by those of a results file."""
    page.write_text(with_figures(page.read_text(), json.loads(results.read_text())))


def with_figures(text: str, results: Row) -> str:
    """Return the text of the page with the tables of the results."""
    for name, tables in PARTS.items():
        text = between_markers(text, tables(results), begin(name), END)
    return text


def begin(name: str) -> str:
    """Return the marker before the tables of a part of the page."""
    return f"<!-- figures: {name}, python -m benchmarks.evidence -->"


def goals(results: Row) -> list[dict[str, Any]]:
    """Return the figures that have a goal, see :func:`benchmarks.race.judged`."""
    sections = results["sections"]
    days, months = sections.get("names", []), sections.get("unchanged", [])
    refitted = [(day["title"], day["refits"]) for day in days if day["refits"]]
    found = []
    if days:
        opposing = sum(day["reasons"]["opposing"] for day in days)
        in_states = sum(day["contradictions"]["in_states"] for day in days)
        found += [
            judged("reasons that oppose their figures", opposing, at_most=0),
            judged("customers in a state that is not theirs", in_states, at_most=0),
            judged(
                "customers in clusters whose own figures contradict the name, worst day",
                max(contradicting_share(day) for day in days),
                at_most=0.02,
            ),
        ]
    for shop, configuration in dict.fromkeys((m["shop"], m["configuration"]) for m in months):
        shares = [
            month["share"]
            for month in months
            if (month["shop"], month["configuration"]) == (shop, configuration)
        ]
        spoken = f"unchanged customers who change segment, {shop}, window of {configuration}"
        found += [
            judged(f"{spoken}, mean of months", statistics.fmean(shares), at_most=0.03),
            judged(f"{spoken}, worst month", max(shares), at_most=0.14),
        ]
    again = sections.get("after_refits", [])
    for shop, configuration in dict.fromkeys((r["shop"], r["configuration"]) for r in again):
        of_shop = [r for r in again if (r["shop"], r["configuration"]) == (shop, configuration)]
        kept, clear = (sum(r[name] for r in of_shop) for name in ("clear_kept", "clear"))
        named = f"unmoved customers off a border who keep the name, {shop}, window of"
        found.append(judged(f"{named} {configuration}", kept / max(clear, 1), at_least=0.95))
    for title, refit in refitted:
        found.append(
            judged(
                f"adjusted Rand index of names over resamples, 10th percentile ({title})",
                refit["rand_p10"],
                at_least=0.85,
            )
        )
        found += [
            judged(f"others who change segment beside 0.5 % {kind} ({title})", share, at_most=0.03)
            for kind, share in refit["contamination"].items()
        ]
    return found


def contradicting_share(day: Row) -> float:
    """Return the share of the customers in clusters whose own figures contradict the name."""
    found = day["contradictions"]
    return found["in_clusters"] / found["of_clusters"] if found["of_clusters"] else 0.0


def _goals(results: Row) -> str:
    rows = [
        [
            figure["name"],
            f"{figure['value']:,.4g}",
            figure["goal"],
            "yes" if figure["met"] else "**no**",
        ]
        for figure in goals(results)
    ]
    return table(["figure", "value", "goal", "met"], rows, right=(1, 2))


def _segments(results: Row) -> str:
    parts = []
    for day in _days(results):
        rows = [
            [
                row["segment"],
                f"`{row['condition']}`" if row["condition"] else "",
                f"{row['customers']:,}",
                _share(row["revenue_share"]),
                f"{row['next_spend']:,.2f}",
                _share(row["churn"]),
                f"{row['contradicting']:,}",
            ]
            for row in day["segments"]
        ]
        parts += [
            f"### {day['title']}",
            table(
                [
                    *("segment", "condition", "customers", "revenue", "spend, next 91 days"),
                    *("churn", "contradicting"),
                ],
                rows,
                right=(2, 3, 4, 5, 6),
            ),
        ]
    return "\n\n".join(parts)


def _promises(results: Row) -> str:
    rows = []
    for day in _days(results):
        wrong = [pair for pair in day["pairs"] if not pair["is_in_order"]]
        spoken = "; ".join(
            f"{pair['less']} {_share(pair['churn_of_less'])}, "
            f"{pair['more']} {_share(pair['churn_of_more'])}"
            for pair in wrong
        )
        found, reasons = day["contradictions"], day["reasons"]
        rows.append(
            [
                day["title"],
                f"{len(day['pairs']) - len(wrong)} of {len(day['pairs'])}",
                spoken,
                f"{found['in_states']:,} of {found['of_states']:,}",
                f"{found['in_clusters']:,} of {found['of_clusters']:,}",
                f"{reasons['opposing']:,} of {reasons['reasons']:,}",
                f"{reasons['without_reason']:,} of {reasons['customers']:,}",
            ]
        )
    heads = [
        *("shop", "pairs in order", "pairs out of order, and their churn"),
        *("contradicting, states", "contradicting, clusters", "reasons that oppose"),
        "customers without a reason",
    ]
    return table(heads, rows, right=(1, 3, 4, 5, 6))


def _rankings(results: Row) -> str:
    rows = [
        [
            day["title"],
            row["ranking"],
            f"{row['groups']:,}",
            f"{row['churn_auc']:.3f}",
            f"{row['lift']:.2f}",
        ]
        for day in _days(results)
        for row in day["rankings"]
    ]
    heads = ["shop", "ranking", "different scores", "AUC of churn", "lift of spend"]
    return table(heads, rows, right=(2, 3, 4))


def _unchanged(results: Row) -> str:
    rows = [
        [
            month["shop"],
            month["configuration"],
            month["before"],
            month["after"],
            f"{month['customers']:,}",
            f"{month['changed']:,}",
            _share(month["share"]),
            "; ".join(f"{move}: {count}" for move, count in month["moves"].items()),
        ]
        for month in results["sections"].get("unchanged", [])
    ]
    heads = [
        *("shop", "window", "from", "to"),
        *("unchanged customers", "changed segment", "share", "moves"),
    ]
    return table(heads, rows, right=(4, 5, 6))


def _after_refits(results: Row) -> str:
    rows = [
        [
            refit["shop"],
            refit["configuration"],
            refit["before"],
            refit["after"],
            f"{refit['unmoved']:,}",
            _share(refit["kept"] / max(refit["unmoved"], 1)),
            f"{refit['clear']:,}",
            _share(refit["clear_kept"] / max(refit["clear"], 1)),
            _share(refit["same_name"]),
            _share(refit["best_possible"]),
        ]
        for refit in results["sections"].get("after_refits", [])
    ]
    heads = [
        *("shop", "window", "from", "to", "unmoved customers", "kept the name"),
        *("of them not borderline", "kept the name", "same name, all", "best possible"),
    ]
    return table(heads, rows, right=(4, 5, 6, 7, 8, 9))


def _refits(results: Row) -> str:
    rows = [
        [
            day["title"],
            f"{day['customers']:,}",
            f"{refit['rand_p10']:.3f}",
            f"{refit['rand_mean']:.3f}",
            _share(refit["same_name_p10"]),
            *(_share(share) for share in refit["contamination"].values()),
        ]
        for day in _days(results)
        if (refit := day["refits"])
    ]
    heads = [
        *("shop", "customers", "Rand index, 10th percentile", "mean"),
        *("same name, 10th percentile", "changed by net refunders", "changed by 1000 × spenders"),
    ]
    return table(heads, rows, right=(1, 2, 3, 4, 5, 6))


def _money(results: Row) -> str:
    rows = [
        [
            day["title"],
            found["forecast_as_of"],
            f"{found['learned_from_customers']:,}",
            _share(found["share_of_actual_loss"]),
            _share(found["share_by_run_rate"]),
            _share(found["largest_possible_share"]),
        ]
        for day in _days(results)
        if (found := day["money"])
    ]
    heads = [
        *("shop", "forecast as of", "learned from customers", "fifth by expected loss"),
        *("fifth by run rate", "largest possible"),
    ]
    return table(heads, rows, right=(2, 3, 4, 5))


def _prospects(results: Row) -> str:
    rows = [
        [
            day["title"],
            f"{found['backtest_cohorts']:,}",
            _share(found["nominal_coverage"]),
            _share(found["backtest_coverage"]),
        ]
        for day in _days(results)
        if (found := day["prospects"])
    ]
    if not rows:
        return "No build has a back-test of its prospects' intervals."
    return table(["shop", "cohorts", "nominal", "held"], rows, right=(1, 2, 3))


def _forecasts(results: Row) -> str:
    rows = [
        [
            shop["shop"],
            row["forecast_on"],
            row["forecast_method"] + (" (in use)" if row["in_use"] else ""),
            f"{row['error_share']:+.1%}",
            "" if row["is_covered"] is None else "yes" if row["is_covered"] else "no",
            "" if row["is_covered"] is None else f"{row['deciles_covered']} of 10",
            f"{row['rmse']:.1f}",
            f"{row['rank_correlation']:.3f}",
        ]
        for shop in results["sections"].get("forecasts", [])
        for row in shop["accuracy"]
    ]
    heads = [
        *("shop", "forecast on", "method", "total by actual", "in the interval"),
        *("deciles in theirs", "RMSE", "rank correlation"),
    ]
    return table(heads, rows, right=(3, 6, 7))


def _planted(results: Row) -> str:
    rows = [
        [
            row["kind"],
            f"{row['worlds']:,} of {row['rows']:,}",
            f"{row['median_rand']:.3f}",
            _share(row["right_k"]),
            _share(row["near_k"]),
        ]
        for row in results["sections"].get("planted", [])
    ]
    heads = [
        "features",
        "worlds of customers",
        "Rand index, median",
        "k found",
        "k at most one off",
    ]
    return table(heads, rows, right=(1, 2, 3, 4))


def _days(results: Row) -> Sequence[Row]:
    days: Sequence[Row] = results["sections"].get("names", [])
    return days


def _share(value: float) -> str:
    return f"{value:.1%}"


# In the order of the page.
PARTS: Mapping[str, Callable[[Row], str]] = {
    "goals": _goals,
    "segments": _segments,
    "promises": _promises,
    "rankings": _rankings,
    "unchanged": _unchanged,
    "after_refits": _after_refits,
    "refits": _refits,
    "money": _money,
    "prospects": _prospects,
    "forecasts": _forecasts,
    "planted": _planted,
}
