"""One question in, one decided answer out: the path that HTTP, evaluation and tests share. Knows nothing of
HTTP."""

import math
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import store
from index.answers import Answer, Candidate, Excerpt, Match, Suggestion
from index.articles import Article
from index.confidence import Status
from index.deixis import pointed_at
from index.dialogue import Resolved, Turn, carry, resolve
from index.encoder import Encoder, Vectors
from index.errors import MissingIndex
from index.lexicon import bag
from index.matcher import CONTEXTS, SIGNALS, Candidates, Comparison, Words
from index.snapshot import Snapshot, load_snapshot, load_version
from index.suggestion import highlight
from index.text import key, normalise


@dataclass(frozen=True)
class Asked:
    """A question, and how it wants to be answered. `threshold` takes the place of the index's own for answering; 0.0
    answers whatever has a candidate.

    `history`, oldest turn first, decides what a question means that leans on it; one that stands alone is answered as
    without it.
    """

    question: str
    history: Sequence[Turn] = ()
    top: int = 3
    threshold: float | None = None
    explain: bool = False


@dataclass(frozen=True)
class _Found:
    """What came of looking for a question: entries and their probabilities, best first, and what led to them."""

    normalised: str
    read_as: str
    known: int | None  # the row that says the same word for word; -1 if the corpus declines it
    compared: Comparison
    ranked: Candidates
    scores: Vectors
    entries: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    resolved: Resolved | None = None


class Answerer:
    """Answers from the snapshot in use; `refresh` swaps in a newer one while questions go on being answered
    from the old one."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        """Load the current index under `folder`. Raises `MissingIndex`, `DamagedIndex` or `ForeignIndex`."""
        self.encoder = encoder
        self._folder = folder
        self._in_use = _with_places(load_snapshot(folder, encoder))  # together, so that no reader sees halves of two
        self._refused: str | None = None
        self._lock = threading.Lock()
        self._beside = ThreadPoolExecutor(1, "words")

    @property
    def snapshot(self) -> Snapshot:
        return self._in_use[0]

    @property
    def refused(self) -> str | None:
        """The version that `refresh` has found bad, until another one is the current one."""
        return self._refused

    def article(self, id_: str) -> Article | None:
        """The entry with this id in the snapshot in use."""
        snapshot, places = self._in_use
        return snapshot.articles[places[id_]] if id_ in places else None

    def drawing(self, id_: str, figure: str) -> str | None:
        """The SVG of an entry's figure in the snapshot in use."""
        snapshot, places = self._in_use
        shown = snapshot.articles[places[id_]].figures.get(figure) if id_ in places else None
        return snapshot.drawings[shown.drawing] if shown else None

    def refresh(self) -> bool:
        """Load the current version if it is another one than that in use; True when it was swapped in.

        Raises what loading raises when the new version is bad; the old one stays in use, and the bad one is not
        tried again.
        """
        with self._lock:
            try:
                version = store.current_version(self._folder)
            except MissingIndex:
                return False
            if version == self.snapshot.version:
                self._refused = None
            if version in (self.snapshot.version, self._refused):
                return False
            self._refused = version  # until it has proved itself
            self._in_use = _with_places(load_version(self._folder / version, self.encoder))
            self._refused = None
            return True

    def ask(self, question: str, history: Sequence[Turn] = (), **wishes: Any) -> Answer:
        """Decide one question; `wishes` are further fields of `Asked`. Raises what `ask_together` raises."""
        [answer] = self.ask_together([Asked(question, history, **wishes)])
        return answer

    def ask_together(self, asked: Sequence[Asked]) -> list[Answer]:
        """Decide each question as if it were asked alone, at less cost than one by one: what is compared with is read
        once for all.

        Raises `ValueError` when nothing is left of a question after normalisation.
        """
        snapshot, places = self._in_use
        texts = [normalise(it.question) for it in asked]
        if not all(texts):
            raise ValueError("the question holds no printable character")
        texts = [_picked(snapshot, places, text, it.history) for text, it in zip(texts, asked, strict=True)]
        found = self._find(snapshot, texts)
        return [
            _answer(snapshot, it, self._in_context(snapshot, places, one, it.history))
            for it, one in zip(asked, found, strict=True)
        ]

    def suggest(self, typed: str, limit: int = 8) -> list[Suggestion]:
        """Up to `limit` entries whose ways of asking hold what was typed so far, best first; none if nothing does."""
        snapshot = self.snapshot
        found = []
        for match in snapshot.suggester.search(normalise(typed), snapshot.speller.sounds, limit):
            entry, text = snapshot.articles[snapshot.matcher.labels[match.row]].entry, snapshot.texts[match.row]
            place = highlight(text, match)
            found.append(Suggestion(entry.id, entry.question, text, (place,) if place else ()))
        return found

    def _find(self, snapshot: Snapshot, texts: Sequence[str]) -> list[_Found]:
        """What is found for each of the normalised texts by itself."""
        read_as = [snapshot.speller.read(text) for text in texts]
        vectors, words = self._look_at(snapshot, read_as)
        compared = snapshot.matcher.compare(vectors, words)
        ranked, scores = snapshot.ranking.best_first(snapshot.matcher.weigh(compared))
        probabilities = snapshot.confidence.probabilities(ranked, scores)
        found = []
        for at, text in enumerate(texts):
            known = snapshot.exact.get(key(text))
            one = ranked.only([at])
            decided = one.entries[0], probabilities[at]
            if known is not None:
                entry = int(snapshot.matcher.labels[known]) if known >= 0 else None
                decided = _as_the_corpus_says(entry, *decided)
            found.append(_Found(text, read_as[at], known, compared[at], one, scores[at : at + 1], *decided))
        return found

    def _look_at(self, snapshot: Snapshot, texts: Sequence[str]) -> tuple[Vectors, list[Words]]:
        """The vectors of texts, and what their wording shares with the rows.

        The words of a lone text are compared while it is encoded: the other thread wakes while this one cuts the text
        into tokens, and has the interpreter as soon as the model multiplies. Where there are several, this would save
        time that others have a use for, and to change between threads costs more.
        """

        def compare_words() -> list[Words]:
            return [snapshot.matcher.compare_words(bag(text)) for text in texts]

        compared = self._beside.submit(compare_words).result if len(texts) == 1 else compare_words
        return self.encoder.encode_queries(texts), compared()

    def _in_context(self, snapshot: Snapshot, places: dict[str, int], found: _Found, history: Sequence[Turn]) -> _Found:
        """What was found, in the light of the turns before it."""
        carried = carry(history, places)
        if carried is None or (found.known is not None and found.known >= 0):
            return found
        vectors = found.compared.vector[None]
        [reading] = snapshot.readings([found.read_as], vectors, found.ranked, found.scores)
        compare = partial(snapshot.compare, self.encoder)
        alone = snapshot.alone(reading, found.probabilities)
        resolved = resolve(snapshot.dialogue.weights, alone, carried, snapshot.articles, compare)
        return replace(found, entries=resolved.entries, probabilities=resolved.probabilities, resolved=resolved)


