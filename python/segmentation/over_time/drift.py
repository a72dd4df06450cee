"""How far today's customers are from those that a model was fitted to, figure by figure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from segmentation.features.bins import CATEGORY, NUMBER, CountedBins
from segmentation.over_time.drift_words import bin_in_words
from segmentation.over_time.population_stability import (
    drift_threshold,
    population_stability,
    stand_out,
)
from segmentation.playbook.feature_words import FeatureWords

# What a figure is about.
FEATURE, MISSING, UNSEEN = "feature", "missing values", "unseen categories"

# They count from a customer's first day on: every later day has larger ones.
WHOLE_HISTORY = frozenset({"length_days", "tenure_days", "membership_days", "purchase_days"})
# They count a window, or how long customers stay away: they grow until the shop is as old as the
# window.
WINDOWED = frozenset({"frequency", "monetary", "recency_days", "absence_days"})


# A smaller index is no drift, even where many customers show that it is not chance: 0.01 is a tenth
# of what textbooks call small, and a mean that moves by a tenth of a standard deviation.
LEAST_PSI = 0.01


@dataclass(frozen=True)
class Move:
    """The bin whose share of the customers changed most.

    Attributes
    ----------
    words : str
        E.g. ``"more customers with recency above 95 days: 12 % → 31 %"``.
    share_at_fit, share_now : float
    """

    words: str
    share_at_fit: float
    share_now: float


@dataclass(frozen=True)
class DriftFigure:
    """A figure of drift beside what it would be above in one of a hundred cases without drift.

    Attributes
    ----------
    subject_kind : str
        ``"feature"``, ``"missing values"``, ``"unseen categories"``, ``"segments"`` or
        ``"distance"``.
    feature : str
        The feature; of the last two, the kind.
    bins : int
        Bins in use, at the fit or now.
    psi : float
        Population stability index.
    threshold : float
    threshold_source : str
        ``"formula"`` or ``"simulation"``.
    customers_at_fit, customers_now : int
    moved : Move or None
        None where all shares are the same.
    is_expected : bool
        Whether it drifts by construction.
    p_value : float
        The probability of an index at least this large without drift.
    least_psi : float
        Below it, an index is too small to matter.
    """

    subject_kind: str
    feature: str
    bins: int
    psi: float
    threshold: float
    threshold_source: str
    customers_at_fit: int
    customers_now: int
    moved: Move | None
    is_expected: bool
    p_value: float
    least_psi: float = LEAST_PSI

    @property
    def has_drifted(self) -> bool:
        """Whether the index is above the threshold, and not too small to matter."""
        return self.psi > self.threshold and self.psi >= self.least_psi


@dataclass(frozen=True)
class ShopAge:
    """How old a shop is, as far as features are concerned.

    Attributes
    ----------
    days_since_fit : int
        From the as_of of the model to that of the build; negative for an earlier day.
    days_at_fit : int or None
        From the first purchase of all to the as_of of the model; None where purchases have no days.
    window_days : int
        The days that frequency and monetary count.
    """

    days_since_fit: int
    days_at_fit: int | None
    window_days: int

    def drifting(self, features: Collection[str]) -> set[str]:
        """Return the features that drift by construction between the two days."""
        if self.days_since_fit == 0:
            return set()
        found = set(features) & WHOLE_HISTORY
        youngest = (
            None if self.days_at_fit is None else self.days_at_fit + min(self.days_since_fit, 0)
        )
        if youngest is not None and youngest + 1 < self.window_days:
            found |= set(features) & WINDOWED
        return found


@dataclass(frozen=True)
class WordsOfDrift:
    """The words for features, and the names of segments by what they are counted under."""

    features: Mapping[str, FeatureWords]
    segments: Mapping[str, str]


def drift_figures(
    bins: Sequence[CountedBins],
    now: Sequence[Sequence[int]],
    age: ShopAge,
    words: WordsOfDrift,
    least_psi: float = LEAST_PSI,
) -> list[DriftFigure]:
    """Compare today's customers with those of the fit.

    Parameters
    ----------
    bins : sequence of CountedBins
        As the model has them.
    now : sequence of sequence of int
        Today's customers in each bin, in the same order.
    age : ShopAge
    words : WordsOfDrift
    least_psi : float
        Below it, an index is too small to matter.

    Returns
    -------
    list of DriftFigure
        Of each feature one for all its bins, one for the missing and, of categories, one for the
        unseen; then those of segments and distances, as far as `bins` has them. None if there is
        nobody now, or was nobody then.
    """
    expected = age.drifting([column.name for column in bins])
    figures = []
    for column, found in zip(bins, now, strict=True):
        if not sum(found) or not sum(column.counts):
            continue
        is_feature = column.kind in (NUMBER, CATEGORY)
        # Segments are made of all features.
        is_expected = column.name in expected if is_feature else bool(expected)
        kind = FEATURE if is_feature else column.kind
        figures.append(
            _figure(kind, column, column.counts, found, _Wording(words, None), is_expected)
        )
        if is_feature:
            figures += [
                _figure(
                    part,
                    column,
                    _one_against_others(column.counts, place),
                    _one_against_others(found, place),
                    _Wording(words, place),
                    False,
                )
                for part, place in ((MISSING, column.missing), (UNSEEN, column.unseen))
                if place is not None
            ]
    return [replace(figure, least_psi=least_psi) for figure in figures]


def alarms(figures: Sequence[DriftFigure]) -> list[bool]:
    """Return which figures drifted after correction for the number of figures.

    Without drift, a single figure is above its threshold in one of a hundred builds, and at least
    one of the thirty of a segmentation in every fourth build. At most one of a hundred builds has
    an alarm, see :func:`segmentation.over_time.population_stability.stand_out`.

    Parameters
    ----------
    figures : sequence of DriftFigure
        All that were measured of a segmentation.
    """
    outstanding = stand_out([figure.p_value for figure in figures])
    return [
        figure.has_drifted and stands_out
        for figure, stands_out in zip(figures, outstanding, strict=True)
    ]


def drift_reason(figures: Sequence[DriftFigure]) -> str | None:
    """Return why a model is to be fitted again; None if nothing drifted but by construction.

    Figures count that chance does not explain, see :func:`alarms`. The one that is farthest above
    its threshold is named, in multiples of it; of equal ones the first.
    """
    unexpected = [
        figure
        for figure, is_alarm in zip(figures, alarms(figures), strict=True)
        if is_alarm and not figure.is_expected
    ]
    if not unexpected:
        return None
    worst = max(unexpected, key=_times_threshold)
    what = "" if worst.subject_kind == FEATURE else f"{worst.subject_kind} of "
    others = len(unexpected) - 1
    more = f", and {others} other figure{'s' if others > 1 else ''}" if others else ""
    return f"{what}{worst.feature} drifted: {index_in_words(worst)}{more}"


def index_in_words(figure: DriftFigure) -> str:
    """Return an index beside its threshold, e.g. ``"PSI 0.31 above 0.018"``."""
    # As few digits as tell them apart.
    for digits in range(2, 8):
        index, threshold = _written(figure.psi, digits), _written(figure.threshold, digits)
        if index != threshold:
            break
    if figure.psi > figure.threshold and not figure.has_drifted:
        least = _written(figure.least_psi, 2)
        return f"PSI {index} above {threshold}, but below {least}, the least that counts"
    return f"PSI {index} {'above' if figure.has_drifted else 'not above'} {threshold}"


@dataclass(frozen=True)
class _Wording:
    """The words of a figure, and the bin that it is about if it is about one."""

    words: WordsOfDrift
    place: int | None


def _figure(
    kind: str,
    column: CountedBins,
    then: Sequence[int],
    now: Sequence[int],
    wording: _Wording,
    is_expected: bool,
) -> DriftFigure:
    threshold = drift_threshold(then, now)
    return DriftFigure(
        subject_kind=kind,
        feature=column.name,
        bins=sum(1 for first, second in zip(then, now, strict=True) if first or second),
        psi=population_stability(then, now),
        threshold=threshold.value,
        threshold_source=threshold.source,
        customers_at_fit=sum(then),
        customers_now=sum(now),
        moved=_largest_move(column, then, now, wording),
        is_expected=is_expected,
        p_value=threshold.p_value,
    )


def _largest_move(
    column: CountedBins, then: Sequence[int], now: Sequence[int], wording: _Wording
) -> Move | None:
    n, m = sum(then), sum(now)
    # As whole numbers: what is the same is so whatever the rounding. Of equal moves the first.
    moves = [abs(second * n - first * m) for first, second in zip(then, now, strict=True)]
    place = 0 if wording.place is not None else moves.index(max(moves))
    if not moves[place]:
        return None
    first, second = then[place] / n, now[place] / m
    described = bin_in_words(
        column,
        place if wording.place is None else wording.place,
        wording.words.features,
        wording.words.segments,
    )
    more = "more" if second > first else "fewer"
    return Move(f"{more} customers {described}: {_shares_in_words(first, second)}", first, second)


def _times_threshold(figure: DriftFigure) -> float:
    # Of few customers now, none is expected in a bin that was empty: the threshold is 0.
    return figure.psi / figure.threshold if figure.threshold > 0 else math.inf


def _written(value: float, digits: int) -> str:
    return np.format_float_positional(float(f"{value:.{digits}g}"), trim="-")


def _one_against_others(counts: Sequence[int], place: int) -> list[int]:
    return [counts[place], sum(counts) - counts[place]]


def _shares_in_words(first: float, second: float) -> str:
    """Return two shares in percent, with as many digits as tell them apart, at most three."""
    for decimals in range(4):
        before, after = f"{100 * first:.{decimals}f} %", f"{100 * second:.{decimals}f} %"
        if before != after and (decimals > 0 or min(first, second) >= 0.1):
            break
    return f"{before} → {after}"
