"""From a question to candidates: how strongly each signal speaks for each entry, and how near the question is
to known others.

A `Matcher` is fitted on rows (phrasings, answers' passages, questions to decline) and asked with vectors and
bags. The build fits it on part of the rows to see how it does on the rest, and on all rows to serve, so that
both see the same numbers. It does not decide anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index import classifier as classification
from index.adapter import Adapter, Labels, fit_adapter, means, position_in_group, unit
from index.classifier import Classifier, fit_classifier
from index.encoder import Vectors
from index.lexicon import Bag, LanguageModel, Lexicon, bucket_rows, build_language_model, build_lexicon, join

NEAREST = 128
"""Rows taken from each FAISS search. An entry with fewer than four rows among them is credited with the last
one's similarity."""

WORDS = np.float32(0.7)
"""Length of the word features beside the two unit vectors in the classifier's input."""

CANDIDATES = 16
"""Entries handed on per question."""

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


@dataclass(frozen=True)
class Rows:
    """What can be matched. An out-of-scope row has label -1."""

    vectors: Vectors  # (n, d) unit rows
    bags: Sequence[Bag]  # n
    labels: Labels  # (n,) entry of each row, or -1

    def only(self, chosen: NDArray[np.bool_]) -> "Rows":
        return self.take(np.flatnonzero(chosen))

    def take(self, at: NDArray[np.int64]) -> "Rows":
        return Rows(self.vectors[at], [self.bags[i] for i in at.tolist()], self.labels[at])

    def __add__(self, other: "Rows") -> "Rows":
        vectors = np.concatenate([self.vectors, other.vectors])
        return Rows(vectors, [*self.bags, *other.bags], np.concatenate([self.labels, other.labels]))


@dataclass(frozen=True)
class Candidates:
    """For q questions, their `CANDIDATES` most promising entries (fewer when the corpus is smaller), best guess
    first."""

    entries: NDArray[np.int64]  # (q, c)
    signals: Vectors  # (q, c, len(SIGNALS))
    contexts: Vectors  # (q, len(CONTEXTS))

    def only(self, chosen: NDArray[Any]) -> "Candidates":
        return Candidates(self.entries[chosen], self.signals[chosen], self.contexts[chosen])


@dataclass(frozen=True)
class Matcher:
    """Everything a question is compared with."""

    entries: int
    labels: Labels  # (n,) of phrasings, then out-of-scope questions
    vectors: Vectors  # (n, d) the same rows as encoded
    adapted: Any  # faiss index over the same rows, then one mean per entry, all adapted
    passages: Any  # faiss index over passages as encoded
    passage_labels: Labels
    adapter: Adapter
    lines: Lexicon  # a document per row
    documents: Lexicon  # a document per entry
    passage_lines: Lexicon  # a document per passage
    language: LanguageModel
    classifier: Classifier | None
    scale: Vectors  # (len(SIGNALS),) spread of each signal, for choosing candidates

    def candidates(self, vectors: Vectors, bags: Sequence[Bag]) -> Candidates:
        """Compare q questions, given as unit vectors (q, d) and their bags, with every entry."""
        adapted = self.adapter(vectors)
        signals = {name: np.zeros((len(vectors), self.entries), np.float32) for name in SIGNALS}
        contexts = np.zeros((len(vectors), len(CONTEXTS)), np.float32)
        self._compare_vectors(vectors, adapted, signals, contexts)
        self._compare_words(bags, signals, contexts)
        if self.classifier:
            signals["classifier"] = self.classifier(self._features(vectors, adapted, bags))
        return self._best(np.stack([signals[name] for name in SIGNALS]), contexts)

    def rows_of(self, entry: int) -> NDArray[np.int64]:
        """Positions of the entry's phrasings among the rows."""
        return np.flatnonzero(self.labels == entry)

    def nearest_row(self, entry: int, vector: Vectors) -> int:
        """The entry's phrasing most similar to a question's vector (1, d), as a position among the rows."""
        rows = self.rows_of(entry)
        return int(rows[(self.vectors[rows] @ vector[0]).argmax()])

    def best_passage(self, entry: int, vector: Vectors, bag: Bag) -> int | None:
        """Which of the entry's passages, in their order, is nearest to a question in vector and words; None if
        it has none."""
        rows = np.flatnonzero(self.passage_labels == entry)
        if not len(rows):
            return None
        vectors = np.stack([self.passages.reconstruct(int(row)) for row in rows])
        return int((vectors @ vector[0] + self.passage_lines.scores(bag)[rows]).argmax())

    def _compare_vectors(
        self, vectors: Vectors, adapted: Vectors, signals: dict[str, Vectors], contexts: Vectors
    ) -> None:
        scores, rows = search(self.adapted, adapted, NEAREST)
        labels = np.append(self.labels, np.full(self.entries, -2))[rows]  # the means speak for themselves
        signals["mean"] = adapted @ self._means().T
        signals["neighbours"] = _mean_of_best(scores, labels, self.entries, 4)
        contexts[:, 1] = _mean_of_best(scores, labels + 1, 1, 3)[:, 0]
        for at, hits in enumerate(rows):  # cosines as encoded, of the rows that the adapted search has found
            hits = hits[hits < len(self.labels)]
            plain = self.vectors[hits] @ vectors[at]
            of = self.labels[hits]
            signals["nearest"][at] = plain.min(initial=1)
            np.maximum.at(signals["nearest"][at], of[of >= 0], plain[of >= 0])
            contexts[at, 0] = plain[of < 0].max(initial=plain.min(initial=1))
        if self.passages.ntotal:
            scores, rows = search(self.passages, vectors, NEAREST)
            signals["passage"] = _mean_of_best(scores, self.passage_labels[rows], self.entries, 1)

    def _compare_words(self, bags: Sequence[Bag], signals: dict[str, Vectors], contexts: Vectors) -> None:
        asked = int(np.count_nonzero(self.labels >= 0))  # out-of-scope rows come after the phrasings
        for at, bag in enumerate(bags):
            signals["document"][at] = self.documents.scores(bag)
            signals["language"][at] = self.language.scores(bag)
            lines = self.lines.scores(bag)
            np.maximum.at(signals["line"][at], self.labels[:asked], lines[:asked])
            contexts[at, 2] = lines[asked:].max(initial=0)
            if len(self.passage_labels):
                np.maximum.at(signals["passage_words"][at], self.passage_labels, self.passage_lines.scores(bag))

    def _features(self, vectors: Vectors, adapted: Vectors, bags: Sequence[Bag]) -> Vectors:
        """What the classifier sees: the vector adapted and as encoded, and the words."""
        return np.hstack([adapted, unit(vectors - self.adapter.centre), WORDS * bucket_rows(bags, self.lines)])

    def _means(self) -> Vectors:
        rows: Vectors = faiss.rev_swig_ptr(self.adapted.get_xb(), self.adapted.ntotal * self.adapted.d)
        return rows.reshape(-1, self.adapted.d)[-self.entries :]

    def _best(self, signals: Vectors, contexts: Vectors) -> Candidates:
        promise = np.tensordot(1 / self.scale, signals, 1)  # (q, entries)
        entries = np.argsort(-promise, axis=1, kind="stable")[:, :CANDIDATES]
        chosen = np.take_along_axis(signals, entries[None], axis=2)
        return Candidates(entries, np.moveaxis(chosen, 0, 2), contexts)


