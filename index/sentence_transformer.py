"""A sentence-transformers model with torch under it: the original, and how it becomes a graph that serves without.

The graph is written at build time, in 8 bits where the corpus's own texts say that this does no harm, and is compared
with the original before anything is built with it. A model that cannot be written so is served as it is, with torch.
torch is imported when a model is loaded here, and never for one that was exported.
"""

import hashlib
import shutil
import tempfile
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderError, InexpressibleEncoder
from index.exported import GRAPH, TOKENIZER, ExportedEncoder, exported, read_facts, seal

Vectors = NDArray[np.float32]

SAMPLE = 500  # texts on which a graph is compared with its original
FAITHFUL = 0.9999  # least cosine between original and graph in float32; anything else is an error of translation
CLOSE = 0.98  # least mean cosine between original and graph in 8 bits
LOST = 0.02  # most that 8 bits may cost in texts whose nearest neighbour is of the same entry
KEPT = 2  # graphs of one model that stay: the new one and the one that a running service may have


class SentenceTransformerEncoder:
    """Any sentence-transformers model, by hub name or by folder. An `Encoder`."""

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
        self.model = model
        self._lock = threading.Lock()  # fast tokenizers shared by threads raise "Already borrowed"

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self.model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self.model.encode_document, texts)

    def _encode(self, encode: Any, texts: Sequence[str]) -> Vectors:
        with self._lock:
            vectors = encode(list(texts), normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)


def export(name: str, folder: Path, texts: Sequence[str], entries: Sequence[int]) -> ExportedEncoder:
    """The model called `name` as a graph under `folder`, written unless it is there already.

    `texts` are questions as they will be asked, `entries` the entry of each. Raises `EncoderError` when the model
    cannot be had, `InexpressibleEncoder` when it can be had and not be written as a graph.
    """
    there = exported(name, folder)
    if there and _is_current(there[0]):
        return ExportedEncoder(there[0])
    original = SentenceTransformerEncoder(name)
    if there and read_facts(there[0]).model_revision == original.revision != "unknown":
        return ExportedEncoder(there[0])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".exporting-", dir=folder) as workplace:
        written = _write(original, Path(workplace), *_sample(texts, entries))
        place = folder / f"encoder-{hashlib.sha256(f'{name}{read_facts(written).revision}'.encode()).hexdigest()[:8]}"
        shutil.rmtree(place, ignore_errors=True)
        written.replace(place)
    for old in exported(name, folder)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return ExportedEncoder(place)


def _is_current(folder: Path) -> bool:
    """Whether an exported model is that of the folder it came from; a hub model has to be asked first."""
    facts = read_facts(folder)
    return Path(facts.name).is_dir() and _revision(facts.name, None) == facts.model_revision


def _sample(texts: Sequence[str], entries: Sequence[int]) -> tuple[list[str], NDArray[np.int64]]:
    chosen = np.random.default_rng(0).permutation(len(texts))[:SAMPLE]
    return [texts[at] for at in chosen.tolist()], np.asarray(entries, np.int64)[chosen]


def _write(original: SentenceTransformerEncoder, workplace: Path, texts: list[str], entries: NDArray[np.int64]) -> Path:
    """A sealed folder in `workplace`: in 8 bits if that is close enough on `texts`, else in float32."""
    exact, small = workplace / "float32", workplace / "int8"
    exact.mkdir()
    _trace(original, exact / GRAPH)
    _write_tokenizer(original, exact / TOKENIZER)
    facts = {
        "name": original.name,
        "model_revision": original.revision,
        "dimension": original.dimension,
        "query_prompt": _prompt(original, "query"),
        "passage_prompt": _prompt(original, "document", "passage", "corpus"),
    }
    vectors = original.encode_queries(texts)
    seal(exact, **facts, precision="float32", agreement=_agreement(vectors, vectors, entries))
    _check(original, vectors[:100], texts[:100], ExportedEncoder(exact))
    small.mkdir()
    shutil.copy(exact / TOKENIZER, small)
    _quantise(exact / GRAPH, small / GRAPH)
    seal(small, **facts, precision="int8", agreement={})
    agreement = _agreement(vectors, ExportedEncoder(small).encode_queries(texts), entries)
    seal(small, **facts, precision="int8", agreement=agreement)
    lost = agreement["nearest_right_original"] - agreement["nearest_right"]
    return small if agreement["mean_cosine"] >= CLOSE and lost <= LOST else exact


