"""The vars of a build as they are typed: ``--vars 'as_of: 2024-06-30, refit: true'``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import typer
import yaml

_OPTION = "--vars"


def read_variables(text: str | None) -> dict[str, Any]:
    """Return vars by name.

    Parameters
    ----------
    text : str or None
        YAML as dbt takes it. The braces around several vars may be left out, as with
        ``make build``.

    Raises
    ------
    typer.BadParameter
        If the text is no YAML, or gives no names.
    """
    text = (text or "").strip()
    if not text:
        return {}
    try:
        found = _parsed(text)
    except yaml.YAMLError as error:
        raise typer.BadParameter(f"it is no YAML: {error}", param_hint=_OPTION) from None
    except ValueError as error:
        # YAML reads 2026-13-01 as a day.
        raise typer.BadParameter(
            f"'{text}' has a day that does not exist: {error}.", param_hint=_OPTION
        ) from None
    if not isinstance(found, dict):
        raise typer.BadParameter(
            f"'{text}' gives no var a value. Write it as 'name: value', e.g. 'dataset: sample'.",
            param_hint=_OPTION,
        )
    return found


def written_variables(variables: Mapping[str, Any]) -> str:
    """Return vars as YAML on one line, as dbt takes them."""
    return yaml.safe_dump(dict(variables), default_flow_style=True, width=math.inf).strip()


def _parsed(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        if text.startswith("{"):
            raise
        try:
            return yaml.safe_load(f"{{{text}}}")
        except yaml.YAMLError:
            pass
        raise
