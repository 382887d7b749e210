"""Whitening learned from the phrasings: directions in which phrasings of one question differ count for less.

With the within-question covariance C of the phrasing vectors, shrunk to C' = (1-a) C + a tr(C)/d I (Ledoit &
Wolf 2004), a vector x is mapped to C'^(-1/2) (x - mean), turned to the principal axes of the phrasings and scaled to
unit length: the metric of linear discriminant analysis. Knows nothing of text.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.encoder import Vectors

Labels = NDArray[np.int64]

SHRINKAGES = (0.3, 0.5, 0.7, 0.9)
MINIMUM_DEVIATIONS = 64
"""Phrasings beyond the first of their question that it takes to learn anything; below, the adapter is the
identity."""


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to unit length; a zero row stays zero."""
    lengths = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    lengths[lengths == 0] = 1
    return np.asarray(vectors / lengths, np.float32)


def means(vectors: Vectors, labels: Labels, entries: int) -> Vectors:
    """(entries, d) unit mean of each entry's rows; zero for an entry without rows."""
    sums = np.zeros((entries, vectors.shape[1]), np.float32)
    np.add.at(sums, labels, vectors)
    return unit(sums)


@dataclass(frozen=True)
class Adapter:
    """x -> unit((x - centre) @ matrix). `shrinkage` is None for the identity."""

    matrix: Vectors  # (d, d); gives first the dimensions in which the phrasings reach farthest
    centre: Vectors  # (d,)
    shrinkage: float | None

    def __call__(self, vectors: Vectors) -> Vectors:
        """(n, d) to (n, d) unit rows."""
        return (
            vectors if self.shrinkage is None else unit(np.asarray((vectors - self.centre) @ self.matrix, np.float32))
        )


def identity(dimension: int) -> Adapter:
    return Adapter(np.eye(dimension, dtype=np.float32), np.zeros(dimension, np.float32), None)


def fit_adapter(vectors: Vectors, labels: Labels, shrinkage: float | None = None) -> Adapter:
    """Learn from phrasing vectors (n, d) and the entry (n,) of each.

    Without `shrinkage` the best of `SHRINKAGES` is taken: the one whose entry means, learned from two thirds of
    the phrasings, are most often nearest to the others.
    """
    if len(labels) - len(np.unique(labels)) < MINIMUM_DEVIATIONS:
        return identity(vectors.shape[1])
    shrinkage = shrinkage if shrinkage is not None else _choose_shrinkage(vectors, labels)
    return _turn(_whiten(vectors, labels, shrinkage), vectors)


def _whiten(vectors: Vectors, labels: Labels, shrinkage: float) -> Adapter:
    _, dense = np.unique(labels, return_inverse=True)
    counts = np.bincount(dense)
    sums = np.zeros((len(counts), vectors.shape[1]))
    np.add.at(sums, dense, vectors)
    deviations = vectors - (sums / counts[:, None])[dense]
    covariance = deviations.T @ deviations / max(len(vectors) - len(counts), 1)
    d = len(covariance)
    shrunk = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / d * np.eye(d)
    values, axes = np.linalg.eigh(shrunk)
    matrix = (axes / np.sqrt(np.maximum(values, 1e-12))) @ axes.T
    return Adapter(matrix.astype(np.float32), vectors.mean(axis=0), shrinkage)


def _turn(adapter: Adapter, vectors: Vectors) -> Adapter:
    """The same with dimensions along the principal axes of what it makes of the vectors, which changes no cosine but
    lets a search begin with those that hold most."""
    adapted = adapter(vectors)
    _, axes = np.linalg.eigh(adapted.T @ adapted)
    return replace(adapter, matrix=np.ascontiguousarray(adapter.matrix @ axes[:, ::-1]))


def _choose_shrinkage(vectors: Vectors, labels: Labels) -> float:
    fold = position_in_group(labels) % 3
    entries = int(labels.max()) + 1

    def right(shrinkage: float) -> int:
        hits = 0
        for part in range(3):
            known = fold != part
            adapter = _whiten(vectors[known], labels[known], shrinkage)
            centres = means(adapter(vectors[known]), labels[known], entries)
            nearest = (adapter(vectors[~known]) @ centres.T).argmax(axis=1)
            hits += int((nearest == labels[~known]).sum())
        return hits

    return max(SHRINKAGES, key=right)


def position_in_group(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each element, how many equal ones stand before it: [5, 7, 5, 5] -> [0, 0, 1, 2]."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    at = np.arange(len(labels))
    begins = np.where(ordered != np.roll(ordered, 1), at, 0)  # where a group begins, its position
    positions = np.empty(len(labels), np.int64)
    positions[order] = at - np.maximum.accumulate(begins)
    return positions
