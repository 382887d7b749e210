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

_MOST = 0.8
"""Share of the rows' squared length that the first dimensions are to hold: with it, a search finds the first ten as
well as one in all dimensions does, and all but one in fifteen of the first 96."""

_LARGE = 1 << 20
"""Codes of an index from which on not all are multiplied; a smaller one is read in some µs."""

_TOGETHER = 32
"""Codes that FAISS multiplies at once."""


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
    would have to read for every question. A cosine moves by some .0006 (standard deviation, 512 dimensions). Where the
    first dimensions hold most of the rows' length, it multiplies those alone; the rest is added for the rows that are
    best by them.
    """

    codes: Any  # faiss.IndexScalarQuantizer of the first dimensions, all of them for a small index
    steps: Vectors  # (first,)
    rest: PackedRows  # the other dimensions

    def search(self, vectors: Vectors, limit: int) -> tuple[Vectors, NDArray[np.int64]]:
        """The `limit` rows most similar to each unit vector (q, d) (all, if there are fewer), best first: cosines
        (q, k) and positions (q, k)."""
        if not self.codes.ntotal:
            return np.zeros((len(vectors), 0), np.float32), np.zeros((len(vectors), 0), np.int64)
        first, rest = self._parts(vectors)
        asked = first * self.steps
        units = np.abs(asked).max(axis=1, keepdims=True) / _LARGEST
        units[units == 0] = 1
        whole = not len(self.rest.steps)
        wide = limit if whole else limit + limit // 2
        scores, rows = self.codes.search(np.rint(asked / units), min(wide, self.codes.ntotal))
        scores *= units
        if whole:
            return scores, rows
        for sums, found, vector in zip(scores, rows, rest, strict=True):
            sums += self.rest.cosines(found, vector)
        best = np.arange(len(scores))[:, None], np.argsort(-scores, axis=1, kind="stable")[:, :limit]
        return scores[best], rows[best]

    def cosines(self, rows: NDArray[np.int64], vector: Vectors) -> Vectors:
        """(len(rows),) cosines of the unit vector (d,) with the rows at these positions."""
        first, rest = self._parts(vector)
        cosines: Vectors = self.codes.reconstruct_batch(rows) @ (self.steps * first)
        return cosines + self.rest.cosines(rows, rest)

    def _parts(self, vectors: Vectors) -> tuple[Vectors, Vectors]:
        return vectors[..., : len(self.steps)], vectors[..., len(self.steps) :]


def packed_rows(vectors: Vectors) -> PackedRows:
    return PackedRows(*_pack(vectors))


def flat_index(vectors: Vectors) -> FlatIndex:
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0)), "rows must be of unit length"
    codes, steps = _pack(vectors)
    first = _leading(vectors)
    kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
    index = faiss.IndexScalarQuantizer(first, kind, faiss.METRIC_INNER_PRODUCT)
    index.add(codes[:, :first].astype(np.float32))
    return FlatIndex(index, steps[:first], PackedRows(np.ascontiguousarray(codes[:, first:]), steps[first:]))


def _leading(vectors: Vectors) -> int:
    """How many dimensions are multiplied with all rows."""
    n, d = map(int, vectors.shape)
    if n * d < _LARGE:
        return d
    held = np.cumsum(np.square(vectors).sum(axis=0))
    enough = int(np.searchsorted(held, _MOST * held[-1])) + 1
    first = -(-enough // _TOGETHER) * _TOGETHER
    return first if 4 * first <= 3 * d else d


def _pack(vectors: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """Codes (n, d), and what one step of them is worth in each dimension (d,)."""
    steps = np.abs(vectors).max(axis=0, initial=0) / np.float32(_LARGEST)
    steps[steps == 0] = 1
    return np.rint(vectors / steps).astype(np.int8), steps
