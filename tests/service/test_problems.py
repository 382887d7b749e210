import json
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.answerer import Answerer
from service.app import create_app
from service.problems import MEDIA_TYPE, MOST_ERRORS
from service.settings import Settings

SECRET = "Kq7zXw"


def post(client: TestClient, body: bytes | str, **headers: str) -> httpx.Response:
    return client.post("/ask", content=body, headers={"content-type": "application/json", **headers})


def problem(response: httpx.Response, status: int, title: str) -> dict[str, Any]:
    """The problem document of a response, after checking that it is one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    document = response.json()
    assert set(document) == {"type", "title", "status", "detail", "errors"}
    assert (document["type"], document["title"], document["status"]) == ("about:blank", title, status)
    assert document["detail"]
    return dict(document)


def faults(response: httpx.Response) -> list[tuple[str, str]]:
    """Field and message of each error of a 422."""
    document = problem(response, 422, "Invalid request")
    errors = [(error["field"], error["message"]) for error in document["errors"]]
    assert document["detail"] == "; ".join(f"{field}: {message}" for field, message in errors)
    return errors


# 422


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "question", "field required"),
        ({"question": ""}, "question", "string should have at least 1 character"),
        ({"question": " \u3000\n"}, "question", "holds no printable character"),
        ({"question": "\u200b\x1f\ue000"}, "question", "holds no printable character"),
        ({"question": "退" * 1001}, "question", "string should have at most 1000 characters"),
        ({"question": "a\0b"}, "question", "holds a NUL character"),
        ({"question": "a\ud800"}, "question", "input should be a valid string"),
        ({"question": 7}, "question", "input should be a valid string"),
        ({"question": None}, "question", "input should be a valid string"),
        ({"question": ["a"]}, "question", "input should be a valid string"),
        ({"question": "a", "top": "3"}, "top", "input should be a valid integer"),
        ({"question": "a", "top": True}, "top", "input should be a valid integer"),
        ({"question": "a", "top": 0}, "top", "input should be greater than or equal to 1"),
        ({"question": "a", "top": 21}, "top", "input should be less than or equal to 20"),
        ({"question": "a", "threshold": -0.1}, "threshold", "input should be greater than or equal to 0"),
        ({"question": "a", "threshold": 1.1}, "threshold", "input should be less than or equal to 1"),
        ({"question": "a", "threshold": "0.5"}, "threshold", "input should be a valid number"),
        ({"question": "a", "threshold": float("nan")}, "threshold", "input should be a finite number"),
        ({"question": "a", "threshold": float("inf")}, "threshold", "input should be a finite number"),
        ({"question": "a", "explain": 1}, "explain", "input should be a valid boolean"),
        ({"question": "a", "history": None}, "history", "input should be a valid list"),
        ({"question": "a", "history": [{"question": "b"}] * 11}, "history", "list should have at most 10 items"),
        ({"question": "a", "history": [{"question": "b"}, {"question": ""}]}, "history.1.question", "string should"),
        ({"question": "a", "history": [{"question": "b", "id": "x" * 101}]}, "history.0.id", "string should"),
        ({"question": "a", "history": [{"question": "b", "id": "\0"}]}, "history.0.id", "holds a NUL character"),
        ({"question": "a", "history": ["b"]}, "history.0", "input should be"),
        ({"question": "a", "history": [{"question": "b", "offered": "c"}]}, "history.0.offered", "input should be"),
        (
            {"question": "a", "history": [{"question": "b", "offered": ["c"] * 21}]},
            "history.0.offered",
            "list should have at most 20 items",
        ),
        ({"question": "a", "treshold": 0.5}, "treshold", "extra inputs are not permitted"),
        ({"question": "a", "history": [{"question": "b", "answer": "c"}]}, "history.0.answer", "extra inputs are not"),
    ],
)
def test_an_invalid_field_is_named_with_what_is_wrong(
    client: TestClient, fields: dict[str, Any], field: str, message: str
) -> None:
    ((found, said),) = faults(post(client, json.dumps(fields)))
    assert found == field
    assert said.startswith(message)


def test_every_invalid_field_is_named(client: TestClient) -> None:
    body = json.dumps({"question": "", "top": 0, "threshold": 2, "more": 1})
    assert [field for field, _ in faults(post(client, body))] == ["question", "top", "threshold", "more"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}{}",
        b'{"question": "a",}',
        b"{'question': 'a'}",
        b"null",
        b"[]",
        b'"a"',
        b"\xff\xfe",
        b'{"question": "\xff"}',
        b"[" * 60_000,
        b'{"question": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"question": "a", "top": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_json_object_is_an_invalid_body(client: TestClient, body: bytes) -> None:
    assert [field for field, _ in faults(post(client, body))] == ["body"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"]
)
def test_a_body_of_another_type_is_an_invalid_body(client: TestClient, content_type: str) -> None:
    response = client.post("/ask", content=b'{"question": "a"}', headers={"content-type": content_type})
    assert [field for field, _ in faults(response)] == ["body"]


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        ({}, "q", "field required"),
        ({"q": ""}, "q", "string should have at least 1 character"),
        ({"q": "a" * 201}, "q", "string should have at most 200 characters"),
        ({"q": "a\0b"}, "q", "holds a NUL character"),
        ({"q": "a", "limit": 0}, "limit", "input should be greater than or equal to 1"),
        ({"q": "a", "limit": 21}, "limit", "input should be less than or equal to 20"),
        ({"q": "a", "limit": "many"}, "limit", "input should be a valid integer"),
    ],
)
def test_an_invalid_parameter_is_named(client: TestClient, params: dict[str, Any], field: str, message: str) -> None:
    ((found, said),) = faults(client.get("/suggest", params=params))
    assert found == field
    assert said.startswith(message)


def test_an_id_that_is_too_long_is_an_invalid_id(client: TestClient) -> None:
    assert faults(client.get("/entries/" + "x" * 101)) == [("id", "string should have at most 100 characters")]


@pytest.mark.parametrize(
    "body",
    [
        {"question": SECRET * 200},
        {"question": [SECRET]},
        {"question": SECRET + "\0"},
        {"question": {"question": SECRET}},
        {"question": "a", "top": SECRET},
        {"question": "a", "threshold": SECRET},
        {"question": "a", "explain": SECRET},
        {"question": "a", "history": [SECRET]},
        {"question": "a", "history": [{"question": SECRET + "\0", "id": SECRET * 20}]},
        {"question": "a", f"<img src={SECRET}>": 1},
        {"question": "a", SECRET * 20: 1},
        {"question": "a", "history": [{"question": "b", f"\x1b[31m{SECRET}": 1}]},
        SECRET,
        [SECRET],
    ],
    ids=repr,
)
def test_input_is_not_echoed(client: TestClient, body: Any) -> None:
    response = post(client, json.dumps(body))
    assert faults(response)
    assert SECRET not in response.text


@pytest.mark.parametrize("path", [f"/{SECRET}", f"/entries/{SECRET}", f"/entries/{SECRET * 20}", f"/ask/{SECRET}"])
def test_a_path_is_not_echoed(client: TestClient, path: str) -> None:
    assert SECRET not in client.get(path).text


def test_the_errors_of_one_body_are_bounded(client: TestClient) -> None:
    body = json.dumps({"question": "a"} | {f"x{n}": 1 for n in range(4000)})
    assert len(faults(post(client, body))) == MOST_ERRORS


# 404, 405, 500


@pytest.mark.parametrize("path", ["/nope", "/entries/nope", "/docs", "/redoc", "/.env", "/entries/../../x"])
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    problem(client.get(path, follow_redirects=False), 404, "Not found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("GET", "/ask", "POST"), ("POST", "/entries", "GET"), ("DELETE", "/livez", "GET")]
)
def test_another_method_is_not_allowed_and_the_right_one_is_named(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    response = client.request(method, path)
    problem(response, 405, "Method not allowed")
    assert response.headers["allow"] == allowed


def test_the_unexpected_is_a_problem_that_tells_nothing(toy_answerer: Answerer) -> None:
    app = create_app(Settings(), toy_answerer)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError(SECRET)

    response = TestClient(app, raise_server_exceptions=False).get("/broken")
    assert problem(response, 500, "Internal error")["detail"] == "Something went wrong here; it has been logged."
    assert SECRET not in response.text


# Never a 500

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
TEXT = st.text(st.characters(), max_size=40)
TURN = st.fixed_dictionaries({"question": TEXT | JSON}, optional={"id": TEXT | JSON})
REQUEST = st.fixed_dictionaries(
    {"question": TEXT},
    optional={
        "history": st.lists(TURN, max_size=11) | JSON,
        "top": st.integers(-1, 22) | JSON,
        "threshold": st.floats(-0.5, 1.5) | JSON,
        "explain": st.booleans() | JSON,
    },
)


@given(REQUEST | JSON)
@example({"question": "\ud800", "\udfff": "\udfff"})
@example({"question": "ﷺ" * 1000, "threshold": 0, "explain": True})
@example({"question": "\U0010ffff\u0300", "threshold": 0})
@settings(max_examples=200, deadline=None)
def test_whatever_json_comes_it_is_answered_or_refused(client: TestClient, body: Any) -> None:
    response = post(client, json.dumps(body))
    if response.status_code == 200:
        assert response.json()["status"] in ("answered", "clarify", "no_answer")
    else:
        assert faults(response)


@given(st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_whatever_bytes_come_they_are_answered_or_refused(client: TestClient, body: bytes) -> None:
    response = post(client, b'{"question": "' + body + b'"}')
    assert response.status_code == 200 or faults(response)
