"""States: conditions on one customer, which name before the clusters do.

A customer who meets a condition is in that state, even if a cluster is near. Of several conditions
that hold, the first one names. A column without a value makes no condition true.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence, Set

from segmentation.engine.base import Engine
from segmentation.engine.sql import Query, case, quoted
from segmentation.playbook.conditions import TYPICAL, ConditionsOfSegments
from segmentation.playbook.playbook import PlaybookRow

log = logging.getLogger("segmentation")

# A state's segment_id is this and the place of its condition: no cluster has such a number.
STATE_IDS_FROM = 100

# The columns of features that the threshold LATE_RATIO is measured by.
LAST_RETURN_RATIO = "last_return_ratio"
LATE_RATIO = "late_ratio"

# So late, in multiples of what was usual, was at most this share of the customers who came back.
LATE_QUANTILE = 0.9
# Where nobody has come back yet.
LATE_RATIO_WITHOUT_RETURNS = 4.0


class States(ConditionsOfSegments):
    """The states of a segmentation: conditions in their order, by the segment_id of the state."""

    @property
    def expression(self) -> str:
        """SQL for the segment_id of the state that a row is in; null where it is in none."""
        branches = [
            (condition.sql(self.thresholds), str(state))
            for state, condition in self.conditions.items()
        ]
        return case(branches) if branches else "cast(null as integer)"

    def named(self, assigned: Query) -> Query:
        """Return a query that also has ``named_id``: the state of a row, else its cluster.

        Parameters
        ----------
        assigned : Query
            Its result has ``cluster_id``, the cluster that names a customer in no state, and the
            columns of the conditions.
        """
        return assigned.adding("customer_states", [f"{self.expression} as state_id"]).adding(
            "states_before_clusters", ["coalesce(state_id, cluster_id) as named_id"]
        )


def state_id(row: PlaybookRow) -> int:
    """Return the segment_id of a state."""
    return STATE_IDS_FROM + row.condition_order


def usable_conditions(rows: Sequence[PlaybookRow], columns: Set[str]) -> list[PlaybookRow]:
    """Return the rows whose conditions the columns of a feature table can answer; warn of others.

    Parameters
    ----------
    rows : sequence of PlaybookRow
        With conditions.
    columns : set of str
    """
    usable = []
    for row in rows:
        assert row.condition is not None
        medians = {
            name.removeprefix(TYPICAL)
            for name in row.condition.thresholds
            if name.startswith(TYPICAL)
        }
        missing = sorted((set(row.condition.columns) | medians) - columns)
        unknown = [
            name
            for name in row.condition.thresholds
            if not name.startswith(TYPICAL) and name != LATE_RATIO
        ]
        if missing or unknown:
            log.warning(
                "segment_playbook: the row %s is not used: its condition names %s, which %s",
                row.segment_slug,
                ", ".join([*missing, *unknown]),
                "the features do not have as a number"
                if missing
                else f"is no threshold; write {TYPICAL}<column> or {LATE_RATIO}",
            )
        else:
            usable.append(row)
    return usable


def measured_thresholds(
    engine: Engine, table: str, rows: Sequence[PlaybookRow]
) -> dict[str, float]:
    """Return the thresholds that conditions name, measured in a table.

    Parameters
    ----------
    engine : Engine
    table : str
        A from-item with the customers that a model is fitted to.
    rows : sequence of PlaybookRow
        With usable conditions.

    Returns
    -------
    dict of str to float
        ``typical_<column>`` is the median of the column. ``late_ratio`` is the 90th percentile,
        over the customers who came back, of how late their last return was in multiples of their
        usual gap. One that cannot be measured is left out.
    """
    names = [name for row in rows if row.condition for name in row.condition.thresholds]
    found: dict[str, float] = {}
    columns = set(engine.numeric_columns(table))
    for name in dict.fromkeys(names):
        if name == LATE_RATIO:
            found[name] = _late_ratio(engine, table, columns)
            continue
        raw = f"cast({quoted(name.removeprefix(TYPICAL))} as double)"
        ((median,),) = engine.rows(
            f"select median(case when {engine.is_finite(raw)} then {raw} end) from {table}"
        )
        if median is not None:
            found[name] = float(median)
    return found


def _late_ratio(engine: Engine, table: str, columns: Set[str]) -> float:
    if LAST_RETURN_RATIO not in columns:
        return LATE_RATIO_WITHOUT_RETURNS
    ((late,),) = engine.rows(
        f"select percentile_cont({LATE_QUANTILE}) within group (order by {LAST_RETURN_RATIO}) "
        f"from {table}"
    )
    return LATE_RATIO_WITHOUT_RETURNS if late is None else float(late)
