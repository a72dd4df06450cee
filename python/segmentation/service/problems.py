"""Errors of the service, as problem details of RFC 9457."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
# A request with a thousand mistakes is told of so many.
NAMED_MISTAKES = 20


class ProblemError(Exception):
    """An answer that is an error.

    Parameters
    ----------
    status : int
    detail : str
        What is wrong and what to do, without values of the request: they may be personal.
    errors : sequence of (str, str), optional
        JSON pointers of fields, and what is wrong with each.
    headers : mapping, optional
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return it as it is sent."""
        content: dict[str, object] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = [
                {"field": field, "message": message}
                for field, message in self.errors[:NAMED_MISTAKES]
            ]
        return Response(json.dumps(content), self.status, self.headers, MEDIA_TYPE)


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a field."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
