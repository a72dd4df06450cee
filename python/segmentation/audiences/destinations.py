"""What a destination wants to know of a person, and in which form."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from segmentation.audiences.phones import NotNormalisedError

# What a normaliser gets: the value, and the region of phone numbers without a country's code.
Normaliser = Callable[[str, str | None], str]


@dataclass(frozen=True)
class Field:
    """A column of a destination's file.

    Attributes
    ----------
    header : str
        As the destination calls it.
    contact : str
        The column of the contacts that it is made from.
    normalised : callable
        Brings a value into the destination's form, or raises NotNormalisedError.
    is_hashed : bool
        Whether the SHA-256 of the normalised value is sent, as hexadecimal digits, or the value.
    identifies : bool
        Whether a person can be found by this field alone.
    """

    header: str
    contact: str
    normalised: Normaliser
    is_hashed: bool = True
    identifies: bool = False

    def value_of(self, text: str, region: str | None) -> str:
        """Return what is sent for a value.

        Raises
        ------
        NotNormalisedError
            If it has no form that the destination takes.
        """
        value = self.normalised(text, region)
        return hashlib.sha256(value.encode()).hexdigest() if self.is_hashed else value


@dataclass(frozen=True)
class Destination:
    """A place that takes lists of people.

    Attributes
    ----------
    name : str
    fields : tuple of Field
        In the order of the columns of its file.
    together : tuple of str
        Headers that find a person only if all of them are there.
    """

    name: str
    fields: tuple[Field, ...]
    together: tuple[str, ...] = ()

    @property
    def headers(self) -> list[str]:
        """The columns of its file."""
        return [field.header for field in self.fields]

    @property
    def keys(self) -> list[list[int]]:
        """What finds a person: for each way the positions of its columns in the file."""
        alone = [[at] for at, field in enumerate(self.fields) if field.identifies]
        several = [self.headers.index(header) for header in self.together]
        return [*alone, several] if several else alone

    def finds(self, row: Sequence[str | None]) -> bool:
        """Return whether a person can be found by a row of the file."""
        return any(all(row[at] for at in key) for key in self.keys)


def plain_email(text: str) -> str:
    """Return an address in lower case, without white space around it.

    Raises
    ------
    NotNormalisedError
        If it is no address: one @ with something before it, and a domain with a point after it.
    """
    address = text.strip().lower()
    local, _, domain = address.partition("@")
    labels = domain.split(".")
    if (
        not local
        or "@" in domain
        or len(labels) < 2
        or not all(labels)
        or any(character.isspace() for character in address)
    ):
        raise NotNormalisedError("email: not an address")
    return address
