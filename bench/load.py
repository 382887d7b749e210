"""A load generator that costs little: keep-alive connections over asyncio, requests made up beforehand, replies parsed
no further than to their end. It shares the processor with the service, so what it costs is measured too (`own_cost`).

Knows HTTP/1.1 and nothing of what is asked.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import uvloop

PATIENCE = 30  # seconds for the last replies


class BadReply(Exception):
    """A reply that is not a 200, or not HTTP; a benchmark of failures would be worthless."""


@dataclass(frozen=True)
class Load:
    """What came of one run: latencies in ms, one per reply, and the seconds it took."""

    latencies: list[float]
    seconds: float

    def figures(self) -> dict[str, float]:
        p50, p99 = np.percentile(self.latencies, [50, 99])
        return {
            "p50_ms": round(float(p50), 2),
            "p99_ms": round(float(p99), 2),
            "per_second": round(len(self.latencies) / self.seconds, 1),
            "requests": len(self.latencies),
        }


def together(loads: Sequence[Load]) -> Load:
    """Several runs as one."""
    return Load([ms for load in loads for ms in load.latencies], sum(load.seconds for load in loads))


class _Client(asyncio.Protocol):
    """One connection that sends the next request as soon as it has its reply, until `deadline`."""

    def __init__(self, requests: Iterator[bytes], deadline: float, latencies: list[float]) -> None:
        self._requests, self._deadline, self._latencies = requests, deadline, latencies
        self._buffer = bytearray()
        self._fault: BadReply | None = BadReply("the connection was closed")  # until it ends as it should
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass of it
        self._send()

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None or time.perf_counter() > self._deadline:
            self._fault = None
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            complete = _is_complete(self._buffer)
        except BadReply as error:
            self._fault = error
            self._transport.close()
            return
        if complete:
            self._latencies.append((time.perf_counter() - self._sent) * 1000)
            self._buffer.clear()
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._fault:
            self.done.set_exception(self._fault)
        else:
            self.done.set_result(None)


def _is_complete(reply: bytearray) -> bool:
    head = reply.find(b"\r\n\r\n")
    if head < 0:
        return False
    if not reply.startswith(b"HTTP/1.1 200"):
        raise BadReply(bytes(reply[:2000]).decode(errors="replace"))
    headers = bytes(reply[:head]).lower()
    at = headers.find(b"\r\ncontent-length:")
    if at >= 0:
        return len(reply) >= head + 4 + int(headers[at + 17 :].split(b"\r\n", 1)[0])
    if b"\r\ntransfer-encoding: chunked" in headers:
        return reply.endswith(b"0\r\n\r\n")
    raise BadReply("neither Content-Length nor chunks")


def run(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Load:
    """Send `requests` over `clients` connections for so many seconds. Raises `BadReply`."""

    async def all_clients() -> Load:
        latencies: list[float] = []
        loop, began = asyncio.get_running_loop(), time.perf_counter()
        protocols = [_Client(requests, began + seconds, latencies) for _ in range(clients)]
        waiting = iter(protocols)
        for _ in protocols:
            await loop.create_connection(lambda: next(waiting), "127.0.0.1", port)
        async with asyncio.timeout(seconds + PATIENCE):
            ends = await asyncio.gather(*(protocol.done for protocol in protocols), return_exceptions=True)
        for fault in ends:
            if isinstance(fault, BaseException):
                raise fault
        return Load(latencies, time.perf_counter() - began)

    return uvloop.run(all_clients())


def own_cost(seconds: float = 1.0) -> float:
    """Microseconds of this process's time per request, against a server in it that replies at once (so it is counted
    double: an upper bound)."""

    class Echo(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport = cast(asyncio.Transport, transport)

        def data_received(self, data: bytes) -> None:
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def measure() -> float:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Echo, "127.0.0.1", 0)
        latencies: list[float] = []
        request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        began = time.process_time()
        client = _Client(iter(lambda: request, None), time.perf_counter() + seconds, latencies)
        await loop.create_connection(lambda: client, *server.sockets[0].getsockname()[:2])
        await client.done
        server.close()
        return (time.process_time() - began) / len(latencies) * 1e6

    return round(uvloop.run(measure()), 1)
