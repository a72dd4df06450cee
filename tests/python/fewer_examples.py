"""Hypothesis tests that fit or build something generate a share of the examples of others."""

from __future__ import annotations

from hypothesis import settings


def fewer_examples(share: float) -> settings:
    """Return settings with a share of the examples of the profile, for a test that is dear."""
    return settings(max_examples=max(1, round(share * settings.default.max_examples)))
