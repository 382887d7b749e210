"""Questions on their way through the answerer: checked against the index in use, decided off the event loop and
within a time limit, together where several wait, and counted. JSON, event streams and chat completions all ask here, so
they cannot disagree.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError

from index.answerer import Answerer
from index.articles import Article
from service.feedback import note
from service.schemas import AskRequest, AskResponse, Link

ANSWER_SECONDS = 20.0
"""How long a question may take, its wait for a free thread included."""

TOGETHER = 16
"""Questions answered together at most: so many cost each a good half of what it costs alone, more would only make the
first of them wait for the last."""


async def _answerer(request: Request) -> Answerer:
    return cast(Answerer, request.app.state.answerer)


AnswererDep = Annotated[Answerer, Depends(_answerer)]


async def with_known_ids(request: Request, body: AskRequest) -> AskRequest:
    """The body, if its `history` names only entries that exist. Raises `RequestValidationError`, which is answered with
    422.

    A coroutine because streams have it as a dependency, and the framework would run a plain function in a thread.
    """
    if not body.history:
        return body
    answerer: Answerer = request.app.state.answerer
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


@dataclass(frozen=True)
class _Waiting:
    request: Request
    body: AskRequest
    answered: "asyncio.Future[AskResponse]"

    def settle(self, response: AskResponse | Exception) -> None:
        if self.answered.done():  # its client did not wait
            return
        if isinstance(response, Exception):
            self.answered.set_exception(response)
        else:
            self.answered.set_result(response)


class Desk:
    """Where questions wait for the one thread that answers: as it becomes free, it takes all of them, or the first
    `TOGETHER`. The interpreter would let several threads through one by one, and each would read everything anew."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, "answering")
        self._busy = False

    async def ask(self, request: Request, body: AskRequest) -> AskResponse:
        """The response to a question. Cancelling it while it waits spares the work."""
        loop = asyncio.get_running_loop()
        one = _Waiting(request, body, loop.create_future())
        self._waiting.append(one)
        if not self._busy:
            self._busy = True
            loop.call_soon(self._take)  # with what else has come by then
        return await one.answered

    # Plain callbacks between loop and thread, which cost less than a task that waits for the future of a thread.

    def _take(self) -> None:
        wanted: list[_Waiting] = []
        while self._waiting and len(wanted) < TOGETHER:
            one = self._waiting.popleft()
            if not one.answered.done():
                wanted.append(one)
        self._busy = bool(wanted)
        if wanted:
            self._thread.submit(self._serve, wanted)

    def _serve(self, taken: list[_Waiting]) -> None:
        responses = _answer(taken)
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            taken[0].answered.get_loop().call_soon_threadsafe(self._give, taken, responses)

    def _give(self, taken: list[_Waiting], responses: Sequence[AskResponse | Exception]) -> None:
        for one, response in zip(taken, responses, strict=True):
            one.settle(response)
        self._take()


async def respond(request: Request, body: AskRequest) -> AskResponse:
    """Ask, and count what came of it.

    Raises `HTTPException` 503 when no answer came within `ANSWER_SECONDS`.
    """
    state = request.app.state
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            response: AskResponse = await state.desk.ask(request, body)
    except TimeoutError:
        detail = f"No answer came within {ANSWER_SECONDS:g} seconds."
        raise HTTPException(503, detail, headers={"Retry-After": "1"}) from None
    state.metrics.answered(response.status)
    return response


def _answer(waiting: Sequence[_Waiting]) -> Sequence[AskResponse | Exception]:
    """The responses to questions, in their order; what went wrong in place of one that cannot be had."""
    try:
        return _answer_together(waiting)
    except Exception as error:
        if len(waiting) == 1:
            return [error]
    return [_answer([one])[0] for one in waiting]  # one of them is to blame, and the others shall not suffer


def _answer_together(waiting: Sequence[_Waiting]) -> list[AskResponse]:
    began = time.perf_counter()
    answerer: Answerer = waiting[0].request.app.state.answerer
    answers = answerer.ask_together([one.body.asked() for one in waiting])
    took_ms = (time.perf_counter() - began) * 1000
    responses = []
    for one, answer in zip(waiting, answers, strict=True):
        related = related_links(answerer, answer.article) if answer.article else []
        message_id = note(one.request, answer.in_context or one.body.question, answer, took_ms)
        responses.append(AskResponse.of(answer, related, message_id, took_ms))
    return responses


def related_links(answerer: Answerer, article: Article) -> list[Link]:
    """The entries that `article` names as related, as far as they are in the index in use."""
    others = (answerer.article(id_) for id_ in article.entry.related)
    return [Link(id=other.entry.id, question=other.entry.question) for other in others if other]
