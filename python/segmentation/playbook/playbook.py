"""The playbook: the seed that describes segments, read and checked."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from segmentation.playbook.conditions import Condition, read_condition
from segmentation.playbook.errors import PlaybookError
from segmentation.playbook.profile_keys import column_of_target
from segmentation.playbook.slugs import UNASSIGNED

log = logging.getLogger("segmentation")

# The number, as text, that takes the singular.
ONE = "1"

# The k of rows with an empty cell: they apply to every k without rows of its own.
ANY_K = 0

# More conditions than people would write; the segment_ids of states are counted by them.
MOST_CONDITIONS = 99

# What a condition is of: each customer, who is then in a state, or what is typical of a segment.
OF_CUSTOMER, OF_SEGMENT = "customer", "segment"

_SLUG = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class PlaybookRow:
    """A segment as a marketer describes it.

    Attributes
    ----------
    segmentation : str
        The segmentation it belongs to, e.g. ``"value"``.
    k : int
        The number of segments that the row applies to; :data:`ANY_K` for every k without rows of
        its own.
    segment_slug : str
        Identifier for code and dashboards. It never changes.
    segment_name : str
        Name for readers. It may change.
    targets : mapping of str to float
        Feature to the z-score of such a segment.
    description, strategy, channel, priority : str
        Texts for readers.
    condition : Condition or None
        What the name promises; None where the row has targets, or nothing.
    condition_of : str
        ``"customer"``: each customer of whom it is true is in this state. ``"segment"``: a cluster
        of whose typical customer it is true has this name. Empty without a condition.
    condition_order : int
        Of the conditions of customers, and of those of segments, the first that holds names.
    """

    segmentation: str
    k: int
    segment_slug: str
    segment_name: str
    targets: Mapping[str, float]
    description: str
    strategy: str
    channel: str
    priority: str
    condition: Condition | None = None
    condition_of: str = ""
    condition_order: int = 0


def read_playbook(
    rows: Iterable[Mapping[str, Any]], segmentation: str
) -> dict[int, list[PlaybookRow]]:
    """Read the vocabularies of one segmentation.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of the seed ``segment_playbook``.
    segmentation : str

    Returns
    -------
    dict of int to list of PlaybookRow
        Number of segments to its rows, ordered by slug. The rows with an empty k have the key
        :data:`ANY_K`. :func:`vocabulary_for` looks up the rows for a k.

    Raises
    ------
    PlaybookError
        If a row cannot be read, or two rows of a vocabulary share a slug.
    """
    playbook: dict[int, list[PlaybookRow]] = {}
    for row in rows:
        if row["segmentation"] == segmentation:
            read = _read_row(row)
            vocabulary = playbook.setdefault(read.k, [])
            if read.segment_slug in [other.segment_slug for other in vocabulary]:
                raise PlaybookError(
                    f"segment_playbook: the slug '{read.segment_slug}' stands twice for "
                    f"segmentation '{segmentation}' and {_spoken_k(read.k)}."
                )
            if read.condition is not None:
                _check_order(read, [row for rows in playbook.values() for row in rows])
            vocabulary.append(read)
    return {k: sorted(playbook[k], key=lambda row: row.segment_slug) for k in sorted(playbook)}


def conditions_of(
    playbook: Mapping[int, Sequence[PlaybookRow]], condition_of: str
) -> list[PlaybookRow]:
    """Return the rows with a condition of customers, or of segments, in their order.

    Rows of equal order are ordered by their slugs. A condition names for every k.
    """
    rows = [row for k in sorted(playbook) for row in playbook[k] if row.condition is not None]
    first = {row.segment_slug: row for row in rows if row.condition_of == condition_of}
    return sorted(first.values(), key=lambda row: (row.condition_order, row.segment_slug))


def rows_with_targets(
    playbook: Mapping[int, Sequence[PlaybookRow]],
) -> dict[int, list[PlaybookRow]]:
    """Return the vocabularies without the rows that have a condition."""
    kept = {k: [row for row in rows if row.condition is None] for k, rows in playbook.items()}
    return {k: rows for k, rows in kept.items() if rows}


def vocabulary_for(playbook: Mapping[int, Sequence[PlaybookRow]], k: int) -> Sequence[PlaybookRow]:
    """Return the rows that name `k` segments: those of this k, else those for every k."""
    return playbook.get(_served_by(playbook, k), ())


def usable_rows(vocabulary: Sequence[PlaybookRow], columns: Set[str]) -> list[PlaybookRow]:
    """Return the rows whose targets are all features of a model, and warn of the others.

    A segment is never named after a column that the model did not use.

    Parameters
    ----------
    vocabulary : sequence of PlaybookRow
    columns : set of str
        The features of the model, numbers and categories.
    """
    aims = [{column_of_target(target, columns) for target in row.targets} for row in vocabulary]
    usable = [row for row, names in zip(vocabulary, aims, strict=True) if names <= columns]
    others = [row.segment_slug for row in vocabulary if row not in usable]
    if others:
        log.warning(
            "segment_playbook: the rows %s are not used: their targets include %s, which this "
            "model does not have as a feature",
            ", ".join(others),
            ", ".join(sorted(set().union(*aims) - columns)),
        )
    return usable


def rows_by_slug(playbook: Mapping[int, Sequence[PlaybookRow]], k: int) -> dict[str, PlaybookRow]:
    """Return the row that describes each slug: the one for `k`, else that of the largest k.

    A slug that was carried over from a model of another k keeps its texts.
    """
    own = _served_by(playbook, k)
    in_order = sorted(playbook, key=lambda other: (other == own, other))
    return {row.segment_slug: row for other in in_order for row in playbook[other]}


def targets_hash(playbook: Mapping[int, Sequence[PlaybookRow]]) -> str:
    """Return a hash of slugs, targets and k; changes of names and texts do not change it."""
    targets = [
        [k, row.segment_slug, sorted(row.targets.items())]
        for k, rows in sorted(rows_with_targets(playbook).items())
        for row in rows
    ]
    return hashlib.sha256(json.dumps(targets).encode()).hexdigest()[:16]


def _served_by(playbook: Mapping[int, Sequence[PlaybookRow]], k: int) -> int:
    return k if k in playbook else ANY_K


def _spoken_k(k: int) -> str:
    return "an empty k" if k == ANY_K else f"k = {k}"


def _read_row(row: Mapping[str, Any]) -> PlaybookRow:
    slug = str(row["segment_slug"] or "")
    where = f"segment_playbook: row '{slug}' of segmentation '{row['segmentation']}'"
    if not _SLUG.fullmatch(slug) or slug == UNASSIGNED:
        raise PlaybookError(
            f"{where}: a slug is written in lower case letters, digits and underscores, begins "
            f"with a letter, and is not '{UNASSIGNED}'."
        )
    if row["k"] is not None and int(row["k"]) < 1:
        raise PlaybookError(
            f"{where}: k is {row['k']}. Write the number of segments it is for, or nothing where "
            f"it is for every number without rows of its own."
        )
    condition, condition_of, order = _read_condition(row, where)
    return PlaybookRow(
        segmentation=row["segmentation"],
        k=ANY_K if row["k"] is None else int(row["k"]),
        segment_slug=slug,
        segment_name=row["segment_name"] or slug,
        targets=_read_targets(
            str(row["target_z_scores"] or ""),
            where,
            needed=row["segmentation"] != "prospects" and condition is None,
        ),
        description=row["description"] or "",
        strategy=row["strategy"] or "",
        channel=row["channel"] or "",
        priority=row["priority"] or "",
        condition=condition,
        condition_of=condition_of,
        condition_order=order,
    )


def _read_condition(row: Mapping[str, Any], where: str) -> tuple[Condition | None, str, int]:
    """Return the condition of a row, what it is of, and its place; a seed may have none of them."""
    text = str(row.get("condition") or "").strip()
    condition_of = str(row.get("condition_of") or "").strip()
    order = row.get("condition_order")
    if not text:
        if condition_of or order is not None:
            raise PlaybookError(
                f"{where}: condition is empty, and condition_of or condition_order is not. Write "
                "the condition, or leave all three empty."
            )
        return None, "", 0
    if row["target_z_scores"]:
        raise PlaybookError(
            f"{where}: it has target_z_scores and a condition. A name has one of them: write two "
            "rows, one of them for another k."
        )
    condition = read_condition(text, where)
    if condition_of not in (OF_CUSTOMER, OF_SEGMENT):
        raise PlaybookError(
            f"{where}: condition_of is {condition_of!r}. Write '{OF_CUSTOMER}' for a state that a "
            f"single customer is in, or '{OF_SEGMENT}' for what is typical of a segment."
        )
    if condition_of == OF_CUSTOMER and condition.highest:
        raise PlaybookError(
            f"{where}: 'is highest' compares segments; it cannot be a condition of a customer."
        )
    if order is None or not 1 <= int(order) <= MOST_CONDITIONS:
        raise PlaybookError(
            f"{where}: condition_order is {order}. Write 1 to {MOST_CONDITIONS}: the first "
            "condition that holds names."
        )
    return condition, condition_of, int(order)


def _check_order(row: PlaybookRow, others: Iterable[PlaybookRow]) -> None:
    for other in others:
        same = (other.condition_of, other.condition_order) == (
            row.condition_of,
            row.condition_order,
        )
        if same and other.condition is not None:
            raise PlaybookError(
                f"segment_playbook: the rows '{other.segment_slug}' and '{row.segment_slug}' of "
                f"segmentation '{row.segmentation}' have the same condition_order, "
                f"{row.condition_order}. Of two conditions that hold, one comes first."
            )


def _read_targets(text: str, where: str, *, needed: bool) -> dict[str, float]:
    targets: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        feature, _, value = (piece.strip() for piece in part.partition(":"))
        try:
            target = float(value)
        except ValueError:
            target = math.nan
        if not feature or not math.isfinite(target):
            raise PlaybookError(
                f"{where}: target_z_scores has {part!r}. Write feature: z-score, several with "
                f"semicolons between them, e.g. 'recency_days: 1.4; frequency: -0.5'."
            )
        targets[feature] = target
    # Segments of prospects are matched by their slugs: they need no targets.
    if not targets and needed:
        raise PlaybookError(
            f"{where}: target_z_scores is empty. Name at least one feature, e.g. 'monetary: 1.2'."
        )
    return targets
