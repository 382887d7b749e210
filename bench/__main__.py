"""Run the services in turn on the same questions and cores, and write what came of it: `make bench`.

Writes bench/results.json and bench/results.md. Every round starts each service afresh; figures are medians over rounds.
Within a round each service starts while no other is there. Then all are up, and are measured by turns, a slice at a
time, so that a machine whose speed drifts is as fast for one as for another. Ratios are against the obvious service.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import contenders, load, report
from bench.contenders import Contender
from bench.process import Running, running
from bench.questions import fresh_questions, read_entries, write_entries

CLIENTS = (1, 8, 32)
WORKERS = (1, 2)
SLICES = 5  # of a measurement
WARM_UP = 0.3  # seconds before each slice
RESULTS = Path(__file__).parent / "results.json"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    names = ["obvious", "peer", "wenjin"]
    parser.add_argument("--only", nargs="*", default=names, choices=names, help="which services (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="fresh starts of each (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement (%(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the table goes beside it (%(default)s)")
    options = parser.parse_args(argv)
    contenders.PLACE.mkdir(exist_ok=True)
    entries = read_entries(Path("corpus"))
    write_entries(entries, contenders.ENTRIES)
    known = {service.name: service for service in (contenders.obvious(), contenders.peer(), contenders.wenjin())}
    services = [known[name] for name in options.only]
    for service in dict.fromkeys([*services, known["wenjin"]]):  # Wenjin always: its stages and products are measured
        service.install()
        service.prepare()
    runs: dict[str, list[dict[str, Any]]] = {service.name: [] for service in services}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for name, figures in _round(services, entries, options.seconds).items():
            runs[name].append(figures)
    results = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine() | {"torch": _torch_version()},
        "options": {"rounds": options.rounds, "seconds": options.seconds},
        "load_generator_us_per_request": load.own_cost(),
        "services": {
            service.name: {"what": service.what, "install_mb": _install_size(service), **_medians(runs[service.name])}
            for service in services
        },
        "stages": _child("bench.stages"),
        "products": _child("bench.products"),
    }
    options.out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")
    options.out.with_suffix(".md").write_text(report.markdown(results), "utf-8")
    print(report.markdown(results))
    return 0


def _round(services: Sequence[Contender], entries: list[Any], seconds: float) -> dict[str, dict[str, Any]]:
    """A start of each service alone, and a life of it beside the others with each number of workers; questions are
    never asked twice in a life."""
    figures: dict[str, dict[str, Any]] = {service.name: {} for service in services}
    for service in services:
        with running(service, 1, os.sched_getaffinity(0)) as process:
            figures[service.name]["start_s"] = process.start_seconds
    for workers in WORKERS:
        requests = {service.name: map(service.request, fresh_questions(entries)) for service in services}
        with ExitStack() as lives:
            processes = {it.name: lives.enter_context(running(it, workers, os.sched_getaffinity(0))) for it in services}
            for clients in CLIENTS:
                for name, measured in _by_turns(processes, requests, clients, seconds).items():
                    figures[name] |= {f"{key}_{workers}w_{clients}c": value for key, value in measured.items()}
            for name, process in processes.items():
                figures[name] |= {f"{key}_{workers}w": value for key, value in process.memory().items()}
    return figures


def _by_turns(
    processes: dict[str, Running], requests: Mapping[str, Iterator[bytes]], clients: int, seconds: float
) -> dict[str, dict[str, float]]:
    """Figures of each service under the same load, measured a slice at a time."""
    slices: dict[str, list[load.Load]] = {name: [] for name in processes}
    for _ in range(SLICES):
        for name, process in processes.items():
            load.run(process.port, requests[name], clients, WARM_UP)
            slices[name].append(load.run(process.port, requests[name], clients, seconds / SLICES))
    return {name: load.together(measured).figures() for name, measured in slices.items()}


def _medians(rounds: list[dict[str, Any]]) -> dict[str, float]:
    return {name: round(statistics.median(figures[name] for figures in rounds), 3) for name in rounds[0]}


def _install_size(service: Contender) -> float:
    """MB on disk that answering needs: packages (but for pip and its like), model and index."""
    tools = ("pip", "setuptools", "pkg_resources", "_distutils")
    packages = (contenders.PLACE / service.name / "lib").glob("python3*/site-packages/*")
    own = [path for path in packages if not path.name.startswith(tools)]
    paths = [str(path) for path in (*own, *service.data())]
    done = subprocess.run(["du", "-scm", *paths], capture_output=True, text=True, check=True)
    return float(done.stdout.split("\n")[-2].split()[0])


def _torch_version() -> str:
    """The rivals' torch, `+cpu` telling which build; a dash where no rival is installed."""
    found = contenders.PLACE.glob("*/lib/python3*/site-packages/torch-*.dist-info")
    return next((path.name.removeprefix("torch-").removesuffix(".dist-info") for path in found), "–")


def _child(module: str) -> Any:
    """What a module of this package prints, run in Wenjin's environment, its libraries on one thread as they serve."""
    service = contenders.wenjin()
    done = subprocess.run(
        [service.python, "-m", module, "--json"],
        env=contenders.environment(service, 0, 1) | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _machine() -> dict[str, Any]:
    names = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
