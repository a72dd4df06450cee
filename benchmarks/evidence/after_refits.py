"""Whether names stay with customers when a model is fitted anew every two months."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from segmentation.clustering.succession import is_cluster
from segmentation.registry.run import Run

from benchmarks.evidence.builds import Build
from benchmarks.evidence.refits import NamedFit, fit_names

# Customers whose second segment is less than this farther away, in scaled units, are borderline.
BORDERLINE_MARGIN = 0.5
# As in fct_segment_events.
SURVIVAL_SHARE = 0.7
FEATURES_ALONE = ("+int_value_features",)
FEATURES = "from intermediate.int_value_features order by customer_id"


@dataclass(frozen=True)
class Refit:
    """What a refit did to the names of customers.

    Attributes
    ----------
    before, after : date
        The days that the two models were fitted for.
    customers : int
        Of both days.
    unmoved : int
        Those in surviving clusters whom the model before would not have moved: their own behaviour
        took them over no border.
    kept : int
        Those of them who have the same slug after the refit.
    clear, clear_kept : int
        The same without borderline customers.
    same_name, best_possible : float
        Share of the customers of the day, in clusters of both models, with the same slug by both;
        and the largest share that names given one to one could reach.
    """

    before: datetime.date
    after: datetime.date
    customers: int
    unmoved: int
    kept: int
    clear: int
    clear_kept: int
    same_name: float
    best_possible: float


def refits_over_days(
    build: Build, days: Sequence[datetime.date], options: Mapping[str, Any]
) -> list[Refit]:
    """Fit a shop anew on one day after another, each fit following the one before.

    Parameters
    ----------
    build : Build
    days : sequence of date
    options : mapping
        Of the value segmentation.
    """
    fit: NamedFit | None = None
    earlier = pd.DataFrame()
    found = []
    for place, day in enumerate(days):
        build.run(day, FEATURES_ALONE)
        features = build.frame(FEATURES)
        by_fit_before = fit.applied(features, day)[0] if fit else None
        run = Run("evidence", "default", day, build.shop.variables["lrfm_window_days"])
        fit = fit_names(features, options, run=run, follows=fit)
        later, _ = fit.applied(features)
        if by_fit_before is not None:
            found.append(compared(days[place - 1], day, earlier, by_fit_before, later))
        earlier = later
    return found


def compared(
    before: datetime.date,
    after: datetime.date,
    earlier: pd.DataFrame,
    by_fit_before: pd.DataFrame,
    later: pd.DataFrame,
) -> Refit:
    """Compare the segments of customers before and after a refit.

    Parameters
    ----------
    before, after : date
    earlier : DataFrame
        customer_id, segment_id, segment_slug, margin; the day before, by the model before.
    by_fit_before : DataFrame
        The same; the day after, by the model before.
    later : DataFrame
        The same; the day after, by the model that was fitted for it.
    """
    columns = ["customer_id", "segment_id", "segment_slug", "margin"]
    refitted = by_fit_before[columns].merge(
        later[columns], on="customer_id", suffixes=("", "_later")
    )
    in_clusters = refitted[refitted.segment_id.map(is_cluster)]
    in_clusters = in_clusters[in_clusters.segment_id_later.map(is_cluster)]
    shared = pd.crosstab(in_clusters.segment_id, in_clusters.segment_id_later)
    counts = shared.to_numpy()
    survived = shared.index[counts.max(axis=1) >= SURVIVAL_SHARE * counts.sum(axis=1)]
    at_best = counts[linear_sum_assignment(-counts)].sum()
    both = in_clusters.merge(
        earlier[["customer_id", "segment_slug"]], on="customer_id", suffixes=("", "_earlier")
    )
    is_unmoved = (both.segment_slug == both.segment_slug_earlier) & both.segment_id.isin(survived)
    unmoved = both[is_unmoved]
    is_kept = unmoved.segment_slug == unmoved.segment_slug_later
    is_clear = unmoved.margin >= BORDERLINE_MARGIN
    return Refit(
        before=before,
        after=after,
        customers=int(np.isin(earlier.customer_id, later.customer_id).sum()),
        unmoved=len(unmoved),
        kept=int(is_kept.sum()),
        clear=int(is_clear.sum()),
        clear_kept=int((is_kept & is_clear).sum()),
        same_name=float((in_clusters.segment_slug == in_clusters.segment_slug_later).mean()),
        best_possible=float(at_best / max(counts.sum(), 1)),
    )
