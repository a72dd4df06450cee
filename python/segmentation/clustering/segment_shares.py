"""The shares of categories in the segments of a model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from segmentation.clustering.model_parts import ModelCategory
from segmentation.engine.base import Engine
from segmentation.engine.sql import quoted, text_literal
from segmentation.features.prepared import PreparedFeatures
from segmentation.scoring.nearest import assigned_table
from segmentation.scoring.prototypes import Prototypes


def with_segment_shares(
    engine: Engine,
    table: str,
    features: PreparedFeatures,
    prototypes: Prototypes,
    categories: Sequence[ModelCategory],
) -> list[ModelCategory]:
    """Return columns of categories with their shares in each segment.

    Shares are shares of the customers whose category is known.
    """
    if not categories:
        return []
    raw = [f"cast({quoted(category.name)} as varchar)" for category in categories]
    counts = [
        f"sum(case when {column} = {text_literal(value)} then 1 else 0 end)"
        for column, category in zip(raw, categories, strict=True)
        for value in category.categories
    ]
    known = [f"count({column})" for column in raw]
    names = [category.name for category in categories]
    found = {
        row[0]: row[1:]
        for row in engine.rows(
            f"select segment_id, {', '.join(known + counts)} "
            f"from ({assigned_table(engine, table, features, prototypes, names)}) "
            "group by segment_id"
        )
    }
    nobody = [0] * (len(known) + len(counts))
    counted = []
    start = len(known)
    for f, category in enumerate(categories):
        block = slice(start, start + len(category.categories))
        start = block.stop
        shares = []
        for segment in range(prototypes.segments):
            row = found.get(segment, nobody)
            shares.append([int(count) / max(int(row[f]), 1) for count in row[block]])
        counted.append(dataclasses.replace(category, segment_shares=shares))
    return counted
