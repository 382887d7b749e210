import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from index.answerer import Answerer
from service import limits
from service.app import create_app
from service.limits import BODY_LIMIT, WIDER_LIMITS
from service.settings import Settings
from tests.service.conftest import listening
from tests.service.test_problems import post, problem


def pieces(size: int) -> Iterator[bytes]:
    for start in range(0, size, 1000):
        yield b" " * min(1000, size - start)


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_an_oversize_body_is_too_large(client: TestClient, announced: bool, method: str) -> None:
    content = b" " * (BODY_LIMIT + 1) if announced else pieces(BODY_LIMIT + 1)
    response = client.request(method, "/ask", content=content)
    assert ("content-length" in response.request.headers) is announced
    assert problem(response, 413, "Body too large")["errors"] == []


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_the_largest_size_is_read(client: TestClient, announced: bool) -> None:
    body = b'{"question": "a"}'.ljust(BODY_LIMIT)
    content = body if announced else (body[at : at + 1000] for at in range(0, BODY_LIMIT, 1000))
    response = client.post("/ask", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 200


@pytest.mark.parametrize("length", ["99999999999999999999", "65537"])
def test_an_announced_length_is_believed_before_the_body_comes(client: TestClient, length: str) -> None:
    problem(post(client, b"{}", **{"content-length": length}), 413, "Body too large")


def test_a_conversation_may_be_longer_than_a_question(client: TestClient) -> None:
    path, limit = "/v1/chat/completions", WIDER_LIMITS["/v1/chat/completions"]
    headers = {"content-type": "application/json"}
    body = b'{"messages": [{"role": "user", "content": "a"}]}'
    assert client.post(path, content=body.ljust(limit), headers=headers).status_code == 200
    problem(client.post(path, content=body.ljust(limit + 1), headers=headers), 413, "Body too large")


@pytest.fixture
def impatient(toy_answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A connection to a server that waits a tenth of a second for bodies."""
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.1)
    with listening(create_app(Settings(), toy_answerer)) as address:
        url = urlsplit(address)
        with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
            yield connection


def test_a_body_that_does_not_come_in_time_is_refused_and_the_connection_closed(impatient: socket.socket) -> None:
    impatient.sendall(b"POST /ask HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    with impatient.makefile("rb") as answer:
        said = answer.read().decode()  # to the end, so it was closed
    assert said.startswith("HTTP/1.1 408 ")
    assert "connection: close" in said.lower()
    assert '"title":"Body too slow"' in said


def test_a_body_that_comes_in_time_is_answered(impatient: socket.socket) -> None:
    body = '{"question": "退货"}'.encode()
    head = f"POST /ask HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    impatient.sendall(head.encode() + body[:5])
    impatient.sendall(body[5:])
    assert impatient.recv(12) == b"HTTP/1.1 200"
