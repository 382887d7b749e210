"""How a question that leans on earlier ones is read, without a language model.

Such a question has three readings: by itself, after the question before it, and after the canonical question of
the entry that answered last. `Dialogue` says how probable it is that the question leans on what was said; which
entry is then meant, from what the three readings have for it and from how near it is to the entry that answered
last; and whether any is. The answer's probabilities are a mixture of both cases:

    P(entry) = (1 - P(leans)) P(entry | by itself) + P(leans) P(entry | in context)

All weights are fitted by `rehearsal`. Knows nothing of the encoder; readings are brought to it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.articles import Article
from index.deixis import refers
from index.encoder import Vectors
from index.lexicon import Heard, Lexicon
from index.ranking import sigmoid, softmax
from index.text import HAN, normalise

Numbers = NDArray[np.float64]

LEANS_AT = 0.2
"""A question that leans with less probability stands alone: its answer is what it would be without a history. Lower,
more new questions would be touched by the past; higher, more follow-ups would be missed."""

LEANING = ("constant", "in_scope", "refers", "length", "substance", "bare")
"""Facts about a question by itself: log odds that the corpus answers it, as far as it is not bare; whether a word
refers to something said before; its length; how much of the corpus's rarer wording it has; how near it is to a
question that means nothing by itself."""

SCOPE = ("constant", "alone", "after_question", "after_answer", "familiar", "bare")
"""Facts about a question that leans: log odds that the corpus answers each of its readings; how much of its own
wording the corpus knows ("他哪年去世的" has little of it, whatever it is put after); how bare it is."""

CHOICE = ("alone", "after_question", "after_answer", "same", "related", "topic", "leading_topic")
"""Facts about an entry: its log share of each reading; whether it is the entry that answered last, is named there
as related, has a topic with it in common, has the first one in common."""

_UNIT = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of a conversation; the entry that answered it, if one did; and the entries that were
    shown to choose from, in their order."""

    question: str
    id: str | None = None
    offered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A text that a question may stand for, and its candidates."""

    text: str
    vector: Vectors  # (d,)
    entries: NDArray[np.int64]  # (c,)
    shares: Numbers  # (c,) probability of each candidate, if one answers
    in_scope: float  # probability that one does


@dataclass(frozen=True)
class Alone:
    """A question by itself: its reading, and the probabilities (c,) of the candidates."""

    reading: Reading
    probabilities: Numbers
    leaning: Numbers  # (len(LEANING),)
    familiar: float  # share of its wording that the entries' wording has
    bare: float  # cosine of the nearest question that means nothing by itself


@dataclass(frozen=True)
class Carried:
    """What a question is read after: an earlier question, and the entry that answered it, if one did."""

    question: str
    entry: int | None


@dataclass(frozen=True)
class Case:
    """A question in its context, as facts about it and about m entries."""

    leaning: Numbers  # (len(LEANING),)
    scope: Numbers  # (len(SCOPE),)
    entries: NDArray[np.int64]  # (m,) ascending
    choice: Numbers  # (m, len(CHOICE))
    alone: Numbers  # (m,) their probabilities without the context


@dataclass(frozen=True)
class Resolved:
    """Entries and their probabilities, best first, what the question was read after, and how that came about."""

    entries: NDArray[np.int64]
    probabilities: Numbers
    carried: Carried | None
    details: dict[str, Any]


@dataclass(frozen=True)
class Weights:
    """Of the three models: two logistic ones and a conditional logit."""

    leaning: Numbers  # (len(LEANING),)
    scope: Numbers  # (len(SCOPE),)
    choice: Numbers  # (len(CHOICE),)

    def leans(self, leaning: Numbers) -> float:
        """Probability that a question with these `LEANING` facts leans on what was said before."""
        return float(sigmoid(leaning @ self.leaning))

    def in_scope(self, case: Case) -> float:
        """Probability that some entry answers the question in its context."""
        return float(sigmoid(case.scope @ self.scope))

    def probabilities(self, case: Case) -> Numbers:
        """(m,) for each entry of the case, the probability that it answers the question."""
        in_context = self.in_scope(case) * softmax((case.choice @ self.choice)[None])[0]
        leans = self.leans(case.leaning)
        mixed: Numbers = (1 - leans) * case.alone + leans * in_context
        return mixed


@dataclass(frozen=True)
class Dialogue:
    """How follow-ups are read: the weights, and questions that mean nothing by themselves."""

    weights: Weights
    bare: Vectors  # (b, d) unit rows


def resolve(
    weights: Weights,
    alone: Alone,
    carried: Carried,
    articles: Sequence[Article],
    compare: Callable[[Sequence[str]], Sequence[Reading]],
) -> Resolved:
    """Decide about a question that has `carried` behind it.

    `compare` is asked for the readings in context, at most two, and only if the question may lean on what was said.
    """
    leans = weights.leans(alone.leaning)
    if leans < LEANS_AT:
        return Resolved(
            alone.reading.entries, alone.probabilities, None, {"leans": round(leans, 4), "carried_over": None}
        )
    readings = compare(texts_in_context(alone.reading.text, carried, articles))
    case = make_case(alone, readings, carried, articles)
    mixed = weights.probabilities(case)
    order = np.argsort(-mixed, kind="stable")
    carried_id = None if carried.entry is None else articles[carried.entry].entry.id
    details = {
        "leans": round(leans, 4),
        "carried_over": {"question": carried.question, "id": carried_id},
        "in_scope": round(weights.in_scope(case), 4),
        "readings": [
            {"text": r.text, "first": articles[int(r.entries[0])].entry.id, "in_scope": round(r.in_scope, 4)}
            for r in readings
        ],
    }
    return Resolved(case.entries[order], mixed[order], carried, details)


def carry(history: Sequence[Turn], places: dict[str, int]) -> Carried | None:
    """What the turns, oldest first, leave to lean on: the latest that was answered or asked back, so that thanks or a
    declined question do not hide it; failing that the last one. None without any turn. `places` knows the ids."""
    if not history:
        return None
    turn = next((turn for turn in reversed(history) if turn.id in places or turn.offered), history[-1])
    return Carried(turn.question, places.get(turn.id or ""))


def texts_in_context(text: str, carried: Carried, articles: Sequence[Article]) -> list[str]:
    """The question after the one before it, and, if anything was answered, after that entry's canonical question."""
    before = [carried.question]
    if carried.entry is not None:
        before.append(articles[carried.entry].entry.question)
    return [f"{said} {text}" for said in dict.fromkeys(normalise(said) for said in before)]


