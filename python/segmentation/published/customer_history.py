"""The segments of a customer over time, from the marts."""

from __future__ import annotations

from typing import Any

from segmentation.engine.sql import text_literal
from segmentation.published.opened_file import OpenedFile

HISTORY = "fct_customer_segment_history"

_COLUMNS = (
    *("segmentation", "segment_slug", "segment_name", "valid_from", "valid_to", "days"),
    *("entry", "moved_by", "is_new_model", "model_version"),
)
_DAYS = ("valid_from", "valid_to")


def customer_history(
    file: OpenedFile, customer_id: str, segmentation: str | None = None
) -> list[dict[str, Any]] | None:
    """Return the periods of a customer, or None where the file has no history.

    Parameters
    ----------
    file : OpenedFile
    customer_id : str
    segmentation : str, optional
        All of them by default.

    Returns
    -------
    list of dict, or None
        By segmentation, the first period first: segmentation, segment_slug and segment_name (None
        while the customer was not in the data), valid_from, valid_to (days as text; the second
        is None of the last period), days, entry, moved_by, is_new_model, `reasons` (a list) and
        model_version.
    """
    if HISTORY not in file.mart_names:
        return None
    only = "" if segmentation is None else f" and segmentation = {text_literal(segmentation)}"
    rows = file.engine.records(
        f"select * from {HISTORY} where customer_id = {text_literal(customer_id)}{only}"
        " order by segmentation, valid_from"
    )
    return [_period(row) for row in rows]


def _period(row: dict[str, Any]) -> dict[str, Any]:
    period = {name: row[name] for name in _COLUMNS}
    for name in _DAYS:
        period[name] = None if row[name] is None else row[name].isoformat()
    reasons = [row[f"reason_{rank}"] for rank in (1, 2, 3)]
    return period | {"reasons": [reason for reason in reasons if reason is not None]}
