"""One question on its way through the answerer: checked against the index in use, decided off the event loop and
within a time limit, counted. JSON, event streams and chat completions all ask here, so they cannot disagree.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError

from index.answerer import Answerer
from index.articles import Article
from service.feedback import note
from service.schemas import AskRequest, AskResponse, Link

ANSWER_SECONDS = 20.0
"""How long a question may take, its wait for a free thread included."""

ANSWERS_AT_ONCE = 2
"""Threads that answer. The interpreter lets them through one by one most of the time: eight answered a quarter fewer
questions a second than two, and held more memory."""


async def _answerer(request: Request) -> Answerer:
    return cast(Answerer, request.app.state.answerer)


AnswererDep = Annotated[Answerer, Depends(_answerer)]


async def _with_known_ids(body: AskRequest, answerer: AnswererDep) -> AskRequest:
    named = [
        (place, id_)
        for n, turn in enumerate(body.history)
        for place, id_ in [((n, "id"), turn.id), *(((n, "offered", at), id_) for at, id_ in enumerate(turn.offered))]
    ]
    unknown = [place for place, id_ in named if id_ is not None and not answerer.article(id_)]
    if unknown:
        raise RequestValidationError(
            [
                {"type": "unknown_id", "loc": ("body", "history", *place), "msg": "there is no such entry"}
                for place in unknown
            ]
        )
    return body


Asked = Annotated[AskRequest, Depends(_with_known_ids)]
"""A request whose `history` names only entries that exist; any other is answered with 422 before work begins."""


def answering_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(ANSWERS_AT_ONCE, "answering")


async def respond(request: Request, body: AskRequest) -> AskResponse:
    """Ask, as one of the threads becomes free. Cancelling it while it waits for one spares the work; a thread that
    has begun ends by itself, and is not free before.

    Raises `HTTPException` 503 when no answer came within `ANSWER_SECONDS`.
    """
    state = request.app.state
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            response = await asyncio.get_running_loop().run_in_executor(state.threads, _ask, request, body)
    except TimeoutError:
        detail = f"No answer came within {ANSWER_SECONDS:g} seconds."
        raise HTTPException(503, detail, headers={"Retry-After": "1"}) from None
    state.metrics.answered(response.status)
    return response


def _ask(request: Request, body: AskRequest) -> AskResponse:
    began = time.perf_counter()
    answerer: Answerer = request.app.state.answerer
    answer = answerer.ask(
        body.question,
        [turn.turn() for turn in body.history],
        top=body.top,
        threshold=body.threshold,
        explain=body.explain,
    )
    related = related_links(answerer, answer.article) if answer.article else []
    took_ms = (time.perf_counter() - began) * 1000
    return AskResponse.of(answer, related, note(request, answer.in_context or body.question, answer, took_ms), took_ms)


def related_links(answerer: Answerer, article: Article) -> list[Link]:
    """The entries that `article` names as related, as far as they are in the index in use."""
    others = (answerer.article(id_) for id_ in article.entry.related)
    return [Link(id=other.entry.id, question=other.entry.question) for other in others if other]
