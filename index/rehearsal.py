"""Learns how follow-ups are read, by playing conversations to a finished matcher that has never met them.

Which entry each turn of a dialogue means is known, but not whether it leans on the turns before it, so the mixture of
both cases is fitted as a whole, by its likelihood. The corpus's checked questions are known to stand alone, which
keeps a new question from being bent by the past. Knows nothing of files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.dialogue import (
    LEANING,
    SCOPE,
    Alone,
    Carried,
    Case,
    Dialogue,
    Numbers,
    Weights,
    make_case,
    texts_in_context,
)
from index.encoder import Encoder
from index.entries import CheckedQuestion, Corpus
from index.minimise import minimise
from index.quality import calibration_error
from index.ranking import sigmoid
from index.snapshot import Snapshot
from index.text import normalise

DEFAULT = (
    (3.0, -1.8, 2.4, -2.6, -0.8, 1.1),
    (-5.8, 0.55, 0.15, 0.3, 4.1, 8.3),
    (0.4, 0.1, 0.15, 1.2, 1.85, 1.45, 1.95),
)
"""Weights of `LEANING`, `SCOPE` and `CHOICE` for a corpus without dialogues of its own: what those of the deep-learning
corpus taught, rounded; with a point less for leaning, since nothing vouches for it there."""

ENOUGH = 50
"""Turns after the first that it takes to learn from a corpus's own dialogues."""

FOLDS = 5

PRIOR = ((0, 0, 0, 0, 0, 0), (0, 0.3, 0.3, 0.3, 0, 0), (0.5, 0.3, 0.3, 1, 1, 0.5, 0.5))
"""Means of the normal priors of the weights: every reading and every tie counts for something."""

_VARIANCES = ((25, 2, 2, 2, 2, 2), (25, 1, 1, 1, 4, 4), (1, 1, 1, 1, 1, 1, 1))


@dataclass(frozen=True)
class Played:
    """A turn in its context, with what would be right."""

    case: Case
    right: NDArray[np.bool_]  # (m,) of the case's entries
    in_scope: bool
    conversation: int


def unrehearsed(encoder: Encoder) -> Dialogue:
    """How follow-ups are read before anything was learned from a corpus."""
    lines = (files("index") / "follow_ups.txt").read_text("utf-8").splitlines()
    return Dialogue(
        _shaped(_flat(DEFAULT)),
        encoder.encode_queries([normalise(line) for line in lines if not line.startswith("# ")]),
    )


def rehearse(snapshot: Snapshot, corpus: Corpus, encoder: Encoder) -> tuple[Snapshot, dict[str, Any]]:
    """The snapshot with weights learned from the corpus's dialogues, and cross-validated figures under `dialogues`; as
    it is, without figures, where there are not at least `ENOUGH` turns to learn from."""
    played = play(corpus.dialogues, snapshot, encoder)
    if len(played) < ENOUGH:
        return snapshot, {}
    checked = snapshot.ask_alone(encoder, [question.text for question in corpus.calibration])
    standing = np.array([alone.leaning for alone in checked]).reshape(-1, len(LEANING))
    dialogue = replace(snapshot.dialogue, weights=fit_weights(played, standing))
    return replace(snapshot, dialogue=dialogue), {"dialogues": cross_fitted(played, standing)}


def play(dialogues: Sequence[Sequence[CheckedQuestion]], snapshot: Snapshot, encoder: Encoder) -> list[Played]:
    """Every turn after the first, as if those before it had been answered rightly."""
    articles = snapshot.articles
    places = {article.entry.id: at for at, article in enumerate(articles)}
    played = []
    for number, turns in enumerate(dialogues):
        asked = snapshot.ask_alone(encoder, [turn.text for turn in turns])
        carried: Carried | None = None
        for before, turn, read_before, alone in zip(turns, turns[1:], asked, asked[1:], strict=False):
            if before.accept or carried is None:
                carried = Carried(before.text, _answering(before, carried, read_before, places))
            readings = snapshot.compare(encoder, texts_in_context(alone.reading.text, carried, articles))
            case = make_case(alone, readings, carried, articles)
            right = np.isin(case.entries, [places[id_] for id_ in turn.accept])
            played.append(Played(case, right, bool(turn.accept), number))
    return played


def _answering(turn: CheckedQuestion, last: Carried | None, alone: Alone, places: dict[str, int]) -> int | None:
    """Which accepted entry answers: the one that did before, else the likeliest; None if nothing is accepted."""
    accepted = {places[id_] for id_ in turn.accept}
    if last is not None and last.entry in accepted:
        return last.entry
    return next((at for at in alone.reading.entries.tolist() if at in accepted), min(accepted, default=None))


