"""Slugs: of letters, digits and underscores, a letter first, and no two the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segmentation.playbook.slugs import RESERVED, unique_slug


@pytest.mark.parametrize(
    ("text", "taken", "slug", "number"),
    [
        ("Buys more often, spends more", (), "buys_more_often_spends_more", 1),
        (" A & B! ", (), "a_b", 1),
        ("Loyal", ("loyal",), "loyal_2", 2),
        ("Loyal", ("loyal", "loyal_2"), "loyal_3", 3),
        ("2 cars", (), "segment_2_cars", 1),
        ("Noise", (), "segment_noise", 1),
        ("unassigned", ("segment_unassigned",), "segment_unassigned_2", 2),
        ("年", (), "segment", 1),
        ("", ("segment",), "segment_2", 2),
    ],
)
def test_a_slug_is_made_of_text(text: str, taken: tuple[str, ...], slug: str, number: int) -> None:
    assert unique_slug(text, taken) == (slug, number)


@given(texts=st.lists(st.text(max_size=6), max_size=6))
def test_slugs_are_unique_and_can_be_written_in_the_playbook(texts: list[str]) -> None:
    slugs: list[str] = []
    for text in texts:
        slug, _ = unique_slug(text, slugs)
        assert slug not in [*slugs, *RESERVED]
        assert re.fullmatch("[a-z][a-z0-9_]*", slug)
        slugs.append(slug)
