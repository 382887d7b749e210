"""The service over the toy index, in this process, in a thread of it and in another process; and an environment
without settings."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from index.answerer import Answerer, Asked
from index.answers import Answer
from index.build import build_index
from index.encoder import load_encoder
from index.reader import read_corpus
from service.app import create_app
from service.settings import PREFIX, Settings


@pytest.fixture(autouse=True, scope="session")
def _no_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither `WENJIN_*` variables nor a `.env` file of this machine reach a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
            patch.delenv(name)
        patch.setitem(Settings.model_config, "env_file", None)
        yield


@pytest.fixture(scope="session")
def client(toy_answerer: Answerer, _no_settings: None) -> TestClient:
    """Speaks to the app without its lifespan, so nothing looks for newer indexes; errors come as responses."""
    return TestClient(create_app(Settings(), toy_answerer), raise_server_exceptions=False)


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[2]


class HeldAnswerer(Answerer):
    """Answers like another one, but only once it is let go; notes how many questions it was asked at a time."""

    def __init__(self, answerer: Answerer) -> None:
        vars(self).update(vars(answerer))
        self.go = threading.Event()
        self.batches: list[int] = []

    def ask_together(self, asked: Sequence[Asked]) -> list[Answer]:
        self.batches.append(len(asked))
        assert self.go.wait(60)
        return super().ask_together(asked)


@pytest.fixture
def held(toy_answerer: Answerer) -> Iterator[HeldAnswerer]:
    answerer = HeldAnswerer(toy_answerer)
    yield answerer
    answerer.go.set()


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The address of a real server in a thread of this process."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1))
    started = threading.Event()
    startup = server.startup

    async def signalling(*arguments: Any, **more: Any) -> None:
        await startup(*arguments, **more)
        started.set()

    server.startup = signalling  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(30)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="session")
def served_index(toy_corpus: Path) -> Iterator[Path]:
    """The toy corpus with the encoder that the service loads by default."""
    with tempfile.TemporaryDirectory() as folder:
        build_index(read_corpus(toy_corpus), load_encoder(), Path(folder))
        yield Path(folder)


def environment(repository: Path, **variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(repository), "PYTHONWARNINGS": "default", **variables}


@dataclass(frozen=True)
class Server:
    """A server in another process."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path  # what it writes to standard error

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=60, trust_env=False)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that has no event of its own."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.01)


def accepts(address: str) -> bool:
    url = urlsplit(address)
    with socket.socket() as connection:
        return connection.connect_ex((url.hostname, url.port)) == 0


def _address(log: Path) -> str | None:
    """Where a server says that it runs, once it has started."""
    said = log.read_text()
    place = re.search(r"running on (\S+)", said)
    return place[1] if place and "Application startup complete" in said else None


@contextmanager
def serving(
    repository: Path, folder: Path, command: tuple[str, ...] = ("-m", "service"), **variables: str
) -> Iterator[Server]:
    """A server in another process, once it accepts connections."""
    handle, name = tempfile.mkstemp(".log", dir=folder)  # a file, since nobody would empty a pipe
    log = Path(name)
    with os.fdopen(handle, "w") as errors:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environment(repository, WENJIN_PORT="0", **variables),
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        until(lambda: process.poll() is not None or _address(log) is not None)
        address = _address(log)
        assert address, f"the server did not start: {log.read_text()}"
        until(lambda: accepts(address))  # which workers do only after they have said that they are up
        yield Server(address, process, log)
    finally:
        process.terminate()
        process.wait(60)
