"""Connections that never say what they ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from segmentation.service.connections import PromptProtocol
from starlette.types import Receive, Scope, Send

ANSWERED = b"HTTP/1.1 200"
NONE = [(b"content-length", b"0")]
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def answers(_: Scope, receive: Receive, send: Send) -> None:
    """Answer when the body is there, and later than headers may take."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(0.4)
    await send({"type": "http.response.start", "status": 200, "headers": NONE})
    await send({"type": "http.response.body", "body": b""})


class Hurried(PromptProtocol):
    """With less patience."""

    header_seconds = 0.2


def asked(talk: Callable[[int], Awaitable[None]]) -> None:
    """Serve while somebody talks to a port."""

    async def run() -> None:
        config = uvicorn.Config(answers, port=0, http=Hurried, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            async with asyncio.timeout(60):
                await talk(server.servers[0].sockets[0].getsockname()[1])
        finally:
            server.should_exit = True
            await serving

    asyncio.run(run())


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n", REQUEST[:-1]])
def test_headers_that_are_never_finished_end_the_connection(sent: bytes) -> None:
    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await reader.read() == b""
        writer.close()

    asked(talk)


def test_headers_that_trickle_end_the_connection() -> None:
    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n")
        ended = asyncio.create_task(reader.read())
        while not ended.done():
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.02)
        (end,) = await asyncio.gather(ended, return_exceptions=True)
        assert end == b"" or isinstance(end, ConnectionError)
        writer.close()

    asked(talk)


@pytest.mark.long
def test_an_answer_and_a_body_may_take_longer_and_a_further_request_may_not() -> None:
    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1")
        await asyncio.sleep(0.4)
        writer.write(b"2")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(ANSWERED)
        writer.write(REQUEST)
        assert ANSWERED in await reader.readuntil(b"\r\n\r\n")
        writer.write(REQUEST[:20])
        assert ANSWERED not in await reader.read()
        writer.close()

    asked(talk)
