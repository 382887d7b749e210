"""`POST /ask` as server-sent events: the JSON response in pieces, for clients that prefer `text/event-stream`.

The framework writes the events, keeps an idle stream alive every 15 seconds and stops when the client leaves. What
an answer is, and how it came about, is not known here.
"""

import itertools
import logging
import re
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from anyio import BrokenResourceError
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from index.text import HAN
from service.asking import respond, with_known_ids
from service.problems import UNEXPECTED, problem_of
from service.schemas import AskRequest, AskResponse, Citation, Decision, Link, Problem

MEDIA_TYPE = "text/event-stream"
PIECE_LENGTH = 200
"""Characters from which on a piece of an answer ends at the next good place."""

_BLOCK_END = re.compile(r"(?<=\n)[ \t]*\n+")
_LETTER = rf"[{HAN}A-Za-z0-9]"  # begins a grapheme wherever it stands
_SENTENCE_END = re.compile(rf"(?<=[。！？；])(?={_LETTER})|(?<=[.!?;] )(?={_LETTER})|(?<=\n)(?!\n)")
_log = logging.getLogger("wenjin")


class Delta(BaseModel):
    """The next piece of `answer`. None of these comes when there is no answer."""

    text: str


class Works(BaseModel):
    citations: list[Citation]


class Related(BaseModel):
    related: list[Link]


class Done(BaseModel):
    """The last event of a stream that is whole."""

    message_id: str
    length: int = Field(description="Code points of `answer`, 0 without one")


EVENTS: dict[str, type[BaseModel]] = {
    "meta": Decision,
    "delta": Delta,
    "citations": Works,
    "related": Related,
    "done": Done,
    "error": Problem,
}
"""What each event of a stream carries. `error` takes the place of all that would have followed."""


def add_stream(app: FastAPI) -> None:
    """Let `POST /ask` answer with events who prefers them. It must be called before the JSON route is added."""
    app.router.add_api_route(
        "/ask",
        _stream,
        methods=["POST"],
        response_class=EventSourceResponse,
        include_in_schema=False,  # described with the JSON route, which has the same path
        route_class_override=StreamRoute,
    )


class StreamRoute(APIRoute):
    """Matches only what prefers an event stream; the rest is left to the route of the same path behind it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        accept = b",".join(value for name, value in scope.get("headers", ()) if name == b"accept")
        return super().matches(scope) if prefers_stream(accept.decode("latin-1")) else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The framework's keep-alive does not expect a client that leaves between two events; that is no error."""
        try:
            await super().handle(scope, receive, send)
        except* BrokenResourceError:
            pass


def prefers_stream(accept: str) -> bool:
    """Whether an `Accept` header (RFC 9110, 12.5.1) asks for an event stream rather than JSON: by its quality, and
    where that is equal, by being named more precisely. What is in balance, or cannot be read, is JSON."""
    return _preference(accept, "text", "event-stream") > max(_preference(accept, "application", "json"), (0.0, 2))


def _preference(accept: str, kind: str, subtype: str) -> tuple[float, int]:
    """Quality and precision (2 named, 1 by its kind, 0 by `*/*`) that `accept` gives a media type."""
    precisions = {f"{kind}/{subtype}": 2, f"{kind}/*": 1, "*/*": 0}
    found = (-1, 0.0)
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        quality = next((value[2:].strip() for value in parameters if value.startswith("q=")), "1")
        if name in precisions and re.fullmatch(r"[01](\.\d{0,3})?", quality):
            found = max(found, (precisions[name], min(float(quality), 1.0)))
    return found[1], found[0]


async def _stream(
    request: Request, body: Annotated[AskRequest, Depends(with_known_ids)]
) -> AsyncIterator[ServerSentEvent]:
    try:
        events = events_of(await respond(request, body))
    except HTTPException as error:
        events = iter([("error", problem_of(error.status_code, str(error.detail)))])
    except Exception as error:
        _log.error("unexpected error in a stream", exc_info=error)
        events = iter([("error", problem_of(500, UNEXPECTED))])
    for n, (name, payload) in enumerate(events):
        yield ServerSentEvent(event=name, id=str(n), data=payload)


def events_of(response: AskResponse) -> Iterator[tuple[str, BaseModel]]:
    """Names and payloads of a whole stream. The fields of `meta`, `citations` and `related`, and the joined texts
    of `delta` as `answer`, are the fields of `response`."""
    yield "meta", Decision(**{name: getattr(response, name) for name in Decision.model_fields})
    answer = response.answer or ""
    for piece in pieces(answer):
        yield "delta", Delta(text=piece)
    yield "citations", Works(citations=response.citations)
    yield "related", Related(related=response.related)
    yield "done", Done(message_id=response.message_id, length=len(answer))


def pieces(answer: str) -> Iterator[str]:
    """The whole of a text, cut after blank lines and, where a block is long, after lines and sentences: never where
    two code points are one character to the reader."""
    blocks = [0, *(match.end() for match in _BLOCK_END.finditer(answer)), len(answer)]
    for start, end in itertools.pairwise(blocks):
        for sentence in _SENTENCE_END.finditer(answer, start, end):
            if start + PIECE_LENGTH <= sentence.start() < end:
                yield answer[start : sentence.start()]
                start = sentence.start()
        if start < end:
            yield answer[start:end]


def described() -> dict[int | str, dict[str, Any]]:
    """The stream as a response of the OpenAPI document; `itemSchema` is what OpenAPI 3.2 calls the schema of one
    event."""
    return {200: {"content": {MEDIA_TYPE: {"itemSchema": {"oneOf": [_event(*item) for item in EVENTS.items()]}}}}}


def _event(name: str, payload: type[BaseModel]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["event", "id", "data"],
        "properties": {
            "event": {"const": name},
            "id": {"type": "string", "description": "Counts the events of the stream from 0"},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": f"#/components/schemas/{payload.__name__}"},
            },
        },
    }
