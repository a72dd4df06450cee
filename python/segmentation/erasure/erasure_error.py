"""What stops an erasure, or a build with a suppression list, in words for people."""

from __future__ import annotations


class ErasureError(ValueError):
    """What cannot be done; the message says why and what to do, and names no customer."""
