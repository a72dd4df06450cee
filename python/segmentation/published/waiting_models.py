"""Last fits that are not used: challengers, and fits that a promotion or a pin keeps out."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from segmentation.engine.duckdb import DuckDBEngine
from segmentation.published.read_marts import Marts

COMPARISON = "rpt_challenger_comparison"
GATES = "rpt_model_gates"
MODELS = "rpt_model_history"

# What each gate measures, with its figure in the place of the braces.
_MEASURED = {
    "agreement": "{} of the customers would keep their segment",
    "smallest share": "its smallest segment has {} of the customers in clusters",
    "stability": "its clusters agree with those of resamples by {} (adjusted Rand index)",
    "silhouette": "its mean silhouette is {}",
    "names": "{} of its clusters have a name that is more than a description",
}
_ARE_SHARES = frozenset({"agreement", "smallest share", "names"})
# Two figures that differ are written with so many more digits at most, until they look different.
_MOST_DIGITS = 9


@dataclass(frozen=True)
class FailedGate:
    """A figure of a fit that is below the least that passes.

    Attributes
    ----------
    gate : str
        Of rpt_model_gates.
    value, least : float
    """

    gate: str
    value: float
    least: float

    @property
    def sentence(self) -> str:
        """The figure beside the least that passes, without a full stop."""
        value, least = _told_apart(self.value, self.least, is_share=self.gate in _ARE_SHARES)
        measured = _MEASURED.get(self.gate, f"its {self.gate} is {{}}")
        return f"{measured.format(value)} (gate: {least})"


@dataclass(frozen=True)
class WaitingModel:
    """The last fit of a segmentation, where another model is in force.

    Attributes
    ----------
    segmentation, model_version : str
    as_of : date
        The day of the fit.
    current_version : str
        The model that is in force.
    current_chosen_by : str
        newest champion, promoted or pinned.
    failed_gates : tuple of FailedGate
    customers : int
        Customers with a segment in both.
    moving_customers : int
        Those who would be in another segment.
    """

    segmentation: str
    model_version: str
    as_of: datetime.date
    current_version: str
    current_chosen_by: str
    failed_gates: tuple[FailedGate, ...]
    customers: int
    moving_customers: int

    @property
    def sentence(self) -> str:
        """That it is not used and how many customers would move, without a full stop."""
        return (
            f"A newer model of {self.segmentation}, fitted as of {self.as_of}, is not used: with"
            f" it, {self.moving_customers:,} of {self.customers:,} customers would move"
        )

    @property
    def because(self) -> str:
        """Why it is not used, in sentences."""
        sentences = []
        if self.current_chosen_by != "newest champion":
            sentences.append(f"{self.current_version} is {self.current_chosen_by}.")
        if self.failed_gates:
            plural = "" if len(self.failed_gates) == 1 else "s"
            failed = "; ".join(gate.sentence for gate in self.failed_gates)
            sentences.append(f"It failed {len(self.failed_gates)} gate{plural}: {failed}.")
        return " ".join(sentences)

    @property
    def advice(self) -> str:
        """What puts it in force, in a sentence."""
        command = f'segmentation promote {self.model_version} --reason "..."'
        return f"To use it: {command}, then build."


def read_waiting_models(marts: Marts) -> list[WaitingModel] | None:
    """Return the last fits that are not used, value first; None where the file has no such mart.

    Parameters
    ----------
    marts : Marts
        Of a published file or a warehouse.
    """
    if not {COMPARISON, GATES, MODELS} <= set(marts.descriptions):
        return None
    engine = DuckDBEngine(marts.connection)
    gates: dict[tuple[str, str], list[FailedGate]] = {}
    for segmentation, version, *figures in engine.rows(
        f"""
        select segmentation, model_version, gate, gate_value, least_value
        from {GATES}
        where not is_passed
        order by segmentation, model_version, gate
        """
    ):
        gates.setdefault((segmentation, version), []).append(FailedGate(*figures))
    rows = engine.rows(
        f"""
        select
            comparison.segmentation, comparison.challenger_version, waiting.as_of,
            comparison.champion_version, current.chosen_by,
            sum(comparison.customers),
            coalesce(sum(comparison.customers) filter (comparison.would_move), 0)
        from {COMPARISON} as comparison
        inner join {MODELS} as waiting
            on
                comparison.segmentation = waiting.segmentation
                and comparison.challenger_version = waiting.model_version
        inner join {MODELS} as current
            on
                comparison.segmentation = current.segmentation
                and comparison.champion_version = current.model_version
                and waiting.dataset = current.dataset
                and waiting.variant = current.variant
        group by all
        order by comparison.segmentation desc
        """
    )
    return [
        WaitingModel(
            *(segmentation, version, as_of, current, str(chosen_by)),
            tuple(gates.get((segmentation, version), [])),
            int(customers),
            int(moving),
        )
        for segmentation, version, as_of, current, chosen_by, customers, moving in rows
    ]


def _told_apart(value: float, least: float, *, is_share: bool) -> tuple[str, str]:
    """Return two figures with as few digits as show that they differ."""
    kind, first = ("%", 1) if is_share else ("f", 3)
    for digits in range(first, _MOST_DIGITS):
        written = f"{value:.{digits}{kind}}", f"{least:.{digits}{kind}}"
        if written[0] != written[1]:
            break
    return written