def fit_weights(played: Sequence[Played], standing: Numbers) -> Weights:
    """Maximum a posteriori weights, for one turn or more.

    `standing` (s, len(LEANING)) are facts about questions that stand alone; they weigh as much, in all, as the turns.
    """
    stack, mean, precision = _Stack.of(played, standing), _flat(PRIOR), 1 / _flat(_VARIANCES)

    def loss(point: Numbers) -> tuple[float, Numbers]:
        value, gradient = stack.loss(point)
        away = point - mean
        return value + float(precision @ away**2) / 2, gradient + precision * away

    return _shaped(minimise(loss, mean, steps=300, tolerance=1e-9))


def cross_fitted(played: Sequence[Played], standing: Numbers) -> dict[str, Any]:
    """Figures for turns after the first, each read with weights from other conversations."""
    first, right = np.zeros(len(played)), np.zeros(len(played), bool)
    for fold in range(FOLDS):
        weights = fit_weights([one for one in played if one.conversation % FOLDS != fold], standing)
        for at, one in enumerate(played):
            if one.conversation % FOLDS == fold:
                probabilities = weights.probabilities(one.case)
                first[at], right[at] = probabilities.max(), one.right[probabilities.argmax()]
    inside = np.array([one.in_scope for one in played])
    return {
        "turns": int(inside.sum()),
        "out_of_scope": int((~inside).sum()),
        "top1": round(float(right[inside].mean()) if inside.any() else 0.0, 4),
        "calibration_error": round(calibration_error(first, right), 4),
    }


@dataclass(frozen=True)
class _Stack:
    """n played turns as arrays; the entries of all of them, k in number, one after another."""

    leaning: Numbers  # (n, len(LEANING))
    scope: Numbers  # (n, len(SCOPE))
    choice: Numbers  # (k, len(CHOICE))
    starts: NDArray[np.int64]  # (n,) where each turn's entries begin
    right: NDArray[np.bool_]  # (k,)
    in_scope: NDArray[np.bool_]  # (n,)
    by_itself: Numbers  # (n,) likelihood of what is right, by itself
    standing: Numbers  # (s, len(LEANING))

    @classmethod
    def of(cls, played: Sequence[Played], standing: Numbers) -> "_Stack":
        cases = [one.case for one in played]
        sizes = np.array([len(case.entries) for case in cases])
        likelihoods = [one.case.alone @ one.right if one.in_scope else 1 - one.case.alone.sum() for one in played]
        return cls(
            leaning=np.stack([case.leaning for case in cases]),
            scope=np.stack([case.scope for case in cases]),
            choice=np.concatenate([case.choice for case in cases]),
            starts=np.cumsum(sizes) - sizes,
            right=np.concatenate([one.right for one in played]),
            in_scope=np.array([one.in_scope for one in played]),
            by_itself=np.array(likelihoods),
            standing=standing,
        )

    def loss(self, point: Numbers) -> tuple[float, Numbers]:
        """Negative log likelihood of what is right, and of the standing questions' standing alone; its gradient."""
        weights = _shaped(point)
        leans, scope = sigmoid(self.leaning @ weights.leaning), sigmoid(self.scope @ weights.scope)
        share, hit = self._shares(self.choice @ weights.choice)
        in_context = np.where(self.in_scope, scope * hit, 1 - scope)
        total = (1 - leans) * self.by_itself + leans * in_context + 1e-9
        by_leaning = (in_context - self.by_itself) * leans * (1 - leans) / total  # each of the log likelihood
        by_scope = leans * np.where(self.in_scope, hit, -1) * scope * (1 - scope) / total
        by_hit = leans * np.where(self.in_scope, scope, 0) / total
        by_score = share * np.repeat(by_hit, self._sizes()) * (self.right - np.repeat(hit, self._sizes()))
        gradient = np.concatenate([by_leaning @ self.leaning, by_scope @ self.scope, by_score @ self.choice])
        logits, weight = self.standing @ weights.leaning, len(total) / max(len(self.standing), 1)
        gradient[: len(LEANING)] -= weight * sigmoid(logits) @ self.standing
        return float(weight * np.logaddexp(0, logits).sum() - np.log(total).sum()), -gradient

    def _sizes(self) -> NDArray[np.int64]:
        return np.diff(np.append(self.starts, len(self.right)))

    def _shares(self, scores: Numbers) -> tuple[Numbers, Numbers]:
        """(k,) softmax among the entries of each turn, and (n,) how much of it is right."""
        odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, self.starts), self._sizes()))
        share = odds / np.repeat(np.add.reduceat(odds, self.starts), self._sizes())
        return share, np.add.reduceat(share * self.right, self.starts)


def _flat(weights: Sequence[Sequence[float]]) -> Numbers:
    return np.concatenate([np.array(part, float) for part in weights])


def _shaped(point: Numbers) -> Weights:
    leaning, scope, choice = np.split(point, [len(LEANING), len(LEANING) + len(SCOPE)])
    return Weights(leaning, scope, choice)
