"""Compares the segments of two stored versions of a clustering.

It needs a warehouse: a published file has no tables of features and models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segmentation.clustering.agreement import Agreement, agreement_of, counted_moves
from segmentation.clustering.customer_segments import missing_features, with_features_of
from segmentation.clustering.days_covered import in_proportion
from segmentation.clustering.model import SegmentationModel
from segmentation.clustering.naming import NamingInputs
from segmentation.clustering.options import SegmentationOptions
from segmentation.engine.duckdb import Connection, DuckDBEngine
from segmentation.engine.sql import quoted, text_literal
from segmentation.engine.threads import limit_native_threads
from segmentation.playbook.feature_words import read_feature_words
from segmentation.playbook.playbook import read_playbook
from segmentation.registry.digest import DIGEST, row_digest
from segmentation.registry.header import StoredModelError

_MARTS = "marts"


class ComparisonError(ValueError):
    """Two versions that cannot be compared; the message says why."""


@dataclass(frozen=True)
class ComparedVersions:
    """Today's customers by two versions of a clustering.

    Attributes
    ----------
    moves : list of (slug by the current version, slug by the other, number of customers)
        Most customers first; it includes those who would stay.
    agreement : Agreement
    """

    moves: list[tuple[str, str, int]]
    agreement: Agreement


def compare_versions(
    connection: Connection, marts_schema: str, segmentation: str, versions: tuple[str, str]
) -> ComparedVersions:
    """Apply two versions of a clustering to the customers of the last build.

    Parameters
    ----------
    connection : Connection
        To a warehouse.
    marts_schema : str
        The schema of its marts; the other schemas have the same prefix.
    segmentation : str
        ``"value"`` or ``"profile"``.
    versions : (str, str)
        The current one, and the other.

    Raises
    ------
    ComparisonError
        If the file has no such tables (it is a published one), a model is damaged, or a feature of
        one is gone.
    """
    if not marts_schema.endswith(_MARTS):
        raise ComparisonError(
            f"{marts_schema} does not end with {_MARTS}: the other schemas are unknown"
        )
    limit_native_threads()
    engine = DuckDBEngine(connection)
    prefix = marts_schema.removesuffix(_MARTS)

    def table(schema: str, name: str) -> str:
        return f"{quoted(prefix + schema)}.{quoted(name)}"

    models_table = table("segmentation", f"{segmentation}_model")
    if not _is_there(engine, prefix + "segmentation", f"{segmentation}_model"):
        raise ComparisonError("the file has no stored models: it is a published one")
    current, other = (_stored(engine, models_table, version) for version in versions)
    naming = NamingInputs(
        read_playbook(_records(engine, table("seeds", "segment_playbook")), segmentation),
        read_feature_words(_records(engine, table("seeds", "feature_words"))),
        SegmentationOptions.from_mapping(_options(current)),
    )
    features = table("intermediate", f"int_{segmentation}_features")
    for model in (current, other):
        gone = missing_features(engine, with_features_of(engine, features, model), model)
        if gone:
            raise ComparisonError(
                f"{model.model_version} needs {', '.join(gone)}, which customers no longer have"
            )
    ((as_of,),) = engine.rows(f"select as_of from {table('intermediate', 'int_run_settings')}")
    today = [in_proportion(engine, features, model, as_of) for model in (current, other)]
    moves = counted_moves(engine, features, (today[0], today[1]), naming)
    return ComparedVersions(moves, agreement_of(moves))


def _stored(engine: DuckDBEngine, table: str, version: str) -> SegmentationModel:
    records = engine.records(f"select * from {table} where model_version = {text_literal(version)}")
    if not records:
        raise ComparisonError(f"{version} is not stored")
    try:
        if records[0].get(DIGEST) not in (None, row_digest(records[0])):
            raise StoredModelError("its digest was made of other values")
        return SegmentationModel.from_record(records[0])
    except (StoredModelError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ComparisonError(f"the stored model {version} is damaged: {error}") from error


def _options(model: SegmentationModel) -> Mapping[str, Any]:
    known = SegmentationOptions.option_names()
    written = json.loads(model.options)
    return {name: value for name, value in written.items() if name in known}


def _is_there(engine: DuckDBEngine, schema: str, name: str) -> bool:
    return bool(
        engine.rows(
            "select 1 from information_schema.tables where table_schema = "
            f"{text_literal(schema)} and table_name = {text_literal(name)}"
        )
    )


def _records(engine: DuckDBEngine, table: str) -> list[dict[str, Any]]:
    return engine.records(f"select * from {table}")
