"""Which row of a model table is current, and whether it is what was stored.

The current model of a data set and variant is the one with the largest number. A row that was
changed after it was stored, or lacks what a model needs, is damaged: it is never applied, and no
earlier row takes its place unnoticed. The next fit follows it, with the damage as its reason.

The dbt models ``<segmentation>_current_model`` (``macros/newest_model.sql``) say which row that is,
and whatever applies or reports a model reads them. A fit comes before them: :func:`newest_first`
is the same rule for its own past, and a test compares the two. All rows are read by their headers;
what was fitted, which may be megabytes, only of the rows that are needed.
"""

from __future__ import annotations

import datetime
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from segmentation.engine.base import Engine, Table
from segmentation.engine.sql import text_literal
from segmentation.registry.digest import DIGEST, row_digest
from segmentation.registry.header import ModelHeader, StoredModelError
from segmentation.registry.run import Run

log = logging.getLogger("segmentation")

# No history is longer: a larger number was not given by a fit.
MOST_MODELS = 1_000_000

Model = TypeVar("Model", bound=ModelHeader)


@dataclass(frozen=True)
class StoredModels(Generic[Model]):
    """What a model table holds of one data set and variant.

    Attributes
    ----------
    current : model or None
        None where there is none, and where the current row is damaged.
    damage : str or None
        Which row is damaged and how, where the current one is.
    predecessor : model or None
        The newest sound one: the segments of a new fit take their slugs from it.
    version : str or None
        The version of the current row, damaged or not.
    number : int
        The largest number so far; 0 where there is none.
    without_digest : sequence of mapping
        The sound rows of a table that has no column of digests yet, of all data sets.
    """

    current: Model | None = None
    damage: str | None = None
    predecessor: Model | None = None
    version: str | None = None
    number: int = 0
    without_digest: Sequence[Mapping[str, Any]] = ()


def read_models(
    engine: Engine, history: Table | None, run: Run, kind: type[Model]
) -> StoredModels[Model]:
    """Read and check what a model table holds of the data set and variant of a build.

    A table without a column of digests was written by a version that had none: its rows are
    taken as they are. Where there is the column, a row without a digest is damaged.

    Parameters
    ----------
    engine : Engine
    history : relation or table name, optional
        The model table; None where there is none yet.
    run : Run
    kind : subclass of ModelHeader
        What its rows are.

    Returns
    -------
    StoredModels
        If the current row is damaged, the log reports it.
    """
    if history is None:
        return StoredModels()
    table = _ModelTable(engine, engine.from_item(history), kind)
    headers = table.headers()
    own = newest_first(headers, run)
    if table.has_digests:
        for header in _out_of_line(header for header in headers if header not in own):
            # One of another data set can have been of this one before it was changed.
            _, damage = table.read(header)
            if damage is not None:
                log.warning("%s", damage)
    current, damage = table.read(own[0]) if own else (None, None)
    predecessor = current
    if damage is not None:
        log.warning("%s; it is not applied", damage)
        earlier = (table.read(header)[0] for header in own[1:])
        predecessor = next((model for model in earlier if model is not None), None)
    return StoredModels(
        current=current,
        damage=damage,
        predecessor=predecessor,
        version=own[0]["model_version"] if own else None,
        number=_number(own[0]) if own else 0,
        without_digest=[] if table.has_digests else table.sound_records(),
    )


def model_to_apply(
    engine: Engine,
    models: Table,
    current: Table,
    run: Run,
    kind: type[Model],
    people: Table,
) -> Model | None:
    """Return the current model of the data set and variant of a build; None where there is none.

    Parameters
    ----------
    engine : Engine
    models : relation or table name
        The model table.
    current : relation or table name
        Which of its rows is current, see ``macros/newest_model.sql``.
    run : Run
    kind : subclass of ModelHeader
        What its rows are.
    people : relation or table name
        Those that the model is applied to. Of nobody (``dbt build --empty``) a damaged model is no
        error, because no fit could take its place.

    Returns
    -------
    model or None
        None where there is none, and where it is damaged and there is nobody.

    Raises
    ------
    StoredModelError
        If it is not in the model table, or is damaged and there is somebody.
    """
    found = engine.records(
        f"select model_number, model_version from {engine.from_item(current)} "
        f"where dataset = {text_literal(run.dataset)} and variant = {text_literal(run.variant)}"
    )
    if not found:
        return None
    table = _ModelTable(engine, engine.from_item(models), kind)
    # Of a damaged row, the data set may be what is lost.
    headers = [header for header in table.headers(found[0]) if _may_be_of(run, header)]
    if not headers:
        raise StoredModelError(
            f"The current model is {found[0]['model_version']}, and no such model is stored. "
            "Build everything anew: dbt build"
        )
    model, damage = table.read(headers[0])
    if damage is not None and engine.rows(f"select 1 from {engine.from_item(people)} limit 1"):
        raise StoredModelError(
            f"{damage[0].upper()}{damage[1:]}. It is not applied. Fit it anew, which "
            "every whole build does: dbt build"
        )
    return model


