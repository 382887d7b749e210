import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

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