def _trace(original: SentenceTransformerEncoder, path: Path) -> None:
    """Write all modules of the model, pooling and the like included, as one float32 graph. Raises
    `InexpressibleEncoder`."""
    import torch

    first, *others = original.model

    class Whole(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.others = first.auto_model, torch.nn.ModuleList(others)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            tokens = self.first(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            features = {"token_embeddings": tokens, "attention_mask": attention_mask}
            for module in self.others:
                features = module(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tracing; whether it went well is seen by comparing
            ids = torch.tensor([original.model.tokenizer("a few tokens to trace with").input_ids])
            torch.onnx.export(
                Whole().eval(),
                (ids, torch.ones_like(ids)),
                str(path),
                input_names=["input_ids", "attention_mask"],
                output_names=["vector"],
                dynamic_axes={"input_ids": {1: "t"}, "attention_mask": {1: "t"}},
                opset_version=17,
                dynamo=False,
            )
    except Exception as error:  # whatever a foreign module or the exporter raises
        raise InexpressibleEncoder(_inexpressible(original, f"tracing it failed: {error!r}")) from error


def _write_tokenizer(original: SentenceTransformerEncoder, path: Path) -> None:
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(original.model.tokenizer.backend_tokenizer.to_str())
    except (ImportError, AttributeError) as error:
        raise InexpressibleEncoder(_inexpressible(original, "its tokenizer is written in Python")) from error
    tokenizer.no_padding()
    limit = original.model.max_seq_length
    if limit:
        tokenizer.enable_truncation(limit)
    else:
        tokenizer.no_truncation()
    tokenizer.save(str(path))


def _prompt(original: SentenceTransformerEncoder, *kinds: str) -> str:
    """What is put before a text of this kind, by the names that sentence-transformers tries in turn."""
    return next((original.model.prompts[kind] for kind in kinds if kind in original.model.prompts), "") or ""


def _check(original: SentenceTransformerEncoder, vectors: Vectors, texts: list[str], graph: ExportedEncoder) -> None:
    """Hold the float32 graph against the original, for questions (`vectors`) and for passages."""
    for kind, ours, theirs in (
        ("questions", graph.encode_queries(texts), vectors),
        ("passages", graph.encode_passages(texts), original.encode_passages(texts)),
    ):
        least = float((ours * theirs).sum(axis=1).min())
        if not least >= FAITHFUL:
            raise InexpressibleEncoder(
                _inexpressible(original, f"its graph embeds {kind} otherwise (cosine {least:.4f})")
            )


def _quantise(exact: Path, small: Path) -> None:
    """Weights in 7 of 8 bits, a scale per channel: the eighth would overflow on processors without VNNI, and an index
    may be built on one kind and served on the other."""
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(str(exact), str(small), per_channel=True, reduce_range=True)


def _agreement(theirs: Vectors, ours: Vectors, entries: NDArray[np.int64]) -> dict[str, float]:
    cosines = (theirs * ours).sum(axis=1)
    return {
        "texts": len(theirs),
        "mean_cosine": round(float(cosines.mean()), 4),
        "least_cosine": round(float(cosines.min()), 4),
        "nearest_right_original": round(_nearest_right(theirs, entries), 4),
        "nearest_right": round(_nearest_right(ours, entries), 4),
    }


def _nearest_right(vectors: Vectors, entries: NDArray[np.int64]) -> float:
    """Share of texts whose nearest other text is of the same entry."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    return float((entries[cosines.argmax(axis=1)] == entries).mean())


def _inexpressible(original: SentenceTransformerEncoder, cause: str) -> str:
    modules = ", ".join(type(module).__name__ for module in original.model)
    return (
        f"encoder {original.name} ({modules}) cannot be served without torch: {cause}. "
        "It can be served with it: pip install -c constraints.txt '.[sentence-transformers]'"
    )


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
