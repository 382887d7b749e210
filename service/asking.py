"""One question on its way through the answerer: checked against the index in use, decided off the event loop and
within a time limit, counted. JSON, event streams and chat completions all ask here, so they cannot disagree.
"""

import time
import uuid
from functools import partial
from typing import Annotated, cast

import anyio
from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError

from index.answerer import Answerer
from index.articles import Article
from service.schemas import AskRequest, AskResponse, Link

ANSWER_SECONDS = 20.0
"""How long a question may take, its wait for a free thread included."""


def _answerer(request: Request) -> Answerer:
    return cast(Answerer, request.app.state.answerer)


AnswererDep = Annotated[Answerer, Depends(_answerer)]


async def _with_known_ids(body: AskRequest, answerer: AnswererDep) -> AskRequest:
    unknown = [n for n, turn in enumerate(body.history) if turn.id is not None and not answerer.article(turn.id)]
    if unknown:
        raise RequestValidationError(
            [
                {"type": "unknown_id", "loc": ("body", "history", n, "id"), "msg": "there is no such entry"}
                for n in unknown
            ]
        )
    return body


Asked = Annotated[AskRequest, Depends(_with_known_ids)]
"""A request whose `history` names only entries that exist; any other is answered with 422 before work begins."""


async def respond(request: Request, body: AskRequest) -> AskResponse:
    """Ask, as one of the threads becomes free. Cancelling it while it waits for one spares the work altogether.

    Raises `HTTPException` 503 when no answer came within `ANSWER_SECONDS`.
    """
    ask = partial(_ask, request.app.state.answerer, body)
    try:
        with anyio.fail_after(ANSWER_SECONDS):
            response = await anyio.to_thread.run_sync(ask, abandon_on_cancel=True)
    except TimeoutError:
        raise HTTPException(
            503, f"No answer came within {ANSWER_SECONDS:g} seconds.", headers={"Retry-After": "1"}
        ) from None
    request.app.state.metrics.answered(response.status)
    return response


def _ask(answerer: Answerer, body: AskRequest) -> AskResponse:
    began = time.perf_counter()
    answer = answerer.ask(
        body.question,
        [turn.turn() for turn in body.history],
        top=body.top,
        threshold=body.threshold,
        explain=body.explain,
    )
    related = related_links(answerer, answer.article) if answer.article else []
    return AskResponse.of(answer, related, uuid.uuid4().hex, (time.perf_counter() - began) * 1000)


def related_links(answerer: Answerer, article: Article) -> list[Link]:
    """The entries that `article` names as related, as far as they are in the index in use."""
    others = (answerer.article(id_) for id_ in article.entry.related)
    return [Link(id=other.entry.id, question=other.entry.question) for other in others if other]