def _answer(snapshot: Snapshot, asked: Asked, found: _Found) -> Answer:
    status = snapshot.confidence.decide(found.probabilities, asked.threshold)
    candidates = tuple(
        Candidate(snapshot.articles[at].entry.id, snapshot.articles[at].entry.question, _rounded(p))
        for at, p in zip(found.entries[: asked.top].tolist(), found.probabilities[: asked.top].tolist(), strict=True)
    )
    carried = found.resolved and found.resolved.carried
    answer = Answer(
        status=status,
        confidence=_rounded(found.probabilities[0]),
        candidates=candidates,
        index_version=snapshot.version,
        in_context=f"{carried.question} {asked.question}" if carried else None,
        explain=_explain(snapshot, found) if asked.explain else None,
    )
    if status is not Status.ANSWERED:
        return answer
    at = int(found.entries[0])
    article = snapshot.articles[at]
    matched, match = _matched(snapshot, at, found)
    passage = _excerpt(article, snapshot.matcher.best_passage(at, found.compared))
    return replace(answer, article=article, matched_question=matched, match=match, passage=passage)


def _picked(snapshot: Snapshot, places: dict[str, int], normalised: str, history: Sequence[Turn]) -> str:
    """The question, or that of the entry which it picks from those offered last: to pick one is to ask it."""
    chosen = pointed_at(normalised, history[-1].offered) if history else None
    return normalise(snapshot.articles[places[chosen]].entry.question) if chosen in places else normalised


def _matched(snapshot: Snapshot, at: int, found: _Found) -> tuple[str, Match]:
    """The entry's known way of asking that is nearest to the question, and how the question was recognised."""
    matcher, known = snapshot.matcher, found.known
    if known is None or known < 0 or matcher.labels[known] != at:
        return snapshot.texts[matcher.nearest_row(at, found.compared)], Match.MEANING
    return snapshot.texts[known], Match.EXACT if known == matcher.rows_of(at)[0] else Match.PHRASING


def _with_places(snapshot: Snapshot) -> tuple[Snapshot, dict[str, int]]:
    """A snapshot, and where each id stands among its articles."""
    return snapshot, {article.entry.id: at for at, article in enumerate(snapshot.articles)}


def _rounded(probability: float) -> float:
    """Four digits, rounded down: only what the corpus itself decides has a confidence of 1."""
    return math.floor(probability * 1e4) / 1e4


def _as_the_corpus_says(
    entry: int | None, entries: NDArray[Any], probabilities: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """A question that stands in the corpus word for word is decided by the corpus: its entry with certainty, or
    none."""
    if entry is None:
        return entries, np.zeros_like(probabilities)
    others = entries != entry
    return np.append(entry, entries[others]), np.append(1.0, np.zeros(int(others.sum())))


def _excerpt(article: Article, passage: int | None) -> Excerpt | None:
    if passage is None:
        return None
    place = article.passages[passage]
    return Excerpt(article.answer[place.start : place.end], place.start, place.end)


def _explain(snapshot: Snapshot, found: _Found) -> dict[str, Any]:
    """What each step saw, for people who ask why."""
    ranked, scores = found.ranked, found.scores
    share = snapshot.confidence.share(scores)
    return {
        "normalised": found.normalised,
        "read_as": found.read_as,
        "known_word_for_word": found.known is not None,
        "history": found.resolved.details if found.resolved else None,
        "thresholds": {"answered": snapshot.confidence.answer_at, "clarify": snapshot.confidence.clarify_at},
        "in_scope": round(float(snapshot.confidence.in_scope(ranked, scores)[0]), 4),
        "nearest_out_of_scope": dict(
            zip(CONTEXTS, np.round(ranked.contexts[0].astype(float), 4).tolist(), strict=True)
        ),
        "candidates": [
            {
                "id": snapshot.articles[at].entry.id,
                "score": round(float(score), 4),
                "share": round(float(part), 4),
                "signals": dict(zip(SIGNALS, np.round(signals.astype(float), 4).tolist(), strict=True)),
            }
            for at, score, part, signals in zip(
                ranked.entries[0].tolist(), scores[0], share[0], ranked.signals[0], strict=True
            )
        ],
    }
