"""Which forecast is used, and for what: decided by the errors of earlier forecasts.

The rules, in this order:

1. Recent paces are weighed beside the purchase model where that was tried on an earlier quarter and
   had no larger mean squared error there than the purchase model alone.
2. A forecast whose error was larger than that of "as many as in the last 90 days" loses to it.
3. Customers are ranked by expected loss where the forecast does not lose, and where the fifth of
   customers with the largest expected losses held at least as much of what was lost as the fifth of
   those who brought most.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from segmentation.lifetime_value.accuracy import error_in_words
from segmentation.lifetime_value.backtest import Judgement
from segmentation.lifetime_value.options import (
    COMBINED,
    LAST_PERIOD,
    PURCHASE_MODEL,
    PURCHASES,
    REVENUE,
)


@dataclass(frozen=True)
class Verdict:
    """Which forecast is used, and for what.

    Attributes
    ----------
    method : str
        ``"combined"`` or ``"purchase model"``.
    loses_to_last_period : bool or None
        None where no earlier forecast could be made.
    ranks_customers : bool
        Whether priorities may be set by it.
    because : str
        In words, with figures.
    """

    method: str
    loses_to_last_period: bool | None
    ranks_customers: bool
    because: str

    def as_record(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)


def reach_verdict(judgement: Judgement) -> Verdict:
    """Apply the rules to what back-tests say."""
    if not judgement.days:
        return Verdict(
            PURCHASE_MODEL,
            None,
            False,
            "No quarter with enough data ended 90 days or more before this day. The forecast has "
            "not been tested, and priorities are not set by it.",
        )
    measure = REVENUE if (REVENUE, PURCHASE_MODEL) in judgement.squared_errors else PURCHASES
    errors = {
        method: judgement.squared_errors.get((measure, method), {})
        for method in (PURCHASE_MODEL, COMBINED, LAST_PERIOD)
    }
    method, chosen = _method(errors, measure)
    # Beside the last period, on the days on which the method could be tried.
    days = errors[method].keys()
    ours, theirs = _pooled(errors[method], days), _pooled(errors[LAST_PERIOD], days)
    loses = ours > theirs
    compared = (
        f"Over {_quarters(len(days))} its error (RMSE of {measure} per customer) was "
        f"{error_in_words(ours)}, that of the last 90 days repeated {error_in_words(theirs)}."
    )
    sentences = [chosen, compared]
    if loses:
        sentences.append("It loses to the simple rule, and priorities are not set by it.")
    elif measure == PURCHASES:
        sentences.append("Revenue is not forecast, and priorities are not set by it.")
    else:
        held, by_spend = _shares(judgement, method)
        ranks = held is not None and by_spend is not None and held >= by_spend
        if held is not None and by_spend is not None:
            sentences.append(
                f"The fifth of customers with the largest expected losses held {held:.0%} of what "
                f"was lost, the fifth who brought most {by_spend:.0%}: priorities are "
                f"{'' if ranks else 'not '}set by it."
            )
        return Verdict(method, loses, ranks, " ".join(sentences))
    return Verdict(method, loses, False, " ".join(sentences))


def _method(errors: Mapping[str, Mapping[datetime.date, float]], measure: str) -> tuple[str, str]:
    tried = errors[COMBINED].keys()
    if not tried:
        return PURCHASE_MODEL, "The purchase model stands alone: recent paces were never tried."
    combined, alone = _pooled(errors[COMBINED], tried), _pooled(errors[PURCHASE_MODEL], tried)
    figures = (
        f"over {_quarters(len(tried))} the error (RMSE of {measure} per customer) was "
        f"{error_in_words(combined)} with them and {error_in_words(alone)} without"
    )
    if combined <= alone:
        return COMBINED, f"Recent paces are weighed beside the purchase model: {figures}."
    return PURCHASE_MODEL, f"The purchase model stands alone, without recent paces: {figures}."


def _pooled(errors: Mapping[datetime.date, float], days: Any) -> float:
    return float(np.sqrt(np.mean([errors[day] for day in sorted(days)])))


def _shares(judgement: Judgement, method: str) -> tuple[float | None, float | None]:
    rows = [r for r in judgement.losses if r["forecast_method"] == method and r["fifth"] == 1]
    known = [r for r in rows if r["share_of_actual_loss"] is not None]
    if not known:
        return None, None
    return (
        float(np.mean([r["share_of_actual_loss"] for r in known])),
        float(np.mean([r["share_by_run_rate"] for r in known])),
    )


def _quarters(count: int) -> str:
    return "1 quarter" if count == 1 else f"{count} quarters"
