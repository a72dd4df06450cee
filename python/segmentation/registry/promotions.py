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
SEGMENTATIONS = ("value", "profile", "lifetime_value")

# A classifier of prospects predicts the segments of the current value model; an older classifier
# would predict older segments.
NEVER_PROMOTED = "prospects"

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
    if record["segmentation"] and record["segmentation"] != NEVER_PROMOTED:
        problems += one_of("segmentation", record["segmentation"], SEGMENTATIONS)
    if record["segmentation"] == NEVER_PROMOTED:
        problems.append(
            "prospects are not promoted: their model predicts the segments of the current value "
            "model and is fitted with it. Promote a version of value."
        )
    if record["action"]:
        problems += one_of("action", record["action"], ACTIONS)
    if record["decided_on"]:
        try:
            decided_before(record["decided_on"])
        except ValueError:
            problems.append(f"decided_on is {record['decided_on']!r}. {_WAYS_TO_WRITE}")
    return problems


def contradictions(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return which rows decide about the same model."""
    decided = defaultdict(list)
    for record in records:
        decided[record["segmentation"], record["dataset"]].append(record)
    problems = []
    for (segmentation, dataset), rows in sorted(decided.items()):
        variants = [row["variant"] for row in rows]
        if len(rows) > 1 and (None in variants or len(set(variants)) < len(variants)):
            named = ", ".join(f"{row['action']} {row['model_version']}" for row in rows)
            problems.append(
                f"{len(rows)} rows decide which model of {segmentation} is current for {dataset}: "
                f"{named}. Keep one of them, or name another variant in each."
            )
    return problems


def version_problems(
    records: Sequence[Mapping[str, Any]],
    run: Run,
    stored: Mapping[str, Sequence[StoredVersion]],
) -> list[str]:
    """Return which rows name a version that is not stored, or that has another window.

    Parameters
    ----------
    records : sequence of mapping
        Rows of other data sets and variants are ignored: their models may be in another file.
    run : Run
        What is going to be built; its day is not used.
    stored : mapping of str to sequence of StoredVersion
        Segmentation to its models of the data set and variant, the newest first.
    """
    problems = []
    for segmentation, versions in stored.items():
        decided = promotion_of(records, segmentation, run)
        if decided is None:
            continue
        named = {version.model_version: version for version in versions}
        found = named.get(decided.model_version)
        if found is None:
            problems.append(
                f"it says {decided.action} {decided.model_version}, and there is no such model of "
                f"{segmentation} for {run.dataset}. {_listed(versions)}"
            )
        elif found.lrfm_window_days != run.lrfm_window_days:
            problems.append(
                f"it says {decided.action} {decided.model_version}, whose frequency and monetary "
                f"count {found.lrfm_window_days} days; this build counts {run.lrfm_window_days}. "
                f"Set lrfm_window_days: {found.lrfm_window_days}, or remove the row."
            )
    return problems


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