def fit_matcher(questions: Rows, passages: Rows, entries: int, shrinkage: float | None = None) -> Matcher:
    """Fit on phrasings and out-of-scope questions (label -1), and on passages. Labels are below `entries`."""
    asked = questions.only(questions.labels >= 0)
    questions = asked + questions.only(questions.labels < 0)
    adapter = fit_adapter(asked.vectors, asked.labels, shrinkage)
    adapted = adapter(questions.vectors)
    per_entry: list[list[Bag]] = [[] for _ in range(entries)]
    for bag, label in zip(asked.bags, asked.labels.tolist(), strict=True):
        per_entry[label].append(bag)
    centres = means(adapted[: len(asked.labels)], asked.labels, entries)
    matcher = Matcher(
        entries=entries,
        labels=questions.labels,
        vectors=questions.vectors,
        adapted=flat_index(np.concatenate([adapted, centres])),
        passages=flat_index(passages.vectors),
        passage_labels=passages.labels,
        adapter=adapter,
        lines=build_lexicon(questions.bags),
        documents=build_lexicon([join(bags) for bags in per_entry]),
        passage_lines=build_lexicon(passages.bags),
        language=build_language_model(asked.bags, asked.labels, entries),
        classifier=None,
        scale=np.ones(len(SIGNALS), np.float32),
    )
    features = matcher._features(asked.vectors, adapted[: len(asked.labels)], asked.bags)
    if classification.fits(len(features), features.shape[1], entries):
        matcher = replace(matcher, classifier=fit_classifier(features, asked.labels, entries))
    return _scaled(matcher, asked)


def _scaled(matcher: Matcher, asked: Rows) -> Matcher:
    if not len(asked.labels):
        return matcher
    sample = asked.only(np.arange(len(asked.labels)) % max(1, len(asked.labels) // 256) == 0)
    spread = matcher.candidates(sample.vectors, sample.bags).signals.std(axis=(0, 1))
    return replace(matcher, scale=np.where(spread > 1e-6, spread, np.inf).astype(np.float32))


def flat_index(vectors: Vectors) -> Any:
    """An exact inner-product FAISS index over unit rows (n, d), so that scores are cosines. A row may be zero:
    the mean of no rows."""
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0)), "rows must be of unit length"
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    return index


def search(index: Any, vectors: Vectors, limit: int) -> tuple[Vectors, NDArray[np.int64]]:
    """The `limit` most similar rows (all, if there are fewer), best first: cosines (q, k) and positions (q, k)."""
    scores, rows = index.search(np.ascontiguousarray(vectors, np.float32), min(limit, index.ntotal))
    return scores, rows


def _mean_of_best(scores: Vectors, labels: Labels, groups: int, best: int) -> Vectors:
    """(q, groups): mean of the `best` highest scores of each group among the hits (q, k), which come best
    first.

    Labels outside 0..groups-1 are passed over. A group with too few hits is filled up with the worst score of
    its question's hits, which bounds what the search has not returned.
    """
    queries, hits = scores.shape
    floor = scores[:, -1:] if hits else np.zeros((queries, 1), np.float32)
    cell = np.arange(queries)[:, None] * groups + labels
    counted = (labels >= 0) & (labels < groups)
    flat, values = cell[counted], scores[counted]
    among_best = position_in_group(flat) < best
    flat, values = flat[among_best], values[among_best]
    sums = np.bincount(flat, values, queries * groups).reshape(queries, groups)
    missing = best - np.bincount(flat, minlength=queries * groups).reshape(queries, groups)
    return ((sums + missing * floor) / best).astype(np.float32)
