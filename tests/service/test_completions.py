import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index.answerer import Answerer
from service.completions import CompletionRequest, Message, question_of
from tests.conftest import TOY_ENTRIES
from tests.service.test_app import ASKED_BACK, CANONICAL, DECLINED
from tests.service.test_problems import faults

PATH = "/v1/chat/completions"
VARYING = {"id": "", "created": 0}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def complete(client: TestClient, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = client.post(PATH, json={"model": "wenjin", "messages": list(messages), **more})
    assert response.status_code == 200, response.text
    return dict(response.json())


def reply(client: TestClient, *messages: dict[str, Any]) -> str:
    return str(complete(client, *messages)["choices"][0]["message"]["content"])


def question(answerer: Answerer, *messages: dict[str, Any]) -> Any:
    asked = question_of(CompletionRequest(messages=[Message(**message) for message in messages]), answerer)
    return asked.question, [(turn.question, turn.id) for turn in asked.history]


def test_a_reply_has_the_shape_of_a_completion(client: TestClient) -> None:
    completion = complete(client, user(CANONICAL))
    (choice,) = completion["choices"]
    assert completion["id"].startswith("chatcmpl-")
    assert (completion["object"], completion["model"]) == ("chat.completion", "wenjin")
    assert (choice["index"], choice["finish_reason"], choice["message"]["role"]) == (0, "stop", "assistant")
    assert completion["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def test_the_answer_comes_first_and_then_what_it_cites(client: TestClient) -> None:
    answer = client.post("/ask", json={"question": CANONICAL}).json()["answer"]
    assert reply(client, user(CANONICAL)) == (
        f"{answer}\n\n**参考文献**\n\n"
        "- [1] Ann Law. Consumer Rights. Law Press. 2014.\n"
        "- [2] Example Shop. Terms of Sale. Online. 2020. <https://shop.example/terms>"
    )


def test_annotations_stand_where_the_markers_are(client: TestClient) -> None:
    message = complete(client, user(CANONICAL))["choices"][0]["message"]
    marked = [
        (message["content"][cited["start_index"] : cited["end_index"]], cited["title"], cited["url"])
        for annotation in message["annotations"]
        for cited in [annotation["url_citation"]]
    ]
    assert marked == [("[2]", "Terms of Sale", "https://shop.example/terms")]


def test_an_answer_that_cites_nothing_stands_alone(client: TestClient) -> None:
    answer = client.post("/ask", json={"question": "开发票"}).json()
    assert answer["citations"] == []
    assert reply(client, user("开发票")) == answer["answer"]


@pytest.mark.parametrize(
    ("asked", "lead"),
    [(ASKED_BACK, "您想问的是下面哪一个问题？"), (DECLINED, "这个问题我没有可靠的答案。与它最接近的问题有：")],
)
def test_what_is_not_answered_is_said_in_words(client: TestClient, asked: str, lead: str) -> None:
    candidates = client.post("/ask", json={"question": asked}).json()["candidates"]
    lines = [f"{n}. {candidate['question']}" for n, candidate in enumerate(candidates, start=1)]
    assert reply(client, user(asked)) == lead + "\n\n" + "\n".join(lines)


def test_the_pieces_of_a_stream_are_the_reply(client: TestClient) -> None:
    whole = complete(client, user(CANONICAL))
    response = client.post(PATH, json={"messages": [user(CANONICAL)], "stream": True})
    assert response.headers["content-type"].partition(";")[0] == "text/event-stream"
    *data, done, end = [line.removeprefix("data: ") for line in response.text.split("\n\n")]
    assert (done, end) == ("[DONE]", "")
    chunks = [json.loads(line) for line in data]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert len(deltas) > 3
    assert "".join(delta.get("content", "") for delta in deltas) == whole["choices"][0]["message"]["content"]
    assert deltas[-1] == {"annotations": whole["choices"][0]["message"]["annotations"]}
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None] * (len(chunks) - 1) + ["stop"]


# Conversations


def test_user_turns_are_the_history_and_replies_tell_their_entries(client: TestClient, toy_answerer: Answerer) -> None:
    answered, declined = reply(client, user(CANONICAL)), reply(client, user(DECLINED))
    conversation = [
        {"role": "system", "content": "你是客服。"},
        user(CANONICAL),
        {"role": "assistant", "content": answered},
        user(DECLINED),
        {"role": "assistant", "content": declined},
        user("多久到账"),
    ]
    assert question(toy_answerer, *conversation) == ("多久到账", [(CANONICAL, "returns"), (DECLINED, None)])


def test_what_follows_the_last_user_turn_changes_nothing(toy_answerer: Answerer) -> None:
    later = {"role": "assistant", "content": "……"}
    assert question(toy_answerer, user("退货"), later) == ("退货", [])


def test_the_last_ten_turns_are_the_history(toy_answerer: Answerer) -> None:
    asked, history = question(toy_answerer, *(user(f"问题 {n}") for n in range(30)))
    assert (asked, history[0], len(history)) == ("问题 29", ("问题 19", None), 10)


def test_an_earlier_turn_that_is_no_question_is_left_out(toy_answerer: Answerer) -> None:
    turns = [user("长" * 1001), user(" "), user(None), user("怎么退货"), user("多久")]
    assert question(toy_answerer, *turns) == ("多久", [("怎么退货", None)])


def test_the_texts_among_parts_are_read(toy_answerer: Answerer) -> None:
    parts = [{"type": "text", "text": "怎么"}, {"type": "image_url", "image_url": {"url": "x"}}]
    assert question(toy_answerer, user([*parts, {"type": "text", "text": "退货"}])) == ("怎么\n退货", [])


def test_what_steers_a_language_model_is_accepted(client: TestClient) -> None:
    more = {"temperature": 0.2, "max_tokens": 10, "n": 1, "tools": [], "stream_options": None, "user": "u"}
    assert complete(client, user(DECLINED), **more) | VARYING == complete(client, user(DECLINED)) | VARYING


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "messages", "field required"),
        ({"messages": []}, "messages", "list should have at least 1 item"),
        ({"messages": [{"role": "system", "content": "a"}]}, "messages", "there is no user message"),
        ({"messages": [user("a"), user("长" * 1001)]}, "messages.1.content", "string should have at most 1000"),
        ({"messages": [user("")]}, "messages.0.content", "string should have at least 1 character"),
        ({"messages": [user("\0a")]}, "messages.0.content", "holds a NUL character"),
        ({"messages": [user([{"type": "image_url"}])]}, "messages.0.content", "string should have at least 1"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "messages.0.role", "input should be 'developer'"),
        ({"messages": [user("a")], "model": "gpt-4o"}, "model", "input should be 'wenjin'"),
    ],
)
def test_an_invalid_field_is_named(client: TestClient, body: Any, field: str, message: str) -> None:
    ((found, said),) = faults(client.post(PATH, json=body))
    assert (found, said.startswith(message)) == (field, True), said


@pytest.mark.parametrize("entry", TOY_ENTRIES, ids=lambda entry: entry.id)
def test_every_entry_is_recognised_by_its_reply(client: TestClient, toy_answerer: Answerer, entry: Any) -> None:
    turns = [user(entry.question), {"role": "assistant", "content": reply(client, user(entry.question))}, user("那呢")]
    assert question(toy_answerer, *turns)[1] == [(entry.question, entry.id)]
