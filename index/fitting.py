"""Everything that an index learns from a corpus: encode, fit the signals, leave out in turn, fit ranking, confidence
and the reading of follow-ups. Knows nothing of files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.articles import Article, draw, write_articles
from index.confidence import Asked, fit_confidence, judge, together
from index.encoder import Encoder, common_words
from index.entries import SLIPS, Corpus, Phrasing
from index.lexicon import bag
from index.mapped import Integers, Texts
from index.matcher import Candidates, Matcher, fit_matcher
from index.pinyin import syllables_of
from index.quality import auroc, calibration_error, found
from index.ranking import Ranking, fit_ranking
from index.rehearsal import rehearse, unrehearsed
from index.rows import Rows
from index.snapshot import Snapshot
from index.spelling import Speller, fit_speller
from index.strays import Strays, find_strays
from index.suggestion import Suggester, fit_suggester
from index.text import key, normalise
from index.validation import left_out_entries, left_out_phrasings

_BATCH = 256

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Fitted:
    """A snapshot that has no version yet, how well it did while it was fitted, and what went astray."""

    snapshot: Snapshot
    quality: dict[str, Any]
    strays: Strays


@dataclass(frozen=True)
class _Material:
    """The corpus as rows: its phrasings, questions to decline and passages, and the texts of the first two."""

    ways: Sequence[Phrasing]
    declined_texts: Sequence[Phrasing]
    asked: Rows
    declined: Rows
    passages: Rows
    entries: int


def fit(corpus: Corpus, encoder: Encoder, precision: float, progress: Progress) -> Fitted:
    """Learn from the whole corpus; `precision` is what the answering threshold is to keep. `progress` is told of each
    step as it begins."""
    articles = write_articles(corpus)
    progress("encoding")
    material = _encode(corpus, articles, encoder)
    progress("spelling")
    speller, suggester = _fit_spelling(material, articles)
    progress("fitting on everything")
    matcher = fit_matcher(material.asked + material.declined, material.passages, material.entries)
    tried, unanswered = _leave_out(material, matcher, not corpus.out_of_scope, progress)
    progress("fitting ranking and confidence")
    learnable = _learnable(material.asked.labels)
    tried, labels = tried.only(learnable), material.asked.labels[learnable]
    ranking = fit_ranking(tried, labels)
    left_out = judge(ranking, tried, [frozenset([label]) for label in labels.tolist()])
    outside = [judge(ranking, candidates) for candidates in unanswered]
    checked = _calibration(corpus, encoder, speller, matcher, ranking)
    judged = together([checked or left_out], outside)
    confidence = fit_confidence(judged, precision)
    left = [way for way, kept in zip(material.ways, learnable, strict=True) if kept]
    strays = find_strays(
        ([way.text for way in left], labels, left_out),
        ([way.text for way in material.declined_texts], outside[0]),
        [entry.id for entry in corpus.entries],
        confidence,
    )
    snapshot = Snapshot(
        version="",
        manifest={},
        articles=articles,
        drawings=draw(corpus),
        exact=_exact(material.ways, corpus.out_of_scope),
        texts=Texts.of([way.text for way in material.ways]),
        matcher=matcher,
        ranking=ranking,
        confidence=confidence,
        speller=speller,
        suggester=suggester,
        dialogue=unrehearsed(encoder),
    )
    progress("rehearsing dialogues")
    snapshot, rehearsed = rehearse(snapshot, corpus, encoder)
    quality = _quality(judged, precision) | {"left_out_phrasings": found(left_out.right, [way.style for way in left])}
    return Fitted(snapshot, quality | rehearsed, strays)


def _encode(corpus: Corpus, articles: Sequence[Article], encoder: Encoder) -> _Material:
    ways = [(at, way) for at, entry in enumerate(corpus.entries) for way in entry.ways_of_asking]
    declined = corpus.out_of_scope or _generic_out_of_scope()
    passages = [(at, text) for at, article in enumerate(articles) for text in article.passage_texts()]
    return _Material(
        [way for _, way in ways],
        declined,
        _question_rows(encoder, [way.text for _, way in ways], [at for at, _ in ways]),
        _question_rows(encoder, [way.text for way in declined], [-1] * len(declined)),
        _passage_rows(encoder, passages),
        len(corpus.entries),
    )


def _leave_out(
    material: _Material, matcher: Matcher, entries_too: bool, progress: Progress
) -> tuple[Candidates, list[Candidates]]:
    """What is made of phrasings and of questions without an answer that were left out: those to decline and, where the
    corpus brings none of its own, the phrasings of left-out entries."""
    rows = material.asked, material.declined, material.passages, material.entries, matcher.adapter.shrinkage
    asked, declined = left_out_phrasings(*rows, progress)
    return asked, [declined, left_out_entries(*rows, progress)] if entries_too else [declined]


def _fit_spelling(material: _Material, articles: Sequence[Article]) -> tuple[Speller, Suggester]:
    asked = [normalise(way.text) for way in material.ways]
    questions = [normalise(way.text) for way in (*material.ways, *material.declined_texts) if way.style != SLIPS]
    passages = [normalise(text) for article in articles for text in article.passage_texts()]
    syllables = syllables_of(questions)
    speller = fit_speller(questions, passages, syllables, common_words())
    return speller, fit_suggester(material.ways, asked, material.asked.labels, syllables)


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
    texts = [speller.read(normalise(question.text)) for question in corpus.calibration]
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


def _exact(ways: Sequence[Phrasing], declined: Sequence[Phrasing]) -> Integers:
    """Of two ways of asking with the same key the first has it, which may be the canonical question."""
    exact = {key(normalise(way.text)): -1 for way in declined}
    exact |= {key(normalise(way.text)): row for row, way in reversed(list(enumerate(ways)))}
    exact.pop("", None)
    return Integers.of(exact)
