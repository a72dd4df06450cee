"""Meta Custom Audiences: the file of a customer list, by Meta's rules.

developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/
customer-information-parameters, to which custom audiences refer for normalization: addresses in
lower case without white space around them; phone numbers as digits with the country's code, without
a plus sign, other symbols and leading zeros; names in lower case without punctuation. All of them
are hashed.
"""

from __future__ import annotations

import unicodedata

from segmentation.audiences.destinations import Destination, Field, plain_email
from segmentation.audiences.phones import NotNormalisedError, e164


def meta_email(text: str, region: str | None = None) -> str:  # noqa: ARG001
    """Return an address as Meta hashes it: dots and what follows a plus sign stay."""
    return plain_email(text)


def meta_phone(text: str, region: str | None = None) -> str:
    """Return a phone number as digits that begin with the country's code."""
    return e164(text, region).removeprefix("+")


def meta_name(text: str, region: str | None = None) -> str:  # noqa: ARG001
    """Return a name in lower case without punctuation."""
    kept = (c for c in text.strip().lower() if not unicodedata.category(c).startswith("P"))
    name = "".join(kept).strip()
    if not name:
        raise NotNormalisedError("name: nothing but punctuation")
    return name


META = Destination(
    "meta",
    (
        Field("email", "email", meta_email, identifies=True),
        Field("phone", "phone", meta_phone, identifies=True),
        Field("fn", "first_name", meta_name),
        Field("ln", "last_name", meta_name),
    ),
)
