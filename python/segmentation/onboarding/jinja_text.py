"""Text of the user's files in files that dbt renders: it is data, and never runs."""

from __future__ import annotations

import re
from typing import Any

# What begins an expression, a statement or a comment.
_BEGINNING = re.compile(r"\{(?=[{%#])")


def as_plain_text(value: Any) -> Any:
    """Return text that Jinja renders as it was; lists and dictionaries of text likewise.

    Parameters
    ----------
    value : object
        Text, or what holds some; anything else is returned as it is.
    """
    if isinstance(value, str):
        return _BEGINNING.sub("{{ '{' }}", value)
    if isinstance(value, list | tuple):
        return [as_plain_text(item) for item in value]
    if isinstance(value, dict):
        return {key: as_plain_text(item) for key, item in value.items()}
    return value
