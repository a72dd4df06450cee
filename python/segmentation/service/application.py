"""The service as an ASGI application: its routes, and its description of itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.responses import Response

import segmentation
from segmentation.published.customer_history import customer_history
from segmentation.published.value_forecasts import customer_forecast
from segmentation.scorer.current_scorers import NoModelError
from segmentation.scorer.scored_people import DISTANCE, Scorer, records
from segmentation.service.answers import (
    EXAMPLES,
    PEOPLE_SCHEMA,
    Customer,
    Health,
    Metadata,
    ProblemDetails,
    Ready,
    ScoredPeopleAnswer,
    Segmentations,
    Segments,
)
from segmentation.service.guard import Guard
from segmentation.service.json_texts import written_json
from segmentation.service.loaded_version import LoadedVersion, ServedVersions
from segmentation.service.people_bodies import AskedPeople, read_asked_people, read_body
from segmentation.service.problems import MEDIA_TYPE, ProblemError
from segmentation.service.service_settings import ServiceSettings

# More people are scored beside the loop that takes requests.
SCORED_IN_THE_LOOP = 20


class _CustomerId(PathConvertor):
    """The id of a customer in a path: it may hold a slash, or a line break."""

    regex = "(?s:.*)"


register_url_convertor("customer_id", _CustomerId())

_ABOUT = """
Segments of customers as the last build published them, and of people who are in no table yet.

