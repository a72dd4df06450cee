"""Moves and drift, in a line for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from segmentation.published.drift_figures import Drift
from segmentation.published.segment_moves import ONE_DAY, SegmentMoves

# Segmentations whose moves are reported; the first with the largest move.
TOLD = ("value", "profile")


def over_time_in_words(moves: Mapping[str, SegmentMoves] | None, drift: Drift | None) -> str:
    """Return a line about moves and drift; empty where the file has neither.

    Parameters
    ----------
    moves : mapping of str to SegmentMoves, or None
        Of :func:`segmentation.published.segment_moves.read_segment_moves`.
    drift : Drift or None
        Of :func:`segmentation.published.drift_figures.read_drift`.
    """
    sentences = _moves_in_words([moves[name] for name in TOLD if name in moves] if moves else [])
    if drift is not None:
        sentences.append(f"{drift.sentence}.")
    return " ".join(sentences)


def over_time_facts(
    moves: Mapping[str, SegmentMoves] | None, drift: Drift | None
) -> dict[str, Any]:
    """Return the same for JSON; None where an earlier version built the file."""
    return {
        "segment_moves": None
        if moves is None
        else {
            name: asdict(found) | {"sentence": f"{found.sentence}."}
            for name, found in moves.items()
        },
        "drift": None if drift is None else asdict(drift) | {"sentence": f"{drift.sentence}."},
    }


def _moves_in_words(told: list[SegmentMoves]) -> list[str]:
    if not told:
        return []
    first, *others = told
    if first.previous_as_of is None:
        return [f"{_within(first.sentence)}.", ONE_DAY]
    sentences = [f"by {first.segmentation}, {_within(first.sentence)}."]
    if first.is_new_model:
        sentences.append("Another model was fitted in between, which can have moved them.")
    sentences += [
        f"By {other.segmentation}, {other.moved:,} moved."
        for other in others
        if other.previous_as_of is not None
    ]
    return sentences


def _within(sentence: str) -> str:
    """Return a sentence with a small first letter, to follow a colon or a comma."""
    return sentence[:1].lower() + sentence[1:]
