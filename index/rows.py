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

_LARGEST = 127
"""Of a code."""


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
class PackedRows:
    """Unit rows (n, d) in 8 bits: a row is `codes * steps`. A cosine moves by some .0003 (standard deviation, 512
    dimensions)."""

    codes: NDArray[np.int8]  # (n, d)
    steps: Vectors  # (d,)

    def cosines(self, rows: NDArray[np.int64], vector: Vectors) -> Vectors:
        """(len(rows),) cosines of the unit vector (d,) with the rows at these positions."""
        cosines: Vectors = self.codes[rows].astype(np.float32) @ (self.steps * vector)
        return cosines


@dataclass(frozen=True)
class FlatIndex:
    """Exhaustive search among unit rows (n, d), so that scores are cosines. A row may be zero: the mean of no rows.

    FAISS multiplies the rows' 8-bit codes with a vector that is brought to 8 bits as well: a quarter of what float32
    would have to read for every question. A cosine moves by some .0006 (standard deviation, 512 dimensions).
    """

    codes: Any  # faiss.IndexScalarQuantizer
    steps: Vectors  # (d,)

    def search(self, vectors: Vectors, limit: int) -> tuple[Vectors, NDArray[np.int64]]:
        """The `limit` rows most similar to each unit vector (q, d) (all, if there are fewer), best first: cosines
        (q, k) and positions (q, k)."""
        if not self.codes.ntotal:
            return np.zeros((len(vectors), 0), np.float32), np.zeros((len(vectors), 0), np.int64)
        asked = vectors * self.steps
        units = np.abs(asked).max(axis=1, keepdims=True) / _LARGEST
        units[units == 0] = 1
        scores, rows = self.codes.search(np.rint(asked / units), min(limit, self.codes.ntotal))
        return scores * units, rows

    def cosines(self, rows: NDArray[np.int64], vector: Vectors) -> Vectors:
        """(len(rows),) cosines of the unit vector (d,) with the rows at these positions."""
        cosines: Vectors = self.codes.reconstruct_batch(rows) @ (self.steps * vector)
        return cosines


def packed_rows(vectors: Vectors) -> PackedRows:
    return PackedRows(*_pack(vectors))


def flat_index(vectors: Vectors) -> FlatIndex:
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0)), "rows must be of unit length"
    codes, steps = _pack(vectors)
    kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
    index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    index.add(codes.astype(np.float32))
    return FlatIndex(index, steps)


def _pack(vectors: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """Codes (n, d), and what one step of them is worth in each dimension (d,)."""
    steps = np.abs(vectors).max(axis=0, initial=0) / np.float32(_LARGEST)
    steps[steps == 0] = 1
    return np.rint(vectors / steps).astype(np.int8), steps
