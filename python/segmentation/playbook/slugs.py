"""Slugs that the project itself uses."""

from __future__ import annotations

UNASSIGNED = "unassigned"
