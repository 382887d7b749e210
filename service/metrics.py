"""`GET /metrics`: what happened, counted for Prometheus. Labels take their values from the routes, the status codes
and the decisions, never from what a client sends.

Several workers count into files that they share (prometheus_client's multiprocess mode), so each of them tells the
sum of all; `service.__main__` sets the folder for them. The index in use is then the telling worker's own, and the
memory and files of the process, which only make sense for one, are left out.
"""

import os
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import InfoMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.answerer import Answerer

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows, when it is imported, that workers count together."""

_METHODS = ("GET", "HEAD", "OPTIONS", "POST")
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


class Metrics:
    """The counters of one app."""

    def __init__(self, answerer: Answerer) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "wenjin_http_requests", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "wenjin_http_request_seconds",
            "Seconds from a request to the end of its response",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter("wenjin_answers", "Questions decided, however asked", ["status"], registry=registry)
        self._index = _IndexInUse(answerer)
        registry.register(self._index)
        ProcessCollector(registry=registry)

    def answered(self, status: str) -> None:
        self._answers.labels(status).inc()

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it in the text format of Prometheus."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        of_all = CollectorRegistry()
        MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]
        of_all.register(self._index)
        return generate_latest(of_all)


class _IndexInUse(Collector):
    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    def collect(self) -> Iterator[InfoMetricFamily]:
        yield InfoMetricFamily(
            "wenjin_index", "The index that answers", value={"version": self._answerer.snapshot.version}
        )


class RequestCount:
    """Counts every request by the template of its route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0  # as long as nothing was answered, because the client left

        async def noticing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, noticing)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self.metrics.request(scope["method"], route, status, time.perf_counter() - began)
