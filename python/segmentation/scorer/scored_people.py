"""What a scorer says of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from segmentation.features.arrays import Codes, Matrix
from segmentation.scorer.columns_of_people import Inputs, People
from segmentation.scorer.smallest_change import SegmentRule

DISTANCE, PROBABILITY = "distance", "probability"
NOISE_SLUG, NOISE_NAME = "noise", "Noise"


@dataclass(frozen=True)
class ScoredPeople:
    """The segments of people: columns, as ``fct_customer_segments`` has them.

    Attributes
    ----------
    segment_ids, runner_up_ids : ndarray of shape (n,)
        -1 is noise, and no runner-up.
    amounts : ndarray of shape (n,)
        The distance to the segment, or its probability.
    margins : ndarray of shape (n,)
        NaN where there is none.
    reasons : ndarray of shape (n, 3)
        Texts; None where there are fewer.
    of_segments : ndarray of shape (n, k)
        The distance to each cluster, or the probability of each segment.
    """

    segment_ids: Codes
    amounts: Matrix
    runner_up_ids: Codes
    margins: Matrix
    reasons: np.ndarray[Any, np.dtype[np.object_]]
    of_segments: Matrix


@dataclass(frozen=True)
class Contribution:
    """What one feature says.

    Attributes
    ----------
    feature : str
    own, runner_up : float or None
        Of a distance: what it adds to the squared distance to the segment's cluster and to that of
        the runner-up; less is nearer. Of a probability: by how much it raises the log-odds of the
        segment, compared with its typical value; there is none of the runner-up.
    """

    feature: str
    own: float
    runner_up: float | None


class Scorer(SegmentRule, Protocol):
    """What is alike in the scorers of all segmentations."""

    segmentation: str
    model_version: str
    # What `amounts` are: DISTANCE or PROBABILITY.
    measure: str
    inputs: Inputs
    # segment_id to slug and name, clusters and states; the order of `of_segments` comes first.
    slugs: dict[int, str]
    names: dict[int, str]

    def score(self, people: People) -> ScoredPeople:
        """Return the segments of people, how surely, and why."""
        ...

    def contributions(self, people: People, scored: ScoredPeople) -> list[Contribution]:
        """Return what each feature of one person says for the segment and for the runner-up."""
        ...


def records(
    scorer: Scorer, scored: ScoredPeople, ids: Sequence[str | None] | None = None
) -> list[dict[str, Any]]:
    """Return one answer for each person, as plain values.

    Parameters
    ----------
    scorer : Scorer
    scored : ScoredPeople
        What it returned.
    ids : sequence of str or None, length n, optional
        Becomes the field customer_id of each.

    Returns
    -------
    list of dict
        segment_id, segment_slug, segment_name, distance or probability, runner_up_slug, margin,
        reasons (a list), and distances or probabilities: slug to number.
    """
    segments = scored.segment_ids.tolist()
    labels = {i: (scorer.slugs[i], scorer.names[i]) for i in scorer.slugs}
    noise = (NOISE_SLUG, NOISE_NAME)
    of_segments = [scorer.slugs[i] for i in range(scored.of_segments.shape[1])]
    measure = scorer.measure
    plural = "distances" if measure == DISTANCE else "probabilities"
    found = [
        {
            "customer_id": given,
            "segment_id": segment,
            "segment_slug": slug,
            "segment_name": name,
            measure: amount,
            "runner_up_slug": runner_up,
            "margin": None if margin != margin else margin,
            "reasons": reasons if None not in reasons else [r for r in reasons if r is not None],
            plural: dict(zip(of_segments, amounts)),  # noqa: B905  (shape (n, k))
        }
        for given, segment, (slug, name), amount, runner_up, margin, reasons, amounts in zip(
            ids or [None] * len(segments),
            segments,
            [labels.get(i, noise) for i in segments],
            scored.amounts.tolist(),
            [scorer.slugs.get(i) for i in scored.runner_up_ids.tolist()],
            scored.margins.tolist(),
            scored.reasons.tolist(),
            scored.of_segments.tolist(),
            strict=True,
        )
    ]
    if ids is None:
        for record in found:
            del record["customer_id"]
    return found


def columns(scorer: Scorer, scored: ScoredPeople) -> dict[str, Sequence[Any]]:
    """Return the same as columns of a table, without the figures of the other segments."""
    segments, runners = scored.segment_ids.tolist(), scored.runner_up_ids.tolist()
    return {
        "segment_id": segments,
        "segment_slug": [scorer.slugs.get(i, NOISE_SLUG) for i in segments],
        "segment_name": [scorer.names.get(i, NOISE_NAME) for i in segments],
        scorer.measure: scored.amounts.tolist(),
        "runner_up_slug": [scorer.slugs.get(i) for i in runners],
        "margin": [None if m != m else m for m in scored.margins.tolist()],
        **{f"reason_{rank + 1}": scored.reasons[:, rank].tolist() for rank in range(3)},
        "model_version": [scorer.model_version] * len(segments),
    }
