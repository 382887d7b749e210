"""Questions on their way to an answer: histories are checked with their places, and questions that wait are answered
together, each as if it were alone."""

import asyncio
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from index.answerer import Answerer, Asked
from index.answers import Answer
from service.asking import TOGETHER, Desk
from service.schemas import AskRequest, AskResponse
from tests.conftest import TOY_ENTRIES
from tests.service.test_problems import faults

IDS = [entry.id for entry in TOY_ENTRIES]
QUESTION = st.sampled_from(["退货", "那它呢？", "why?", "第二个呢", "🤔?"]) | st.text(
    st.characters(categories=["L", "N"]), min_size=1, max_size=30
)
ID = st.sampled_from([*IDS, None, "", "RETURNS", "nope", "../returns", "退货", "\0"]) | st.text(
    st.characters(), max_size=110
)
OFFERED = st.lists(ID.filter(lambda id_: id_ is not None), max_size=4)
TURN = st.fixed_dictionaries({"question": QUESTION}, optional={"id": ID, "offered": OFFERED})


def test_unknown_ids_in_the_history_are_named(client: TestClient) -> None:
    turns = [{"question": "a", "id": "nope"}, {"question": "b", "id": "returns"}, {"question": "c", "id": "Returns"}]
    response = client.post("/ask", json={"question": "退货", "history": turns})
    assert faults(response) == [
        ("history.0.id", "there is no such entry"),
        ("history.2.id", "there is no such entry"),
    ]


def test_a_turn_without_an_answer_has_no_id(client: TestClient) -> None:
    turns = [{"question": "a"}, {"question": "b", "id": None}, {"question": "c", "id": "refund"}]
    assert client.post("/ask", json={"question": "退货", "history": turns}).status_code == 200


@given(st.lists(TURN, max_size=12))
@settings(max_examples=200, deadline=None)
def test_any_history_is_used_or_refused_with_its_place(client: TestClient, turns: list[dict[str, Any]]) -> None:
    body = json.dumps({"question": "那多久到账？", "history": turns})  # escaped: halves of surrogate pairs travel too
    response = client.post("/ask", content=body, headers={"Content-Type": "application/json"})
    unknown = {f"history.{n}.id" for n, turn in enumerate(turns) if turn.get("id") not in (None, *IDS)}
    for n, turn in enumerate(turns):
        unknown |= {f"history.{n}.offered.{at}" for at, id_ in enumerate(turn.get("offered", ())) if id_ not in IDS}
    if len(turns) > 10:
        assert {field for field, _ in faults(response)} == {"history"}
    elif unknown:
        named = {field for field, _ in faults(response)}
        assert named
        assert named <= unknown
    else:
        assert response.status_code == 200
        assert response.json()["candidates"]


@pytest.mark.parametrize("length", [0, 1, 10])
def test_ten_turns_are_read(client: TestClient, length: int) -> None:
    turns = [{"question": "退货", "id": "returns"}] * length
    assert client.post("/ask", json={"question": "退货", "history": turns}).status_code == 200


def test_eleven_turns_are_too_many(client: TestClient) -> None:
    turns = [{"question": "退货", "id": "returns"}] * 11
    ((field, message),) = faults(client.post("/ask", json={"question": "退货", "history": turns}))
    assert (field, message.startswith("list should have at most 10 items")) == ("history", True)


# Questions that wait

QUESTIONS = ["怎么退货", "refund 多久", "忘记密码了", "今天天气怎么样", "发票抬头怎么填", "积分会过期吗"]
BAD = "这一问出错"


class Watched(Answerer):
    """Notes how many questions it was asked at a time; breaks on a bad one."""

    def __init__(self, answerer: Answerer) -> None:
        vars(self).update(vars(answerer))
        self.batches: list[int] = []

    def ask_together(self, asked: Sequence[Asked]) -> list[Answer]:
        self.batches.append(len(asked))
        if any(it.question == BAD for it in asked):
            raise RuntimeError("a bad question")
        return super().ask_together(asked)


@pytest.fixture
def watched(toy_answerer: Answerer) -> Watched:
    return Watched(toy_answerer)


def ask_at_once(answerer: Answerer, questions: Sequence[str], leave: int = 0) -> list[AskResponse | BaseException]:
    """What comes of questions that arrive in one turn of the event loop; the clients of the last `leave` of them leave
    at once."""
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(answerer=answerer, journal=None)))

    async def all_of_them() -> list[AskResponse | BaseException]:
        desk = Desk()
        tasks = [asyncio.create_task(desk.ask(request, AskRequest(question=question))) for question in questions]
        await asyncio.sleep(0)
        for task in tasks[len(tasks) - leave :]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(all_of_them())


def decided(response: AskResponse | BaseException) -> dict[str, Any]:
    assert isinstance(response, AskResponse), response
    return response.model_dump(exclude={"message_id", "took_ms"})


def test_questions_that_wait_are_answered_together_and_each_as_if_alone(watched: Watched) -> None:
    together = [decided(response) for response in ask_at_once(watched, QUESTIONS)]
    assert watched.batches == [len(QUESTIONS)]
    alone = [decided(ask_at_once(watched, [question])[0]) for question in QUESTIONS]
    assert together == alone
    assert len({response["id"] for response in together}) > 3


def test_so_many_are_taken_at_a_time_and_the_others_wait(watched: Watched) -> None:
    asked = [f"怎么退货 {n}" for n in range(2 * TOGETHER + 3)]
    assert len(list(map(decided, ask_at_once(watched, asked)))) == len(asked)
    assert watched.batches == [TOGETHER, TOGETHER, 3]


def test_one_that_fails_does_not_spoil_its_company(watched: Watched) -> None:
    *answered, failed = ask_at_once(watched, [*QUESTIONS, BAD])
    assert [decided(response)["status"] for response in answered]
    assert isinstance(failed, RuntimeError)
    assert watched.batches == [len(QUESTIONS) + 1] + [1] * (len(QUESTIONS) + 1)


def test_a_client_that_leaves_while_it_waits_spares_the_work(watched: Watched) -> None:
    *answered, left = ask_at_once(watched, QUESTIONS, leave=1)
    assert [decided(response)["status"] for response in answered]
    assert isinstance(left, asyncio.CancelledError)
    assert watched.batches == [len(QUESTIONS) - 1]


def test_after_an_idle_while_the_desk_serves_again(watched: Watched) -> None:
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(answerer=watched, journal=None)))

    async def one_by_one() -> None:
        desk = Desk()
        for question in QUESTIONS:
            decided(await desk.ask(request, AskRequest(question=question)))

    asyncio.run(one_by_one())
    assert watched.batches == [1] * len(QUESTIONS)
