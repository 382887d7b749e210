import asyncio
import json
import random
import socket
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import routing
from fastapi.testclient import TestClient
from hypothesis import example, given
from hypothesis import strategies as st

from index.answerer import Answerer
from service import asking
from service.app import create_app
from service.schemas import AskResponse, Decision
from service.settings import Settings
from service.streaming import EVENTS, MEDIA_TYPE, PIECE_LENGTH, pieces, prefers_stream
from tests.conftest import TOY_ENTRIES
from tests.service.conftest import HeldAnswerer, listening, until

EVENT_STREAM = {"accept": MEDIA_TYPE}
VARYING = {"message_id": "", "took_ms": 0}


def read_events(text: str) -> list[tuple[str, str, Any]]:
    """Name, id and payload of each event. Comments are left out."""
    events = []
    assert text.endswith("\n\n")
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields:
            assert set(fields) == {"event", "data", "id"}
            events.append((fields["event"], fields["id"], json.loads(fields["data"])))
    return events


def response_of(events: list[tuple[str, str, Any]]) -> dict[str, Any]:
    """The JSON response, put together as docs/api.md says."""
    response: dict[str, Any] = {"answer": None}
    for name, _, data in events:
        if name == "delta":
            response["answer"] = (response["answer"] or "") + data["text"]
        elif name != "done":
            response |= data
    return response


def stream(client: TestClient, **body: Any) -> list[tuple[str, str, Any]]:
    response = client.post("/ask", json=body, headers=EVENT_STREAM)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == MEDIA_TYPE
    return read_events(response.text)


# The same content as JSON


@pytest.mark.parametrize(
    "body",
    [
        *({"question": entry.question} for entry in TOY_ENTRIES),
        {"question": "退款什么时候能到账啊", "explain": True, "top": 20},
        {"question": "发票抬头和开票"},
        {"question": "今天天气怎么样", "explain": True},
        {"question": "xyzzy", "threshold": 0, "history": [{"question": "怎么退货", "id": "returns"}]},
    ],
    ids=lambda body: str(body["question"]),
)
def test_the_events_together_are_the_json_response(client: TestClient, body: dict[str, Any]) -> None:
    events = stream(client, **body)
    response = client.post("/ask", json=body).json()
    assert response_of(events) | VARYING == response | VARYING
    assert events[-1][2] == {"message_id": events[0][2]["message_id"], "length": len(response["answer"] or "")}


def test_events_come_in_order_with_ids_that_count_them(client: TestClient) -> None:
    events = stream(client, question=TOY_ENTRIES[0].question)
    names = [name for name, _, _ in events]
    deltas = names.count("delta")
    assert deltas > 1
    assert names == ["meta", *["delta"] * deltas, "citations", "related", "done"]
    assert [id_ for _, id_, _ in events] == [str(n) for n in range(len(events))]


def test_without_an_answer_no_delta_comes(client: TestClient) -> None:
    assert [name for name, _, _ in stream(client, question="今天天气怎么样")] == [
        "meta",
        "citations",
        "related",
        "done",
    ]


@pytest.mark.parametrize("entry", TOY_ENTRIES, ids=lambda entry: entry.id)
def test_every_payload_is_what_its_event_is_said_to_carry(client: TestClient, entry: Any) -> None:
    for name, _, data in stream(client, question=entry.question):
        assert EVENTS[name].model_validate_json(json.dumps(data)).model_dump(mode="json") == data


def test_every_field_of_a_response_is_carried_by_one_event() -> None:
    carried = [*Decision.model_fields, "answer", *EVENTS["citations"].model_fields, *EVENTS["related"].model_fields]
    assert sorted(carried) == sorted(AskResponse.model_fields)


def test_a_stream_is_not_stored_and_not_held_back(client: TestClient) -> None:
    headers = client.post("/ask", json={"question": "退货"}, headers=EVENT_STREAM).headers
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")


