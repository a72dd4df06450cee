"""Reads and checks the seed ``model_promotions``, which puts models in force.

A row names a version of one segmentation and data set. Promoted, it is current until a later fit
takes over; pinned, it is current until its row is removed. Naming an older version rolls back.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segmentation.registry.option_checks import one_of
from segmentation.registry.run import Run

PROMOTE, PIN = "promote", "pin"
ACTIONS = (PROMOTE, PIN)

# What can be promoted.
SEGMENTATIONS = ("value", "profile", "prospects", "lifetime_value")

_REQUIRED = ("segmentation", "dataset", "model_version", "action", "decided_on", "reason")
_WAYS_TO_WRITE = "Write a day, 2026-01-31, or a time in UTC, 2026-01-31 14:05:00."


@dataclass(frozen=True)
class Promotion:
    """A decision of people about one segmentation of a data set and variant.

    Attributes
    ----------
    model_version : str
    action : str
        ``"promote"`` or ``"pin"``.
    decided_before : datetime
        A fit after this moment is later than the decision: the time itself, or the end of the day.
    """

    model_version: str
    action: str
    decided_before: datetime.datetime

    @property
    def is_pin(self) -> bool:
        """Whether it holds whatever is fitted later."""
        return self.action == PIN

    def outranks(self, fitted_at: datetime.datetime) -> bool:
        """Return whether it holds whatever is fitted at a time in UTC."""
        return self.is_pin or fitted_at <= self.decided_before


@dataclass(frozen=True)
class StoredVersion:
    """A fitted model that a promotion can name.

    Attributes
    ----------
    model_version : str
    as_of : str
    lrfm_window_days : int
    """

    model_version: str
    as_of: str
    lrfm_window_days: int


def promotion_of(
    records: Sequence[Mapping[str, Any]], segmentation: str, run: Run
) -> Promotion | None:
    """Return what is decided of a segmentation in the data set and variant of a build.

    Parameters
    ----------
    records : sequence of mapping
        The seed ``model_promotions``, without mistakes.
    segmentation : str
    run : Run

    Returns
    -------
    Promotion or None
    """
    for record in records:
        if (
            record["segmentation"] == segmentation
            and record["dataset"] == run.dataset
            and (record["variant"] or run.variant) == run.variant
        ):
            return Promotion(
                record["model_version"],
                record["action"],
                decided_before(record["decided_on"]),
            )
    return None


def decided_before(written: str) -> datetime.datetime:
    """Return the moment up to which a fit is not later than a decision.

    Raises
    ------
    ValueError
        If it is neither a day nor a time.
    """
    text = str(written).strip()
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is not None or len(text) not in (10, 19) or text[10:11] not in ("", " "):
        raise ValueError(f"decided_on is {written!r}. {_WAYS_TO_WRITE}")
    return moment + datetime.timedelta(days=1) if len(text) == len("2026-01-31") else moment


def row_problems(record: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a row of the seed by itself.

    Parameters
    ----------
    record : mapping of str to str or None
    """
    problems = [
        f"{name} is empty. {_why_needed(name)}"
        for name in _REQUIRED
        if not str(record[name] or "").strip()
    ]
    if record["segmentation"]:
        problems += one_of("segmentation", record["segmentation"], SEGMENTATIONS)
    if record["action"]:
        problems += one_of("action", record["action"], ACTIONS)
    if record["decided_on"]:
        try:
            decided_before(record["decided_on"])
        except ValueError:
            problems.append(f"decided_on is {record['decided_on']!r}. {_WAYS_TO_WRITE}")
    return problems


def contradictions(records: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Return which lines decide about the same model.

    Parameters
    ----------
    records : mapping of int to mapping
        Line of the file to its row.
    """
    decided: dict[tuple[str, str], dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for line, record in records.items():
        if record["segmentation"] and record["dataset"]:
            decided[record["segmentation"], record["dataset"]][line] = record
    problems = []
    for (segmentation, dataset), rows in sorted(decided.items()):
        variants = [row["variant"] for row in rows.values()]
        if len(rows) > 1 and (None in variants or len(set(variants)) < len(variants)):
            *lines, last = rows
            named = ", ".join(f"{row['action']} {row['model_version']}" for row in rows.values())
            problems.append(
                f"lines {', '.join(map(str, lines))} and {last}: they all decide which model of "
                f"{segmentation} is current for {dataset}: {named}. Keep one of them, or name "
                "another variant in each."
            )
    return problems


@dataclass(frozen=True)
class StoredVersions:
    """The models that the promotions of a build can name.

    Attributes
    ----------
    run : Run
        What is going to be built; its day is not used.
    of_segmentations : mapping of str to sequence of StoredVersion
        Segmentation to its models of the data set and variant, the newest first.
    """

    run: Run
    of_segmentations: Mapping[str, Sequence[StoredVersion]]

    def row_problems(self, record: Mapping[str, Any]) -> list[str]:
        """Return whether a row names a version that is not stored, or that has another window.

        A row of another data set or variant is ignored: its model may be in another file.
        """
        run, version = self.run, record["model_version"]
        versions = self.of_segmentations.get(record["segmentation"])
        if (
            versions is None
            or version is None
            or record["dataset"] != run.dataset
            or (record["variant"] or run.variant) != run.variant
        ):
            return []
        found = next((stored for stored in versions if stored.model_version == version), None)
        if found is None:
            return [
                f"there is no model {version} of {record['segmentation']} for {run.dataset}. "
                f"{_listed(versions)}"
            ]
        if found.lrfm_window_days != run.lrfm_window_days:
            return [
                f"the frequency and monetary of {version} count {found.lrfm_window_days} days; "
                f"this build counts {run.lrfm_window_days}. Set lrfm_window_days: "
                f"{found.lrfm_window_days}, or remove the row."
            ]
        return []


def _listed(versions: Sequence[StoredVersion]) -> str:
    if not versions:
        return "None is stored: remove the row, and build."
    listed = ", ".join(f"{v.model_version} (as of {v.as_of})" for v in versions[:10])
    more = len(versions) - 10
    return f"The models are: {listed}{f' and {more} more' if more > 0 else ''}."


def _why_needed(name: str) -> str:
    if name == "reason":
        return "Write why this model is to be current."
    if name == "decided_on":
        return _WAYS_TO_WRITE
    if name == "action":
        return f"Write {' or '.join(ACTIONS)}."
    return f"Write the {name.replace('_', ' ')} that the row is about."
