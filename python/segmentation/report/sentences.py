"""Sentences that several sections say."""

from __future__ import annotations

import pandas as pd

from segmentation.report.formats import share
from segmentation.report.rows import where, with_value
from segmentation.report.segments import UNASSIGNED

# What always predicts the most frequent segment, in rpt_classifier_metrics.
BASELINE = "majority_class"


def customers_of(segment: str) -> str:
    """Return the customers of a segment as the subject of a sentence.

    Parameters
    ----------
    segment : str
        Its name. One with a colon, such as 'Occasional: longer history', is quoted.
    """
    return f"Customers in \u201c{segment}\u201d" if ":" in segment else f"{segment} customers"


def unassigned_note(rows: pd.DataFrame, *, has_revenue: bool) -> str:
    """Return how many customers are in no segment, as a sentence; empty if nobody is.

    Parameters
    ----------
    rows : DataFrame
        Of rpt_segment_value, of one segmentation.
    has_revenue : bool
        Whether the sentence says what share of the revenue is theirs.
    """
    left_out = where(rows, segment_slug=UNASSIGNED)
    if left_out.empty or not left_out["customers"].iloc[0]:
        return ""
    row = left_out.iloc[0]
    everybody = int(rows["customers"].sum())
    bring = f", {share(row['revenue_share'])} of the revenue" if has_revenue else ""
    return (
        f"{int(row['customers']):,} of {everybody:,} customers "
        f"({share(row['customer_share'])}{bring}) are in no segment: too little is known of them. "
    )


def predicts_given_segments(rows: pd.DataFrame) -> bool:
    """Return whether the data give segments, and people without one are predicted.

    Otherwise it is the segment by value of new customers at an age.

    Parameters
    ----------
    rows : DataFrame
        Of rpt_prospect_distribution, or of the prospects' model in rpt_model_history.
    """
    return with_value(rows, "horizon_days").empty


def who_prospects_are(forecast: pd.DataFrame) -> str:
    """Say whom a forecast is about, and for which day.

    Parameters
    ----------
    forecast : DataFrame
        The rows of rpt_prospect_distribution.
    """
    if not predicts_given_segments(forecast):
        days = int(with_value(forecast, "horizon_days")["horizon_days"].iloc[0])
        return (
            "Of customers whose first weeks are known and no more: the segment by value that each "
            f"is expected to be in {days} days after the first purchase."
        )
    return "Of people whose segment is not known: the one that each is expected to be in."


def overall_metrics(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of rpt_classifier_metrics about all segments together, of grouped folds.

    Parameters
    ----------
    metrics : DataFrame
        The rows of rpt_classifier_metrics.
    """
    of = where(metrics, validation="grouped")
    return of[of["segment"].isna()] if len(of) else of


def criterion_of(metrics: pd.DataFrame) -> str:
    """Return the metric that candidates were compared by; empty where there are none.

    Parameters
    ----------
    metrics : DataFrame
        Rows of rpt_classifier_metrics; the baseline was in no comparison, and its rows have none.
    """
    known = with_value(metrics, "criterion")
    return str(known["criterion"].iloc[0]) if len(known) else ""


def doubt_about_predictions(metrics: pd.DataFrame) -> str:
    """Return a sentence that warns of a classifier that has learned nothing; else nothing.

    It has, where it beats the most frequent segment for everybody by more than the standard error
    of its score.

    Parameters
    ----------
    metrics : DataFrame
        The rows of rpt_classifier_metrics.
    """
    whole = overall_metrics(metrics)
    criterion = criterion_of(whole)
    of = where(whole, metric=criterion)
    winner = of[of["is_winner"]] if len(of) else of
    baseline = where(of, candidate=BASELINE)
    if winner.empty or baseline.empty:
        return ""
    gain = float(winner["mean"].iloc[0] - baseline["mean"].iloc[0])
    if criterion == "log_loss":
        gain = -gain
    error = winner["standard_error"].iloc[0]
    if gain > (0.0 if pd.isna(error) else float(error)):
        return ""
    return (
        "Do not rely on these predictions: they are no better than the most frequent segment for"
        " everybody. "
    )
