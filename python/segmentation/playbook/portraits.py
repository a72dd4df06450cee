"""A headline for each segment of labelled customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.headlines import CategoryContrast, NumberContrast, headline

# A headline omits a feature if a smaller share of the segment has a value.
LEAST_KNOWN_SHARE = 0.1


def portraits(
    frame: pd.DataFrame,
    target: pd.Series,
    numbers: Sequence[str],
    categories: Sequence[str],
    words: Mapping[str, FeatureWords],
) -> dict[str, str]:
    """Describe what sets the customers of each segment apart from all labelled customers.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, n_features)
        Labelled customers.
    target : pandas.Series of shape (n,)
        Their segments.
    numbers, categories : sequence of str
        Columns of the frame, flags among the numbers; a constant column is skipped.
    words : mapping
        Feature to its words.

    Returns
    -------
    dict
        Segment to its headline.
    """
    return {
        segment: headline(
            [
                contrast
                for name in numbers
                if (contrast := _number(frame[name], target == segment)) is not None
            ],
            [
                contrast
                for name in categories
                for contrast in _categories(frame[name], target == segment)
            ],
            words,
        )
        for segment in sorted(target.unique())
    }


def _are_enough(known: int, customers: int) -> bool:
    return known >= LEAST_KNOWN_SHARE * customers


def _number(column: pd.Series, of_segment: pd.Series) -> NumberContrast | None:
    # A flag can have missing values, which a plain cast refuses.
    values = pd.Series(column.to_numpy(float, na_value=np.nan), index=column.index)
    spread = float(values.std(ddof=0))
    if not np.isfinite(spread) or spread == 0:
        return None
    median, mean = float(values.median()), float(values.mean())
    own = values[of_segment].dropna()
    # A few known values do not describe the whole segment.
    if not _are_enough(len(own), int(of_segment.sum())):
        return NumberContrast(str(column.name), 0.0, median, median)
    return NumberContrast(
        str(column.name), (float(own.mean()) - mean) / spread, float(own.median()), median
    )


def _categories(column: pd.Series, of_segment: pd.Series) -> list[CategoryContrast]:
    # Shares are shares of the customers whose category is known.
    known = column.dropna()
    own = column[of_segment].dropna()
    if known.nunique() < 2 or not _are_enough(len(own), int(of_segment.sum())):
        return []
    return [
        CategoryContrast(
            str(column.name), name, float((own == name).mean()), float((known == name).mean())
        )
        for name in sorted(str(category) for category in known.unique())
    ]
