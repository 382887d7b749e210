"""Every error as an RFC 9457 problem document that names the field and never echoes input or internals."""

import logging
import re

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.schemas import FieldError, Problem

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 20
UNEXPECTED = "Something went wrong here; it has been logged."

TITLES = {
    404: "Not found",
    405: "Method not allowed",
    408: "Body too slow",
    413: "Body too large",
    422: "Invalid request",
    500: "Internal error",
    503: "Not available",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,49}")
_log = logging.getLogger("wenjin")


def problem_of(status: int, detail: str, errors: list[FieldError] | None = None) -> Problem:
    return Problem(title=TITLES.get(status, "Error"), status=status, detail=detail, errors=errors or [])


def problem(
    status: int, detail: str, errors: list[FieldError] | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(problem_of(status, detail, errors).model_dump(), status, headers, MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """Let `app` answer every error with a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(Unexpected)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [_field_error(item) for item in error.errors()[:MOST_ERRORS]]
    return problem(422, "; ".join(f"{e.field}: {e.message}" for e in errors), errors)


def _field_error(item: dict[str, object]) -> FieldError:
    place = [str(part) for part in item["loc"] if isinstance(part, str | int)]  # type: ignore[attr-defined]
    if item["type"] == "json_invalid":
        return FieldError(field="body", message="is not valid JSON")
    if item["type"] == "extra_forbidden" and not _NAME.fullmatch(place[-1]):
        return FieldError(field=".".join(place[1:-1]) or "body", message="has a field that is not known here")
    message = str(item["msg"]).removeprefix("Value error, ")
    return FieldError(field=".".join(place[1:]) or "body", message=message[:1].lower() + message[1:])


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # the framework's word for a body that it cannot parse at all
        return problem(422, "body: cannot be parsed", [FieldError(field="body", message="cannot be parsed")])
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, str(error.detail), headers=headers)


class Unexpected:
    """Logs what no handler expects and answers 500, inside the middleware that adds headers, so that a browser may
    read this answer like any other."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noticing(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noticing)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            _log.error("unexpected error on %s %r", scope["method"], scope["path"], exc_info=error)
            await problem(500, UNEXPECTED)(scope, receive, send)
