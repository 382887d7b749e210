"""How large a request body may be and how long it may take, held before anything else sees the request."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import problem

BODY_LIMIT = 64 * 1024
BODY_SECONDS = 10.0
WIDER_LIMITS = {"/v1/chat/completions": 1024 * 1024}
"""Paths whose clients send the answers they were given back with every turn."""


class BodyLimit:
    """Reads the body. Answers 413 as soon as more bytes than the path allows are announced or have come, and 408
    when the body is not there after `BODY_SECONDS`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = WIDER_LIMITS.get(scope["path"], BODY_LIMIT)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            await _refuse(413, f"A body may have at most {limit} bytes.", scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive, limit)
        except TimeoutError:
            await _refuse(408, f"The body was not there after {BODY_SECONDS:g} seconds.", scope, receive, send)
            return
        if body is None:
            return
        if len(body) > limit:
            await _refuse(413, f"A body may have at most {limit} bytes.", scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The body, or as much of it as shows that it is larger than `limit`; None when the client has left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > limit or not message.get("more_body"):
            return bytes(body)


async def _refuse(status: int, detail: str, scope: Scope, receive: Receive, send: Send) -> None:
    await problem(status, detail, headers={"Connection": "close"})(scope, receive, send)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message
