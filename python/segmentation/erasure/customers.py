"""The customers who are erased, and how distinctive their ids are."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from segmentation.erasure.erasure_error import ErasureError
from segmentation.erasure.suppression_key import SuppressionKey

# Shorter ids, and short ids of digits alone, may occur in a file with another meaning: they are
# only searched in columns that hold ids.
DISTINCTIVE_LENGTH, DISTINCTIVE_DIGITS = 6, 12

# A word of a page with at least so many characters counts as an id, unless it is a number.
WORD_LENGTH = 4

# What replaces an id in a text.
ERASED = "(erased)"


@dataclass(frozen=True)
class Customers:
    """Customers of one data set.

    Attributes
    ----------
    dataset : str
    ids : tuple of str
        Each once.
    """

    dataset: str
    ids: tuple[str, ...]

    @classmethod
    def of(cls, dataset: str, ids: Iterable[str]) -> Customers:
        """Return customers by their ids as written by a user.

        Raises
        ------
        ErasureError
            If there are none, or one is blank.
        """
        unique = tuple(dict.fromkeys(ids))
        if not unique:
            raise ErasureError(
                "No customer is named. Write the ids of customers, or --file with one id a line."
            )
        if any(not name.strip() for name in unique):
            raise ErasureError("One of the ids is blank. Write each id as the marts have it.")
        return cls(dataset, unique)

    @property
    def distinctive(self) -> tuple[str, ...]:
        """The ids that are long enough to be searched in the bytes of files."""
        return tuple(
            name
            for name in self.ids
            if len(name) >= (DISTINCTIVE_DIGITS if name.isdigit() else DISTINCTIVE_LENGTH)
        )

    @property
    def words(self) -> tuple[str, ...]:
        """The ids that are searched as words of pages; a page can be written anew at no cost."""
        return tuple(
            name
            for name in self.ids
            if name in self.distinctive or (len(name) >= WORD_LENGTH and not name.isdigit())
        )

    @property
    def text_patterns(self) -> tuple[str, ...]:
        """Regular expressions of an id within a text, each with a group before and one after it.

        A distinctive id is found as a word, any id where a message names it: customer 'C1'.
        """
        patterns = [f"(customer ')(?:{_any_of(self.ids)})(')"]
        if self.distinctive:
            patterns.append(
                rf"(^|[^\p{{L}}\p{{N}}])(?:{_any_of(self.distinctive)})($|[^\p{{L}}\p{{N}}])"
            )
        return tuple(patterns)

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The bytes of the distinctive ids in files: as text, and as text in HTML and JSON."""
        return _spelled(self.distinctive)

    @property
    def needles_of_words(self) -> tuple[bytes, ...]:
        """The same of :attr:`words`."""
        return _spelled(self.words)

    def hashes(self, key: SuppressionKey) -> dict[str, str]:
        """Return the hash of each id."""
        return {name: key.hash_of(self.dataset, name) for name in self.ids}


def _spelled(names: Iterable[str]) -> tuple[bytes, ...]:
    forms = {
        form
        for name in names
        for form in (name, html.escape(name), name.encode("unicode_escape").decode())
    }
    return tuple(sorted(form.encode("utf-8", "surrogatepass") for form in forms))


def _any_of(names: Iterable[str]) -> str:
    # The longest first: one may begin as another does.
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
