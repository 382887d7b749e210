"""`python -m service` in a process of its own: how it ends, and how its workers count together."""

import asyncio
import json
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.service.conftest import Server, serving
from tests.service.test_streaming import read_events, send_question

SECONDS_TO_END = 5


async def receive(address: str) -> bytes | None:
    """All that comes of a stream, or None when there is no connection any more."""
    url = urlsplit(address)
    body = json.dumps({"question": "钱几天退回来"})
    head = "POST /ask HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
    try:
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        received = await reader.read()
        writer.close()
    except ConnectionError:
        return None
    return received or None


def events_of(received: bytes) -> list[str]:
    """Names of the events in a chunked response, which must end with its last chunk."""
    assert received.startswith(b"HTTP/1.1 200 ")
    chunks = received.partition(b"\r\n\r\n")[2]
    body = b""
    while not chunks.startswith(b"0\r\n\r\n"):
        size, _, rest = chunks.partition(b"\r\n")
        body, chunks = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return [name for name, _, _ in read_events(body.decode())]


def end_while_streaming(server: Server) -> None:
    """Tell it to end while 100 streams run; what has begun must be whole, and the process gone in time."""

    async def many() -> tuple[float, list[bytes | None]]:
        running = [asyncio.create_task(receive(server.address)) for _ in range(100)]
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        server.process.send_signal(signal.SIGTERM)
        return time.monotonic(), await asyncio.gather(*running)

    told, received = asyncio.run(many())
    server.process.wait(SECONDS_TO_END)
    assert time.monotonic() - told < SECONDS_TO_END
    begun = [events_of(stream) for stream in received if stream]
    assert begun
    assert {(names[0], names[-1]) for names in begun} == {("meta", "done")}
    with pytest.raises(ConnectionRefusedError):
        send_question(server.address)


def test_when_told_to_end_it_ends_its_streams_and_then_itself(
    repository: Path, served_index: Path, tmp_path: Path
) -> None:
    with serving(repository, tmp_path, WENJIN_INDEX_DIR=str(served_index)) as server:
        end_while_streaming(server)


def test_workers_count_together_and_end_together(repository: Path, served_index: Path, tmp_path: Path) -> None:
    asked = 40
    with serving(repository, tmp_path, WENJIN_INDEX_DIR=str(served_index), WENJIN_WORKERS="2") as server:
        for _ in range(asked):  # over a new connection each, so that both workers get some
            with send_question(server.address) as connection, connection.makefile("rb") as answer:
                assert b"event: done" in answer.read()
        for _ in range(10):
            text = httpx.get(f"{server.address}/metrics", trust_env=False).text
            assert f'wenjin_http_requests_total{{method="POST",route="/ask",status="200"}} {asked}.0' in text
            assert text.count("wenjin_index_info{") == 1
            assert "process_open_fds" not in text
        end_while_streaming(server)


def test_a_client_that_neither_asks_nor_reads_cannot_keep_it_from_ending(
    repository: Path, served_index: Path, tmp_path: Path
) -> None:
    with serving(repository, tmp_path, WENJIN_INDEX_DIR=str(served_index)) as server:
        url = urlsplit(server.address)
        unread = send_question(server.address)
        with (
            unread,
            socket.create_connection((url.hostname, url.port)),
            socket.create_connection((url.hostname, url.port)) as half,
            httpx.Client(base_url=server.address, trust_env=False) as idle,
        ):
            half.sendall(b"POST /ask HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
            assert idle.get("/readyz").status_code == 200
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(SECONDS_TO_END)
            assert time.monotonic() - began < SECONDS_TO_END
            with pytest.raises(httpx.TransportError):
                idle.get("/readyz")
