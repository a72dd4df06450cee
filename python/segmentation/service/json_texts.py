"""Reads and writes JSON: strictly, and fast where there is much of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

import orjson

from segmentation.service.problems import ProblemError

# A name in an error is cut to this.
LONGEST_NAME = 200


def read_json(body: bytes) -> Any:
    """Read a body of JSON.

    Parameters
    ----------
    body : bytes
        JSON in UTF-8.

    Raises
    ------
    ProblemError
        400 if it is none, or names a field twice in one object: RFC 8259 leaves open which of the
        two counts.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _read_strictly(body)
    # A colon follows every name. Where there are as many colons as fields, no field was read twice
    # and no text has a colon; where there are more, either may be so.
    if body.count(b":") == _fields(value):
        return value
    return _read_strictly(body)


def _fields(value: Any) -> int:
    """Return the number of fields down to the objects of an object's arrays."""
    if not isinstance(value, dict):
        return 0
    arrays = [inner for inner in value.values() if isinstance(inner, list)]
    return len(value) + sum(sum(map(len, of)) for of in arrays if set(map(type, of)) == {dict})


def _read_strictly(body: bytes) -> Any:
    """Read it with Python's own reader, which says where it is no JSON, and which names are twice.

    It also reads half a character of UTF-16, which the fast reader does not.
    """
    try:
        text = body.decode("utf-8")
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_object)
    except UnicodeDecodeError:
        raise ProblemError(400, "The body is not in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise ProblemError(
            400, f"The body is no JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from None
    except RecursionError:
        raise ProblemError(400, "The body is nested too deeply.") from None
    except ValueError:
        # A whole number of thousands of digits.
        raise ProblemError(400, "The body has a number of too many digits.") from None


def _object(fields: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(fields)
    if len(found) < len(fields):
        names = [name for name, _ in fields]
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise ProblemError(
            400,
            f"An object of the body has the field {twice[:LONGEST_NAME]} more than once. Send it "
            "once.",
        )
    return found


def _no_number(text: str) -> NoReturn:
    raise ProblemError(
        400, f"The body is no JSON: {text} is no number of JSON. Write null for nothing."
    )


def written_json(content: Any) -> bytes:
    """Return content as JSON in UTF-8; NaN and infinities, which JSON does not have, become null.

    Half a character of UTF-16, which UTF-8 cannot write, is escaped.
    """
    try:
        return orjson.dumps(content)
    except orjson.JSONEncodeError:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()
