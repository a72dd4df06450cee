"""Which row of a model table is current, and whether it is what was stored.

The current model of a data set and variant is the champion with the largest number, unless people
promoted or pinned another, see :mod:`segmentation.registry.promotions`. A row that was
changed after it was stored, or lacks what a model needs, is damaged: it is never applied, and no
earlier row takes its place unnoticed. The next fit follows it, with the damage as its reason.
A damaged challenger stays a challenger, and is a reason for a fit that has to pass the gates. A
champion that was changed into a challenger counts as damaged: its digest shows it.

The dbt models ``<segmentation>_current_model`` (``macros/newest_model.sql``) say which row that is,
and whatever applies or reports a model reads them. A fit comes before them: :func:`newest_first`
and :func:`champion_of` are the same rule for its own past, and a test compares the two. All rows
are read by their headers; what was fitted, which may be megabytes, only of those that are needed.
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
from segmentation.registry.promotions import Promotion, promotion_of
from segmentation.registry.run import Run
from segmentation.registry.stored_gates import CHALLENGER, CHAMPION

log = logging.getLogger("segmentation")

# Why a model is current without a decision of people.
BY_RULE = "newest champion"

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
    current_version : str or None
        The version of the current row, damaged or not.
    outranks_fits : bool
        Whether people put the current one in force, and no fit of now takes its place: it is
        pinned, or promoted until later today.
    newest : model or None
        The last fit, current or not; None where there is none, and where its row is damaged.
    newest_damage : str or None
        Which row is damaged and how, where that of the last fit is.
    predecessor : model or None
        The current one or, if it is damaged, the newest sound one: the segments of a new fit take
        their slugs from it.
    version : str or None
        The version of the last fit, damaged or not.
    number : int
        The largest number so far; 0 where there is none.
    without_digest : sequence of mapping
        The sound rows of a table that has no column of digests yet, of all data sets.
    """

    current: Model | None = None
    damage: str | None = None
    current_version: str | None = None
    outranks_fits: bool = False
    newest: Model | None = None
    newest_damage: str | None = None
    predecessor: Model | None = None
    version: str | None = None
    number: int = 0
    without_digest: Sequence[Mapping[str, Any]] = ()


def read_models(
    engine: Engine,
    history: Table | None,
    run: Run,
    kind: type[Model],
    promotion: Promotion | None = None,
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
    promotion : Promotion, optional
        What people decided of it.

    Returns
    -------
    StoredModels
        If the current row is damaged, or that of the last fit, the log reports it.
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
    champion = champion_of(own, promotion)
    current, damage = table.read(champion) if champion is not None else (None, None)
    if promotion is None and damage is None:
        damage = table.turned_champion(own, champion)
        current = None if damage is not None else current
    newest, newest_damage = current, damage
    if own and own[0] is not champion:
        newest, newest_damage = table.read(own[0])
    predecessor = current
    if damage is not None:
        log.warning("%s; it is not applied", damage)
        # Challengers come last: their segments were never in force.
        earlier = sorted((row for row in own if row is not champion), key=_is_challenger)
        sound = (table.read(header)[0] for header in earlier)
        predecessor = next((model for model in sound if model is not None), None)
    if newest_damage is not None and newest_damage != damage:
        log.warning("%s", newest_damage)
    return StoredModels(
        current=current,
        damage=damage,
        current_version=champion["model_version"] if champion is not None else None,
        outranks_fits=(
            promotion is not None
            and promotion.outranks(datetime.datetime.now(datetime.UTC).replace(tzinfo=None))
            and champion is not None
            and champion["model_version"] == promotion.model_version
        ),
        newest=newest,
        newest_damage=newest_damage,
        predecessor=predecessor,
        version=own[0]["model_version"] if own else None,
        number=_number(own[0]) if own else 0,
        without_digest=[] if table.has_digests else table.sound_records(),
    )


def read_promotion(
    engine: Engine, promotions: Table | None, segmentation: str, run: Run
) -> Promotion | None:
    """Return what the seed ``model_promotions`` decides; None where it does not, or is None."""
    if promotions is None:
        return None
    records = engine.records(
        "select segmentation, dataset, variant, model_version, action, decided_on "
        f"from {engine.from_item(promotions)}"
    )
    return promotion_of(records, segmentation, run)


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
        "select model_number, model_version, chosen_by, has_later_fits "
        f"from {engine.from_item(current)} "
        f"where dataset = {text_literal(run.dataset)} and variant = {text_literal(run.variant)}"
    )
    if not found:
        return None
    table = _ModelTable(engine, engine.from_item(models), kind)
    # Of a damaged row, the data set may be what is lost.
    identity = {name: found[0][name] for name in ("model_number", "model_version")}
    headers = [header for header in table.headers(identity) if _may_be_of(run, header)]
    if not headers:
        raise StoredModelError(
            f"The current model is {found[0]['model_version']}, and no such model is stored. "
            "Build everything anew: dbt build"
        )
    model, damage = table.read(headers[0])
    if damage is None and found[0]["has_later_fits"] and found[0]["chosen_by"] == BY_RULE:
        damage = table.turned_champion(newest_first(table.headers(), run), headers[0])
        model = None if damage is not None else model
    if damage is not None and engine.rows(f"select 1 from {engine.from_item(people)} limit 1"):
        advice = (
            f"It is {found[0]['chosen_by']}: remove its row from seeds/model_promotions.csv, or "
            "name another version, and build: dbt build"
            if found[0]["chosen_by"] != BY_RULE
            else "Fit it anew, which every whole build does: dbt build"
        )
        raise StoredModelError(f"{damage[0].upper()}{damage[1:]}. It is not applied. {advice}")
    return model


