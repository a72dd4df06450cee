"""What stands around every request: who may ask, under which name, and with which method."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from segmentation.service.guard import Guard
from segmentation.service.service_settings import ServiceSettings, names_of_this_machine


def asked(
    method: str, path: str, settings: ServiceSettings, headers: dict[str, bytes] | None = None
) -> httpx.Response:
    """Ask a service of two routes."""
    app = FastAPI(redirect_slashes=False)

    @app.get("/metadata")
    async def metadata() -> dict[str, str]:
        return {"run": "1"}

    @app.post("/score")
    async def score() -> dict[str, str]:
        return {}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Guard(app, settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(ask())


def settings_of(hosts: frozenset[str] | None, token: str | None = None) -> ServiceSettings:
    return ServiceSettings(Path("none"), token=token, hosts=hosts)


@pytest.mark.parametrize(
    ("bound", "host", "status"),
    [
        ("127.0.0.1", "localhost", 200),
        ("127.0.0.1", "LOCALHOST:8000", 200),
        ("127.0.0.1", "127.0.0.1:8000", 200),
        ("127.0.0.1", "[::1]:8000", 200),
        ("127.0.0.1", "localhost.", 200),
        ("127.9.9.9", "127.9.9.9:80", 200),
        ("::1", "[::1]", 200),
        ("127.0.0.1", "127.9.9.9", 421),
        ("127.0.0.1", "evil.example:8000", 421),
        ("127.0.0.1", "localhost.evil.example", 421),
        ("127.0.0.1", "localhost:8000@evil.example", 421),
        ("127.0.0.1", "127.0.0.1.nip.io", 421),
        ("127.0.0.1", "", 421),
        ("127.0.0.1", "\xe9", 421),
    ],
)
def test_the_machine_that_a_request_is_meant_for(bound: str, host: str, status: int) -> None:
    settings = settings_of(names_of_this_machine(bound))
    answer = asked("GET", "/metadata", settings, {"Host": host.encode("latin-1")})
    assert answer.status_code == status
    if status == 421:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "token" in answer.json()["detail"]


def test_with_a_token_every_name_will_do() -> None:
    token = "a-token-of-sixteen"
    headers = {"Host": b"segments.example", "Authorization": f"Bearer {token}".encode()}
    assert asked("GET", "/metadata", settings_of(None, token), headers).status_code == 200


def test_head_is_get_without_a_body() -> None:
    settings = settings_of(None)
    for path in ("/metadata", "/none", "/score"):
        got, head = (asked(method, path, settings) for method in ("GET", "HEAD"))
        assert head.status_code == got.status_code
        assert head.headers["content-length"] == got.headers["content-length"] != "0"
        assert (head.content, len(got.content)) == (b"", int(got.headers["content-length"]))
