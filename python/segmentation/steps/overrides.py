"""Reads the settings of a segmentation, and what is laid over them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from segmentation.registry.option_checks import OptionError
from segmentation.registry.option_groups import Options

Read = TypeVar("Read", bound=Options)


@dataclass(frozen=True)
class LayeredSettings:
    """The settings of a segmentation, and what is laid over them.

    Attributes
    ----------
    settings : mapping
        Options by name, as a model's yml has them.
    overrides : mapping, sequence of mappings or JSON text, optional
        See :func:`read_overrides`.
    """

    settings: Any
    overrides: Any = None

    def read(self, options: type[Read]) -> Read:
        """Return the options that both make."""
        return options.from_mapping(self.settings, read_overrides(self.overrides))


def read_overrides(overrides: Any) -> Any:
    """Return what is laid over settings.

    Parameters
    ----------
    overrides : mapping, sequence of mappings, or JSON text of either
        Of several, an option of a later one takes the place of an earlier one: a data set's options
        come first, then those of the run.

    Returns
    -------
    mapping
        Or what was found in the place of one, for the options to refuse.

    Raises
    ------
    OptionError
        If text is not JSON.
    """
    if isinstance(overrides, str):
        try:
            overrides = json.loads(overrides or "{}")
        except json.JSONDecodeError as error:
            raise OptionError(
                f"The overrides of a segmentation are written as names and values, "
                f"e.g. {{k: 4}}; found {overrides!r}."
            ) from error
    if not isinstance(overrides, list | tuple):
        return overrides
    merged: dict[str, Any] = {}
    for layer in overrides:
        if not isinstance(layer, Mapping | None):
            return layer
        merged.update(layer or {})
    return merged