def newest_first(headers: Iterable[Mapping[str, Any]], run: Run) -> list[Mapping[str, Any]]:
    """Return the rows that may be of a data set and variant, the current one first.

    The largest number comes first; of equal ones the one that was fitted last, of those the
    greatest version in the order of code points. What is null comes last.
    """

    def rank(header: Mapping[str, Any]) -> tuple[Any, ...]:
        fitted_at, version = header["fitted_at"], header["model_version"]
        return (
            _number(header),
            fitted_at is not None,
            fitted_at or datetime.datetime.min,
            version is not None,
            version or "",
        )

    own = (header for header in headers if _may_be_of(run, header))
    return sorted(own, key=rank, reverse=True)


class _ModelTable(Generic[Model]):
    """A table of models: headers of its rows, and each of them checked."""

    _IDENTITY = ("dataset", "variant", "model_number", "model_version")

    def __init__(self, engine: Engine, table: str, kind: type[Model]) -> None:
        self._engine = engine
        self._table = table
        self._kind = kind
        self.has_digests = DIGEST in engine.column_names(table)

    def headers(self, like: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return what identifies each row, or those with given values."""
        return self._engine.records(
            f"select {', '.join(self._IDENTITY)}, previous_version, fitted_at "
            f"from {self._table}{self._where(like or {})}"
        )

    def read(self, header: Mapping[str, Any]) -> tuple[Model | None, str | None]:
        """Return the model of a row, or how it is damaged."""
        identity = {name: header[name] for name in self._IDENTITY}
        records = self._engine.records(f"select * from {self._table}{self._where(identity)}")
        checked = [self._check(record) for record in records]
        # If several rows have the same identity and one is damaged, all count as damaged.
        return next((found for found in checked if found[1] is not None), checked[0])

    def sound_records(self) -> list[dict[str, Any]]:
        """Return all rows that are not damaged, whole."""
        records = self._engine.records(f"select * from {self._table}")
        return [record for record in records if self._check(record)[1] is None]

    def _check(self, record: Mapping[str, Any]) -> tuple[Model | None, str | None]:
        try:
            model = self._kind.from_record(record)
        except StoredModelError as error:
            return None, _damaged(record, str(error))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return None, _damaged(record, f"it cannot be read ({type(error).__name__}: {error})")
        if self.has_digests and not record[DIGEST]:
            return None, _damaged(record, "its digest is missing")
        if self.has_digests and record[DIGEST] != row_digest(record):
            return None, _damaged(record, "its digest was made of other values")
        return model, None

    @staticmethod
    def _where(values: Mapping[str, Any]) -> str:
        conditions = [
            f"{name} is not distinct from "
            + (
                "null"
                if value is None
                else str(value)
                if isinstance(value, int)
                else text_literal(value)
            )
            for name, value in values.items()
        ]
        return f" where {' and '.join(conditions)}" if conditions else ""


def _damaged(record: Mapping[str, Any], how: str) -> str:
    version = record["model_version"] or "without a version"
    table = f" in {record['segmentation']}_model" if record["segmentation"] else ""
    return f"the stored model {version}{table} is damaged: {how}"


def _out_of_line(headers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows that do not follow the one before them in their data set and variant."""
    listed = list(headers)
    versions = {
        (header["dataset"], header["variant"], _number(header)): header["model_version"]
        for header in listed
    }
    return [
        header
        for header in listed
        if header["previous_version"]
        != versions.get((header["dataset"], header["variant"], _number(header) - 1))
    ]


def _may_be_of(run: Run, header: Mapping[str, Any]) -> bool:
    """Return whether a row may be of this data set and variant; null matches any."""
    return header["dataset"] in (run.dataset, None) and header["variant"] in (run.variant, None)


def _number(header: Mapping[str, Any]) -> int:
    """Return the number of a model, from its column or version; impossible ones are ignored."""
    written = re.search(r"-([0-9]{1,9})-", str(header["model_version"]))
    numbers = (int(header["model_number"] or 0), int(written.group(1)) if written else 0)
    return max((number for number in numbers if 0 <= number <= MOST_MODELS), default=0)
