"""What sets a segment apart from all customers, in one line of words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentation.playbook.feature_words import FeatureWords, words_for
from segmentation.playbook.matching import strongest_categories, strongest_features
from segmentation.playbook.profile_keys import Category, ProfileKey, column_of

# Most numbers, and most categories, in a headline.
MOST_NUMBERS = 4
MOST_CATEGORIES = 2


@dataclass(frozen=True)
class NumberContrast:
    """A number in a segment and among all customers.

    Attributes
    ----------
    name : str
        The feature.
    z_score : float
        How far the mean of the segment is from that of all customers, in standard deviations.
    here, everywhere : float
        Typical value in the segment and of all customers, in the feature's own unit.
    """

    name: str
    z_score: float
    here: float
    everywhere: float


@dataclass(frozen=True)
class CategoryContrast:
    """A category in a segment and among all customers.

    Attributes
    ----------
    name : str
        The feature.
    category : str
    here, everywhere : float
        Share of the category in the segment and among all customers.
    """

    name: str
    category: str
    here: float
    everywhere: float


def share_z_score(here: float, everywhere: float) -> float:
    """Return the z-score of a share: its distance from the share of all customers.

    The unit is the standard deviation of the 0/1 indicator of the category. The result is 0 if all
    customers have the category, or none.
    """
    deviation = math.sqrt(everywhere * (1 - everywhere))
    return (here - everywhere) / deviation if deviation > 0 else 0.0


def headline(
    numbers: Sequence[NumberContrast],
    categories: Sequence[CategoryContrast],
    words: Mapping[str, FeatureWords],
) -> str:
    """Return what sets a segment apart, in words: numbers before categories, strongest first.

    Parameters
    ----------
    numbers, categories : sequence
        Ties go to the contrast that is given first.
    words : mapping
        Feature to its words.
    """
    # What reads the same on both sides sets nothing apart; nor does a mean that lies on one side
    # of all customers and a typical value that lies on the other.
    apart_numbers = {
        number.name: number
        for number in numbers
        if words_for(number.name, words).written(number.here)
        != words_for(number.name, words).written(number.everywhere)
        and number.z_score * (number.here - number.everywhere) > 0
    }
    z_scores: dict[ProfileKey, float] = {
        name: number.z_score for name, number in apart_numbers.items()
    }
    phrases = [_number_phrase(apart_numbers[name], words) for name in strongest_features(z_scores)][
        :MOST_NUMBERS
    ]
    shares = {Category(contrast.name, contrast.category): contrast for contrast in categories}
    apart = strongest_categories(
        {key: share_z_score(contrast.here, contrast.everywhere) for key, contrast in shares.items()}
    )
    for key in apart[:MOST_CATEGORIES]:
        contrast = shares[key]
        phrases.append(
            f"{key.column.replace('_', ' ')} {key.category} {contrast.here:.0%} "
            f"(all customers {contrast.everywhere:.0%})"
        )
    if not phrases and z_scores:
        # Little sets it apart: the strongest of it, of equal ones the first.
        strongest = max(z_scores, key=lambda name: abs(z_scores[name]))
        phrases = [_number_phrase(apart_numbers[column_of(strongest)], words)]
    text = "; ".join(phrases) or "close to the average customer on everything"
    return text[0].upper() + text[1:]


def _number_phrase(number: NumberContrast, words: Mapping[str, FeatureWords]) -> str:
    spoken = words_for(number.name, words)
    side = spoken.high_words if number.here > number.everywhere else spoken.low_words
    return (
        f"{side} ({spoken.spoken(number.here)}, all customers {spoken.written(number.everywhere)})"
    )
