"""Segments of established customers by what they did later: what prospects are foretold from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import pandas as pd

from segmentation.clustering.fit import fit_model
from segmentation.clustering.options import SegmentationOptions
from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, select
from segmentation.playbook.feature_words import FeatureWords
from segmentation.playbook.playbook import PlaybookRow
from segmentation.registry.run import Run
from segmentation.scoring.nearest import assigned_table

# How long somebody has been a customer is no behaviour: length is not among them.
LATER_OPTIONS = SegmentationOptions(
    features=("recency_days", "frequency", "monetary"),
    k=4,
    transform="yeo_johnson",
    scan_to=2,
    stability_resamples=2,
    compared_algorithms=(),
)


def later_segments(
    engine: Engine,
    table: str,
    run: Run,
    playbook: Mapping[int, Sequence[PlaybookRow]],
    words: Mapping[str, FeatureWords],
    *,
    seed: int,
    key: str = "customer_id",
) -> pd.Series:
    """Segment established customers by recency, frequency and monetary of their later orders.

    K-Means with four segments, named by the playbook of the value segmentation.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item like ``int_later_features``: nothing of the first days is in it.
    run : Run
    playbook : mapping of int to sequence of PlaybookRow
        That of the value segmentation.
    words : mapping
        Feature to its words.
    seed : int
    key : str

    Returns
    -------
    pandas.Series
        The slug of each customer's segment, indexed by the key; empty for an empty table.
    """
    model = fit_model(
        engine,
        table,
        dataclasses.replace(LATER_OPTIONS, seed=seed),
        segmentation="later behaviour",
        dataset=run.dataset,
        variant=run.variant,
        as_of=run.as_of,
        window_days=run.lrfm_window_days,
        fit_reason="prospects are foretold from it",
        playbook=playbook,
        words=words,
        key=key,
    )
    if model is None:
        return pd.Series(dtype=object, name="target")
    assigned = assigned_table(engine, table, model.prepared_features, model.prototypes, [key])
    slugs = {segment.segment_id: segment.segment_slug for segment in model.segments}
    found = engine.rows(
        assigned.step(
            "segments_of_customers",
            select([quoted(key), "segment_id"], assigned.result, order_by="1"),
        )
    )
    return pd.Series(
        [slugs[segment] for _, segment in found],
        index=[customer for customer, _ in found],
        dtype=object,
        name="target",
    )
