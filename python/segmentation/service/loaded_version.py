"""The version of the published file that is served, and the next one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from segmentation.engine.duckdb import DuckDBError
from segmentation.published.opened_file import OpenedFile, OpeningError
from segmentation.published.value_forecasts import lifetime_value_version
from segmentation.scorer.current_scorers import CurrentScorers, NoModelError, read_scorers
from segmentation.scorer.scored_people import Scorer

log = logging.getLogger("segmentation.service")

_SEGMENT = (
    *("segment_slug", "segment_name", "customers", "share"),
    *("headline", "description", "strategy", "channel", "priority"),
)


class LoadedVersion:
    """One version of the file: its models, its segments, and its customers.

    A request keeps the version that it began with. The file is closed when no request has it.
    """

    def __init__(self, path: Path) -> None:
        self.file = OpenedFile(path)
        try:
            self.scorers: CurrentScorers = read_scorers(self.file)
            self.segments = self.file.segments()
        except BaseException:
            self.file.close()
            raise

    @cached_property
    def versions(self) -> Mapping[str, Any]:
        """What every answer says of where it comes from."""
        data = self.file.version
        return {
            "run_id": data.run_id,
            "dataset": data.dataset,
            "as_of": data.as_of.isoformat(),
            "model_versions": {
                name: scorer.model_version for name, scorer in self.scorers.by_name.items()
            },
        }

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """More of the same."""
        data = self.file.version
        return {
            "run_number": data.run_number,
            "built_at": f"{data.ended_at.isoformat(timespec='seconds')}Z",
            "variant": data.variant,
            "lifetime_value_model_version": lifetime_value_version(self.file),
            "versions": self.versions,
        }

    @cached_property
    def segmentations(self) -> list[dict[str, Any]]:
        """Every segmentation, and what its model looks at."""
        names = dict.fromkeys(row["segmentation"] for row in self.segments)
        return [self._segmentation(name) for name in names]

    def _segmentation(self, name: str) -> dict[str, Any]:
        scorer: Scorer | None = self.scorers.by_name.get(name)
        return {
            "segmentation": name,
            "model_version": scorer and scorer.model_version,
            "measure": scorer and scorer.measure,
            "numbers": list(scorer.inputs.numbers) if scorer else [],
            "categories": list(scorer.inputs.texts) if scorer else [],
        }

    def segments_of(self, segmentation: str) -> list[dict[str, Any]]:
        """Return the segments of a segmentation, empty if there is none of the name."""
        return [
            {name: row.get(name) for name in _SEGMENT}
            for row in self.segments
            if row["segmentation"] == segmentation
        ]


class ServedVersions:
    """Holds the version that is served, and takes up what is published.

    Parameters
    ----------
    path : Path
        The published file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = _signature(path)
        self._failed: object = None
        self.current = LoadedVersion(path)

    async def take_up(self, seconds: float) -> None:
        """Look for a new version again and again, until the task is cancelled."""
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    async def look(self) -> None:
        """Load the file beside the version that is served, if it is another one, and swap."""
        found = _signature(self.path)
        if found in (None, self._seen):
            return
        try:
            loaded = await asyncio.to_thread(LoadedVersion, self.path)
        except Exception as error:  # no broken file stops the service from reading the next one
            # Of a file that stays as it is, once.
            if found != self._failed:
                is_expected = isinstance(error, OpeningError | NoModelError | DuckDBError)
                why = str(error) if is_expected else f"{type(error).__name__} while reading it"
                log.error("A new version cannot be served; the one before is: %s", why)
            self._failed = found
            return
        self.current, self._seen = loaded, found
        log.info("Serving run %s", loaded.file.version.run_id)


def _signature(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
