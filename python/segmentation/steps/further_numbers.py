"""Checks that a further column which options name as a number holds numbers alone."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation.engine.base import Engine
from segmentation.features.further_columns import further_names, further_text
from segmentation.registry.option_checks import OptionError


def check_further_numbers(engine: Engine, table: str, names: Sequence[str]) -> None:
    """Raise an OptionError where a further column that is to be a number holds something else."""
    for name in further_names(engine, table, names):
        found = engine.rows(
            f"select min(text), count(*) from (select {further_text(engine, name)} as text "
            f"from {table}) where text is not null and {engine.read_number('text')} is null"
        )[0]
        if found[1]:
            raise OptionError(
                f"features names {name}, which is no number for {found[1]:,} customers, e.g. "
                f"{found[0]!r}. Name it under categorical_features instead."
            )