@pytest.mark.parametrize("body", [{}, {"question": ""}, {"question": "a", "history": [{"question": "b", "id": "?"}]}])
def test_an_invalid_request_is_refused_before_a_stream_begins(client: TestClient, body: Any) -> None:
    as_json, as_stream = (client.post("/ask", json=body, headers=headers) for headers in ({}, EVENT_STREAM))
    assert as_stream.status_code == 422
    assert as_stream.headers["content-type"] == "application/problem+json"
    assert as_stream.json() == as_json.json()


# Who gets a stream


@pytest.mark.parametrize(
    "accept",
    [
        "text/event-stream",
        "TEXT/Event-Stream",
        "text/event-stream;charset=utf-8",
        "text/event-stream, */*",
        "*/*, text/event-stream",
        "text/event-stream, application/*",
        "text/event-stream, application/json;q=0.9",
        "application/json;q=0.1, text/event-stream;q=0.2",
        "text/event-stream;q=0.001",
        "text/event-stream, application/json;q=0",
        " text/event-stream ; q=1.0 ,application/json ; q=0.5",
    ],
)
def test_a_stream_is_for_those_who_prefer_it(accept: str) -> None:
    assert prefers_stream(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        "application/json, text/plain, */*",
        "application/json, text/event-stream",
        "text/event-stream, application/json",
        "text/event-stream;q=0.5, application/json",
        "text/event-stream;q=0.5, */*",
        "text/event-stream;q=0",
        "text/event-stream;q=0, */*",
        "text/event-stream;q=2, application/json",
        "text/event-stream;q=high",
        "text/event-streams",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "image/png",
        "text/*, application/json",
        ",;,;q=",
    ],
)
def test_everyone_else_gets_json(accept: str) -> None:
    assert not prefers_stream(accept)


def test_the_accept_header_decides(client: TestClient) -> None:
    def content_type(*accept: str) -> str:
        headers = httpx.Headers([("accept", value) for value in accept])
        return client.post("/ask", json={"question": "退货"}, headers=headers).headers["content-type"].partition(";")[0]

    assert content_type() == content_type("*/*") == content_type("image/png") == "application/json"
    assert content_type("application/json;q=0.5", "text/event-stream") == MEDIA_TYPE


def test_another_method_is_not_allowed_whatever_is_preferred(client: TestClient) -> None:
    assert client.get("/ask", headers=EVENT_STREAM).status_code == 405


@given(st.text(st.characters(codec="latin-1")))
def test_any_accept_header_is_understood_one_way_or_the_other(accept: str) -> None:
    assert prefers_stream(accept) in (True, False)
    assert not prefers_stream("image/png," + accept.replace("stream", ""))


# Where an answer is cut

EXTENDS = ("Mn", "Mc", "Me", "Cf", "Sk")
TEXT = st.text(
    st.sampled_from("卷积。！？；.!? \n\r\t,aZ9#|`$[1]\u0301\u200d\ufe0f\U0001f44d\U0001f3fd\uff9e") | st.characters()
)
LONG = st.lists(TEXT, max_size=60).map("".join)


@given(LONG)
@example("。\u0301" * 300)
@example("长" * 1000 + "。")
@example("a. " * 300 + "\n\n\n\n" + "b\r\n" * 300)
def test_pieces_together_are_the_answer_and_none_ends_within_a_character(answer: str) -> None:
    found = list(pieces(answer))
    assert "".join(found) == answer
    assert all(found)
    for before, after in pairwise(found):
        assert before.endswith("\n") or unicodedata.category(after[0]) not in EXTENDS
        assert not (before.endswith("\r") and after.startswith("\n"))
        assert before.endswith("\n") or after[0] not in "\uff9e\uff9f\U0001f3fd"


def test_an_answer_is_cut_after_blocks_and_a_long_block_after_sentences_and_lines() -> None:
    sentence = "循环网络按时间展开，梯度在每一步都要乘上同一个矩阵的转置。"
    table = "| 行 | 列 |\n" * 30
    answer = f"## 标题\n\n{sentence * 10}\n\n{table}\n```\na = 1\n\nb = 2\n```"
    found = list(pieces(answer))
    assert found[0] == "## 标题\n\n"
    assert all(piece.endswith(("。", "\n", "```")) for piece in found)
    assert max(map(len, found)) < PIECE_LENGTH + len(sentence)
    assert sum(piece.startswith("| 行") for piece in found) == 2


