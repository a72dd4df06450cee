"""What a backfill will do: what the last build left, what prevents it, which days are missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentation.engine.duckdb import Connection
from segmentation.engine.sql import quoted, select, text_literal

# The segmentations whose days a whole build observes, as the macro `segmentations` has them.
OBSERVED = ("value", "profile", "prospects")

# Names of tables that a backfill reads, and that only this project uses.
_TABLES = (
    *("int_run_settings", "int_purchase_days", "segment_log", "build_runs"),
    "fct_customer_segment_history",
)

# A day takes about this share of a whole build. Before the first one, dbt reads the project.
SHARE_OF_A_BUILD = 0.15
SECONDS_TO_BEGIN = 15.0


@dataclass(frozen=True)
class CurrentModel:
    """The model of a segmentation that a backfill applies.

    Attributes
    ----------
    version : str
    fitted_as_of : datetime.date
        The day that its fit was as of.
    """

    version: str
    fitted_as_of: dt.date


@dataclass(frozen=True)
class Observed:
    """The last build of a warehouse, as far as a backfill goes on from it.

    Attributes
    ----------
    dataset, variant : str
    as_of : datetime.date
    lrfm_window_days : int
    first_purchase : datetime.date or None
        None where no purchase has a date.
    models : dict of str to CurrentModel
        By segmentation; one without a model is missing.
    stored : dict of datetime.date to dict of str to str or None
        Observed days, with the version of the model by segmentation.
    is_history_built : bool
        Whether the mart of the history has the changes that the log has.
    seconds : float or None
        How long the shortest whole build took, which fitted the least; None without a whole build.
    """

    dataset: str
    variant: str
    as_of: dt.date
    lrfm_window_days: int
    first_purchase: dt.date | None
    models: dict[str, CurrentModel]
    stored: dict[dt.date, dict[str, str | None]]
    is_history_built: bool
    seconds: float | None


@dataclass(frozen=True)
class PlannedDay:
    """A day of a backfill.

    Attributes
    ----------
    as_of : datetime.date
    missing : tuple of str
        Segmentations to compute for this day; empty where the day is skipped.
    """

    as_of: dt.date
    missing: tuple[str, ...]


@dataclass(frozen=True)
class BackfillPlan:
    """The days of a backfill, and which of them the warehouse has.

    Attributes
    ----------
    observed : Observed
    days : tuple of PlannedDay
        Ascending.
    """

    observed: Observed
    days: tuple[PlannedDay, ...]

    @property
    def to_fill(self) -> list[PlannedDay]:
        """The days on which something is missing."""
        return [day for day in self.days if day.missing]

    @property
    def seconds(self) -> float | None:
        """About how long it takes; None where no build is known to compare with."""
        if self.observed.seconds is None:
            return None
        return SECONDS_TO_BEGIN + len(self.to_fill) * self.observed.seconds * SHARE_OF_A_BUILD

    @property
    def hindsight(self) -> dict[dt.date, list[str]]:
        """Models that are applied to days before their fit, by the day of the fit.

        Returns
        -------
        dict of datetime.date to list of str
            The day of the fit, to versions.
        """
        found: dict[dt.date, list[str]] = {}
        for segmentation, model in self.observed.models.items():
            applied = [day.as_of for day in self.to_fill if segmentation in day.missing]
            if applied and applied[0] < model.fitted_as_of:
                found.setdefault(model.fitted_as_of, []).append(model.version)
        return {fitted: sorted(found[fitted]) for fitted in sorted(found)}


class NotBuiltError(LookupError):
    """The warehouse lacks what a build would have left; the message says what to do."""


def read_observed(connection: Connection) -> Observed:
    """Read what the last build left.

    Parameters
    ----------
    connection : Connection
        Whose current database is the warehouse.

    Raises
    ------
    NotBuiltError
        If a table is missing, empty, or in several schemas.
    """
    tables = {name: _table(connection, name) for name in _TABLES}
    columns = ["dataset", "variant", "as_of", "lrfm_window_days"]
    settings = connection.execute(select(columns, tables["int_run_settings"])).fetchone()
    if settings is None:
        raise NotBuiltError("The last build did not end. Build everything once: segmentation build")
    dataset, variant, as_of, window = settings
    same = f"dataset = {text_literal(dataset)} and variant = {text_literal(variant)}"
    stored: dict[dt.date, dict[str, str | None]] = {}
    for day, segmentation, version in connection.execute(
        select(
            ["as_of", "segmentation", "model_version"],
            tables["segment_log"],
            where=f"row_kind = 'day' and {same}",
        )
    ).fetchall():
        stored.setdefault(day, {})[segmentation] = version
    first = connection.execute(
        select(["min(purchased_on)"], tables["int_purchase_days"])
    ).fetchone()
    return Observed(
        dataset=dataset,
        variant=variant,
        as_of=as_of,
        lrfm_window_days=window,
        first_purchase=first[0] if first else None,
        models=read_models(connection, dataset, variant),
        stored=stored,
        is_history_built=_is_history_built(connection, tables, same),
        seconds=_seconds_of_a_build(connection, tables["build_runs"], same),
    )


def read_models(connection: Connection, dataset: str, variant: str) -> dict[str, CurrentModel]:
    """Return the models that are current, by segmentation.

    Parameters
    ----------
    connection : Connection
        Whose current database is the warehouse.
    dataset, variant : str

    Raises
    ------
    NotBuiltError
        If the warehouse does not say which models are current.
    """
    rows = connection.execute(
        select(
            ["segmentation", "model_version", "as_of"],
            _table(connection, "current_models"),
            where=f"dataset = {text_literal(dataset)} and variant = {text_literal(variant)}",
        )
    ).fetchall()
    return {
        segmentation: CurrentModel(version, fitted)
        for segmentation, version, fitted in rows
        if segmentation in OBSERVED
    }


def _table(connection: Connection, name: str) -> str:
    """Return a table or view by its name, whatever the schemas of the project are called."""
    found = connection.execute(
        "select table_schema from information_schema.tables"
        f" where table_catalog = current_database() and table_name = {text_literal(name)}"
        " order by 1"
    ).fetchall()
    if len(found) == 1:
        return f"{quoted(found[0][0])}.{quoted(name)}"
    if found:
        schemas = ", ".join(schema for (schema,) in found)
        raise NotBuiltError(
            f"The table {name} is in several schemas: {schemas}. A backfill needs a warehouse that"
            " one target has built: name another with SEGMENTATION_WAREHOUSE."
        )
    raise NotBuiltError(
        f"The warehouse has no table {name}. Build everything once: segmentation build"
    )


def _is_history_built(connection: Connection, tables: Mapping[str, str], same: str) -> bool:
    """Return whether mart and log have the same changes, day by day."""
    changes = "sum(cast(hash(customer_id, segment_slug, segment_name) as hugeint))"
    log = select(
        ["segmentation", "as_of", "count(*)", changes],
        tables["segment_log"],
        where=f"row_kind = 'change' and {same}",
        group_by="segmentation, as_of",
    )
    mart = select(
        ["segmentation", "valid_from", "count(*)", changes],
        tables["fct_customer_segment_history"],
        group_by="segmentation, valid_from",
    )
    differing = f"({log} except {mart}) union all ({mart} except {log})"
    return not connection.execute(f"{differing} limit 1").fetchall()


def _seconds_of_a_build(connection: Connection, runs: str, same: str) -> float | None:
    row = connection.execute(
        select(
            ["min(epoch(ended_at) - epoch(started_at))"],
            runs,
            where=f"{same} and not is_empty and models_built = models and nodes_failed = 0",
        )
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else None


def day_problems(observed: Observed, days: Sequence[dt.date]) -> list[str]:
    """Return what prevents a backfill of these days, in sentences; nothing where it can begin."""
    if observed.first_purchase is None:
        return [
            f"The data set {observed.dataset} has no dated purchases: what its customers did is"
            " given ready made, as of one day. Who they were on another day cannot be computed;"
            " a backfill needs orders with dates."
        ]
    if not observed.models:
        return [
            "No model of the data set"
            f" {observed.dataset} is current, so that there is none to apply. Build everything"
            " once: segmentation build"
        ]
    problems = []
    if not days:
        problems.append("No day lies between --from and --to.")
    early = [day for day in days if day < observed.first_purchase]
    if early:
        problems.append(
            f"{early[0]} is before the first purchase, which was on {observed.first_purchase}."
            f" Begin later: --from {observed.first_purchase}"
        )
    late = [day for day in days if day > observed.as_of]
    if late:
        problems.append(
            f"{late[-1]} is after {observed.as_of}, the day that the last build was as of. End"
            f" earlier: --to {observed.as_of}; or build as of a later day first."
        )
    return problems


def plan_days(observed: Observed, days: Sequence[dt.date], *, again: bool) -> BackfillPlan:
    """Return the plan: a day that the log has is skipped, unless it is asked for again.

    Parameters
    ----------
    observed : Observed
    days : sequence of datetime.date
        Ascending.
    again : bool
        Whether days that are there are computed again.
    """
    planned = []
    for day in days:
        stored = {} if again else observed.stored.get(day, {})
        missing = tuple(name for name in OBSERVED if name not in stored)
        planned.append(PlannedDay(day, missing))
    return BackfillPlan(observed, tuple(planned))
