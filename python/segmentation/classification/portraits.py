"""What the labelled customers of a segment are like, in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from segmentation.explanations import headline
from segmentation.model_row import ModelCategory, ModelFeature, ModelSegment
from segmentation.playbook import FeatureWords
from segmentation.preprocessing import PreparedFeature

# Nothing is said of a segment on a feature that fewer of its customers have a value of.
LEAST_KNOWN_SHARE = 0.1


def portraits(
    frame: pd.DataFrame,
    target: pd.Series,
    numbers: Sequence[str],
    categories: Sequence[str],
    words: Mapping[str, FeatureWords],
) -> dict[str, str]:
    """Say what sets the customers of each segment apart from all that are labelled.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, n_features)
        Labelled customers.
    target : pandas.Series of shape (n,)
        Their segments.
    numbers, categories : sequence of str
        Columns of the frame, flags among the numbers; one that never varies says nothing and is
        passed over.
    words : mapping
        Feature to its words.

    Returns
    -------
    dict
        Segment to its headline.
    """
    segments = sorted(target.unique())
    features, profiles, typical = _numbers(frame, target, segments, numbers)
    known = [_category(frame[name], target, segments) for name in categories]
    return {
        segment: headline(
            ModelSegment(
                segment_id=i,
                segment_slug="",
                segment_name=segment,
                named_by="",
                naming_distance=None,
                customers=int((target == segment).sum()),
                centroid=profiles[i],
                profile=profiles[i],
                typical=typical[i],
            ),
            features,
            [category for category in known if category is not None],
            words,
        )
        for i, segment in enumerate(segments)
    }


def _are_enough(known: int, customers: int) -> bool:
    return known >= LEAST_KNOWN_SHARE * customers


def _numbers(
    frame: pd.DataFrame, target: pd.Series, segments: Sequence[str], names: Sequence[str]
) -> tuple[list[ModelFeature], list[list[float]], list[list[float]]]:
    features: list[ModelFeature] = []
    profiles: list[list[float]] = [[] for _ in segments]
    typical: list[list[float]] = [[] for _ in segments]
    for name in names:
        # A flag can be unknown as well, which a plain cast refuses.
        values = pd.Series(frame[name].to_numpy(float, na_value=np.nan), index=frame.index)
        spread = float(values.std(ddof=0))
        if not np.isfinite(spread) or spread == 0:
            continue
        median, mean = float(values.median()), float(values.mean())
        prepared = PreparedFeature(name, median, -np.inf, np.inf, "none", 1.0, mean, spread)
        features.append(ModelFeature(prepared, 0.0, 1.0, median, float(values.isna().mean())))
        for i, segment in enumerate(segments):
            everybody = values[target == segment]
            own = everybody.dropna()
            # A handful of known values says nothing of the rest.
            speaks = _are_enough(len(own), len(everybody))
            profiles[i].append((float(own.mean()) - mean) / spread if speaks else 0.0)
            typical[i].append(float(own.median()) if speaks else median)
    return features, profiles, typical


def _category(
    values: pd.Series, target: pd.Series, segments: Sequence[str]
) -> ModelCategory | None:
    counts = values.value_counts()
    if len(counts) < 2:
        return None
    names = sorted(str(name) for name in counts.index)
    fill = min(names, key=lambda name: (-int(counts[name]), name))
    # Who is unknown says nothing of the others: shares are of those that are known.
    known = values.dropna()
    labels = target[values.notna()]

    def shares(of: pd.Series) -> list[float]:
        return [float((of == name).mean()) if len(of) else 0.0 for name in names]

    return ModelCategory(
        name=str(values.name),
        categories=names,
        fill=fill,
        missing_share=float(values.isna().mean()),
        shares=shares(known),
        segment_shares=[
            shares(known[labels == segment])
            if _are_enough(int((labels == segment).sum()), int((target == segment).sum()))
            else shares(known)
            for segment in segments
        ],
    )
