"""Reads the settings of a segmentation, and what a var lays over them."""

from __future__ import annotations

import json
from typing import Any

from segmentation.clustering.options import SegmentationOptions
from segmentation.registry.option_checks import OptionError


def read_options(settings: Any, overrides: Any = None) -> SegmentationOptions:
    """Read options from YAML settings and what a var lays over them, which may be JSON text."""
    return SegmentationOptions.from_mapping(settings, read_overrides(overrides))


def read_overrides(overrides: Any) -> Any:
    """Return what a var lays over settings: a mapping, or JSON text that is one."""
    if isinstance(overrides, str):
        try:
            overrides = json.loads(overrides or "{}")
        except json.JSONDecodeError as error:
            raise OptionError(
                f"The overrides of a segmentation are written as names and values, "
                f"e.g. {{k: 4}}; found {overrides!r}."
            ) from error
    return overrides
