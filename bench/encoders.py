"""Encoders compared: quality of the answers, time, memory, size. Writes the table of docs/encoders.md.

    python -m bench.encoders NAME_OR_FOLDER ... [--work FOLDER] [--doc docs/encoders.md]

For each encoder, and for the embedded one, an index of the corpus is built (with the extra `[sentence-transformers]`,
once for the graph in 8 bits and once in float32), then measured in a process of its own, without torch. Quality is what
the build reports: each phrasing left out in turn, and confidence cross-fitted on corpus/calibration.jsonl and
out_of_scope.txt; `scripts.evaluate` on the same files would ask what the confidence was fitted to.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.questions import fresh_questions, read_entries
from index import sentence_transformer, store
from index.encoder import DEFAULT_ENCODER, load_encoder
from index.text import normalise
from scripts import build_index

QUESTIONS = 300
BEGIN, END = "<!-- begin: python -m bench.encoders -->", "<!-- end -->"
COLUMNS = (
    ("encoder", "encoder"),
    ("weights", "precision"),
    ("left-out phrasings: first right", "top1"),
    ("first three", "top3"),
    ("calibration questions: first right", "calibration_top1"),
    ("AUROC in / out of scope", "auroc"),
    ("answered right", "answered_precision"),
    ("coverage", "coverage"),
    ("ms per question, one thread", "encode_ms"),
    ("load, s", "load_s"),
    ("memory, MB", "memory_mb"),
    ("on disk, MB", "disk_mb"),
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.encoders", description=__doc__)
    parser.add_argument("models", nargs="*", help="sentence-transformers models by name or folder")
    parser.add_argument("--work", type=Path, default=Path(".bench/encoders"), help="where indexes go (%(default)s)")
    parser.add_argument(
        "--doc", type=Path, default=Path("docs/encoders.md"), help="page to bring up to date (%(default)s)"
    )
    parser.add_argument("--weigh", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.weigh:
        print(json.dumps(_weigh(options.weigh[0], Path(options.weigh[1]))))
        return 0
    wanted = [(DEFAULT_ENCODER, "int8"), *((name, kind) for name in options.models for kind in ("int8", "float32"))]
    rows: list[dict[str, Any]] = []
    for name, precision in wanted:
        rows.append(_compare(name, options.work / f"{_short(name)}-{precision}", precision))
        page = options.doc.read_text("utf-8")  # written after each, since each takes minutes
        before, after = page.split(BEGIN)[0], page.split(END)[1]
        options.doc.write_text(f"{before}{BEGIN}\n{_table(rows)}\n{END}{after}", "utf-8")
    print(_table(rows))
    return 0


def _compare(name: str, folder: Path, precision: str) -> dict[str, Any]:
    """Build, unless that was done, and measure."""
    close = sentence_transformer.CLOSE
    if precision == "float32":
        sentence_transformer.CLOSE = 2.0  # no rounding is that close
    try:
        if build_index.main(["--encoder", name, "--out", str(folder), "--if-needed"]):
            raise SystemExit(f"no index could be built with {name}")
    finally:
        sentence_transformer.CLOSE = close
    quality = store.read_manifest(folder / store.current_version(folder))["quality"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.encoders", "--weigh", name, str(folder)],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    left_out = quality["left_out_phrasings"]
    return {
        "encoder": _short(name),
        "precision": precision,
        "top1": left_out["top1"],
        "top3": left_out["top3"],
        "calibration_top1": quality["top1"],
        **{key: quality[key] for key in ("auroc", "answered_precision", "coverage")},
        **json.loads(done.stdout),
    }


def _weigh(name: str, folder: Path) -> dict[str, float]:
    """Time, memory and size of an encoder by itself."""
    before, began = _resident(), time.perf_counter()
    encoder = load_encoder(name, folder)
    load = time.perf_counter() - began
    questions = fresh_questions(read_entries(Path("corpus")))
    times = []
    for _ in range(QUESTIONS):
        text = normalise(next(questions))
        began = time.perf_counter()
        encoder.encode_queries([text])
        times.append(time.perf_counter() - began)
    files = [path for pattern in ("encoder-*/*", "tokens-*") for path in folder.glob(pattern)]
    if name == DEFAULT_ENCODER:
        files += Path("index/universal_sentence_encoder").iterdir()
    return {
        "encode_ms": round(float(np.median(times)) * 1000, 2),
        "load_s": round(load, 2),
        "memory_mb": round((_resident() - before) / 1e6),
        "disk_mb": round(sum(file.stat().st_size for file in files) / 1e6),
    }


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _short(name: str) -> str:
    """A folder's own name; one called `model` goes by its parent's."""
    if name == DEFAULT_ENCODER or not Path(name).is_dir():
        return name
    return Path(name).parent.name if Path(name).name == "model" else Path(name).name


def _table(rows: list[dict[str, Any]]) -> str:
    lines = ["| " + " | ".join(title for title, _ in COLUMNS) + " |", "| --- " * len(COLUMNS) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(row[key]) for _, key in COLUMNS) + " |" for row in rows])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
