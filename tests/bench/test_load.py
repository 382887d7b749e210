"""The load generator against real servers on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import BadReply, Load, own_cost, run, together


@contextmanager
def serving(status: int, chunked: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The port of a server that gives every request the same reply, and the bodies it has seen."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            seen.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(status)
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")
            else:
                self.send_header("Content-Length", "5")
                self.end_headers()
                self.wfile.write(b"hello")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def requests(count: int) -> Iterator[bytes]:
    for number in range(count):
        body = json.dumps(number).encode()
        yield b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("clients", [1, 3])
def test_each_request_is_sent_once_and_each_reply_timed(chunked: bool, clients: int) -> None:
    with serving(200, chunked) as (port, seen):
        load = run(port, requests(40), clients, 30)
    assert sorted(map(int, seen)) == list(range(40))
    assert len(load.latencies) == 40
    assert all(0 < latency < load.seconds * 1000 for latency in load.latencies)


def test_it_stops_when_its_time_is_up() -> None:
    with serving(200) as (port, _):
        load = run(port, requests(10**6), 2, 0.2)
    assert 0.2 <= load.seconds < 5
    assert 0 < len(load.latencies) < 10**6


def test_a_failure_is_no_figure() -> None:
    with serving(503) as (port, _), pytest.raises(BadReply, match=r"HTTP/1\.1 503"):
        run(port, requests(10), 2, 5)


def test_figures_are_percentiles_and_a_rate() -> None:
    figures = Load([1.0] * 98 + [100.0] * 2, 0.5).figures()
    assert (figures["p50_ms"], figures["p99_ms"], figures["per_second"], figures["requests"]) == (1, 100, 200, 100)


def test_runs_taken_together_weigh_by_their_replies() -> None:
    figures = together([Load([1.0] * 3, 1.0), Load([5.0], 3.0)]).figures()
    assert (figures["p50_ms"], figures["per_second"], figures["requests"]) == (1, 1, 4)


def test_its_own_cost_is_told() -> None:
    assert 0 < own_cost(0.1) < 5000
