"""Reasons as people read them: what a sentence says of a customer, and whether it is true."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from segmentation.clustering.contrasts import NO_REASON
from segmentation.playbook.feature_words import FeatureWords

REASON_COLUMNS = ("reason_1", "reason_2", "reason_3")

_SENTENCE = re.compile(
    r"(?P<direction>[^:]+): (?P<own>.*)"
    r" \(typical here (?P<here>.*), all customers (?P<everywhere>.*)\)"
)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class SpokenReason:
    """What a reason says.

    Attributes
    ----------
    feature : str
    is_high : bool
        Whether the words say that the customer has more of it than others.
    own, here, everywhere : float
        The customer's figure, that of the segment and that of all customers.
    """

    feature: str
    is_high: bool
    own: float
    here: float
    everywhere: float

    @property
    def opposes(self) -> bool:
        """Whether customer or segment do not lie on the side that the words name."""
        sign = 1 if self.is_high else -1
        return not (sign * self.own > sign * self.everywhere < sign * self.here)


@dataclass(frozen=True)
class ReasonCount:
    """Reasons of customers, counted.

    Attributes
    ----------
    customers, without_reason : int
    reasons : int
        Sentences that compare a number.
    opposing : int
    not_read : int
        Other sentences: they say that a value is unknown.
    """

    customers: int
    without_reason: int
    reasons: int
    opposing: int
    not_read: int


def read_reason(text: str, words: Mapping[str, FeatureWords]) -> SpokenReason | None:
    """Read a reason; None where it compares no number.

    The last number of each part counts: "usually 6 days between purchases, now 3, 0.5 times".
    """
    found = _SENTENCE.fullmatch(text)
    if found is None:
        return None
    for feature, spoken in words.items():
        if found["direction"] in (spoken.low_words, spoken.high_words):
            return SpokenReason(
                feature=feature,
                is_high=found["direction"] == spoken.high_words,
                own=_last_number(found["own"]),
                here=_last_number(found["here"]),
                everywhere=_last_number(found["everywhere"]),
            )
    return None


def counted_reasons(frame: pd.DataFrame, words: Mapping[str, FeatureWords]) -> ReasonCount:
    """Count the reasons of customers.

    Parameters
    ----------
    frame : DataFrame
        With reason_1 to reason_3.
    words : mapping
        Feature to its words.
    """
    without = frame.reason_1.isna() | (frame.reason_1 == NO_REASON)
    texts = [text for column in REASON_COLUMNS for text in frame.loc[~without, column].dropna()]
    read = [reason for text in texts if (reason := read_reason(text, words))]
    return ReasonCount(
        customers=len(frame),
        without_reason=int(without.sum()),
        reasons=len(read),
        opposing=sum(reason.opposes for reason in read),
        not_read=len(texts) - len(read),
    )


def _last_number(text: str) -> float:
    return float(_NUMBER.findall(text)[-1].replace(",", ""))
