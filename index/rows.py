"""What can be matched, as it is given to a matcher, and exhaustive search among unit vectors. Knows nothing of what a
row means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.adapter import Labels
from index.encoder import Vectors
from index.lexicon import Bag


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


def flat_index(vectors: Vectors) -> Any:
    """An exhaustive inner-product FAISS index over unit rows (n, d), so that scores are cosines. A row may be zero:
    the mean of no rows.

    Rows are kept in half precision, which moves a cosine by less than .001 and halves the memory that every question
    has to read.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0)), "rows must be of unit length"
    index = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.add(np.ascontiguousarray(vectors, np.float32))
    return index


def search(index: Any, vectors: Vectors, limit: int) -> tuple[Vectors, NDArray[np.int64]]:
    """The `limit` most similar rows (all, if there are fewer), best first: cosines (q, k) and positions (q, k)."""
    if not index.ntotal:
        return np.zeros((len(vectors), 0), np.float32), np.zeros((len(vectors), 0), np.int64)
    scores, rows = index.search(np.ascontiguousarray(vectors, np.float32), min(limit, index.ntotal))
    return scores, rows
