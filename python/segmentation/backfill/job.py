"""What the command ``backfill`` asks of its process."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmentation.backfill.planned_days import PlannedDay
from segmentation.published.files import backfill_folder


@dataclass(frozen=True)
class BackfillJob:
    """What a backfill is to do.

    Attributes
    ----------
    warehouse : Path
        The file whose history is filled; absolute.
    published : Path or None
        The file that readers open.
    variables : dict
        Vars for dbt.
    days : tuple of PlannedDay
        Days to fill, ascending.
    """

    warehouse: Path
    published: Path | None
    variables: dict[str, Any]
    days: tuple[PlannedDay, ...]

    @property
    def folder(self) -> Path:
        """The folder of the copy, beside the warehouse; a backfill removes it at its end."""
        return backfill_folder(self.warehouse)

    @property
    def copy(self) -> Path:
        """The copy of the warehouse, of the same name: DuckDB names a database after its file."""
        return self.folder / self.warehouse.name

    def written(self) -> str:
        """Return the job as JSON."""
        days = [[day.as_of.isoformat(), list(day.missing)] for day in self.days]
        return json.dumps(
            {
                "warehouse": str(self.warehouse),
                "published": str(self.published) if self.published else None,
                "variables": self.variables,
                "days": days,
            }
        )

    @classmethod
    def read(cls, text: str) -> BackfillJob:
        """Return the job that :meth:`written` wrote."""
        said = json.loads(text)
        return cls(
            warehouse=Path(said["warehouse"]),
            published=Path(said["published"]) if said["published"] else None,
            variables=said["variables"],
            days=tuple(
                PlannedDay(dt.date.fromisoformat(day), tuple(missing))
                for day, missing in said["days"]
            ),
        )
