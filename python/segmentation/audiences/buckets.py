"""Which customers are held out: a hash of seed and customer id, as a number from 0 up to 1.

The bucket of a customer is the first 52 bits of the SHA-256 of ``<seed>:<customer id>`` in UTF-8,
divided by 2 to the power of 52: every engine that has SHA-256 gives the same number. In DuckDB::

    cast('0x' || substr(sha256(seed || ':' || customer_id), 1, 13) as bigint) / 4503599627370496

Who lies below the share of the holdout is held out. A smaller share holds out some of the same
customers: a customer in a campaign stays in it when the campaign grows.
"""

from __future__ import annotations

import hashlib
import re
from fractions import Fraction

from segmentation.audiences.audience import AudienceError

# Hexadecimal digits of the hash: as many bits as a double holds exactly.
_DIGITS = 13

_PERCENTAGE = re.compile(r"\s*([0-9]{1,10}(?:[.][0-9]{1,10})?)\s*%\s*", re.ASCII)


def bucket_of(seed: str, customer_id: str) -> float:
    """Return the bucket of a customer.

    Parameters
    ----------
    seed : str
        Another seed gives other buckets, which have nothing to do with the first.
    customer_id : str

    Returns
    -------
    float
        From 0 up to 1; 1 is not included.
    """
    hashed = hashlib.sha256(f"{seed}:{customer_id}".encode()).hexdigest()
    return int(hashed[:_DIGITS], 16) / float(16**_DIGITS)


def is_held_out(bucket: float, holdout_share: float) -> bool:
    """Return whether a bucket is in the holdout: never with a share of 0, always with 1."""
    return bucket < holdout_share


def read_percentage(text: str) -> float:
    """Return a percentage as a share.

    Parameters
    ----------
    text : str
        E.g. ``10%`` or ``2.5 %``.

    Raises
    ------
    AudienceError
        If it is no percentage, or not from 0 to 100 %.
    """
    found = _PERCENTAGE.fullmatch(text)
    share = Fraction(found[1]) / 100 if found else None
    if share is None or share > 1:
        raise AudienceError(
            f"The holdout is '{text}'. It must be a percentage from 0% to 100%, e.g. --holdout 10%."
        )
    return float(share)
