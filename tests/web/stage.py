"""A service that plays what a test asks of it, and a site that embeds the widget: real servers, one port each.

The stage serves the real browser files. What it answers comes from a queue of plays; when that is empty, it gives one
plain answer. Frames of a stream come when the test puts them.
"""

import asyncio
import json
import queue
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from service.assets import Assets

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="360" height="120" viewBox="0 0 360 120">'
    '<rect width="360" height="120" fill="#7cc"/></svg>'
)
ANSWER = """ReLU 的正半轴导数恒为 1[1, §3]，误差信号传得更远[2]。

## 为什么

设 $z=Wx+b$，则 $y$。

$$
\\frac{\\partial L}{\\partial x}=\\sum_i g_i\\hat x_i
$$

```python
def relu(x):
    return max(0, x)  # 负数归零
```

| 函数 | 导数 |
| --- | --- |
| ReLU | 0 或 1 |

![两条曲线](/entries/q13/curves.svg)"""


def citation(n: int, title: str, answer: str, *markers: str, **changed: Any) -> dict[str, Any]:
    """A cited work whose markers stand where `markers` first occur in `answer`."""
    spans = [[answer.index(marker), answer.index(marker) + len(marker)] for marker in markers]
    usual = {
        "n": n,
        "key": f"key{n}",
        "title": title,
        "authors": ["Nair, Vinod", "Hinton, Geoffrey E."],
        "year": 2010,
        "venue": "ICML",
        "url": f"https://example.org/{n}",
        "marks": spans,
    }
    return usual | changed


def answered(answer: str = ANSWER, **changed: Any) -> dict[str, Any]:
    usual = {
        "status": "answered",
        "id": "q13",
        "question": "为什么 ReLU 好过 sigmoid？",
        "matched_question": "为什么用 ReLU",
        "match": "meaning",
        "confidence": 0.97,
        "answer": answer,
        "passage": None,
        "citations": [],
        "candidates": [{"id": "q13", "question": "为什么 ReLU 好过 sigmoid？", "confidence": 0.97}],
        "related": [{"id": "q32", "question": "什么是 sigmoid？"}, {"id": "q21", "question": "激活函数有什么性质？"}],
        "message_id": "m1",
        "figures": [{"src": "/entries/q13/curves.svg", "width": 360, "height": 120}],
        "index_version": "v1",
        "took_ms": 1.0,
        "explain": None,
    }
    if answer == ANSWER:
        usual["citations"] = [
            citation(1, "Rectified Linear Units", answer, "[1, §3]"),
            citation(2, "Deep Sparse Rectifier Networks", answer, "[2]"),
        ]
    return usual | changed


def unanswered(status: str = "no_answer") -> dict[str, Any]:
    near = [{"id": f"q{n}", "question": f"相近的问题之{n}", "confidence": 0.2} for n in (1, 2, 3)]
    nothing: dict[str, Any] = dict.fromkeys(("id", "question", "matched_question", "match", "answer", "passage"))
    return answered() | nothing | {"status": status, "candidates": near, "citations": [], "related": [], "figures": []}


