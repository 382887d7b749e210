"""A service as a process: started, waited for until it gives the right answer, weighed, stopped. Linux only (/proc)."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.contenders import Contender, environment
from bench.questions import PROBE, PROBED

START_SECONDS = 120
IDLE = 0.2  # of a core, over `IDLE_SECONDS`: every worker has started
IDLE_SECONDS = 1.0


class NeverRight(Exception):
    """A service did not give the right answer in time."""


class Running:
    """A started service: its port, and the seconds from process start to its first right answer."""

    def __init__(self, contender: Contender, workers: int, cores: set[int]) -> None:
        self.port = _free_port()
        began = time.perf_counter()
        self._process = subprocess.Popen(
            contender.command(self.port, workers),
            env=environment(contender, self.port, workers),
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
            start_new_session=True,
        )
        try:
            self._wait_until_right(contender, began + START_SECONDS)
            self.start_seconds = time.perf_counter() - began
            self._wait_until_idle(began + START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def _wait_until_right(self, contender: Contender, deadline: float) -> None:
        request = contender.request(PROBE)
        reply: bytes | None = None
        while time.perf_counter() < deadline:
            if self._process.poll() is not None:
                raise NeverRight(f"{contender.name} ended with exit code {self._process.returncode}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                    connection.sendall(request)
                    response = http.client.HTTPResponse(connection)
                    response.begin()
                    reply = response.read()
                if response.status == 200 and contender.first_id(reply) == PROBED:
                    return
            except OSError:
                pass
            time.sleep(0.005)
        raise NeverRight(f"{contender.name} never answered with {PROBED}; its last reply: {(reply or b'')[:500]!r}")

    def _wait_until_idle(self, deadline: float) -> None:
        """The first worker answers while others still load, and would have the cores to share with them."""
        spent = self._cpu_seconds()
        while time.perf_counter() < deadline:
            time.sleep(IDLE_SECONDS)
            before, spent = spent, self._cpu_seconds()
            if spent - before < IDLE * IDLE_SECONDS:
                return

    def _cpu_seconds(self) -> float:
        """Processor time of all its processes together, so far."""
        ticks = 0
        for pid in _family(self._process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # utime and stime: fields 14 and 15, counted from the pid
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self) -> dict[str, float]:
        """Of all its processes together, in MB: RSS counts shared pages in each process, PSS once in all."""
        rss = pss = 0
        for pid in _family(self._process.pid):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, value = line.partition(":")
                rss += int(value.split()[0]) if name == "Rss" else 0
                pss += int(value.split()[0]) if name == "Pss" else 0
        return {"rss_mb": round(rss * 1024 / 1e6, 1), "pss_mb": round(pss * 1024 / 1e6, 1)}

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextmanager
def running(contender: Contender, workers: int, cores: set[int]) -> Iterator[Running]:
    service = Running(contender, workers, cores)
    try:
        yield service
    finally:
        service.stop()


def _family(pid: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
