"""A sentence-transformers model as it serves: ONNX Runtime and a tokenizer, no torch. `sentence_transformer` writes
what is read here.

    DIR/encoder-1a2b3c4d/encoder.json      what it is (written last)
    DIR/encoder-1a2b3c4d/model.onnx        input_ids, attention_mask: (1, t) int64 -> vector: (1, dimension), unit
    DIR/encoder-1a2b3c4d/tokenizer.json    of the library tokenizers, with the model's truncation

Knows nothing of the model's kind or of the index.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderError
from index.graph import Graph, Inputs

FORMAT = 1
FACTS, GRAPH, TOKENIZER = "encoder.json", "model.onnx", "tokenizer.json"


@dataclass(frozen=True)
class Facts:
    """What `encoder.json` holds. `model_revision` is the original's; `precision` is int8 or float32; `agreement`
    is how the graph compared with the original when it was written."""

    name: str
    model_revision: str
    dimension: int
    precision: str
    query_prompt: str
    passage_prompt: str
    agreement: dict[str, float]
    sha256: dict[str, str]
    format: int = FORMAT

    @property
    def revision(self) -> str:
        """Identifies the vectors: the original, how it was rounded, and the very graph."""
        return f"{self.model_revision[:16]}-{self.precision}-{self.sha256[GRAPH][:8]}"


class ExportedEncoder:
    """The model in a folder that `seal` has completed. An `Encoder`."""

    def __init__(self, folder: Path) -> None:
        """Raises `EncoderError` when a file is missing or altered, or tokenizers is not installed."""
        self.facts = read_facts(folder)
        for file, digest in self.facts.sha256.items():
            if not (folder / file).is_file() or _sha256(folder / file) != digest:
                raise EncoderError(f"{folder / file}: is missing or altered. {_again(self.facts.name, folder)}")
        self.name, self.revision, self.dimension = self.facts.name, self.facts.revision, self.facts.dimension
        self._tokenizer = _tokenizer(folder, self.name)
        self._graph = Graph(str(folder / GRAPH))

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(self.facts.query_prompt, texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(self.facts.passage_prompt, texts)

    def _encode(self, prompt: str, texts: Sequence[str]) -> NDArray[np.float32]:
        # One by one: products are quantised anew for every input, and a vector must not depend on its company.
        rows = [self._graph.run(self._inputs(prompt + text)) for text in texts]
        return np.concatenate([np.zeros((0, self.dimension), np.float32), *rows])

    def _inputs(self, text: str) -> Inputs:
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def seal(folder: Path, **facts: Any) -> None:
    """Write the facts of a folder that holds a graph and a tokenizer; from then on it can be loaded."""
    sealed = Facts(**facts, sha256={file: _sha256(folder / file) for file in (GRAPH, TOKENIZER)})
    (folder / FACTS).write_text(json.dumps(asdict(sealed), ensure_ascii=False, indent=1) + "\n", "utf-8")


def read_facts(folder: Path) -> Facts:
    """Raises `EncoderError` when they cannot be read."""
    try:
        facts = Facts(**json.loads((folder / FACTS).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise EncoderError(f"{folder / FACTS}: cannot be read ({error}). Delete {folder} and build again") from error
    if facts.format != FORMAT:
        raise EncoderError(
            f"{folder}: has format {facts.format}, this program reads {FORMAT}. {_again(facts.name, folder)}"
        )
    return facts


def exported(name: str, folder: Path) -> list[Path]:
    """The folders under `folder` that hold the model called `name`, newest first."""
    found = [path for path in folder.glob(f"encoder-*/{FACTS}") if read_facts(path.parent).name == name]
    return [path.parent for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)]


def _tokenizer(folder: Path, name: str) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EncoderError(
            f"encoder {name} needs tokenizers, which is not installed: "
            "pip install -c constraints.txt '.[exported-encoder]'"
        ) from error
    return Tokenizer.from_file(str(folder / TOKENIZER))


def _again(name: str, folder: Path) -> str:
    return f"Delete {folder} and build again: WENJIN_ENCODER={name} python -m scripts.build_index --out {folder.parent}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
