"""From ranked candidates to honest probabilities, and from those to a decision.

P(candidate answers the question) = P(some entry does) x P(this one does | one does). The first factor is a
logistic regression on evidence about the best candidate, in which nothing may count against its own direction
(no weight is negative); the second is the ranking's softmax, sharpened or softened. Both are fitted at build
time to questions that the matcher had not seen. Knows nothing of texts or vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors
from index.matcher import CONTEXTS, SIGNALS, Candidates
from index.minimise import minimise
from index.ranking import Ranking, sigmoid, softmax

OUT_OF_SCOPE_SHARE = 0.3
"""How many of a hundred questions are taken to have no answer here, when thresholds are chosen and errors
reported."""

PRECISION = 0.95
"""Of the questions answered, how many are to be answered rightly."""

ANSWER_FLOOR = 0.6
"""No question is answered with less confidence than this, even where the precision would allow it."""

CLARIFY_AT = 1 / 3
"""Ask back when the entry meant is among the first three with at least this probability: to offer three wrong
questions is taken to be half as bad as to decline one that has an answer."""

PRIOR_MEAN, PRIOR_VARIANCE = -1.5, 0.09
"""Of each log weight: with little data every piece of evidence keeps a similar say."""

_COMPARED = [SIGNALS.index(name) for name in ("nearest", "neighbours", "line")]
"""The signals that measure an entry as `CONTEXTS` measures the questions to decline, in the same order."""


class Status(StrEnum):
    ANSWERED = "answered"
    CLARIFY = "clarify"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Asked:
    """q questions with their ranked candidates, which of those are right, and how much each question counts."""

    candidates: Candidates
    scores: Vectors  # (q, c), best first
    right: NDArray[np.bool_]  # (q, c); a row without a right one is out of scope, or its entry was not found
    in_scope: NDArray[np.bool_]  # (q,)
    weights: NDArray[np.float64]  # (q,), in all 1

    def only(self, chosen: NDArray[np.bool_]) -> "Asked":
        weights = self.weights[chosen]
        return Asked(
            self.candidates.only(chosen),
            self.scores[chosen],
            self.right[chosen],
            self.in_scope[chosen],
            weights / weights.sum(),
        )


@dataclass(frozen=True)
class Confidence:
    """`sharpness` scales the ranking's scores; the rest is the logistic regression and the two thresholds."""

    sharpness: float
    bias: float
    weights: NDArray[np.float64]  # (evidence,)
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    answer_at: float
    clarify_at: float = CLARIFY_AT

    def probabilities(self, candidates: Candidates, scores: Vectors) -> NDArray[np.float64]:
        """(q, c): for each ranked candidate, the probability that it answers the question. A row sums to at
        most 1."""
        share = self.share(scores)
        return self._in_scope(candidates, share)[:, None] * share

    def share(self, scores: Vectors) -> NDArray[np.float64]:
        """(q, c): the probability of each candidate that it is the one, if one is."""
        return softmax(self.sharpness * scores.astype(np.float64))

    def in_scope(self, candidates: Candidates, scores: Vectors) -> NDArray[np.float64]:
        """(q,) probability that some entry answers the question."""
        return self._in_scope(candidates, self.share(scores))

    def _in_scope(self, candidates: Candidates, share: NDArray[np.float64]) -> NDArray[np.float64]:
        facts = evidence(candidates, share)
        probability: NDArray[np.float64] = sigmoid(self.bias + (facts - self.centre) / self.spread @ self.weights)
        return probability

    def decide(self, probabilities: NDArray[np.float64], threshold: float | None = None) -> Status:
        """What to do about one question, given its candidates' probabilities (c,), best first."""
        if probabilities[0] >= (self.answer_at if threshold is None else threshold):
            return Status.ANSWERED
        return Status.CLARIFY if probabilities[:3].sum() >= self.clarify_at else Status.NO_ANSWER


