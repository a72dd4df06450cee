"""What an audience is: which segment, who is held out, and for whom the file is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

# Part of the names of files, and of what people type.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")

SUFFIXES = (".csv", ".parquet")


class AudienceError(Exception):
    """An audience cannot be exported; the message says why and what to do."""


@dataclass(frozen=True)
class Audience:
    """One audience; all of its exports have the same definition.

    Attributes
    ----------
    audience : str
        What it is called, in the assignments and in the marts.
    dataset : str
        The data set that its customers are of.
    segmentation, segment_slug : str
        The segment that it mirrors.
    seed : str
        Of the hash that decides who is held out.
    holdout_share : float
        From 0 to 1.
    """

    audience: str
    dataset: str
    segmentation: str
    segment_slug: str
    seed: str
    holdout_share: float

    @property
    def segment(self) -> str:
        """The segment as people write it."""
        return f"{self.segmentation}/{self.segment_slug}"

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Audience:
        """Return the audience of a stored row, which may have further fields."""
        return cls(**{field.name: stored[field.name] for field in fields(cls)})

    def check_same(self, stored: Audience, place: str) -> None:
        """Check that an audience is the one that was stored under its name.

        Parameters
        ----------
        stored : Audience
        place : str
            Where it is stored, for the message.

        Raises
        ------
        AudienceError
            If anything differs.
        """
        said = {
            "audience": "the audience",
            "dataset": "the data set",
            "segmentation": "the segmentation",
            "segment_slug": "the segment",
            "seed": "the seed",
            "holdout_share": "the holdout",
        }
        before, now = asdict(stored), asdict(self)
        differing = [
            f"{words} {_shown(name, before[name])}, not {_shown(name, now[name])}"
            for name, words in said.items()
            if before[name] != now[name]
        ]
        if differing:
            raise AudienceError(
                f"{place} is of another audience: it has {'; '.join(differing)}. An audience keeps"
                " its segment, seed and holdout, so that nobody changes the group. Name another"
                " file with --to, and another audience with --audience; with the same --seed, a"
                " smaller holdout moves nobody from the campaign into the holdout."
            )


def checked_name(name: str) -> str:
    """Return the name of an audience, if it can be one.

    Raises
    ------
    AudienceError
        If not.
    """
    if not _NAME.fullmatch(name):
        raise AudienceError(
            f"An audience cannot be called '{name}': its name has letters, digits, hyphens and"
            " underscores. Name it with --audience, e.g. --audience win_back."
        )
    return name


def checked_place(to: Path) -> Path:
    """Return the path of an audience's file, if a file can be written there.

    Raises
    ------
    AudienceError
        If the suffix is unknown, or the folder is missing.
    """
    if to.suffix.lower() not in SUFFIXES:
        raise AudienceError(f"{to} must end with {' or '.join(SUFFIXES)}: it says which format.")
    if not to.parent.is_dir():
        raise AudienceError(f"There is no folder {to.parent} for {to.name}. Make it first.")
    return to


def split_segment(text: str) -> tuple[str, str]:
    """Return segmentation and slug of a segment that is written ``value/at_risk``.

    Raises
    ------
    AudienceError
        If it is written otherwise.
    """
    segmentation, slash, slug = text.partition("/")
    if not (segmentation and slash and slug):
        raise AudienceError(
            f"The segment is '{text}'. Write segmentation and segment, e.g. --segment"
            " value/at_risk."
        )
    return segmentation, slug


def unknown_segment(segment: str, known: Iterable[str]) -> AudienceError:
    """Return the error for a segment that there is not, with those that there are."""
    listed = list(known)
    near = difflib.get_close_matches(segment, listed, n=1)
    asked = f" Did you mean {near[0]}?" if near else ""
    return AudienceError(
        f"There is no segment {segment}.{asked} There are: {', '.join(listed) or 'none'}."
    )


def _shown(name: str, value: Any) -> str:
    return f"{value:.10g}" if name == "holdout_share" else f"'{value}'"
