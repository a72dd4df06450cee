"""Moves, refits, waiting models and drift, in a line for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from segmentation.engine.duckdb import DuckDBEngine
from segmentation.published.drift_figures import Drift, read_drift
from segmentation.published.read_marts import Marts
from segmentation.published.segment_events import Refit, read_refits
from segmentation.published.segment_moves import ONE_DAY, SegmentMoves, read_segment_moves
from segmentation.published.waiting_models import WaitingModel, read_waiting_models

# Segmentations whose moves are reported; the first with the largest move.
TOLD = ("value", "profile")


@dataclass(frozen=True)
class OverTime:
    """What the marts say of time; each part is None where an earlier version built the file.

    Attributes
    ----------
    moves : dict of str to SegmentMoves, or None
        By segmentation.
    drift : Drift or None
    refits : list of Refit, or None
        The newest first.
    waiting_models : list of WaitingModel, or None
    """

    moves: dict[str, SegmentMoves] | None
    drift: Drift | None
    refits: list[Refit] | None
    waiting_models: list[WaitingModel] | None

    @classmethod
    def of(cls, marts: Marts) -> Self:
        """Read it from the marts of a published file or a warehouse."""
        return cls(
            read_segment_moves(marts),
            read_drift(marts),
            read_refits(DuckDBEngine(marts.connection), marts.descriptions),
            read_waiting_models(marts),
        )

    @property
    def line(self) -> str:
        """Moves, the refit behind them, waiting models and drift; empty where there are none."""
        moves = self.moves or {}
        sentences = _moves_in_words(
            [moves[name] for name in TOLD if name in moves], self.refits or []
        )
        sentences += [f"{model.sentence}." for model in self.waiting_models or []]
        if self.drift is not None:
            sentences.append(f"{self.drift.sentence}.")
        return " ".join(sentences)

    @property
    def facts(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "segment_moves": self.moves and {n: _facts(found) for n, found in self.moves.items()},
            "drift": self.drift and _facts(self.drift),
            "refits": self.refits and [_facts(refit) for refit in self.refits],
            "waiting_models": self.waiting_models and [_facts(m) for m in self.waiting_models],
        }


def _facts(found: SegmentMoves | Drift | Refit | WaitingModel) -> dict[str, Any]:
    return asdict(found) | {"sentence": f"{found.sentence}."}


def _moves_in_words(told: list[SegmentMoves], refits: Sequence[Refit]) -> list[str]:
    if not told:
        return []
    first, *others = told
    if first.previous_as_of is None:
        return [f"{_within(first.sentence)}.", ONE_DAY]
    sentences = [f"by {first.segmentation}, {_within(first.sentence)}."]
    if first.is_new_model:
        sentences.append("Another model was fitted in between, which can have moved them.")
        sentences += [
            f"{refit.sentence}."
            for refit in refits
            if refit.segmentation == first.segmentation and refit.is_newest_champion
        ]
    sentences += [
        f"By {other.segmentation}, {other.moved:,} moved."
        for other in others
        if other.previous_as_of is not None
    ]
    return sentences


def _within(sentence: str) -> str:
    """Return a sentence with a small first letter, to follow a colon or a comma."""
    return sentence[:1].lower() + sentence[1:]
