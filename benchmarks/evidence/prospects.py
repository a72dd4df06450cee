"""How often the intervals of the prospects' forecast held in its back-test."""

from __future__ import annotations

from typing import Any

from benchmarks.evidence.builds import Build

BACKTEST_COLUMNS = ("nominal_coverage", "backtest_cohorts", "backtest_coverage")


def coverage(build: Build) -> dict[str, Any] | None:
    """Return nominal and back-tested coverage of a build with prospects.

    Parameters
    ----------
    build : Build
        With ``rpt_prospect_distribution`` and its back-test.

    Returns
    -------
    dict or None
        nominal_coverage, backtest_cohorts, backtest_coverage. None where the mart is not built, or
        has no back-test.
    """
    known = build.frame(
        "select column_name from information_schema.columns"
        " where table_schema = 'marts' and table_name = 'rpt_prospect_distribution'"
    )
    if not set(BACKTEST_COLUMNS) <= set(known.column_name):
        return None
    columns = ", ".join(BACKTEST_COLUMNS)
    found = build.records(
        f"select distinct {columns} from marts.rpt_prospect_distribution"
        " where backtest_coverage is not null"
    )
    return found[0] if found else None
