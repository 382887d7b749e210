"""From a question to candidates: how strongly each signal speaks for each entry, and how near the question is
to known others.

A `Matcher` is fitted on rows (phrasings, answers' passages, questions to decline) and asked with vectors and
bags. The build fits it on part of the rows to see how it does on the rest, and on all rows to serve, so that
both see the same numbers. It does not decide anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import classifier as classification
from index.adapter import Adapter, Labels, fit_adapter, means, unit
from index.classifier import Classifier, fit_classifier
from index.encoder import Vectors
from index.lexicon import (
    Bag,
    Heard,
    LanguageModel,
    Lexicon,
    bucket_rows,
    build_language_model,
    build_lexicon,
    join,
)
from index.rows import FlatIndex, PackedRows, Rows, flat_index, packed_rows

NEAREST = 96
"""Rows taken from each FAISS search. An entry with fewer than four rows among them is credited with the last
one's similarity."""

WORDS = np.float32(0.7)
"""Length of the word features beside the two unit vectors in the classifier's input."""

CANDIDATES = 16
"""Entries handed on per question."""

DOCUMENTS, LINES = 0, 1
"""Fields of a matcher's lexicon: all phrasings of an entry as one document, each phrasing or question to decline. The
third holds each passage."""

SIGNALS = (
    "nearest",  # cosine of its nearest phrasing
    "mean",  # cosine of its mean, adapted
    "neighbours",  # mean cosine of its four nearest phrasings, adapted
    "document",  # lexical cosine of all its phrasings as one document
    "line",  # lexical cosine of its nearest phrasing
    "language",  # log ratio of the language model of its phrasings
    "classifier",  # logit
    "passage",  # cosine of its nearest passage
    "passage_words",  # lexical cosine of its nearest passage
)
"""What speaks for an entry. Higher is better; the scales differ, which is the ranking's business."""

CONTEXTS = ("nearest_declined", "neighbours_declined", "line_declined")
"""How near the closest known out-of-scope question is: cosine, mean of the three nearest adapted, lexical
cosine."""


_MEAN = -2
"""Label of a mean among the adapted rows: it speaks for itself."""

