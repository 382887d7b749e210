"""`POST /feedback`, and what the service writes of its questions."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from index.answerer import Answerer
from service import feedback as feedback_module
from service.app import create_app
from service.database import open_engine
from service.journal import load_journal
from service.settings import Settings
from service.tables import feedback, questions
from tests.service.test_app import ASKED_BACK, CANONICAL, DECLINED, ask


def service(answerer: Answerer, database: str) -> TestClient:
    settings = Settings(database=database)
    app = create_app(settings, answerer, load_journal(settings))
    return TestClient(app, raise_server_exceptions=False, client=("203.0.113.7", 1))


@pytest.fixture
def client(toy_answerer: Answerer, database: str) -> Iterator[TestClient]:
    with service(toy_answerer, database) as client:
        yield client


def rate(client: TestClient, message_id: Any, rating: Any = "up", **more: Any) -> Any:
    return client.post("/feedback", json={"message_id": message_id, "rating": rating, **more})


def kept(database: str, table: Any) -> list[dict[str, Any]]:
    engine = open_engine(database)
    with engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(table))]
    engine.dispose()
    return rows


def problem_of(response: Any) -> tuple[int, list[str]]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, [error["field"] for error in response.json()["errors"]]


# What is written of a question


def test_every_question_is_written_with_what_came_of_it(toy_answerer: Answerer, database: str) -> None:
    with service(toy_answerer, database) as client:
        answers = [ask(client, question) for question in (CANONICAL, ASKED_BACK, DECLINED)]
    rows = {row["message_id"]: row for row in kept(database, questions)}
    assert len(rows) == 3
    for answer, question in zip(answers, (CANONICAL, ASKED_BACK, DECLINED), strict=True):
        row = rows[answer["message_id"]]
        assert (row["question"], row["status"]) == (question, answer["status"])
        assert (row["id"], row["confidence"]) == (answer["candidates"][0]["id"], answer["confidence"])
        assert (row["index_version"], row["took_ms"]) == (answer["index_version"], answer["took_ms"])
    assert len({row["client"] for row in rows.values()}) == 1


def test_a_question_of_the_plain_form_is_written_too(toy_answerer: Answerer, database: str) -> None:
    with service(toy_answerer, database) as client:
        client.get("/", params={"q": DECLINED})
        client.get("/")
    assert [(row["question"], row["status"]) for row in kept(database, questions)] == [(DECLINED, "no_answer")]


def test_a_follow_up_is_written_with_what_it_leans_on(toy_answerer: Answerer, database: str) -> None:
    with service(toy_answerer, database) as client:
        history = [{"question": "怎么开具电子发票？", "id": "invoice"}]
        client.post("/ask", json={"question": "怎么改呢", "history": history})
    assert [row["question"] for row in kept(database, questions)] == ["怎么开具电子发票？ 怎么改呢"]


@pytest.mark.parametrize("secret", ["203.0.113.7", "hunter2", "Agent/1.0", "https://elsewhere.example"])
def test_nothing_of_a_request_but_its_question_is_written(toy_answerer: Answerer, tmp_path: Path, secret: str) -> None:
    with service(toy_answerer, f"sqlite:///{tmp_path}/journal.db") as client:
        headers = {
            "Authorization": "Bearer hunter2",
            "Cookie": "session=hunter2",
            "User-Agent": "Agent/1.0",
            "Referer": "https://elsewhere.example",
            "X-Forwarded-For": "203.0.113.7",
        }
        client.post("/ask", json={"question": CANONICAL}, headers=headers)
    written = b"".join(path.read_bytes() for path in tmp_path.glob("journal.db*"))
    assert CANONICAL.encode() in written
    assert secret.encode() not in written


# Feedback


@pytest.mark.parametrize("question", [CANONICAL, ASKED_BACK, DECLINED])
def test_whatever_came_of_a_question_can_be_rated(client: TestClient, database: str, question: str) -> None:
    message_id = ask(client, question)["message_id"]
    said = {"message_id": message_id, "rating": "down", "reason": "none_of_these", "comment": "都不是"}
    response = client.post("/feedback", json=said)
    assert (response.status_code, response.json()) == (200, said)
    [row] = kept(database, feedback)
    assert {name: row[name] for name in said} == said


def test_the_last_rating_counts_and_null_takes_it_back(client: TestClient, database: str) -> None:
    message_id = ask(client, CANONICAL)["message_id"]
    for rating in ("up", "up", "down"):
        assert rate(client, message_id, rating).json()["rating"] == rating
        assert [row["rating"] for row in kept(database, feedback)] == [rating]
    for _ in range(2):
        assert rate(client, message_id, None).status_code == 200
        assert kept(database, feedback) == []


def test_a_message_is_rated_at_another_worker_before_its_row_is_written(toy_answerer: Answerer, database: str) -> None:
    with service(toy_answerer, database) as one, service(toy_answerer, database) as other:
        engine = open_engine(database)
        message_id = ask(one, CANONICAL)["message_id"]
        assert rate(other, message_id).status_code == 200
        engine.dispose()
    assert [row["message_id"] for row in kept(database, questions)] == [message_id]
    assert [row["message_id"] for row in kept(database, feedback)] == [message_id]


@pytest.mark.parametrize("message_id", ["", "x", "0" * 40, "f" * 40, "0" * 32, "'; DROP TABLE feedback; --", "问" * 40])
def test_a_foreign_message_is_refused_by_name(client: TestClient, message_id: str) -> None:
    assert problem_of(rate(client, message_id)) == (422, ["message_id"])


def test_a_message_older_than_the_log_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = ask(client, CANONICAL)["message_id"]
    monkeypatch.setattr(client.app.state.journal, "keep_days", -1)  # type: ignore[attr-defined]
    response = rate(client, message_id)
    assert problem_of(response) == (422, ["message_id"])
    assert "in the last -1 days" in response.json()["detail"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "rating"),
        *(({"rating": rating}, "rating") for rating in ("UP", "", 1, True, "like", ["up"])),
        ({"rating": "down", "reason": "boring"}, "reason"),
        ({"rating": "up", "reason": "outdated"}, "reason"),
        ({"rating": None, "reason": "none_of_these"}, "reason"),
        ({"rating": None, "comment": "x"}, "comment"),
        ({"rating": "up", "comment": "x" * 1001}, "comment"),
        ({"rating": "up", "comment": 1}, "comment"),
        ({"rating": "up", "stars": 5}, "stars"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, said: dict[str, Any], field: str) -> None:
    message_id = ask(client, CANONICAL)["message_id"]
    assert problem_of(client.post("/feedback", json={"message_id": message_id, **said})) == (422, [field])


@pytest.mark.parametrize("message_id", [None, 1, ["x"], {"x": 1}, "x" * 101])
def test_a_message_id_of_the_wrong_kind_is_named(client: TestClient, message_id: Any) -> None:
    assert problem_of(rate(client, message_id)) == (422, ["message_id"])


def test_halves_of_surrogate_pairs_are_refused(client: TestClient) -> None:
    message_id = ask(client, CANONICAL)["message_id"]
    body = f'{{"message_id": "{message_id}", "rating": "up", "comment": "\\ud800"}}'
    response = client.post("/feedback", content=body, headers={"content-type": "application/json"})
    assert problem_of(response) == (422, ["comment"])


@pytest.mark.parametrize(
    ("comment", "stored"),
    [
        ("nul \0, \x1b[31mred\x07", "nul , [31mred"),
        ("two\nlines\tand a tab\r\n", "two\nlines\tand a tab"),
        ("'); DROP TABLE feedback; --", "'); DROP TABLE feedback; --"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("\0\x1b ", None),
        ("x" * 1000, "x" * 1000),
    ],
)
def test_a_comment_is_data_and_without_control_characters(
    client: TestClient, database: str, comment: str, stored: str | None
) -> None:
    message_id = ask(client, CANONICAL)["message_id"]
    response = rate(client, message_id, "up", comment=comment)
    assert response.json()["comment"] == stored
    assert [row["comment"] for row in kept(database, feedback)] == [stored]


def test_without_a_log_there_is_no_feedback(toy_answerer: Answerer) -> None:
    with service(toy_answerer, "") as client:
        message_id = ask(client, CANONICAL)["message_id"]
        response = rate(client, message_id)
    assert problem_of(response) == (404, [])
    assert response.json()["detail"] == "No log of questions is kept here, so there is nothing to rate."


def test_feedback_says_when_it_could_not_be_kept_and_answers_go_on(
    toy_answerer: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback_module, "PATIENCE_SECONDS", 0.2)
    path = tmp_path / "journal.db"
    with service(toy_answerer, f"sqlite:///{path}") as client:
        message_id = ask(client, CANONICAL)["message_id"]
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        refused = rate(client, message_id)
        assert ask(client, CANONICAL)["status"] == "answered"
        other.execute("ROLLBACK")
        other.close()
        assert rate(client, message_id).status_code == 200
    assert problem_of(refused) == (503, [])
    assert refused.headers["retry-after"] == "10"


def test_many_may_rate_at_once(client: TestClient, database: str) -> None:
    ids = [ask(client, CANONICAL)["message_id"] for _ in range(20)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda id_: rate(client, id_, "down").status_code, ids * 3))
    assert set(statuses) == {200}
    assert sorted(row["message_id"] for row in kept(database, feedback)) == sorted(ids)
