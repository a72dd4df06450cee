"""Which segments can be cross-validated, and on how many folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segmentation.classification.grouping import Labels


@dataclass(frozen=True)
class Attendance:
    """Which segments can be cross-validated, and on how many folds.

    Attributes
    ----------
    folds : int
        0 if fewer than two segments can be validated.
    kept : tuple of str
        Segments that are validated, in order.
    left_out : mapping of str to (int, int)
        Other segments, to the numbers of their labelled rows and groups.
    """

    folds: int
    kept: tuple[str, ...]
    left_out: Mapping[str, tuple[int, int]]


def attendance(labels: Sequence[str], groups: Labels, folds: int) -> Attendance:
    """Decide which segments can be cross-validated, and on how many folds.

    A segment needs at least one group for each fold. A segment with fewer groups is left out. If
    fewer than two segments would remain, the number of folds is reduced to the largest number, at
    least two, for which two segments have enough groups.

    Parameters
    ----------
    labels : sequence of str, length n
    groups : ndarray of shape (n,)
    folds : int
        Number of folds in the options.
    """
    named = np.asarray(labels, dtype=object)
    sizes = {
        segment: (int((named == segment).sum()), len(np.unique(groups[named == segment])))
        for segment in sorted(set(labels))
    }
    second = sorted((of_groups for _, of_groups in sizes.values()), reverse=True)[1:2]
    possible = min(folds, second[0]) if second else 0
    if possible < 2:
        return Attendance(0, (), sizes)
    kept = tuple(segment for segment, (_, of_groups) in sizes.items() if of_groups >= possible)
    return Attendance(
        possible, kept, {segment: size for segment, size in sizes.items() if segment not in kept}
    )
