"""The query that gives every row its segment, how surely, and why."""

from __future__ import annotations

from collections.abc import Mapping

from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.reasons import reasons
from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, text_literal
from segmentation.playbook.feature_words import FeatureWords
from segmentation.scoring.nearest import (
    assigned_table,
    by_segment,
    segment_dissimilarity_expressions,
)
from segmentation.scoring.prototypes import NOISE


def assignments_query(
    engine: Engine,
    table: str,
    model: SegmentationModel,
    words: Mapping[str, FeatureWords],
    key: str = "customer_id",
) -> str:
    """Return the query that applies a model to a table.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with `key` and the features of the model.
    model : SegmentationModel
    words : mapping
        Feature to its words.
    key : str
        Column that identifies a row.

    Returns
    -------
    str
        A query with the columns of :func:`segmentation.steps.clusters.assign_segments`.
    """
    prepared = model.prepared_features
    keep = [key, *prepared.names]
    ids = range(model.k)
    dissimilarities = segment_dissimilarity_expressions(model.prototypes)
    squared = [f"{expression} as squared_{i}" for i, expression in enumerate(dissimilarities)]
    explained = [
        f"{expression} as explained_{rank}"
        for rank, expression in enumerate(reasons(engine, model, words), start=1)
    ]
    nearest = "least(" + ", ".join(f"squared_{i}" for i in ids) + ")"
    own = by_segment([f"squared_{i}" for i in ids])
    if model.k > 1:
        # least() skips nulls: what is left is the nearest of the others.
        second = ", ".join(f"case when segment_id <> {i} then squared_{i} end" for i in ids)
        second = f"least({second})"
    else:
        second = f"case when segment_id = {NOISE} then squared_0 end"
    runner_up = " ".join(
        f"when segment_id <> {i} and squared_{i} = squared_second then {i}" for i in ids
    )
    outside = text_literal("lies in no dense group; it is nearest to the runner-up")
    return (
        f"select {quoted(key)}, cast(segment_id as integer) as segment_id, "
        "sqrt(squared_own) as distance, "
        f"cast(case {runner_up} end as integer) as runner_up_id, "
        f"case when segment_id <> {NOISE} and squared_second is not null "
        "then greatest(sqrt(squared_second) - sqrt(squared_own), 0.0) end as margin, "
        f"case when segment_id = {NOISE} then {outside} else explained_1 end as reason_1, "
        "explained_2 as reason_2, explained_3 as reason_3, "
        f"{text_literal(model.model_version)} as model_version "
        f"from (select *, case when segment_id = {NOISE} then {nearest} else {own} end "
        f"as squared_own, {second} as squared_second "
        f"from (select *, {', '.join([*squared, *explained])} "
        f"from ({assigned_table(engine, table, prepared, model.prototypes, keep)})))"
    )
