"""What a build is about."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from segmentation.engine.base import Engine, Table


@dataclass(frozen=True)
class Run:
    """What a build is about: one row of ``int_run_settings``."""

    dataset: str
    variant: str
    as_of: datetime.date
    lrfm_window_days: int


def read_run(engine: Engine, run_settings: Table) -> Run:
    """Return the one row of ``int_run_settings``."""
    row = engine.records(
        f"select dataset, variant, as_of, lrfm_window_days from {engine.from_item(run_settings)}"
    )[0]
    return Run(**row)
