"""Slugs: what code and dashboards call a segment."""

from __future__ import annotations

import re
from collections.abc import Collection

UNASSIGNED = "unassigned"
NOISE = "noise"

# They mean something else in the marts: customers in no segment, and those in no dense group.
RESERVED = (UNASSIGNED, NOISE)


def unique_slug(text: str, taken: Collection[str]) -> tuple[str, int]:
    """Return a slug made of text that people read, and its number among slugs of such text.

    Parameters
    ----------
    text : str
    taken : collection of str
        Slugs that are given already.

    Returns
    -------
    str
        Lower case, of letters, digits and underscores, a letter first like those that people
        write; no slug that means something else in the marts.
    int
        1, or what is appended because the slug was taken.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    if not slug[:1].isalpha() or slug in RESERVED:
        slug = f"segment_{slug}".rstrip("_")
    number = 1
    while (unique := slug if number == 1 else f"{slug}_{number}") in taken:
        number += 1
    return unique, number