@dataclass
class Play:
    """What `POST /ask` does once: a JSON reply, an error status, silence, or a stream whose frames `put` lets go."""

    reply: dict[str, Any] | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    detail: str = ""
    silent: bool = False
    streaming: bool = False
    frames: "queue.SimpleQueue[str | None]" = field(default_factory=queue.SimpleQueue)
    left: threading.Event = field(default_factory=threading.Event)

    def put(self, event: str, data: Any) -> None:
        self.frames.put(f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n")

    def begin(self, reply: dict[str, Any] | None = None) -> None:
        """The `meta` of a reply."""
        whole = reply or answered()
        self.put("meta", {k: v for k, v in whole.items() if k not in ("answer", "citations", "related")})

    def end(self, reply: dict[str, Any] | None = None) -> None:
        """What follows the last `delta`."""
        whole = reply or answered()
        for name in ("citations", "related"):
            self.put(name, {name: whole[name]})
        self.put("done", {"message_id": whole["message_id"], "length": len(whole["answer"] or "")})
        self.frames.put(None)

    def cut(self) -> None:
        """Break the connection."""
        self.frames.put("cut")


def streaming() -> Play:
    return Play(streaming=True)


class Stage:
    """The state that the app and the test share; the app runs in a thread of its own."""

    def __init__(self) -> None:
        self._assets = Assets()
        self.plays: deque[Play] = deque()
        self.reset()

    def reset(self) -> None:
        """As before any test, with nothing left waiting."""
        for play in self.plays:
            play.frames.put(None)
        self.plays.clear()
        self.asked: list[dict[str, Any]] = []
        self.rated: list[dict[str, Any]] = []
        self.feedback_status = 204
        self.suggestions: list[dict[str, Any]] | None = []
        self.entries: list[dict[str, Any]] = []
        self.missing: set[str] = set()
        self.connections: dict[str, int] = {}
        """By file: the visitor's port at the last request for it."""
        self.host = ""
        self.policy: str | None = None

    def play(self, play: Play | dict[str, Any]) -> Play:
        play = play if isinstance(play, Play) else Play(play)
        self.plays.append(play)
        return play

    def app(self, *allowed: str) -> Starlette:
        routes = [
            Route("/ask", self._ask, methods=["POST"]),
            Route("/feedback", self._feedback, methods=["POST"]),
            Route("/suggest", self._suggest),
            Route("/entries", self._entries),
            Route("/entries/{id}/{figure}", self._figure),
            Route("/widget.js", self._asset),
            Route("/widget/{name:path}", self._asset),
            Route("/{path:path}", self._host),
        ]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=allowed,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type"],
            expose_headers=["Retry-After"],
        )
        return Starlette(routes=routes, middleware=[cors])

    async def _ask(self, request: Request) -> Response:
        self.asked.append(json.loads(await request.body()))
        play = self.plays.popleft() if self.plays else Play(answered())
        if play.silent:
            await asyncio.to_thread(play.left.wait, 30)
        if play.status != 200:
            return JSONResponse({"status": play.status, "detail": play.detail}, play.status, play.headers)
        if play.streaming:
            return StreamingResponse(self._frames(play), media_type="text/event-stream")
        return JSONResponse(play.reply)

    async def _frames(self, play: Play) -> AsyncIterator[str]:
        try:
            while (frame := await asyncio.to_thread(play.frames.get)) is not None:
                if frame == "cut":
                    raise ConnectionAbortedError
                yield frame
        finally:
            play.left.set()

    async def _feedback(self, request: Request) -> Response:
        if self.feedback_status < 300:
            self.rated.append(json.loads(await request.body()))
            return Response(status_code=self.feedback_status)
        return JSONResponse({"detail": "no"}, self.feedback_status)

    async def _suggest(self, request: Request) -> Response:
        if self.suggestions is None:
            raise HTTPException(404)
        return JSONResponse(self.suggestions)

    async def _entries(self, request: Request) -> Response:
        return JSONResponse(self.entries)

    async def _figure(self, request: Request) -> Response:
        return Response(DRAWING, media_type="image/svg+xml")

    async def _asset(self, request: Request) -> Response:
        name = str(request.path_params.get("name", "widget.js"))
        if request.client:
            self.connections[name.split("-")[0]] = request.client.port
        if any(name.startswith(missing) for missing in self.missing):
            raise HTTPException(404)
        return self._assets.response(name, request)

    async def _host(self, request: Request) -> Response:
        headers = {"Content-Security-Policy": self.policy} if self.policy else {}
        return HTMLResponse(self.host, headers=headers)


class Running:
    """An app on a port of this machine, in a thread, until `stop`."""

    def __init__(self, app: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
