"""`POST /v1/chat/completions`: the same questions and answers in the shape of OpenAI's API, for the clients that speak
it. Nothing is generated: a reply is a curated answer with its references, a question back, or a refusal, in words.
"""

import itertools
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from index.answerer import Answerer
from index.confidence import Status
from index.text import HAN
from service.asking import respond
from service.schemas import HISTORY_LENGTH, AskRequest, AskResponse, Citation, HistoryTurn
from service.streaming import MEDIA_TYPE, pieces

MODEL: Literal["wenjin"] = "wenjin"


class Part(BaseModel):
    type: str
    text: str | None = None


class Message(BaseModel):
    role: Literal["developer", "system", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = Field(None, description="Text, or parts of which the `text` ones are read")

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text" and part.text)
        return self.content or ""


class CompletionRequest(BaseModel):
    """The last `user` message is the question, those before it are the history. Fields that steer a language model
    are accepted and mean nothing here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": MODEL, "messages": [{"role": "user", "content": "梯度爆炸怎么解决？"}]}]
        }
    )

    model: Literal["wenjin"] = MODEL
    messages: list[Message] = Field(min_length=1)
    stream: StrictBool | None = Field(None, description="Whether to send the reply as chunks")


class UrlCitation(BaseModel):
    """`start_index` and `end_index` count code points of `content`."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(BaseModel):
    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class Reply(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str = Field(description="Markdown")
    refusal: None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    index: Literal[0] = 0
    message: Reply
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Usage(BaseModel):
    """There are no tokens to count."""

    prompt_tokens: Literal[0] = 0
    completion_tokens: Literal[0] = 0
    total_tokens: Literal[0] = 0


class Completion(BaseModel):
    id: str = Field(description="`chatcmpl-` and the `message_id`")
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: Literal["wenjin"] = MODEL
    choices: list[Choice]
    usage: Usage


def add_completions(app: FastAPI, responses: dict[int | str, dict[str, Any]]) -> None:
    """Add the route; `responses` describes the errors that asking may bring."""
    data = {"type": "string", "description": "A `chat.completion.chunk`, or `[DONE]` at the end"}
    chunk = {"type": "object", "required": ["data"], "properties": {"data": data}}
    chunks: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {"itemSchema": chunk}}}}

    @app.post("/v1/chat/completions", response_model=Completion, responses=responses | chunks)
    async def chat_completions(request: Request, body: CompletionRequest) -> Completion | StreamingResponse:
        """Ask in the shape of OpenAI's chat completions. With `stream` the reply comes as chunks, `[DONE]` last."""
        completion = _completion(await respond(request, question_of(body, request.app.state.answerer)))
        if not body.stream:
            return completion
        return StreamingResponse(_chunks(completion), media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


def question_of(body: CompletionRequest, answerer: Answerer) -> AskRequest:
    """The question with its history. Earlier turns that are no questions by our limits are left out, so that one of
    them does not spoil the conversation for good.

    Raises `RequestValidationError` naming the message when the last user turn is no question.
    """
    asked = [n for n, message in enumerate(body.messages) if message.role == "user"][-HISTORY_LENGTH - 1 :]
    if not asked:
        raise _invalid("there is no user message")
    history = []
    for n, following in itertools.pairwise(asked):
        with suppress(ValidationError):
            reply = _last_reply(body.messages[n + 1 : following])
            history.append(HistoryTurn(question=body.messages[n].text, id=_entry_of(reply, answerer)))
    try:
        return AskRequest.model_validate({"question": body.messages[asked[-1]].text, "history": history})
    except ValidationError as error:
        raise _invalid(error.errors()[0]["msg"], asked[-1], "content") from None


def _invalid(message: str, *place: int | str) -> RequestValidationError:
    return RequestValidationError([{"type": "no_question", "loc": ("body", "messages", *place), "msg": message}])


def _last_reply(messages: list[Message]) -> str:
    return next((message.text for message in reversed(messages) if message.role == "assistant"), "")


def _entry_of(reply: str, answerer: Answerer) -> str | None:
    """The entry whose answer was given: a client of this shape sends back texts and no ids."""
    articles = answerer.snapshot.articles
    return next((article.entry.id for article in articles if reply.startswith(article.answer)), None)


def _completion(response: AskResponse) -> Completion:
    annotations = [
        Annotation(url_citation=UrlCitation(start_index=start, end_index=end, title=work.title, url=work.url))
        for work in response.citations
        if work.url
        for start, end in work.marks
    ]
    return Completion(
        id=f"chatcmpl-{response.message_id}",
        created=int(time.time()),
        choices=[Choice(message=Reply(content=in_words(response), annotations=annotations))],
        usage=Usage(),
    )


def in_words(response: AskResponse) -> str:
    """The reply as one Markdown text: the answer first and unchanged, so that offsets into it hold, then its
    references; or the candidates, introduced in their language."""
    chinese = re.search(f"[{HAN}]", response.answer or "".join(c.question for c in response.candidates)) is not None
    if response.answer is not None:
        if not response.citations:
            return response.answer
        title = "参考文献" if chinese else "References"
        return f"{response.answer}\n\n**{title}**\n\n" + "\n".join(_reference(work) for work in response.citations)
    if response.status is Status.CLARIFY:
        lead = "您想问的是下面哪一个问题？" if chinese else "Which of these do you mean?"
    elif chinese:
        lead = "这个问题我没有可靠的答案。与它最接近的问题有："
    else:
        lead = "I have no reliable answer to this question. The nearest ones that I can answer:"
    return f"{lead}\n\n" + "\n".join(f"{n}. {c.question}" for n, c in enumerate(response.candidates, start=1))


def _reference(work: Citation) -> str:
    authors = ", ".join(work.authors[:3]) + (" et al." if len(work.authors) > 3 else "")
    year = str(work.year) if work.year else ""
    told = ". ".join(part.rstrip(".") for part in (authors, work.title, work.venue, year) if part)
    return f"- [{work.n}] {told}." + (f" <{work.url}>" if work.url else "")


def _chunks(completion: Completion) -> Iterator[bytes]:
    shared = completion.model_dump(include={"id", "created", "model"}) | {"object": "chat.completion.chunk"}
    for delta, finish_reason in _deltas(completion.choices[0].message):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        yield format_sse_event(data_str=json.dumps(shared | {"choices": [choice]}, ensure_ascii=False))
    yield format_sse_event(data_str="[DONE]")


def _deltas(reply: Reply) -> Iterator[tuple[dict[str, Any], str | None]]:
    yield {"role": "assistant", "content": ""}, None
    for piece in pieces(reply.content):
        yield {"content": piece}, None
    yield {"annotations": [annotation.model_dump() for annotation in reply.annotations]}, "stop"
