"""Weighs the signals into one score per candidate, so that its softmax is the probability that the candidate is
the entry meant.

The weights are those of a conditional logit (McFadden 1974) fitted at build time to questions whose entry is
known and whose own phrasing was left out of the matcher. Knows nothing of out-of-scope questions.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors
from index.matcher import SIGNALS, Candidates
from index.minimise import minimise

Float = TypeVar("Float", np.float32, np.float64)

PRIOR_MEAN = -0.7
"""Of each log weight, in units of the signal's spread: half a standard deviation's worth for every signal."""


@dataclass(frozen=True)
class Ranking:
    """A candidate's score is `signals @ weights`; no weight is negative."""

    weights: Vectors  # (len(SIGNALS),)

    def scores(self, candidates: Candidates) -> Vectors:
        """(q, c), higher is better; differences are log odds."""
        return candidates.signals @ self.weights

    def best_first(self, candidates: Candidates) -> tuple[Candidates, Vectors]:
        """The candidates in the order of their scores, and the scores (q, c)."""
        scores = self.scores(candidates)
        order = np.arange(len(scores))[:, None], np.argsort(-scores, axis=1, kind="stable")
        return Candidates(candidates.entries[order], candidates.signals[order], candidates.contexts), scores[order]


def softmax(scores: NDArray[Float]) -> NDArray[Float]:
    """Row by row."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: NDArray[Float] = odds / odds.sum(axis=1, keepdims=True)
    return shares


def sigmoid(logits: Any) -> Any:
    """Of numbers of any size, one by one."""
    return np.exp(-np.logaddexp(0, -logits))


def fit_ranking(candidates: Candidates, truth: NDArray[np.int64]) -> Ranking:
    """Maximum a posteriori weights for questions whose entry (q,) is known; those without it among their
    candidates are left out.

    The prior on each log weight is normal with mean `PRIOR_MEAN` and variance 1, so that a small corpus keeps a
    balance of all signals and a large one decides for itself; without a usable question it is all there is.
    """
    is_truth = candidates.entries == truth[:, None]
    usable = is_truth.any(axis=1)
    signals = candidates.signals[usable].astype(np.float64)
    at = np.arange(len(signals)), is_truth[usable].argmax(axis=1)
    seen = signals if usable.any() else candidates.signals.astype(np.float64)
    spread = seen.std(axis=(0, 1)) if seen.size else np.zeros(len(SIGNALS))
    alive = spread > 1e-6
    scaled = signals[..., alive] / spread[alive]

    def loss(logs: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = np.exp(logs)
        scores = scaled @ weights
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        total = odds.sum(axis=1)
        expected = np.einsum("qc,qcs->s", odds / total[:, None], scaled)
        away = logs - PRIOR_MEAN
        value = float((np.log(total) - scores[at]).sum() + (away**2).sum() / 2)
        return value, (expected - scaled[at].sum(axis=0)) * weights + away

    weights = np.zeros(len(SIGNALS), np.float32)
    weights[alive] = np.exp(minimise(loss, np.full(int(alive.sum()), PRIOR_MEAN), tolerance=1e-8)) / spread[alive]
    return Ranking(weights)