def test_english_is_cut_between_sentences_and_not_within_numbers() -> None:
    found = list(pieces("It fell to 3.14 in v2.0 of it, e.g. here. " * 20))
    assert len(found) > 1
    assert all(piece.endswith(". ") for piece in found)


# While an answer is awaited


def test_a_stream_without_news_is_kept_alive(held: HeldAnswerer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert routing._PING_INTERVAL == 15
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.02)
    with (
        listening(create_app(Settings(), held)) as address,
        httpx.stream("POST", f"{address}/ask", json={"question": "退货"}, headers=EVENT_STREAM, trust_env=False) as got,
    ):
        lines = got.iter_lines()
        assert [next(lines) for _ in range(4)] == [": ping", "", ": ping", ""]
        held.go.set()
        assert read_events("\n".join(lines) + "\n")[-1][0] == "done"


def test_an_answer_that_does_not_come_in_time_is_an_error(held: HeldAnswerer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.05)
    client = TestClient(create_app(Settings(), held))
    response = client.post("/ask", json={"question": "退货"})
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    ((name, id_, data),) = stream(client, question="退货")
    assert (name, id_, data) == ("error", "0", response.json())
    assert (data["title"], data["detail"]) == ("Not available", "No answer came within 0.05 seconds.")


class BrokenAnswerer(Answerer):
    def __init__(self, answerer: Answerer) -> None:
        vars(self).update(vars(answerer))

    def ask_together(self, asked: Any) -> Any:
        raise RuntimeError("Kq7zXw")


def test_the_unexpected_is_an_error_that_tells_nothing(
    toy_answerer: Answerer, caplog: pytest.LogCaptureFixture
) -> None:
    client = TestClient(create_app(Settings(), BrokenAnswerer(toy_answerer)))
    events = stream(client, question="退货")
    assert [(name, data["status"], data["title"]) for name, _, data in events] == [("error", 500, "Internal error")]
    assert "Kq7zXw" not in str(events)
    assert "Kq7zXw" in caplog.text


# Clients that leave


def send_question(address: str, question: str = "退货") -> socket.socket:
    url, body = urlsplit(address), json.dumps({"question": question})
    connection = socket.create_connection((url.hostname, url.port), timeout=30)
    head = f"POST /ask HTTP/1.1\r\nHost: a\r\nAccept: {MEDIA_TYPE}\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
    return connection


@pytest.fixture
def counted(held: HeldAnswerer) -> Iterator[tuple[str, Any]]:
    """A server, and how many tasks run in it."""
    app = create_app(Settings(), held)

    @app.get("/tasks")
    async def tasks() -> int:
        return len(asyncio.all_tasks())

    with listening(app) as address, httpx.Client(base_url=address, trust_env=False) as client:
        yield address, lambda: client.get("/tasks").json()


def test_a_client_that_leaves_while_it_waits_stops_the_work(held: HeldAnswerer, counted: tuple[str, Any]) -> None:
    address, tasks = counted
    before = tasks()
    waiting = [send_question(address) for _ in range(50)]
    until(lambda: bool(held.batches) and tasks() >= before + len(waiting))
    for connection in waiting:
        connection.close()
    until(lambda: tasks() == before)  # though the thread cannot be stopped
    held.go.set()
    with send_question(address) as connection, connection.makefile("rb") as answer:
        assert b"event: done" in answer.read()
    assert held.batches[1:] == [1]


def test_a_stream_cut_at_any_byte_leaves_nothing_behind(held: HeldAnswerer, counted: tuple[str, Any]) -> None:
    address, tasks = counted
    held.go.set()
    with send_question(address) as connection, connection.makefile("rb") as answer:
        whole = answer.read()
    before = tasks()
    drawn = random.Random(7)
    for cut in [0, 1, *drawn.sample(range(len(whole)), 60), len(whole) - 1]:
        with send_question(address) as connection, connection.makefile("rb") as answer:
            assert len(answer.read(cut)) == cut
    until(lambda: tasks() == before)
    with send_question(address) as connection, connection.makefile("rb") as answer:
        assert b"event: done" in answer.read()
