"""Which row of a model table is current, and whether it is what was stored.

The current model of a data set and variant is the one with the largest number. A row that was
changed after it was stored, or lacks what a model needs, is damaged: it is never applied, and no
earlier row takes its place unnoticed. The next fit follows it, with the damage as its reason.
"""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from segmentation.engine.base import Engine, Table
from segmentation.registry.digest import DIGEST, row_digest
from segmentation.registry.run import Run

log = logging.getLogger("segmentation")

# No history is longer: a larger number was not given by a fit.
MOST_MODELS = 1_000_000

Model = TypeVar("Model")


class StoredModelError(ValueError):
    """A stored model that is damaged; the message names it and says what to do."""


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
    engine: Engine,
    history: Table | None,
    run: Run,
    read: Callable[[Mapping[str, Any]], Model],
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
    read : callable
        Makes a model of a row, see :func:`require_fields`.

    Returns
    -------
    StoredModels
        Where the current row is damaged, the log says so too.
    """
    if history is None:
        return StoredModels()
    table = engine.from_item(history)
    has_digests = DIGEST in engine.column_names(table)
    records = engine.records(f"select * from {table}")

    def check(record: Mapping[str, Any]) -> tuple[Model | None, str | None]:
        try:
            model = read(record)
        except StoredModelError as error:
            return None, _damaged(record, str(error))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return None, _damaged(record, f"it cannot be read ({type(error).__name__}: {error})")
        if has_digests and not record[DIGEST]:
            return None, _damaged(record, "its digest is missing")
        if has_digests and record[DIGEST] != row_digest(record):
            return None, _damaged(record, "its digest was made of other values")
        return model, None

    own = sorted((r for r in records if _may_be_of(run, r)), key=_number, reverse=True)
    if has_digests:
        _warn_of_damage([record for record in records if record not in own])
    if not own:
        current, damage = None, None
    else:
        current, damage = check(own[0])
    if damage is not None:
        log.warning("%s; it is not applied", damage)
    sound = (model for model, _ in map(check, own) if model is not None)
    return StoredModels(
        current=current,
        damage=damage,
        predecessor=next(sound, None),
        version=own[0]["model_version"] if own else None,
        number=_number(own[0]) if own else 0,
        without_digest=[] if has_digests else [r for r in records if check(r)[1] is None],
    )


def model_to_apply(
    engine: Engine,
    models: Table,
    run: Run,
    read: Callable[[Mapping[str, Any]], Model],
    people: Table,
) -> Model | None:
    """Return the current model of the data set and variant of a build; None where there is none.

    Parameters
    ----------
    engine, models, run, read
        See :func:`read_models`.
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
        If it is damaged and there is somebody.
    """
    stored = read_models(engine, models, run, read)
    if stored.damage is not None and engine.rows(
        f"select 1 from {engine.from_item(people)} limit 1"
    ):
        raise StoredModelError(
            f"{stored.damage[0].upper()}{stored.damage[1:]}. It is not applied. Fit it anew, which "
            "every whole build does: dbt build"
        )
    return stored.current


def require_fields(record: Mapping[str, Any], model: type, *, but: Sequence[str] = ()) -> None:
    """Raise where a row has nothing in a field that a model cannot do without.

    Parameters
    ----------
    record : mapping of str to value
    model : dataclass
        Its fields are the columns; those that may be None may be empty.
    but : sequence of str
        Fields that rows of an earlier version lack.

    Raises
    ------
    StoredModelError
        If a field is empty; the message names all of them.
    """
    needed = [
        field.name
        for field in dataclasses.fields(model)
        if field.name not in but and "None" not in str(field.type)
    ]
    empty = [name for name in needed if record.get(name) is None]
    if empty:
        raise StoredModelError(f"it has nothing in {', '.join(empty)}")


def _damaged(record: Mapping[str, Any], how: str) -> str:
    version = record["model_version"] or "without a version"
    table = f" in {record['segmentation']}_model" if record["segmentation"] else ""
    return f"the stored model {version}{table} is damaged: {how}"


def _warn_of_damage(records: Sequence[Mapping[str, Any]]) -> None:
    """Name damaged rows of other data sets: one can have been of this one before it was changed."""
    for record in records:
        if record[DIGEST] != row_digest(record):
            log.warning("%s", _damaged(record, "its digest was made of other values"))


def _may_be_of(run: Run, record: Mapping[str, Any]) -> bool:
    """Return whether a row is of a data set and variant, as far as it says so."""
    return record["dataset"] in (run.dataset, None) and record["variant"] in (run.variant, None)


def _number(record: Mapping[str, Any]) -> int:
    """Return the number of a model, which stands in its version too; no absurd one counts."""
    written = re.search(r"-([0-9]{1,9})-", str(record["model_version"]))
    numbers = (int(record["model_number"] or 0), int(written.group(1)) if written else 0)
    return max((number for number in numbers if number <= MOST_MODELS), default=0)