def evidence(candidates: Candidates, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """(q, facts) about ranked candidates, each the larger the likelier it is that one of them answers.

    The signals of the first; its log odds among the candidates; how far away known out-of-scope questions are, and
    how much nearer the first is than they are.
    """
    first, contexts = candidates.signals[:, 0].astype(np.float64), candidates.contexts.astype(np.float64)
    odds = np.minimum(np.maximum(share[:, :1], 1e-6), 1 - 1e-6)
    return np.concatenate([first, np.log(odds / (1 - odds)), -contexts, first[:, _COMPARED] - contexts], axis=1)


def fit_confidence(asked: Asked, precision: float = PRECISION) -> Confidence:
    """Fit to questions in and out of scope; the answering threshold is the lowest at which `precision` of the
    answers are right."""
    assert len(CONTEXTS) == len(_COMPARED)
    sharpness = _fit_sharpness(asked)
    share = softmax(sharpness * asked.scores.astype(np.float64))
    facts = evidence(asked.candidates, share)
    centre, spread = facts.mean(axis=0), facts.std(axis=0)
    spread = np.where(spread > 1e-6, spread, np.inf)
    bias, weights = _fit_scope((facts - centre) / spread, asked.in_scope, asked.weights * len(asked.weights))
    unset = Confidence(sharpness, bias, weights, centre, spread, answer_at=1.0)
    first = unset.probabilities(asked.candidates, asked.scores)[:, 0]
    return Confidence(
        sharpness, bias, weights, centre, spread, _threshold(first, asked.right[:, 0], asked.weights, precision)
    )


def _fit_sharpness(asked: Asked) -> float:
    found = asked.right.any(axis=1)
    scores, right, weights = asked.scores[found].astype(np.float64), asked.right[found], asked.weights[found]
    if not len(scores):
        return 1.0

    def loss(log: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        share = softmax(np.exp(log) * scores)
        hit = (share * right).sum(axis=1)
        expected = (share * scores).sum(axis=1)
        expected_right = (share * right * scores).sum(axis=1) / np.maximum(hit, 1e-300)
        gradient = weights @ (expected - expected_right) * np.exp(log)
        return float(-weights @ np.log(np.maximum(hit, 1e-300))) + 1e-3 * float(log @ log), gradient + 2e-3 * log

    return float(np.exp(minimise(loss, np.zeros(1))[0]))


def _fit_scope(
    facts: NDArray[np.float64], in_scope: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slopes, away = np.exp(point[1:]), point[1:] - PRIOR_MEAN
        logits = point[0] + facts @ slopes
        value = weights @ (np.logaddexp(0, logits) - in_scope * logits) + away @ away / (2 * PRIOR_VARIANCE)
        residual = weights * (sigmoid(logits) - in_scope)
        return float(value), np.append(residual.sum(), facts.T @ residual * slopes + away / PRIOR_VARIANCE)

    found = minimise(loss, np.append(0.0, np.full(facts.shape[1], PRIOR_MEAN)), tolerance=1e-9, steps=300)
    return float(found[0]), np.exp(found[1:])


def _threshold(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], weights: NDArray[np.float64], precision: float
) -> float:
    """The lowest confidence, at least `ANSWER_FLOOR`, from which on `precision` of answers are right."""
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    achieved = np.cumsum((weights * right)[order]) / np.cumsum(weights[order])
    last_of_equals = np.append(ranked[1:] < ranked[:-1], True)  # a threshold takes in all of them or none
    enough = np.flatnonzero(last_of_equals & (achieved >= precision))
    return max(float(ranked[enough[-1]]), ANSWER_FLOOR) if len(enough) else precision


def judge(ranking: Ranking, candidates: Candidates, truth: Sequence[frozenset[int]] = ()) -> Asked:
    """Rank the candidates of questions whose acceptable entries are known. Without `truth` all are out of
    scope."""
    ranked, scores = ranking.best_first(candidates)
    right = np.zeros(scores.shape, bool)
    for row, accepted in enumerate(truth):
        right[row] = np.isin(ranked.entries[row], list(accepted))
    count = len(scores)
    return Asked(ranked, scores, right, np.full(count, bool(truth)), np.full(count, 1 / max(count, 1)))


def together(known: Sequence[Asked], unknown: Sequence[Asked]) -> Asked:
    """Groups of questions in scope and out of scope as one, weighted to `OUT_OF_SCOPE_SHARE`; each group of a
    kind counts alike."""
    known, unknown = ([group for group in groups if len(group.scores)] for groups in (known, unknown))
    groups = [*known, *unknown]
    shares = [(1 - OUT_OF_SCOPE_SHARE) / len(known)] * len(known) + [OUT_OF_SCOPE_SHARE / len(unknown)] * len(unknown)
    return Asked(
        Candidates(
            np.concatenate([group.candidates.entries for group in groups]),
            np.concatenate([group.candidates.signals for group in groups]),
            np.concatenate([group.candidates.contexts for group in groups]),
        ),
        np.concatenate([group.scores for group in groups]),
        np.concatenate([group.right for group in groups]),
        np.concatenate([group.in_scope for group in groups]),
        np.concatenate([group.weights * share for group, share in zip(groups, shares, strict=True)]),
    )
