"""Bins in words: which customers are meant."""

from __future__ import annotations

from collections.abc import Mapping

from segmentation.features.bins import CATEGORY, DISTANCE, SEGMENTS, CountedBins
from segmentation.playbook.feature_words import FeatureWords, words_for

_DAYS = "_days"


def bin_in_words(
    column: CountedBins,
    place: int,
    words: Mapping[str, FeatureWords],
    segment_names: Mapping[str, str],
) -> str:
    """Return which customers are in a bin, e.g. ``"with recency above 95 days"``.

    Parameters
    ----------
    column : CountedBins
    place : int
        Of the bin.
    words : mapping of str to FeatureWords
        How many digits a number has.
    segment_names : mapping of str to str
        What a segment is counted under to its name.
    """
    label = "distance to the centroid" if column.kind == DISTANCE else _label(column.name)
    if place == column.missing:
        return "without a segment" if column.kind == SEGMENTS else f"without {label}"
    if column.kind == SEGMENTS:
        if place == column.unseen:
            return "in segments that the model did not have when it was fitted"
        key = column.categories[place]
        return f"in {segment_names.get(key, key)}"
    if column.kind == CATEGORY:
        if place == column.unseen:
            return f"with a {label} that the model does not know"
        return f"with {label} {column.categories[place]}"
    return f"with {label} {_interval(column, place, words)}"


def _interval(column: CountedBins, place: int, words: Mapping[str, FeatureWords]) -> str:
    edges = _written_edges(column, words)
    unit = " days" if column.name.endswith(_DAYS) else ""
    if column.lowest is not None and column.lowest == column.highest:
        value = f"{edges[1]}{unit}"
        return (f"below {value}", f"of {value}", f"above {value}")[place]
    if not edges:
        return "of any value"
    if place == 0:
        return f"up to {edges[0]}{unit}"
    if place == len(edges):
        return f"above {edges[-1]}{unit}"
    return f"above {edges[place - 1]} up to {edges[place]}{unit}"


def _written_edges(column: CountedBins, words: Mapping[str, FeatureWords]) -> list[str]:
    of_feature = words_for(column.name, words)
    written = [of_feature.written(edge) for edge in column.edges]
    is_constant = column.lowest == column.highest
    if len(set(written)) == len(written) or is_constant:
        return written
    # Rounded, two edges would be one.
    return [f"{edge:,.6g}" for edge in column.edges]


def _label(feature: str) -> str:
    return feature.removesuffix(_DAYS).replace("_", " ")
