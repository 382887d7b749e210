"""Softmax regression over a question's vector and wording: learns what sets sister entries apart, which no
similarity does.

Knows vectors and labels only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.adapter import Labels
from index.encoder import Vectors
from index.minimise import minimise

PENALTY = 1e-3
STEPS = 60
LARGEST = 4_000_000_000
"""Rows x features x entries beyond which fitting would take minutes; such a corpus does without the classifier."""


@dataclass(frozen=True)
class Classifier:
    """Scores entries linearly: `features @ weights + bias`."""

    weights: Vectors  # (features, entries)
    bias: Vectors  # (entries,)

    def __call__(self, features: Vectors) -> Vectors:
        """(n, features) to (n, entries) logits."""
        return self.part(features, slice(None)) + self.bias

    def part(self, features: Vectors, at: NDArray[np.int64] | slice) -> Vectors:
        """What the features at these positions, (..., k), add to the logits."""
        scores: Vectors = features @ self.weights[at]
        return scores


def fits(rows: int, features: int, entries: int) -> bool:
    """Whether a corpus of this size gets a classifier."""
    return entries > 1 and rows * features * entries <= LARGEST


def fit_classifier(features: Vectors, labels: Labels, entries: int) -> Classifier:
    """Minimise balanced cross-entropy plus `PENALTY / entries` / 2 times the squared weights; every entry
    counts the same.

    features (n, f), labels (n,) below `entries`. An entry without a row keeps weights near zero. The logits of a
    question come out with mean zero: the loss leaves their common offset free, rounding drifts along it, and the
    logits of two fits could not be compared, as the confidence compares them.
    """
    rows, width = features.shape
    counts = np.bincount(labels, minlength=entries)
    share = (1 / counts[labels]).astype(np.float32)
    share /= share.sum()
    penalty = np.float32(PENALTY / entries)
    at = np.arange(rows)

    def loss(flat: Vectors) -> tuple[float, Vectors]:
        weights, bias = flat[:-entries].reshape(width, entries), flat[-entries:]
        logits = features @ weights + bias
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        total = odds.sum(axis=1)
        value = float(share @ (np.log(total) - logits[at, labels])) + float(penalty) / 2 * float((weights**2).sum())
        residual = odds / total[:, None]
        residual[at, labels] -= 1
        residual *= share[:, None]
        gradient = features.T @ residual + penalty * weights
        return value, np.concatenate([gradient.ravel(), residual.sum(axis=0)])

    found = minimise(loss, np.zeros(width * entries + entries, np.float32), steps=STEPS)
    weights, bias = found[:-entries].reshape(width, entries), found[-entries:]
    return Classifier(weights - weights.mean(axis=1, keepdims=True), bias - bias.mean())
