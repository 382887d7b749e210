"""The HTTP face: routes over an `Answerer`. What is decided, and how, is `index`'s business."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from index.answerer import Answerer
from index.encoder import load_encoder
from index.errors import WenjinError
from service import metrics, streaming
from service.asking import ANSWER_SECONDS, AnswererDep, Desk, related_links, respond, with_known_ids
from service.assets import Assets, add_assets
from service.browsers import guard_browsers
from service.completions import add_completions
from service.feedback import feedback
from service.journal import Journal, load_journal
from service.limits import BODY_SECONDS, BodyLimit
from service.metrics import Metrics, RequestCount
from service.pages import Pages, add_pages
from service.problems import MEDIA_TYPE, handle_problems
from service.schemas import (
    MOST_SUGGESTIONS,
    AskRequest,
    AskResponse,
    Citation,
    EntryLine,
    EntryPage,
    Health,
    Problem,
    Readiness,
    Suggestion,
    Typed,
)
from service.settings import Settings

_log = logging.getLogger("wenjin")

DESCRIPTION = """Finds the canonical question a person means, returns its curated answer with citations,
says how sure it is, asks back when several answers are plausible, and declines when it has none."""


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


_INVALID: dict[int | str, dict[str, Any]] = {
    408: _problem(f"The body was not there after {BODY_SECONDS:g} seconds"),
    413: _problem("The body is larger than this path allows"),
    422: _problem("A field is invalid; `errors` names it"),
}
_OVERDUE: dict[int | str, dict[str, Any]] = {503: _problem(f"No answer came within {ANSWER_SECONDS:g} seconds")}
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: _problem("There is no such entry")}
_UNRATED: dict[int | str, dict[str, Any]] = {
    404: _problem("No log of questions is kept here"),
    503: _problem("The rating could not be kept just now"),
}


class Figure(Response):
    media_type = "image/svg+xml"


class Exposition(Response):
    media_type = metrics.MEDIA_TYPE


_ONLY_A_PICTURE = {
    "Cache-Control": "max-age=3600",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
"""Sent with figures, so that one opened by itself can do nothing but be looked at."""


def create_app(settings: Settings, answerer: Answerer, journal: Journal | None = None) -> FastAPI:
    """The service over a loaded answerer; while it runs it looks for newer indexes every `refresh_seconds`, and
    keeps a journal of questions and feedback if it is given one."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(_watch(app, answerer, settings.refresh_seconds))
        if journal:
            journal.start()
        yield
        if journal:
            await run_in_threadpool(journal.close)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    app = FastAPI(
        title="Wenjin", version="0.1.0", description=DESCRIPTION, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.answerer = answerer
    app.state.journal = journal
    app.state.trouble = None
    app.state.metrics = Metrics(answerer)
    app.state.desk = Desk()
    # From the inside out: what is added later sees a request earlier.
    app.add_middleware(BodyLimit)
    handle_problems(app)
    app.add_middleware(RequestCount, metrics=app.state.metrics)
    guard_browsers(app, settings.allowed_origins)
    streaming.add_stream(app)
    _add_questions(app)
    _add_entries(app)
    _add_health(app)
    add_completions(app, _INVALID | _OVERDUE)
    assets = Assets()
    add_assets(app, assets)
    add_pages(app, Pages(assets, settings.allowed_origins))
    _document_schemas(app, [Problem, *streaming.EVENTS.values()])
    return app


def load_answerer(settings: Settings) -> Answerer:
    """Encoder and index from disk, as the settings name them. Raises `WenjinError`."""
    return Answerer(load_encoder(settings.encoder, settings.index_dir), settings.index_dir)


def load_app(settings: Settings | None = None) -> FastAPI:
    """The app as a process serves it: settings from the environment unless given, the rest as they say. Raises
    `WenjinError`."""
    settings = settings or Settings()
    app = create_app(settings, load_answerer(settings), load_journal(settings))
    gc.freeze()  # all of it stays; each full collection would look through it for a tenth of a second
    gc.enable()  # if the start has done without
    return app


def check_settings(settings: Settings) -> None:
    """Load everything once and let it go. Raises `WenjinError`."""
    load_answerer(settings)
    if journal := load_journal(settings):
        journal.close()


async def _watch(app: FastAPI, answerer: Answerer, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            if await run_in_threadpool(answerer.refresh):
                _log.info("now answering from index %s", answerer.snapshot.version)
            if not answerer.refused:  # swapped, or gone back to the version in use
                app.state.trouble = None
        except (WenjinError, OSError) as error:
            _log.error("a newer index is refused, %s stays in use: %s", answerer.snapshot.version, error)
            app.state.trouble = "The newest index cannot be used; the log says why."


def _add_questions(app: FastAPI) -> None:
    @app.post("/ask", responses=_INVALID | _OVERDUE | streaming.described())
    async def ask(request: Request, body: AskRequest) -> AskResponse:
        """Ask a question in free form. `clarify` and `no_answer` are proper answers and come with status 200.

        With `Accept: text/event-stream` the same content comes as events: `meta`, any number of `delta`, `citations`,
        `related`, `done`, or `error` in place of what is missing.
        """
        return await respond(request, await with_known_ids(request, body))

    app.post("/feedback", responses=_INVALID | _UNRATED)(feedback)

    @app.get("/suggest", responses={422: _INVALID[422]})
    def suggest(
        response: Response,
        answerer: AnswererDep,
        q: Annotated[Typed, Query(description="What has been typed so far: characters, pinyin or initials")],
        limit: Annotated[int, Query(ge=1, le=MOST_SUGGESTIONS, description="How many entries to list")] = 8,
    ) -> list[Suggestion]:
        """Entries that may be meant, best first, while the question is still being typed; an empty list if there are
        none."""
        response.headers["Cache-Control"] = "public, max-age=60"
        return [Suggestion.of(found) for found in answerer.suggest(q, limit)]


def _add_entries(app: FastAPI) -> None:
    @app.get("/entries")
    def entries(answerer: AnswererDep) -> list[EntryLine]:
        """Every entry, without its answer."""
        return [EntryLine.of(article) for article in answerer.snapshot.articles]

    @app.get("/entries/{id}", responses=_UNKNOWN | {422: _INVALID[422]})
    def entry(id: Annotated[str, Path(max_length=100)], answerer: AnswererDep) -> EntryPage:
        """One entry with its answer and citations."""
        article = answerer.article(id)
        if article is None:
            raise HTTPException(404, "There is no such entry.")
        return EntryPage(
            **EntryLine.of(article).model_dump(),
            answer=article.answer,
            citations=[Citation.of(work) for work in article.citations],
            related=related_links(answerer, article),
            reviewed=article.entry.reviewed.isoformat() if article.entry.reviewed else None,
            url=article.entry.url,
        )

    @app.get("/entries/{id}/{figure}", responses=_UNKNOWN | {422: _INVALID[422]}, response_class=Figure)
    def figure(
        id: Annotated[str, Path(max_length=100)], figure: Annotated[str, Path(max_length=100)], answerer: AnswererDep
    ) -> Figure:
        """A figure of an entry, as its answer addresses it."""
        drawing = answerer.drawing(id, figure)
        if drawing is None:
            raise HTTPException(404, "There is no such figure.")
        return Figure(drawing, headers=_ONLY_A_PICTURE)


def _add_health(app: FastAPI) -> None:
    @app.get("/metrics", response_class=Exposition)
    def counted(request: Request) -> Exposition:
        """What was asked and answered, in the text format of Prometheus."""
        return Exposition(request.app.state.metrics.text())

    @app.get("/livez")
    async def livez() -> Health:
        """Whether the process answers at all."""
        return Health(status="ok")

    @app.get("/readyz")
    async def readyz(request: Request, answerer: AnswererDep) -> Readiness:
        """Whether questions are answered, and from which index."""
        snapshot, trouble = answerer.snapshot, request.app.state.trouble
        return Readiness(
            status="degraded" if trouble else "ready",
            index_version=snapshot.version,
            built_at=snapshot.manifest["built_at"],
            entries=len(snapshot.articles),
            trouble=trouble,
        )


def _document_schemas(app: FastAPI, models: list[type[BaseModel]]) -> None:
    """Put the schemas that no route returns by itself into the OpenAPI document, in place of the framework's own
    error schemas."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            document = original()
            schemas = document["components"]["schemas"]
            _, defined = models_json_schema(
                [(model, "serialization") for model in models], ref_template="#/components/schemas/{model}"
            )
            schemas |= defined["$defs"]
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
        assert app.openapi_schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
