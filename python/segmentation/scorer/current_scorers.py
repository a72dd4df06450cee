"""The scorers of a published file: one for each segmentation that has a current model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from segmentation.classification.model import ProspectsModel
from segmentation.classification.storage import StoredClassifierError
from segmentation.clustering.days_covered import in_proportion
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import read_segments
from segmentation.engine.sql import quoted, text_literal
from segmentation.engine.threads import limit_native_threads
from segmentation.features.further_columns import with_further_columns
from segmentation.playbook.feature_words import FeatureWords, read_feature_words
from segmentation.published.opened_file import OpenedFile
from segmentation.published.publication import SCORING_SCHEMA
from segmentation.published.scoring_tables import FEATURE_WORDS, FEATURES, MODEL, SEGMENTS
from segmentation.registry.digest import DIGEST, row_digest
from segmentation.registry.header import StoredModelError
from segmentation.scorer.cluster_scorer import ClusterScorer
from segmentation.scorer.columns_of_people import People
from segmentation.scorer.prospect_scorer import ProspectScorer
from segmentation.scorer.scored_people import Scorer

CLUSTERINGS = ("value", "profile")
PROSPECTS = "prospects"
SEGMENTATIONS = (*CLUSTERINGS, PROSPECTS)


class NoModelError(ValueError):
    """A segmentation that has no model, or one that is damaged; the message says what to do."""


@dataclass(frozen=True)
class CustomerRows:
    """Customers with the figures that a model looks at.

    Attributes
    ----------
    ids : list of str
    people : People
        In the same order.
    """

    ids: list[str]
    people: People


@dataclass(frozen=True)
class CurrentScorers:
    """The scorers of one version of a published file.

    Attributes
    ----------
    by_name : mapping of str to Scorer
        Segmentation to its scorer; one without a model has none.
    """

    by_name: Mapping[str, Scorer]

    def scorer(self, segmentation: str) -> Scorer:
        """Return the scorer of a segmentation.

        Raises
        ------
        NoModelError
            If there is none.
        """
        if segmentation not in self.by_name:
            raise NoModelError(
                f"There is no model of the segmentation {segmentation!r}. There are models of: "
                f"{', '.join(self.by_name) or 'none'}."
            )
        return self.by_name[segmentation]


def read_scorers(file: OpenedFile) -> CurrentScorers:
    """Read the current models of a published file.

    Parameters
    ----------
    file : OpenedFile

    Raises
    ------
    NoModelError
        If a stored model is damaged, or a library of another version wrote it.
    """
    limit_native_threads()
    words = read_feature_words(file.scoring_rows(FEATURE_WORDS))
    segments = file.scoring_rows(SEGMENTS)
    found: dict[str, Scorer] = {}
    for segmentation in SEGMENTATIONS:
        rows = file.scoring_rows(segmentation + MODEL)
        named = [row for row in segments if row["segmentation"] == segmentation]
        if not rows or not named:
            continue
        try:
            found[segmentation] = _scorer(file, rows[0], named, words)
        except (StoredModelError, StoredClassifierError) as error:
            raise NoModelError(f"{file.path}: the model of {segmentation}: {error}") from error
    return CurrentScorers(found)


def _scorer(
    file: OpenedFile,
    row: Mapping[str, Any],
    segments: list[dict[str, Any]],
    words: Mapping[str, FeatureWords],
) -> Scorer:
    if row[DIGEST] and row[DIGEST] != row_digest(row):
        raise StoredModelError("its digest was made of other values. Run `segmentation build`.")
    if row["segmentation"] == PROSPECTS:
        return ProspectScorer(ProspectsModel.from_record(row), segments, words)
    table = f"{SCORING_SCHEMA}.{quoted(row['segmentation'] + FEATURES)}"
    columns = file.engine.column_names(table)
    model = in_proportion(
        file.engine, table, SegmentationModel.from_record(row), file.version.as_of
    )
    return ClusterScorer(model, read_segments(segments), words, columns)


def features_table(file: OpenedFile, scorer: Scorer) -> str:
    """Return a from-item with the figures that a build applied a model to."""
    return with_further_columns(
        file.engine,
        f"{SCORING_SCHEMA}.{quoted(scorer.segmentation + FEATURES)}",
        numbers=scorer.inputs.numbers,
        texts=scorer.inputs.texts,
    )


def customers(file: OpenedFile, scorer: Scorer, customer_id: str | None = None) -> CustomerRows:
    """Return the figures of customers that a build applied a model to.

    Parameters
    ----------
    file : OpenedFile
    scorer : Scorer
    customer_id : str, optional
        All customers unless one is given.

    Returns
    -------
    CustomerRows
        In the order of their ids.
    """
    inputs, engine = scorer.inputs, file.engine
    table = features_table(file, scorer)
    own = set(engine.column_names(table))
    numbers = [name for name in inputs.numbers if name in own]
    texts = [name for name in inputs.texts if name in own]
    selected = [f"try_cast({quoted(name)} as double)" for name in numbers]
    selected += [f"try_cast({quoted(name)} as varchar)" for name in texts]
    where = "" if customer_id is None else f" where customer_id = {text_literal(customer_id)}"
    rows = engine.rows(
        f"select {', '.join(['customer_id', *selected])} from {table}{where} order by customer_id"
    )
    columns = list(zip(*rows, strict=True)) or [()] * (1 + len(selected))
    return CustomerRows(
        [str(value) for value in columns[0]],
        People(
            len(rows),
            {
                name: np.array([np.nan if v is None else v for v in column], dtype=float)
                for name, column in zip(numbers, columns[1:], strict=False)
            },
            dict(zip(texts, map(list, columns[1 + len(numbers) :]), strict=True)),
        ),
    )
