"""Errors that stop an erasure, or a build with a suppression list."""

from __future__ import annotations


class ErasureError(ValueError):
    """An erasure that cannot be done; the message says why and what to do, and holds no id."""
