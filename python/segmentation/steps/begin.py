"""How every step begins: the engine, what the build is about, and what it is told in tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from segmentation.clustering.days_covered import in_proportion
from segmentation.clustering.model import SegmentationModel
from segmentation.engine.base import Engine, Session, Table
from segmentation.engine.duckdb import DuckDBEngine
from segmentation.engine.sql import text_literal
from segmentation.engine.threads import limit_native_threads
from segmentation.playbook.feature_words import FeatureWords, read_feature_words
from segmentation.playbook.playbook import PlaybookRow, read_playbook
from segmentation.registry.current import model_to_apply
from segmentation.registry.header import ModelHeader
from segmentation.registry.run import Run, read_run
from segmentation.steps.overrides import LayeredSettings

Model = TypeVar("Model", bound=ModelHeader)


@dataclass(frozen=True)
class Step:
    """A step of a build, as far as all steps are alike.

    Attributes
    ----------
    engine : Engine
    run : Run
    """

    engine: Engine
    run: Run

    def records(self, table: Table) -> list[dict[str, Any]]:
        """Return all rows of a table."""
        return self.engine.records(f"select * from {self.engine.from_item(table)}")

    def words(self, feature_words: Table) -> Mapping[str, FeatureWords]:
        """Read the seed ``feature_words``."""
        return read_feature_words(self.records(feature_words))

    def vocabularies(self, playbook: Table, segmentation: str) -> dict[int, list[PlaybookRow]]:
        """Read the vocabularies of a segmentation from the seed ``segment_playbook``."""
        return read_playbook(self.records(playbook), segmentation)

    def model(
        self, models: Table, current_model: Table, kind: type[Model], people: Table
    ) -> Model | None:
        """Return the current model, see :func:`segmentation.registry.current.model_to_apply`."""
        return model_to_apply(self.engine, models, current_model, self.run, kind, people)

    def clusters(
        self, models: Table, current_model: Table, features: Table
    ) -> SegmentationModel | None:
        """Return the current model of a clustering as it is applied to the customers of today.

        See :mod:`segmentation.clustering.days_covered`.
        """
        model = self.model(models, current_model, SegmentationModel, features)
        return model and self.applied_today(model, self.engine.from_item(features))

    def applied_today(self, model: SegmentationModel, table: str) -> SegmentationModel:
        """Return a stored model as it is applied to a from-item with all customers of today."""
        return in_proportion(self.engine, table, model, self.run.as_of)

    def settings(self, current_model: Table) -> LayeredSettings:
        """Return today's settings of a segmentation, and what a var lays over them.

        Of the row that says which model is current, see ``macros/newest_model.sql``.
        """
        (row,) = self.engine.rows(
            f"select settings, overrides from {self.engine.from_item(current_model)} "
            f"where dataset = {text_literal(self.run.dataset)} "
            f"and variant = {text_literal(self.run.variant)}"
        )
        return LayeredSettings(json.loads(row[0]), row[1])


def begin(session: Session, run_settings: Table) -> Step:
    """Use one native thread, and return the step that works in what dbt hands to a Python model.

    Parameters
    ----------
    session : Session
    run_settings : relation or table name
        ``int_run_settings``.
    """
    limit_native_threads()
    engine = DuckDBEngine(session)
    return Step(engine, read_run(engine, run_settings))
