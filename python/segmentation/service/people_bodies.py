"""The body of a request to score people: read within limits, checked, and turned into columns."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request

from segmentation.scorer.columns_of_people import Inputs, People
from segmentation.scorer.people_from_values import read_people
from segmentation.service.json_texts import LONGEST_NAME, read_json
from segmentation.service.problems import ProblemError, pointer
from segmentation.service.service_settings import Limits

PEOPLE, CUSTOMER_ID = "people", "customer_id"
LONGEST_ID = 200


@dataclass(frozen=True)
class AskedPeople:
    """Whom a request is about.

    Attributes
    ----------
    people : People
    ids : list of str or None
        As given; answers carry them.
    """

    people: People
    ids: list[str | None]


async def read_body(request: Request, limits: Limits) -> bytes:
    """Return a body of JSON.

    Raises
    ------
    ProblemError
        If it is of another type, too large, or too slow.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415, "Send the body as application/json.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limits.body_bytes:
        raise _too_large(limits)
    parts, size = [], 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.stream():
                size += len(part)
                if size > limits.body_bytes:
                    raise _too_large(limits)
                parts.append(part)
    except TimeoutError:
        detail = f"The body did not arrive within {limits.body_seconds:g} seconds."
        raise ProblemError(408, detail, headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise ProblemError(400, "The body did not arrive.") from None
    return b"".join(parts)


def read_asked_people(body: bytes, inputs: Inputs, limits: Limits) -> AskedPeople:
    """Read ``{"people": [{...}, ...]}``.

    Parameters
    ----------
    body : bytes
        JSON in UTF-8.
    inputs : Inputs
        What the model looks at.
    limits : Limits

    Raises
    ------
    ProblemError
        400 if it is no JSON, 422 if it is another one; the errors name the fields.
    """
    rows = _rows(read_json(body), limits)
    errors, given = _checked(rows, set(inputs.names))
    if not errors:
        columns = {name: [row.get(name) for row in rows] for name in inputs.names if name in given}
        people, mistakes = read_people(inputs, len(rows), columns)
        mistakes.sort(key=lambda mistake: mistake.row)
        errors = [(pointer(PEOPLE, m.row, m.column), m.message) for m in mistakes]
        if not errors:
            return AskedPeople(people, [row.get(CUSTOMER_ID) for row in rows])
    others = len(errors) - 1
    more = f", and {others} more mistake{'s' if others > 1 else ''}" if others else ""
    raise ProblemError(
        422,
        f"{errors[0][0]} {errors[0][1]}{more}. The model looks at: {', '.join(inputs.names)}.",
        errors,
    )


def _checked(rows: Sequence[Any], known: set[str]) -> tuple[list[tuple[str, str]], set[str]]:
    """Return what is wrong with the fields of people, and the names of those that are given."""
    errors: list[tuple[str, str]] = []
    # People mostly have the same fields, which are compared with those of the model once.
    sound: set[tuple[str, ...]] = set()
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            errors.append((pointer(PEOPLE, i), "is no object"))
            continue
        given = row.get(CUSTOMER_ID)
        if given is not None and not (isinstance(given, str) and len(given) <= LONGEST_ID):
            errors.append(
                (pointer(PEOPLE, i, CUSTOMER_ID), f"is no text of {LONGEST_ID} characters at most")
            )
        names = tuple(row)
        if names not in sound:
            found = _mistaken_names(i, row.keys(), known)
            errors += found
            if not found:
                sound.add(names)
    return errors, {name for names in sound for name in names}


def _mistaken_names(i: int, names: Set[str], known: set[str]) -> list[tuple[str, str]]:
    errors = [
        (pointer(PEOPLE, i, name[:LONGEST_NAME]), "is nothing the model looks at")
        for name in sorted(names - known - {CUSTOMER_ID})
    ]
    if not names & known:
        errors.append((pointer(PEOPLE, i), "has nothing that the model looks at"))
    return errors


def _rows(value: Any, limits: Limits) -> list[Any]:
    if not isinstance(value, dict) or not isinstance(value.get(PEOPLE), list):
        raise ProblemError(
            422,
            'Send {"people": [{...}]}, an object of features for each person.',
            [(pointer(PEOPLE), "is no array of people")],
        )
    others = sorted(value.keys() - {PEOPLE})
    if others:
        name = others[0][:LONGEST_NAME]
        raise ProblemError(
            422, f"The field {name} is not known.", [(pointer(name), "is not known")]
        )
    rows: list[Any] = value[PEOPLE]
    if not 1 <= len(rows) <= limits.people:
        message = f"has {len(rows)} people; send from 1 to {limits.people:,}"
        raise ProblemError(422, f"The array {message}.", [(pointer(PEOPLE), message)])
    return rows


def _too_large(limits: Limits) -> ProblemError:
    return ProblemError(
        413,
        f"The body is larger than {limits.body_bytes:,} bytes. Send fewer people at once.",
        headers={"Connection": "close"},
    )
