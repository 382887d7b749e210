"""Where the time of one question goes: the service's own functions timed while it answers over HTTP, one at a time.

    python -m bench.stages [--json]

The service runs in a thread of this process. Each function below is wrapped where it is defined or looked up; time
spent in a wrapped function that another one called counts for the inner one only. What the round trip takes beyond
them all is HTTP: parsing, validation, the hop to a thread, JSON, the sockets.
"""

import http.client
import importlib
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn

from bench.questions import fresh_questions, read_entries
from service.app import create_app, load_answerer
from service.settings import Settings

STAGES = {
    "normalise": ("index.answerer.normalise", "index.answerer.key"),
    "mend spelling": ("index.spelling.Speller.read",),
    "tokenise": ("index.pieces.Pieces.encode",),
    "encode": ("index.encoder.UniversalSentenceEncoder.encode_queries",),
    "wait for the words": ("concurrent.futures.Future.result",),
    "search": ("index.matcher.Matcher.compare", "index.matcher.Matcher.weigh"),
    "rank and doubt": (
        "index.ranking.Ranking.best_first",
        "index.confidence.Confidence.probabilities",
        "index.confidence.Confidence.decide",
    ),
    "find phrasing and passage": ("index.answerer._matched", "index.matcher.Matcher.best_passage"),
    "put together": ("index.answerer.Answerer.ask_together",),
    "render": ("service.schemas.AskResponse.of",),
}
"""Dotted names by stage. A name that no longer exists stops the run: then this table wants to be brought up to date."""

BESIDE = {
    "cut into words": ("index.answerer.bag",),
    "compare words": ("index.matcher.Matcher.compare_words",),
}
"""The same of what another thread does while the question is encoded: no part of the whole."""

QUESTIONS = 300
WARM_UP = 50


class Clock:
    """Seconds by stage since the last `read`."""

    def __init__(self) -> None:
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._threads = threading.local()  # of each, the seconds that wrapped functions took inside those under way

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: Any, **kwargs: Any) -> Any:
            inner = self._threads.__dict__.setdefault("inner", [])
            inner.append(0.0)
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.perf_counter() - began
                self._spent[stage] += took - inner.pop()
                if inner:
                    inner[-1] += took

        return measured

    def read(self) -> dict[str, float]:
        spent, self._spent = dict(self._spent), defaultdict(float)
        return spent


def wrap(clock: Clock, stage: str, dotted: str) -> None:
    """Put a timed function in the place of the one with this name."""
    owner, name = _owner(dotted)
    plain = vars(owner)[name]
    static = isinstance(plain, classmethod | staticmethod)
    function = clock.timed(stage, getattr(owner, name) if static else plain)
    setattr(owner, name, staticmethod(function) if static else function)


def _owner(dotted: str) -> tuple[Any, str]:
    """The module or class that holds a name. Raises `LookupError` when there is none."""
    *path, name = dotted.split(".")
    for length in range(len(path), 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(path[:length]))
        except ModuleNotFoundError:
            continue
        for part in path[length:]:
            owner = getattr(owner, part, None)
        if name in vars(owner or object):
            return owner, name
    raise LookupError(f"{dotted} does not exist any more: bring bench/stages.py up to date")


@contextmanager
def _served(app: Any) -> Iterator[int]:
    """The port on which `app` is served from a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def measure() -> dict[str, Any]:
    clock, settings = Clock(), Settings()
    for stage, names in (STAGES | BESIDE).items():
        for name in names:
            wrap(clock, stage, name)
    questions = fresh_questions(read_entries(Path("corpus")))
    rows: list[dict[str, float]] = []
    with _served(create_app(settings, load_answerer(settings))) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(WARM_UP + QUESTIONS):
            body = json.dumps({"question": next(questions)})
            began = time.perf_counter()
            connection.request("POST", "/ask", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read()
            total = time.perf_counter() - began
            assert reply.status == 200
            spent = clock.read()
            in_turn = sum(took for stage, took in spent.items() if stage in STAGES)
            rows.append(spent | {"HTTP": total - in_turn, "total": total})
        connection.close()
    rows = rows[WARM_UP:]
    medians = {
        name: round(float(np.median([row.get(name, 0) for row in rows])) * 1e6, 1)
        for name in (*STAGES, "HTTP", "total", *BESIDE)
    }
    beside = {name: medians.pop(name) for name in BESIDE}
    return {"questions": len(rows), "total_us": medians.pop("total"), "stages_us": medians, "beside_us": beside}


def main(argv: Sequence[str] | None = None) -> int:
    figures = measure()
    if argv == ["--json"]:
        print(json.dumps(figures))
    else:
        for name, us in figures["stages_us"].items():
            print(f"{us:8.0f} µs  {us / figures['total_us']:4.0%}  {name}")
        print(f"{figures['total_us']:8.0f} µs        all")
        for name, us in figures["beside_us"].items():
            print(f"{us:8.0f} µs        {name}, while it is encoded")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
