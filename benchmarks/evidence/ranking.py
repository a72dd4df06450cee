"""How well names rank customers by what comes next, beside finer groups and a plain score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from segmentation.features.arrays import Matrix
from sklearn.cluster import KMeans
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

FOLDS = 5
TOP_SHARE = 0.2
SEED = 20240229
RFM_SCORES = ["recency_score", "frequency_score", "monetary_score"]


def ranked(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Compare rankings of the same customers.

    A group is scored by the outcome of its customers in the other folds, so that nobody's own
    outcome helps to predict it; a group that they do not have gets the score of all.

    Parameters
    ----------
    frame : DataFrame
        See :class:`benchmarks.evidence.customers.NamedCustomers`.

    Returns
    -------
    list of dict
        ranking, groups, churn_auc (of customers who stay away), lift (next spend of the top fifth
        by predicted spend, by a fifth of all next spend).
    """
    names = frame.segment_slug.nunique()
    groups = {
        "names": frame.segment_slug,
        "K-Means on log RFM, as many": clusters_of_log_rfm(frame, names),
        "RFM 5 × 5 × 5": frame[RFM_SCORES].astype(str).agg("-".join, axis=1),
    }
    gone, spend = frame.is_gone.to_numpy(float), frame.next_spend.to_numpy(float)
    rows = [
        _row(
            ranking,
            of_customers.nunique(),
            cross_fitted(of_customers, gone),
            cross_fitted(of_customers, spend),
            frame,
        )
        for ranking, of_customers in groups.items()
    ]
    spent = frame.monetary.to_numpy(float)
    return [*rows, _row("spend so far", len(np.unique(spent)), -spent, spent, frame)]


def clusters_of_log_rfm(frame: pd.DataFrame, k: int) -> pd.Series:
    """Return K-Means clusters of the logarithms of recency, frequency and spend, standardised."""
    rfm = frame[["recency_days", "frequency", "monetary"]].to_numpy(float)
    scaled = StandardScaler().fit_transform(np.log1p(np.maximum(rfm, 0)))
    labels = KMeans(k, n_init=10, random_state=SEED).fit_predict(scaled)
    return pd.Series(labels, index=frame.index)


def cross_fitted(groups: pd.Series, outcome: Matrix) -> Matrix:
    """Return, for each customer, the mean outcome of the group's customers in the other folds."""
    fold = np.random.default_rng(SEED).permutation(len(groups)) % FOLDS
    scores = np.empty(len(groups))
    for held in range(FOLDS):
        taught = pd.Series(outcome[fold != held]).groupby(groups.to_numpy()[fold != held]).mean()
        own = groups[fold == held].map(taught)
        scores[fold == held] = own.fillna(outcome[fold != held].mean())
    return scores


def top_share(scores: Matrix, outcome: Matrix, share: float = TOP_SHARE) -> float:
    """Return which share of an outcome the customers with the largest scores have.

    Of customers with equal scores, of whom some belong to the top and some do not, each counts in
    part.

    Parameters
    ----------
    scores, outcome : ndarray of shape (n_customers,)
    share : float
        Of the customers.
    """
    totals = pd.DataFrame({"score": scores, "outcome": outcome, "customers": 1.0})
    totals = totals.groupby("score").sum().sort_index(ascending=False)
    before = totals.customers.cumsum() - totals.customers
    part = ((share * len(scores) - before) / totals.customers).clip(0, 1)
    return float((part * totals.outcome).sum() / totals.outcome.sum())


def _row(
    ranking: str, groups: int, churn_scores: Matrix, spend_scores: Matrix, frame: pd.DataFrame
) -> dict[str, Any]:
    spend = frame.next_spend.to_numpy(float)
    return {
        "ranking": ranking,
        "groups": groups,
        "churn_auc": float(roc_auc_score(frame.is_gone, churn_scores)),
        "lift": top_share(spend_scores, spend) / TOP_SHARE,
    }
