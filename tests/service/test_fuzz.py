"""Thousands of requests made from the OpenAPI document, and a thousand streams at once. Run by `make fuzz`."""

import asyncio
import json
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from index.answerer import Answerer
from service.app import create_app
from service.settings import Settings
from tests.service.conftest import Server, listening, serving, until
from tests.service.test_streaming import EVENT_STREAM, read_events

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(1000)]

CASES = 2000
STREAMS = 1000
SPARE_MEGABYTES = 16
LATE_IN_POOLS = 6
"""Threads, and what they hold open, that may still join pools of a fixed size: one joins when the others happen to be
busy. A leak would be of hundreds."""


def run_schemathesis(answerer: Answerer, folder: Path, *options: str) -> dict[str, Any]:
    """What it reports of a run against a real server. A request may be refused though it fits the schema, since that
    cannot say which ids exist or what is a printable character; every other check is made."""
    report = folder / "report.json"
    with listening(create_app(Settings(), answerer)) as address:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json", "--no-color"]
        command += ["--exclude-checks", "positive_data_acceptance", "--seed", "1"]
        command += ["--report", "json", "--report-json-path", str(report), *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    assert found["complete"]
    assert found["errors"] == found["failures"] == []
    return found


def test_every_response_is_one_that_the_document_describes(toy_answerer: Answerer, tmp_path: Path) -> None:
    report = run_schemathesis(toy_answerer, tmp_path, "--max-examples", "230")
    assert report["test_cases"]["generated"] >= CASES
    assert report["operations"]["tested"] == report["operations"]["total"]


def test_every_stream_is_one_that_the_document_describes(toy_answerer: Answerer, tmp_path: Path) -> None:
    options = ("--include-path", "/ask", "--header", "Accept: text/event-stream", "--max-examples", "200")
    assert run_schemathesis(toy_answerer, tmp_path, *options)["test_cases"]["generated"] >= 200


SERVE_WITH_COUNT_OF_TASKS = """
import asyncio
import uvicorn
from service.app import load_app

async def tasks() -> int:
    return len(asyncio.all_tasks())

app = load_app()
app.get("/tasks")(tasks)
uvicorn.run(app, port=0, access_log=False)
"""


async def open_and_drop(address: str, drawn: random.Random) -> None:
    """Ask as many questions at once as `STREAMS` says; when all are asked, read some of each answer and hang up."""
    url = urlsplit(address)
    all_asked = asyncio.Event()

    async def one(patience: int) -> None:
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        body = json.dumps({"question": "钱几天退回来"})
        head = "POST /ask HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        await all_asked.wait()
        with suppress(asyncio.IncompleteReadError):
            await reader.readexactly(patience)
        writer.transport.abort()

    streams = [asyncio.create_task(one(drawn.choice([0, 0, 1, drawn.randrange(1500)]))) for _ in range(STREAMS)]
    await asyncio.sleep(0)
    all_asked.set()
    await asyncio.gather(*streams)


def resources(server: Server, client: httpx.Client) -> dict[str, int]:
    process = Path(f"/proc/{server.process.pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    return {
        "tasks": client.get("/tasks").json(),
        "descriptors": len(list((process / "fd").iterdir())),
        "threads": int(status["Threads"]),
        "megabytes": int(status["VmRSS"].split()[0]) // 1024,
    }


def test_a_thousand_streams_opened_and_dropped_leave_nothing_behind(
    repository: Path, served_index: Path, tmp_path: Path
) -> None:
    drawn = random.Random(7)
    command = ("-c", SERVE_WITH_COUNT_OF_TASKS)
    with (
        serving(repository, tmp_path, command, WENJIN_INDEX_DIR=str(served_index)) as server,
        server.client() as client,
    ):
        idle = client.get("/tasks").json()
        rounds = []
        for _ in range(3):  # the first one fills the pools: threads, arenas, caches
            asyncio.run(open_and_drop(server.address, drawn))
            until(lambda: client.get("/tasks").json() == idle)
            rounds.append(resources(server, client))
        _, before, after = rounds
        answer = client.post("/ask", json={"question": "钱几天退回来"}, headers=EVENT_STREAM)
    assert after["tasks"] == before["tasks"], rounds
    for name in ("descriptors", "threads"):
        assert after[name] - before[name] <= LATE_IN_POOLS, rounds
    assert after["megabytes"] - before["megabytes"] < SPARE_MEGABYTES, rounds
    assert read_events(answer.text)[-1][0] == "done"
    assert "Traceback" not in server.log.read_text()
