"""What stands around every request: who may ask, how many at once, and what is logged.

No log line has a path, a query or a body: they name customers. It has the route, the status and the
time taken.
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segmentation.service.problems import ProblemError
from segmentation.service.service_settings import ServiceSettings

log = logging.getLogger("segmentation.service")

# A supervisor asks these, without a token.
OPEN_PATHS = ("/health/live", "/health/ready")


class Guard:
    """ASGI middleware; the outermost but for that of Starlette.

    Parameters
    ----------
    app : ASGI application
    settings : ServiceSettings
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self.app = app
        self.settings = settings
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 0
        is_head = scope["method"] == "HEAD"
        # Answered as GET, without a body.
        asked = {**scope, "method": "GET"} if is_head else scope

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        self.requests += 1
        try:
            problem = self._refusal(scope)
            if problem is None:
                await self.app(asked, receive, sending)
            else:
                await problem.response()(asked, receive, sending)
        except Exception as error:  # the message may hold what the request held
            log.error("%s at %s", type(error).__name__, _place(error))
            if not status:
                await ProblemError(500, "The service failed; its log says where.").response()(
                    asked, receive, sending
                )
        finally:
            self.requests -= 1
            milliseconds = (time.perf_counter() - begun) * 1000
            log.info("%s %s %d %.1f ms", scope["method"], _route(asked), status, milliseconds)

    def _refusal(self, scope: Scope) -> ProblemError | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not self.settings.serves(headers.get(b"host")):
            return ProblemError(
                421,
                "Without a token, the service answers this machine alone: ask for localhost, or"
                " give the service a token.",
            )
        if scope["path"] in OPEN_PATHS:
            return None
        if not self.settings.admits(headers.get(b"authorization")):
            return ProblemError(
                401,
                "Send the token of the service: Authorization: Bearer <token>.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if self.requests > self.settings.limits.requests_at_once:
            return ProblemError(503, "Too many requests at once.", headers={"Retry-After": "1"})
        return None


def _route(scope: Scope) -> str:
    route: Any = scope.get("route")
    return str(getattr(route, "path_format", "no route"))


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-6:]))