def stored_model(
    engine: Engine,
    models: Table,
    identity: Mapping[str, Any],
    run: Run,
    kind: type[Model],
) -> tuple[Model | None, str | None]:
    """Return a stored model of the data set and variant of a build, or how it is damaged.

    Parameters
    ----------
    engine : Engine
    models : relation or table name
        The model table.
    identity : mapping
        ``model_number`` and ``model_version``, as they are stored.
    run : Run
    kind : subclass of ModelHeader
        What its rows are.

    Returns
    -------
    model, damage : model or None, str or None
        Neither where there is no such row.
    """
    table = _ModelTable(engine, engine.from_item(models), kind)
    headers = [header for header in table.headers(identity) if _may_be_of(run, header)]
    return table.read(headers[0]) if headers else (None, None)


def newest_first(headers: Iterable[Mapping[str, Any]], run: Run) -> list[Mapping[str, Any]]:
    """Return the rows that may be of a data set and variant, the last fit first.

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


def champion_of(
    own: Sequence[Mapping[str, Any]], promotion: Promotion | None
) -> Mapping[str, Any] | None:
    """Return the current one of the rows of a data set and variant; None where there is none.

    Parameters
    ----------
    own : sequence of mapping
        As :func:`newest_first` returns them.
    promotion : Promotion, optional
        What people decided. A version that is not among the rows has no effect.

    Returns
    -------
    mapping or None
        A pinned row comes first. A promoted row comes before all champions that were fitted up to
        the decision. Otherwise it is the newest champion. A row without a time of its fit counts as
        later.
    """
    champions = [header for header in own if not _is_challenger(header)]
    decided = [
        header
        for header in own
        if promotion is not None and header["model_version"] == promotion.model_version
    ]
    if promotion is None or not decided:
        return champions[0] if champions else None
    later = [
        header
        for header in champions
        if header["model_version"] != promotion.model_version
        and (header["fitted_at"] is None or header["fitted_at"] > promotion.decided_before)
    ]
    return decided[0] if promotion.is_pin or not later else later[0]


class _ModelTable(Generic[Model]):
    """A table of models: headers of its rows, and each of them checked."""

    _IDENTITY = ("dataset", "variant", "model_number", "model_version")

    def __init__(self, engine: Engine, table: str, kind: type[Model]) -> None:
        self._engine = engine
        self._table = table
        self._kind = kind
        columns = engine.column_names(table)
        self.has_digests = DIGEST in columns
        # Rows of versions without gates are of champions.
        self._became = "became" if "became" in columns else "null as became"

    def headers(self, like: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return what identifies each row, or those with given values."""
        return self._engine.records(
            f"select {', '.join(self._IDENTITY)}, previous_version, fitted_at, {self._became} "
            f"from {self._table}{self._where(like or {})}"
        )

    def read(self, header: Mapping[str, Any]) -> tuple[Model | None, str | None]:
        """Return the model of a row, or how it is damaged."""
        identity = {name: header[name] for name in self._IDENTITY}
        records = self._engine.records(f"select * from {self._table}{self._where(identity)}")
        checked = [self._check(record) for record in records]
        # If several rows have the same identity and one is damaged, all count as damaged.
        return next((found for found in checked if found[1] is not None), checked[0])

    def turned_champion(
        self, own: Sequence[Mapping[str, Any]], champion: Mapping[str, Any] | None
    ) -> str | None:
        """Return how a champion is damaged that was changed into a challenger after a later one.

        Parameters
        ----------
        own : sequence of mapping
            As :func:`newest_first` returns them.
        champion : mapping or None
            The one that is current; those before it in the order are looked at.
        """
        for header in own if self.has_digests else ():
            if champion is not None and dict(header) == dict(champion):
                break
            identity = {name: header[name] for name in self._IDENTITY}
            found = self._engine.records(f"select * from {self._table}{self._where(identity)}")
            for record in found:
                # Of a version without gates, it was null.
                stored = {row_digest(record | {"became": before}) for before in (CHAMPION, None)}
                if _is_challenger(record) and record[DIGEST] in stored:
                    return _damaged(record, "it was stored as a champion")
        return None

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


def _is_challenger(header: Mapping[str, Any]) -> bool:
    return header["became"] == CHALLENGER


def _may_be_of(run: Run, header: Mapping[str, Any]) -> bool:
    """Return whether a row may be of this data set and variant; null matches any."""
    return header["dataset"] in (run.dataset, None) and header["variant"] in (run.variant, None)


def _number(header: Mapping[str, Any]) -> int:
    """Return the number of a model, from its column or version; impossible ones are ignored."""
    written = re.search(r"-([0-9]{1,9})-", str(header["model_version"]))
    numbers = (int(header["model_number"] or 0), int(written.group(1)) if written else 0)
    return max((number for number in numbers if 0 <= number <= MOST_MODELS), default=0)