_Runs = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Of rows that stand entry by entry, the entries that have any, and where the rows of each begin."""


@dataclass(frozen=True)
class Candidates:
    """For q questions, their `CANDIDATES` most promising entries (fewer when the corpus is smaller), best guess
    first."""

    entries: NDArray[np.int64]  # (q, c)
    signals: Vectors  # (q, c, len(SIGNALS))
    contexts: Vectors  # (q, len(CONTEXTS))

    def only(self, chosen: NDArray[Any] | Sequence[int]) -> "Candidates":
        return Candidates(self.entries[chosen], self.signals[chosen], self.contexts[chosen])


@dataclass(frozen=True)
class Words:
    """What the wording of a question shares with the rows of a matcher."""

    signals: dict[str, Vectors]  # (entries,) each; that of the classifier as far as it goes by words
    declined: float  # cosine of the nearest question to decline
    passages: Vectors  # (p,) cosine of each passage


@dataclass(frozen=True)
class Comparison:
    """What one question was found to share with the rows of a matcher."""

    vector: Vectors  # (d,)
    adapted: Vectors  # (d,)
    words: Words
    hits: tuple[Vectors, NDArray[np.int64]]  # cosines (k,) and positions (k,) of the nearest adapted rows and means
    passages: tuple[Vectors, NDArray[np.int64]]  # the same of the nearest passages


@dataclass(frozen=True)
class Matcher:
    """Everything a question is compared with."""

    entries: int
    labels: Labels  # (n,) of phrasings, then out-of-scope questions
    vectors: PackedRows  # the same rows as encoded
    adapted: FlatIndex  # the same rows, then one mean per entry, all adapted
    means: Vectors  # (entries, d) adapted
    passages: FlatIndex  # as encoded
    passage_labels: Labels
    adapter: Adapter
    lexicon: Lexicon  # of three fields
    language: LanguageModel
    classifier: Classifier | None
    scale: Vectors  # (len(SIGNALS),) spread of each signal, for choosing candidates

    @cached_property
    def _labels_of_adapted(self) -> Labels:
        return np.append(self.labels, np.full(self.entries, _MEAN))

    @cached_property
    def _asked(self) -> int:
        """Where the phrasings end and the out-of-scope rows begin."""
        return int(np.count_nonzero(self.labels >= 0))

    @cached_property
    def _phrasing_runs(self) -> _Runs:
        return np.unique(self.labels[: self._asked], return_index=True)

    @cached_property
    def _passage_runs(self) -> _Runs:
        return np.unique(self.passage_labels, return_index=True)

    def candidates(self, vectors: Vectors, bags: Sequence[Bag]) -> Candidates:
        """Compare q questions, given as unit vectors (q, d) and their bags, with every entry."""
        return self.weigh(self.compare(vectors, [self.compare_words(bag) for bag in bags]))

    def compare_words(self, bag: Bag) -> Words:
        """Find what the wording of a question shares with the rows."""
        heard = self.lexicon.hear(bag)
        documents, lines, passages = self.lexicon.scores(heard)
        signals = {
            "document": documents,
            "line": _best_of_runs(lines[: self._asked], self._phrasing_runs, self.entries),
            "language": self.language.scores(heard),
            "classifier": self._classify_words(heard),
            "passage_words": _best_of_runs(passages, self._passage_runs, self.entries),
        }
        return Words(signals, lines[self._asked :].max(initial=0), passages)

    def compare(self, vectors: Vectors, words: Sequence[Words]) -> list[Comparison]:
        """Find what q questions share with the rows, given their unit vectors (q, d) and what their wording shares."""
        adapted = self.adapter(vectors)
        hits = zip(*self.adapted.search(adapted, NEAREST), strict=True)
        passages = zip(*self.passages.search(vectors, NEAREST), strict=True)
        return [Comparison(*found) for found in zip(vectors, adapted, words, hits, passages, strict=True)]

    def weigh(self, compared: Sequence[Comparison], most: int = CANDIDATES) -> Candidates:
        """Up to `most` entries for which each of the comparisons speaks most, and how strongly."""
        signals, contexts = map(np.array, zip(*map(self._weigh, compared), strict=True))
        if self.classifier:
            vectors, adapted = map(np.array, zip(*((it.vector, it.adapted) for it in compared), strict=True))
            features = self._vector_features(vectors, adapted)
            logits = self.classifier.part(features, slice(features.shape[1])) + self.classifier.bias
            signals[:, SIGNALS.index("classifier")] += logits
        promise = 1 / self.scale @ signals  # (q, entries)
        entries = np.argsort(-promise, axis=1, kind="stable")[:, :most]
        questions = np.arange(len(entries))[:, None]
        return Candidates(entries, signals[questions, :, entries], contexts)

    def rows_of(self, entry: int) -> NDArray[np.int64]:
        """Positions of the entry's phrasings among the rows."""
        return np.flatnonzero(self.labels == entry)

    def nearest_row(self, entry: int, found: Comparison) -> int:
        """The entry's phrasing whose vector is most similar to the question's, as a position among the rows: of those
        that the search has found, if it has found one."""
        hits = found.hits[1]
        rows = hits[self._labels_of_adapted[hits] == entry]
        rows = rows if len(rows) else self.rows_of(entry)
        return int(rows[self.vectors.cosines(rows, found.vector).argmax()])

    def best_passage(self, entry: int, found: Comparison) -> int | None:
        """Which of the entry's passages, in their order, is nearest to a question in vector and words; None if
        it has none."""
        rows = np.flatnonzero(self.passage_labels == entry)
        if not len(rows):
            return None
        cosines = self.passages.cosines(rows, found.vector)
        return int((cosines + found.words.passages[rows]).argmax())

    def _weigh(self, found: Comparison) -> tuple[Vectors, Vectors]:
        """Signals (len(SIGNALS), entries) and contexts (len(CONTEXTS),) of one question. The classifier's signal goes
        by words alone: vectors are multiplied for many questions at once."""
        scores, rows = found.hits
        of = self._labels_of_adapted[rows]
        # Cosines as encoded, of the rows that the adapted search has found.
        inside = rows[of > _MEAN]
        plain, of_plain = self.vectors.cosines(inside, found.vector), self.labels[inside]
        passage_scores, passages = found.passages
        farthest_passage = passage_scores[-1] if len(passage_scores) else 0.0
        nearest = _best(plain, of_plain, self.entries, plain.min(initial=1))
        neighbours = _means_of_best(scores, of + 1, [3] + [4] * self.entries)  # first those to decline
        signals = {
            "nearest": nearest[:-1],
            "mean": self.means @ found.adapted,
            "neighbours": neighbours[1:],
            "passage": _best(passage_scores, self.passage_labels[passages], self.entries, farthest_passage)[:-1],
            **found.words.signals,
        }
        contexts = np.array([nearest[-1], neighbours[0], found.words.declined], np.float32)
        return np.array([signals[name] for name in SIGNALS]), contexts

    def _vector_features(self, vectors: Vectors, adapted: Vectors) -> Vectors:
        """What the classifier sees of vectors: adapted, and as encoded."""
        return np.hstack([adapted, unit(vectors - self.adapter.centre)])

    def _word_features(self, heard: Sequence[Heard]) -> Vectors:
        """What it sees of wording: every gram in its bucket."""
        return WORDS * bucket_rows(heard, self.lexicon, LINES)

    def _classify_words(self, heard: Heard) -> Vectors:
        """(entries,) what words add to the classifier's logits."""
        if self.classifier is None:
            return np.zeros(self.entries, np.float32)
        [features] = self._word_features([heard])
        held = np.flatnonzero(features)  # few of the many
        return self.classifier.part(features[held], held - len(features))  # words come last


