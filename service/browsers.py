"""What browsers may do with the responses: which sites may read them, and headers that keep them to their purpose.

Pages set a Content-Security-Policy of their own, which is kept; so is every other header that a route has set.
"""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",  # the widget and the figures are shown on other sites
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every response that does not say otherwise itself."""

PREFLIGHT_SECONDS = 7200
"""How long a browser may remember that a site is allowed: the most that Chromium heeds."""


def guard_browsers(app: FastAPI, allowed_origins: Sequence[str]) -> None:
    """Let scripts of the `allowed_origins`, and of no other site, read responses; never with cookies. Put `HEADERS` on
    everything, preflights and errors included."""
    if allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type"),  # clients in the OpenAI shape always send the former
            expose_headers=("Retry-After",),
            max_age=PREFLIGHT_SECONDS,
        )
    app.add_middleware(ResponseHeaders)


class ResponseHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def completing(message: Message) -> None:
            if message["type"] == "http.response.start":
                set_already = dict(message["headers"])
                missing = [header for header in self._headers if header[0] not in set_already]
                message["headers"] = [*message["headers"], *missing]
                if scope["method"] == "POST":  # the framework puts its own on streams
                    MutableHeaders(scope=message)["Cache-Control"] = HEADERS["Cache-Control"]
            await send(message)

        await self.app(scope, receive, completing)
