"""Absence of people who are scored outside a build, whose callers may know recency alone."""

from __future__ import annotations

import numpy as np

from segmentation.engine.sql import Query, case, quoted, select
from segmentation.features.arrays import Matrix

ABSENCE = "absence_days"
# What it is made of: days since the last purchase, and the days that usually lie between two.
RECENCY, USUAL_GAP = "recency_days", "usual_gap_days"

# Who was away for fewer usual gaps is on time.
GAPS_ON_TIME = 2


def absence_expression(recency: str, usual_gap: str) -> str:
    """Return SQL for absence in days, the rule of ``macros/absence_days.sql``.

    Parameters
    ----------
    recency, usual_gap : str
        SQL for days. Absence is recency where the usual gap is null, and null where recency is.
    """
    least = f"{GAPS_ON_TIME} * {usual_gap}"
    return case([(f"{recency} < {least}", least)], recency)


def absence_of(recency: Matrix, usual_gap: Matrix) -> Matrix:
    """Return absence in days, the same rule for arrays; NaN is a null.

    Parameters
    ----------
    recency, usual_gap : ndarray of shape (n,)
        Days.
    """
    least = GAPS_ON_TIME * usual_gap
    return np.where(recency < least, least, recency)


def with_absence(people: Query, *, is_given: bool) -> Query:
    """Return a query that has absence, made of recency and the usual gap where it is not known.

    Parameters
    ----------
    people : Query
        Its result has the columns :data:`RECENCY` and :data:`USUAL_GAP`, null where they are not
        known.
    is_given : bool
        Whether it has :data:`ABSENCE` too.
    """
    recency, gap = (f"cast({quoted(name)} as double)" for name in (RECENCY, USUAL_GAP))
    made = absence_expression(recency, gap)
    column = f"{made} as {quoted(ABSENCE)}"
    if is_given:
        known = f"coalesce(cast({quoted(ABSENCE)} as double), {made})"
        column = f"* replace ({known} as {quoted(ABSENCE)})"
        return people.step("people_with_absence", select([column], people.result))
    return people.adding("person_with_absence", [column])
