"""Finds seeds that dbt cannot read, before it does: dbt names neither the file nor a remedy."""

from __future__ import annotations

from pathlib import Path

from segmentation.cli.conventions import CommandError


def check_encoding(project: Path) -> None:
    """Check that all seeds of a project are UTF-8.

    Parameters
    ----------
    project : Path
        The folder of the dbt project.

    Raises
    ------
    CommandError
        If one is not, with file, line and byte of each.
    """
    problems = []
    for path in sorted((project / "seeds").rglob("*.csv")):
        content = path.read_bytes()
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            problems.append(
                f"{path.relative_to(project)}, line {line}: the byte {content[error.start]:#04x} "
                "is not UTF-8, so the file is in another encoding, e.g. Latin-1. Save it as UTF-8: "
                "spreadsheets have 'CSV UTF-8' among the formats."
            )
    if problems:
        raise CommandError("Nothing was built.\n" + "\n".join(problems))