def by_itself(
    dialogue: Dialogue, reading: Reading, probabilities: Numbers, heard: Heard, lexicon: Lexicon, field: int
) -> Alone:
    """The question of a reading, with what the lexicon knows of it; its field holds the wording of each entry."""
    idf = heard.idf[field]
    rarest = lexicon.unheard[field]
    weights = np.square(heard.counted * idf, dtype=np.float64)
    familiar = float(weights[idf < rarest].sum() / (weights.sum() + heard.foreign * rarest**2 or 1))
    bare = float((dialogue.bare @ reading.vector).max(initial=0))
    leaning = (
        1.0,
        _log_odds(reading.in_scope, 0.01) * (1 - bare),
        float(refers(reading.text)),
        min(len(_UNIT.findall(reading.text)), 30) / 10,
        float(np.log1p(idf[idf < rarest].sum() / rarest)),
        bare,
    )
    return Alone(reading, probabilities, np.array(leaning), familiar, bare)


def make_case(alone: Alone, readings: Sequence[Reading], carried: Carried, articles: Sequence[Article]) -> Case:
    """Gather the facts. `readings` are those of `texts_in_context`, in its order."""
    three = (alone.reading, readings[0], readings[-1])
    focus = [] if carried.entry is None else [carried.entry]
    entries = np.unique(np.concatenate([*(reading.entries for reading in three), np.array(focus, np.int64)]))
    probabilities = np.zeros(len(entries))
    probabilities[np.searchsorted(entries, alone.reading.entries)] = alone.probabilities
    shares = [_log_shares(reading, entries) for reading in three]
    return Case(
        leaning=alone.leaning,
        scope=np.array([1.0, *(_log_odds(reading.in_scope) for reading in three), alone.familiar, alone.bare]),
        entries=entries,
        choice=np.column_stack([*shares, _nearness(entries, carried.entry, articles)]),
        alone=probabilities,
    )


def _log_shares(reading: Reading, entries: NDArray[np.int64]) -> Numbers:
    """Log share of each entry; one that is no candidate gets that of the last candidate, which bounds it."""
    logs = np.log(np.maximum(reading.shares, 1e-12))
    found = np.full(len(entries), logs.min())
    found[np.searchsorted(entries, reading.entries)] = logs
    return found


def _nearness(entries: NDArray[np.int64], focus: int | None, articles: Sequence[Article]) -> Numbers:
    """(m, 4): same, related, topic, leading topic."""
    near = np.zeros((len(entries), 4))
    if focus is not None:
        about = articles[focus].entry
        for row, at in zip(near, entries.tolist(), strict=True):
            entry = articles[at].entry
            shared = set(entry.topics) & set(about.topics)
            row[:] = at == focus, entry.id in about.related, bool(shared), entry.topics[:1] == about.topics[:1] != ()
    return near


def _log_odds(probability: float, margin: float = 1e-4) -> float:
    bounded = min(max(probability, margin), 1 - margin)
    return float(np.log(bounded / (1 - bounded)))
