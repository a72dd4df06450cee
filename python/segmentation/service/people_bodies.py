"""The body of a request to score people: read within limits, checked, and turned into columns."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from segmentation.scorer.columns_of_people import Inputs, People
from segmentation.scorer.people_from_values import read_people
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
    rows = _rows(_parsed(body), limits)
    errors: list[tuple[str, str]] = []
    ids: list[str | None] = []
    known = set(inputs.names)
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            errors.append((pointer(PEOPLE, i), "is no object"))
            ids.append(None)
            continue
        given = row.get(CUSTOMER_ID)
        if given is not None and not (isinstance(given, str) and len(given) <= LONGEST_ID):
            errors.append(
                (pointer(PEOPLE, i, CUSTOMER_ID), f"is no text of {LONGEST_ID} characters at most")
            )
        ids.append(given)
        errors += [
            (pointer(PEOPLE, i, name[:LONGEST_ID]), "is nothing the model looks at")
            for name in sorted(row.keys() - known - {CUSTOMER_ID})
        ]
        if not row.keys() & known:
            errors.append((pointer(PEOPLE, i), "has nothing that the model looks at"))
    if not errors:
        columns = {
            name: [row.get(name) for row in rows]
            for name in inputs.names
            if any(name in row for row in rows)
        }
        people, mistakes = read_people(inputs, len(rows), columns)
        mistakes.sort(key=lambda mistake: mistake.row)
        errors = [(pointer(PEOPLE, m.row, m.column), m.message) for m in mistakes]
        if not errors:
            return AskedPeople(people, ids)
    more = f", and {len(errors) - 1} more mistakes" if len(errors) > 1 else ""
    raise ProblemError(
        422,
        f"{errors[0][0]} {errors[0][1]}{more}. The model looks at: {', '.join(inputs.names)}.",
        errors,
    )


def _rows(value: Any, limits: Limits) -> list[Any]:
    if not isinstance(value, dict) or not isinstance(value.get(PEOPLE), list):
        raise ProblemError(
            422,
            'Send {"people": [{...}]}, an object of features for each person.',
            [(pointer(PEOPLE), "is no array of people")],
        )
    others = sorted(value.keys() - {PEOPLE})
    if others:
        name = others[0][:LONGEST_ID]
        raise ProblemError(
            422, f"The field {name} is not known.", [(pointer(name), "is not known")]
        )
    rows: list[Any] = value[PEOPLE]
    if not 1 <= len(rows) <= limits.people:
        message = f"has {len(rows)} people; send from 1 to {limits.people:,}"
        raise ProblemError(422, f"The array {message}.", [(pointer(PEOPLE), message)])
    return rows


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number)
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


def _no_number(text: str) -> NoReturn:
    raise ProblemError(
        400, f"The body is no JSON: {text} is no number of JSON. Write null for nothing."
    )


def _too_large(limits: Limits) -> ProblemError:
    return ProblemError(
        413,
        f"The body is larger than {limits.body_bytes:,} bytes. Send fewer people at once.",
        headers={"Connection": "close"},
    )
