"""Questions on their way through the answerer: checked against the index in use, decided off the event loop and
within a time limit, together where several wait, and counted. JSON, event streams and chat completions all ask here, so
they cannot disagree.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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


@dataclass(frozen=True)
class _Waiting:
    request: Request
    body: AskRequest
    answered: "asyncio.Future[AskResponse]"


class Desk:
    """Where questions wait for the one thread that answers: as it becomes free, it takes all of them, or the first
    `TOGETHER`. The interpreter would let several threads through one by one, and each would read everything anew."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, "answering")
        self._serving: asyncio.Task[None] | None = None

    async def ask(self, request: Request, body: AskRequest) -> AskResponse:
        """The response to a question. Cancelling it while it waits spares the work."""
        one = _Waiting(request, body, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return await one.answered

    async def _serve(self) -> None:
        try:
            while self._waiting:
                taken = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
                wanted = [one for one in taken if not one.answered.done()]
                if wanted:
                    responses = await asyncio.get_running_loop().run_in_executor(self._thread, _answer, wanted)
                    for one, response in zip(wanted, responses, strict=True):
                        _settle(one.answered, response)
        finally:
            self._serving = None


def _settle(future: "asyncio.Future[AskResponse]", response: AskResponse | Exception) -> None:
    if future.done():  # its client did not wait
        return
    if isinstance(response, Exception):
        future.set_exception(response)
    else:
        future.set_result(response)


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