def fit_matcher(questions: Rows, passages: Rows, entries: int, shrinkage: float | None = None) -> Matcher:
    """Fit on phrasings and out-of-scope questions (label -1), and on passages. Labels are below `entries`; phrasings
    and passages come entry by entry."""
    asked = questions.only(questions.labels >= 0)
    assert np.all(np.diff(asked.labels) >= 0)
    assert np.all(np.diff(passages.labels) >= 0)
    questions = asked + questions.only(questions.labels < 0)
    adapter = fit_adapter(asked.vectors, asked.labels, shrinkage)
    adapted = adapter(questions.vectors)
    per_entry: list[list[Bag]] = [[] for _ in range(entries)]
    for bag, label in zip(asked.bags, asked.labels.tolist(), strict=True):
        per_entry[label].append(bag)
    lexicon = build_lexicon([join(bags) for bags in per_entry], questions.bags, passages.bags)
    centres = means(adapted[: len(asked.labels)], asked.labels, entries)
    matcher = Matcher(
        entries=entries,
        labels=questions.labels,
        vectors=packed_rows(questions.vectors),
        adapted=flat_index(np.concatenate([adapted, centres])),
        means=centres,
        passages=flat_index(passages.vectors),
        passage_labels=passages.labels,
        adapter=adapter,
        lexicon=lexicon,
        language=build_language_model(lexicon, asked.bags, asked.labels, entries),
        classifier=None,
        scale=np.ones(len(SIGNALS), np.float32),
    )
    of_vectors = matcher._vector_features(asked.vectors, adapted[: len(asked.labels)])
    features = np.hstack([of_vectors, matcher._word_features(list(map(lexicon.hear, asked.bags)))])
    if classification.fits(len(features), features.shape[1], entries):
        matcher = replace(matcher, classifier=fit_classifier(features, asked.labels, entries))
    return _scaled(matcher, asked)


def _scaled(matcher: Matcher, asked: Rows) -> Matcher:
    if not len(asked.labels):
        return matcher
    sample = asked.only(np.arange(len(asked.labels)) % max(1, len(asked.labels) // 256) == 0)
    spread = matcher.candidates(sample.vectors, sample.bags).signals.std(axis=(0, 1))
    return replace(matcher, scale=np.where(spread > 1e-6, spread, np.inf).astype(np.float32))


def _best(scores: Vectors, labels: Labels, groups: int, floor: float) -> Vectors:
    """(groups + 1,): the highest of the scores (n,) that bear each label, or `floor` if that is higher; last that of
    label -1."""
    best = np.full(groups + 1, floor, np.float32)
    np.maximum.at(best, labels, scores)
    return best


def _best_of_runs(scores: Vectors, runs: _Runs, groups: int) -> Vectors:
    """(groups,): the highest of the scores (n,) in each run, nought for a group without one."""
    present, starts = runs
    best = np.zeros(groups, np.float32)
    if len(present):
        best[present] = np.maximum.reduceat(scores, starts)
    return best


def _means_of_best(scores: Vectors, labels: Labels, counts: Sequence[int]) -> Vectors:
    """(len(counts),): for each group the mean of so many of its highest scores among a question's hits (k,), which come
    best first.

    Labels that are no group are passed over. A group with too few hits is filled up with the worst score, which
    bounds what the search has not returned.
    """
    worst = scores[-1] if len(scores) else np.float32(0)
    gains, wanted = [0.0] * len(counts), list(counts)
    for gain, label in zip((scores - worst).tolist(), labels.tolist(), strict=True):  # too few to be quicker as arrays
        if 0 <= label < len(counts) and wanted[label]:
            wanted[label] -= 1
            gains[label] += gain
    return np.asarray(worst + np.array(gains) / np.array(counts), np.float32)
