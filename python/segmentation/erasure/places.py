"""Where this project stored customers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from segmentation.erasure.suppression_list import SuppressionFiles
from segmentation.published.files import (
    backfill_folder,
    leftover_versions,
    parquet_folder,
    published_file,
)

# Where commands write by default; relative to the project.
AUDIENCES, PAGES = Path("audiences"), Path("report")


@dataclass(frozen=True)
class Places:
    """Files and folders, which may be missing.

    Attributes
    ----------
    warehouse : Path
    published : Path or None
    audiences : tuple of Path
        Folders of what `segmentation export` wrote, assignments among them.
    pages : tuple of Path
        Folders and files of reports.
    scratch : tuple of Path
        dbt's folders of logs and of compiled SQL.
    suppression : SuppressionFiles
    """

    warehouse: Path
    published: Path | None
    audiences: tuple[Path, ...]
    pages: tuple[Path, ...]
    scratch: tuple[Path, ...]
    suppression: SuppressionFiles

    @classmethod
    def of(
        cls,
        project: Path,
        environment: Mapping[str, str],
        audiences: tuple[Path, ...] = (),
        pages: tuple[Path, ...] = (),
    ) -> Places:
        """Return the places of a project.

        Parameters
        ----------
        project : Path
        environment : mapping
            That of a build: ``SEGMENTATION_WAREHOUSE`` is set.
        audiences, pages : tuple of Path
            Further ones.
        """
        warehouse = Path(environment["SEGMENTATION_WAREHOUSE"]).expanduser()
        named = environment.get("SEGMENTATION_ASSIGNMENTS")
        folders = [project / AUDIENCES, *audiences, *([Path(named)] if named else [])]
        logs = environment.get("DBT_LOG_PATH") or "logs"
        target = environment.get("DBT_TARGET_PATH") or "target"
        return cls(
            # A link stays; its target is replaced.
            warehouse=Path(os.path.realpath(warehouse)),
            published=published_file(str(warehouse), environment.get("SEGMENTATION_PUBLISHED", "")),
            audiences=_apart(folders),
            pages=_apart([project / PAGES, *pages]),
            scratch=_apart([project / logs, project / target]),
            suppression=SuppressionFiles.of(warehouse, environment),
        )

    @property
    def databases(self) -> tuple[Path, ...]:
        """The DuckDB files that are there."""
        files = (self.warehouse, *([self.published] if self.published else []))
        return tuple(file for file in files if file.is_file())

    @property
    def parquet(self) -> Path | None:
        """The folder of Parquet files beside the published file, if it is there."""
        folder = parquet_folder(self.published) if self.published else None
        return folder if folder and folder.is_dir() else None

    def leftovers(self) -> list[Path]:
        """Return what killed builds and erasures left beside the files."""
        left = [next_of(file) for file in (self.warehouse, *self.databases)]
        left += [Path(f"{next_of(file)}.wal") for file in (self.warehouse, *self.databases)]
        left.append(self.warehouse.with_name(f"{self.warehouse.name}.tmp"))
        left.append(backfill_folder(self.warehouse))
        if self.published and self.published.parent.is_dir():
            for version in leftover_versions(self.published):
                left += [version.database, version.parquet, version.replaced_parquet]
        return [path for path in dict.fromkeys(left) if path.exists()]


def next_of(file: Path) -> Path:
    """Return the path of the new DuckDB file, which replaces the old one when it is complete."""
    return file.with_name(f"{file.name}.erased")


def _apart(paths: list[Path]) -> tuple[Path, ...]:
    """Return resolved paths without those below others, which are searched anyway."""
    resolved = list(dict.fromkeys(path.expanduser().resolve() for path in paths))
    return tuple(path for path in resolved if not any(other in path.parents for other in resolved))
