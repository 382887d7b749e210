"""The HTTP face: routes over an `Answerer`. What is decided, and how, is `index`'s business."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, HTTPException, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from index.answerer import Answerer
from index.articles import Article
from index.encoder import load_encoder
from index.errors import WenjinError
from service.assets import Assets, add_assets
from service.pages import Pages, add_pages
from service.problems import MEDIA_TYPE, handle_problems
from service.schemas import AskRequest, AskResponse, Citation, EntryLine, EntryPage, Health, Link, Problem, Readiness
from service.settings import Settings

_log = logging.getLogger("wenjin")

DESCRIPTION = """Finds the canonical question a person means, returns its curated answer with citations,
says how sure it is, asks back when several answers are plausible, and declines when it has none."""


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


_INVALID: dict[int | str, dict[str, Any]] = {
    413: _problem("The body is larger than 64 KiB"),
    422: _problem("A field is invalid; `errors` names it"),
}
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: _problem("There is no such entry")}


def _answerer(request: Request) -> Answerer:
    return cast(Answerer, request.app.state.answerer)


class Figure(Response):
    media_type = "image/svg+xml"


_ONLY_A_PICTURE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
"""Sent with figures, so that one opened by itself can do nothing but be looked at."""

AnswererDep = Annotated[Answerer, Depends(_answerer)]


def create_app(settings: Settings, answerer: Answerer) -> FastAPI:
    """The service over a loaded answerer; while it runs it looks for newer indexes every `refresh_seconds`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(_watch(app, answerer, settings.refresh_seconds))
        yield
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    app = FastAPI(
        title="Wenjin", version="0.1.0", description=DESCRIPTION, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.answerer = answerer
    app.state.trouble = None
    handle_problems(app)
    _add_routes(app)
    assets = Assets()
    add_assets(app, assets)
    add_pages(app, Pages(assets))
    _document_problems(app)
    return app


def load_answerer(settings: Settings) -> Answerer:
    """Encoder and index from disk, as the settings name them. Raises `WenjinError`."""
    return Answerer(load_encoder(settings.encoder, settings.index_dir), settings.index_dir)


def load_app() -> FastAPI:
    """The app as a worker process starts it: settings from the environment, encoder and index from disk."""
    settings = Settings()
    return create_app(settings, load_answerer(settings))


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


def _add_routes(app: FastAPI) -> None:
    @app.post("/ask", responses=_INVALID)
    def ask(body: AskRequest, answerer: AnswererDep) -> AskResponse:
        """Ask a question in free form. `clarify` and `no_answer` are proper answers and come with status 200."""
        began = time.perf_counter()
        answer = answerer.ask(
            body.question,
            [turn.turn() for turn in body.history],
            top=body.top,
            threshold=body.threshold,
            explain=body.explain,
        )
        related = _related(answerer, answer.article) if answer.article else []
        return AskResponse.of(answer, related, uuid.uuid4().hex, (time.perf_counter() - began) * 1000)

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
            related=_related(answerer, article),
            reviewed=article.entry.reviewed.isoformat() if article.entry.reviewed else None,
            url=article.entry.url,
        )

    @app.get("/entries/{id}/{figure}", responses=_UNKNOWN | {422: _INVALID[422]}, response_class=Figure)
    def figure(
        id: Annotated[str, Path(max_length=100)], figure: Annotated[str, Path(max_length=100)], answerer: AnswererDep
    ) -> Figure:
        """A figure of an entry, as its answer addresses it."""
        article = answerer.article(id)
        if article is None or figure not in article.entry.figures:
            raise HTTPException(404, "There is no such figure.")
        return Figure(article.entry.figures[figure], headers=_ONLY_A_PICTURE)

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


def _related(answerer: Answerer, article: Article) -> list[Link]:
    others = (answerer.article(id_) for id_ in article.entry.related)
    return [Link(id=other.entry.id, question=other.entry.question) for other in others if other]


def _document_problems(app: FastAPI) -> None:
    """Put the problem schema into the OpenAPI document in place of the framework's own error schemas."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            document = original()
            schemas = document["components"]["schemas"]
            schemas |= Problem.model_json_schema(ref_template="#/components/schemas/{model}").pop("$defs")
            schemas["Problem"] = {
                k: v
                for k, v in Problem.model_json_schema(ref_template="#/components/schemas/{model}").items()
                if k != "$defs"
            }
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
        assert app.openapi_schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
