"""Writes the files of a project, and never over files that are there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from segmentation.onboarding.refusals import OnboardingError


def write_files(
    folder: Path, files: Mapping[str, str], *, force: bool, instead: str = "folder with --project"
) -> list[Path]:
    """Write files into a folder, which is made where it is missing.

    Parameters
    ----------
    folder : Path
    files : mapping of str to str
        Paths within the folder, and texts.
    force : bool
        Whether files that are there are overwritten. A file that has the text already is no
        hindrance.
    instead : str
        What else can be chosen, for the message.

    Returns
    -------
    list of Path

    Raises
    ------
    OnboardingError
        If a file is there and holds something else, before anything is written; if the system
        refuses.
    """
    there = [name for name, text in files.items() if _differs(folder / name, text)]
    if there and not force:
        raise OnboardingError(
            f"{folder} has these files already: {', '.join(sorted(there))}. Nothing was written."
            f" Choose another {instead}, or overwrite them with --force."
        )
    written = []
    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OnboardingError(f"{path} cannot be written: {error.strerror}.") from None
        written.append(path)
    return written


def _differs(path: Path, text: str) -> bool:
    if path.is_file():
        try:
            return path.read_text(encoding="utf-8") != text
        except (OSError, UnicodeDecodeError):
            return True
    return path.exists()
