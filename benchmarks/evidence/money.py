"""Whether the money at risk was lost where it was expected."""

from __future__ import annotations

from typing import Any

from benchmarks.evidence.builds import Build

BACKTEST = """
select
    strftime(forecast_as_of, '%Y-%m-%d') as forecast_as_of,
    learned_from_customers,
    cast(sum(customers) over () as bigint) as customers,
    share_of_actual_loss,
    share_by_run_rate,
    largest_possible_share
from marts.rpt_expected_loss_backtest
qualify fifth = 1
"""


def top_fifth(build: Build) -> dict[str, Any] | None:
    """Return what the fifth with the largest expected losses had of the actual loss.

    Beside it what the fifth of the largest run rates had, and the largest share that a fifth can
    have. None where there was nobody to forecast for.
    """
    return next(iter(build.records(BACKTEST)), None)