Every answer says in `versions` which data and models it comes from. Errors are problem details
(RFC 9457); `errors` names the fields.
"""

_DETAILS: dict[str, Any] = {
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
}
_DESCRIPTIONS = {
    400: "The body is no JSON",
    401: "The token is missing or another one",
    404: "There is no such thing",
    408: "The body did not arrive in time",
    413: "The body is too large",
    415: "The body is of another type",
    421: "Without a token, the service answers only requests for this machine",
    422: "A field cannot be used",
    503: "Too much to do at the moment",
}


def application(settings: ServiceSettings) -> FastAPI:
    """Return the service; the published file is opened at once.

    Parameters
    ----------
    settings : ServiceSettings

    Raises
    ------
    OpeningError, NoModelError
        If the file cannot be served.
    """
    versions = ServedVersions(settings.file)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(versions.take_up(settings.poll_seconds))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app = FastAPI(
        title="Segments",
        version=segmentation.__version__,
        description=_ABOUT,
        lifespan=lifespan,
        redoc_url=None,
        # A redirection would name the machine that the request named.
        redirect_slashes=False,
    )
    app.add_middleware(Guard, settings=settings)
    _add_error_answers(app)
    _add_health(app, versions)
    _add_segmentations(app, versions)
    _add_customers(app, versions)
    _add_scoring(app, versions, settings)
    _describe(app)
    return app


def _answer(content: Any, status: int = 200) -> Response:
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return Response(text, status, media_type="application/json")


def _responses(model: type[BaseModel], *statuses: int) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {200: {"model": model}}
    for status in sorted({*statuses, 421}):
        found[status] = {"description": _DESCRIPTIONS[status], **_DETAILS}
    return found


def _add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(ProblemError)
    async def problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return error.response()

    @app.exception_handler(HTTPException)
    async def http_problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if headers.get("Allow") == "GET":
            headers["Allow"] = "GET, HEAD"
        return ProblemError(error.status_code, f"{error.detail}.", headers=headers).response()

    @app.exception_handler(RequestValidationError)
    async def validation_problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        fields = [("/".join(map(str, e["loc"])), str(e["msg"])) for e in error.errors()]
        return ProblemError(422, "A parameter cannot be used.", fields).response()


def _add_health(app: FastAPI, versions: ServedVersions) -> None:
    @app.get("/health/live", tags=["health"], responses=_responses(Health))
    async def live() -> Response:
        """Say that the process is there. Needs no token."""
        return _answer({"status": "live"})

    @app.get("/health/ready", tags=["health"], responses=_responses(Ready))
    async def ready() -> Response:
        """Say that data and models are loaded, and which. Needs no token."""
        return _answer({"status": "ready", "versions": versions.current.versions})

    @app.get("/metadata", tags=["health"], responses=_responses(Metadata, 401, 503))
    async def metadata() -> Response:
        """Say which data and models are served."""
        return _answer(versions.current.metadata)


def _add_segmentations(app: FastAPI, versions: ServedVersions) -> None:
    @app.get("/segmentations", tags=["segments"], responses=_responses(Segmentations, 401, 503))
    async def segmentations() -> Response:
        """List the segmentations, and the features that their models look at."""
        version = versions.current
        return _answer({"segmentations": version.segmentations, "versions": version.versions})

    @app.get(
        "/segmentations/{segmentation}/segments",
        tags=["segments"],
        responses=_responses(Segments, 401, 404, 422, 503),
    )
    async def segments(segmentation: str) -> Response:
        """List the segments of a segmentation: size, what sets them apart, what to do."""
        version = versions.current
        found = version.segments_of(segmentation)
        if not found:
            raise _no_segmentation(version)
        return _answer(
            {"segmentation": segmentation, "segments": found, "versions": version.versions}
        )


def _no_segmentation(version: LoadedVersion) -> ProblemError:
    names = ", ".join(entry["segmentation"] for entry in version.segmentations)
    return ProblemError(404, f"There is no such segmentation. There are: {names}.")


def _add_customers(app: FastAPI, versions: ServedVersions) -> None:
    # It queries the file, in a thread of its own.
    @app.get(
        "/customers/{customer_id:customer_id}",
        tags=["customers"],
        responses=_responses(Customer, 401, 404, 422, 503),
    )
    def customer(customer_id: str) -> Response:
        """Return the segments of a customer, their history, and what is expected, with reasons."""
        version = versions.current
        rows = version.file.customer_segments(customer_id)
        if not rows:
            raise ProblemError(404, "There is no such customer.")
        return _answer(
            {
                "customer_id": customer_id,
                "segments": [_customer_segment(row) for row in rows],
                "value_forecast": customer_forecast(version.file, customer_id),
                "history": customer_history(version.file, customer_id),
                "versions": version.versions,
            }
        )


def _customer_segment(row: dict[str, Any]) -> dict[str, Any]:
    names = (
        *("segmentation", "segment_slug", "segment_name", "distance", "probability"),
        *("runner_up_slug", "margin", "model_version"),
    )
    reasons = [row[f"reason_{rank}"] for rank in (1, 2, 3)]
    return {name: row[name] for name in names} | {
        "reasons": [reason for reason in reasons if reason is not None]
    }


def _add_scoring(app: FastAPI, versions: ServedVersions, settings: ServiceSettings) -> None:
    limits = settings.limits

    @app.post(
        "/segmentations/{segmentation}/score",
        tags=["people"],
        responses=_responses(ScoredPeopleAnswer, 400, 401, 404, 408, 413, 415, 422, 503),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": PEOPLE_SCHEMA, "examples": EXAMPLES}},
            }
        },
    )
    async def score(segmentation: str, request: Request) -> Response:
        """Score one person or up to 1,000, with the numbers that a build would give them."""
        version = versions.current
        try:
            scorer = version.scorers.scorer(segmentation)
        except NoModelError:
            raise _no_segmentation(version) from None
        body = await read_body(request, limits)
        asked = read_asked_people(body, scorer.inputs, limits)
        if scorer.measure == DISTANCE and asked.people.count <= SCORED_IN_THE_LOOP:
            return _scored(version, scorer, asked)
        try:
            async with asyncio.timeout(limits.answer_seconds):
                return await run_in_threadpool(_scored, version, scorer, asked)
        except TimeoutError:
            detail = f"The people were not scored within {limits.answer_seconds:g} seconds."
            raise ProblemError(503, detail, headers={"Retry-After": "5"}) from None


def _scored(version: LoadedVersion, scorer: Scorer, asked: AskedPeople) -> Response:
    scored = scorer.score(asked.people)
    if not (np.isfinite(scored.amounts).all() and np.isfinite(scored.of_segments).all()):
        raise ValueError("a figure is not finite, and JSON cannot say it")
    content = {
        "segmentation": scorer.segmentation,
        "model_version": scorer.model_version,
        "people": records(scorer, scored, asked.ids),
        "versions": version.versions,
    }
    return Response(written_json(content), media_type="application/json")


def _describe(app: FastAPI) -> None:
    """Let the description know the problem details, which no route names as its model."""
    described = app.openapi

    def with_problems() -> dict[str, Any]:
        schema = described()
        template = "#/components/schemas/{model}"
        problem = ProblemDetails.model_json_schema(ref_template=template)
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(problem.pop("$defs", {}))
        schemas["ProblemDetails"] = problem
        return schema

    # FastAPI documents that its method is replaced.
    app.openapi = with_problems  # type: ignore[method-assign]
