"""The error for a seed that cannot be read."""

from __future__ import annotations


class PlaybookError(ValueError):
    """A row of a seed that cannot be read; the message names the row and what it should be."""
