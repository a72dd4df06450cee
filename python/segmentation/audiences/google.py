"""Google Customer Match: the file that Google Ads takes, by Google's rules.

- developers.google.com/data-manager/api/devguides/concepts/formatting: addresses in lower case,
  without white space; of gmail.com and googlemail.com also without dots and without what follows a
  plus sign before the @; phone numbers in E.164.
- support.google.com/google-ads/answer/7476159 (hashed files): the headers; names in lower case,
  without white space; country and postcode are not hashed. A person is found by an address only if
  both names, the country and the postcode are there.
"""

from __future__ import annotations

import re

from segmentation.audiences.destinations import Destination, Field, plain_email
from segmentation.audiences.phones import NotNormalisedError, e164

_DOMAINS_WITHOUT_DOTS = ("gmail.com", "googlemail.com")


def google_email(text: str, region: str | None = None) -> str:  # noqa: ARG001
    """Return an address as Google hashes it."""
    address = plain_email("".join(text.split()))
    local, _, domain = address.partition("@")
    if domain in _DOMAINS_WITHOUT_DOTS:
        local = local.partition("+")[0].replace(".", "")
        if not local:
            raise NotNormalisedError("email: not an address")
    return f"{local}@{domain}"


def google_name(text: str, region: str | None = None) -> str:  # noqa: ARG001
    """Return a name in lower case without white space."""
    return "".join(text.split()).lower()


def google_country(text: str, region: str | None = None) -> str:  # noqa: ARG001
    """Return the two letters of a country."""
    if not re.fullmatch(r"\s*[A-Za-z]{2}\s*", text):
        raise NotNormalisedError("country: not the two letters of ISO 3166")
    return text.strip().upper()


def google_postcode(text: str, region: str | None = None) -> str:  # noqa: ARG001
    """Return a postcode without white space around it."""
    return text.strip()


GOOGLE = Destination(
    "google",
    (
        Field("Email", "email", google_email, identifies=True),
        Field("Phone", "phone", e164, identifies=True),
        Field("First Name", "first_name", google_name),
        Field("Last Name", "last_name", google_name),
        Field("Country", "country", google_country, is_hashed=False),
        Field("Zip", "postcode", google_postcode, is_hashed=False),
    ),
    together=("First Name", "Last Name", "Country", "Zip"),
)
