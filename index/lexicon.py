"""The wording side of matching: which characters and words a question shares with the corpus.

A text becomes a bag of grams: runs of one to three Chinese characters; Latin words, pairs of words, and runs of
two to five characters, which forgive endings and slips. Grams are known by a 32-bit hash, so there is no
vocabulary to keep; among 100,000 grams about one pair collides. Knows nothing of vectors from an encoder.
"""

import itertools
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.adapter import unit
from index.encoder import Vectors
from index.text import HAN

Number = TypeVar("Number", np.uint32, np.float32)

BUCKETS = 2048

Bag = tuple[NDArray[np.uint32], NDArray[np.float32]]
"""The grams of one text: their hashes, ascending, and 1 + log(how often)."""

_RUN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_NOT_LATIN = re.compile(rf"[{HAN}\W_]+")
_HAN_START = re.compile(rf"[{HAN}]")


def grams(normalised: str) -> list[str]:
    """All grams of a normalised text, repeats included."""
    found: list[str] = []
    words: list[str] = []
    for run in _RUN.findall(normalised):
        if _HAN_START.match(run):
            found += [run[i : i + n] for n in (1, 2, 3) for i in range(len(run) - n + 1)]
        else:
            words.append(run)
    if words:
        found += ["w:" + word for word in words]
        found += [f"b:{a} {b}" for a, b in itertools.pairwise(words)]
        line = _NOT_LATIN.sub(" ", f" {normalised} ")
        found += ["c:" + line[i : i + n] for n in (2, 3, 4, 5) for i in range(len(line) - n + 1)]
    return found


def bag(normalised: str) -> Bag:
    found = np.fromiter(map(zlib.crc32, map(str.encode, grams(normalised))), np.uint32)
    hashes, counts = np.unique(found, return_counts=True)
    return hashes, 1 + np.log(counts.astype(np.float32))


@dataclass(frozen=True)
class Postings:
    """An inverted index: documents that hold gram i, and its weight there, are `documents[starts[i]:starts[i +
    1]]` and `weights[...]`."""

    hashes: NDArray[np.uint32]  # (g,) ascending
    starts: NDArray[np.int64]  # (g + 1,)
    documents: NDArray[np.int32]
    weights: NDArray[np.float32]
    count: int  # of documents

    def find(self, hashes: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """For each hash its position in `hashes`, and whether it is there at all (else the position means
        nothing)."""
        if not len(self.hashes):
            return np.zeros(len(hashes), np.int64), np.zeros(len(hashes), bool)
        at = np.searchsorted(self.hashes, hashes)
        at[at == len(self.hashes)] = 0
        return at, self.hashes[at] == hashes

    def sum(self, at: NDArray[np.int64], factors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(count,) for each document the sum over grams `at` of factor times weight there."""
        begins = self.starts[at]
        lengths = self.starts[at + 1] - begins
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        postings = np.repeat(begins, lengths) + offsets
        products = self.weights[postings] * np.repeat(factors, lengths)
        return np.bincount(self.documents[postings], products, self.count).astype(np.float32)


@dataclass(frozen=True)
class Lexicon:
    """TF-IDF similarity with the documents of several fields: logarithmic term frequency, smoothed idf, unit length
    (Manning, Raghavan & Schuetze 2008, ch. 6).

    Each field counts document frequencies for itself, but all share one inverted index, so that a question's grams
    are looked up and added up once.
    """

    postings: Postings  # documents of all fields, one field after the other; weights of unit length, times idf
    ends: NDArray[np.int64]  # (fields,) where each field's documents end
    idf: NDArray[np.float32]  # (fields, g); of a gram that no document of the field holds, it is `unheard`
    unheard: NDArray[np.float32]  # (fields,)

    def scores(self, query: Bag) -> list[NDArray[np.float32]]:
        """For each field, (documents,) cosine of the query with every document."""
        hashes, counted = query
        at, known = self.postings.find(hashes)
        sums = self.postings.sum(at[known], counted[known])
        if known.any():
            weights = counted * np.where(known, self.idf[:, at], self.unheard[:, None])
            sums = sums / np.repeat(np.linalg.norm(weights, axis=1), np.diff(self.ends, prepend=0))
        return np.split(sums, self.ends[:-1])

    def idf_of(self, query: Bag, field: int) -> NDArray[np.float32]:
        """(grams,) idf of the query's grams in a field; `unheard` where no document of the field holds the gram."""
        at, known = self.postings.find(query[0])
        unheard = self.unheard[field]
        return np.where(known, self.idf[field, at], unheard) if known.any() else np.full(len(at), unheard)

    def weigh(self, query: Bag, field: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """The query's grams that some document of the field holds, and their weights."""
        hashes, counted = query
        idf = self.idf_of(query, field)
        held = idf < self.unheard[field]
        return hashes[held], counted[held] * idf[held]


def build_lexicon(*fields: Sequence[Bag]) -> Lexicon:
    """A lexicon over the documents of each field, in their order."""
    hashes = np.unique(_flat([hashes for documents in fields for hashes, _ in documents], np.uint32))
    parts = [_weigh_documents(hashes, documents) for documents in fields]
    ends = np.cumsum([len(documents) for documents in fields])
    postings = _postings(
        hashes,
        np.concatenate([gram for gram, _, _, _ in parts]),
        np.concatenate([of + end - len(d) for (_, of, _, _), end, d in zip(parts, ends, fields, strict=True)]),
        np.concatenate([weights for _, _, weights, _ in parts]),
        int(ends[-1]),
    )
    unheard = np.array([np.log(1 + len(documents)) + 1 for documents in fields], np.float32)
    return Lexicon(postings, ends, np.stack([idf for _, _, _, idf in parts]), unheard)


def _weigh_documents(
    hashes: NDArray[np.uint32], documents: Sequence[Bag]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """One field's occurrences, as gram (a position in `hashes`), document, and weight in it, times idf; and the idf
    (g,)."""
    of = np.repeat(np.arange(len(documents), dtype=np.int32), [len(held) for held, _ in documents])
    gram = np.searchsorted(hashes, _flat([held for held, _ in documents], np.uint32))
    frequency = np.bincount(gram, minlength=len(hashes))
    idf = (np.log((1 + len(documents)) / (1 + frequency)) + 1).astype(np.float32)
    weights = _flat([counts for _, counts in documents], np.float32) * idf[gram]
    lengths = np.sqrt(np.bincount(of, weights**2, len(documents)))
    return gram, of, (weights / lengths[of] * idf[gram]).astype(np.float32), idf


@dataclass(frozen=True)
class LanguageModel:
    """How likely each entry's phrasings make a question's grams, against all phrasings: query likelihood with
    Dirichlet smoothing (Zhai & Lafferty 2004, eq. 6), as a mean log ratio over the square root of the number
    of grams."""

    postings: Postings  # a document per entry; weight log(1 + count / (MASS p(gram)))
    unseen: NDArray[np.float32]  # (entries,) log ratio of a gram that the entry does not hold

    MASS = 200.0

    def scores(self, query: Bag) -> NDArray[np.float32]:
        """(entries,) log ratios; 0 for a query without a known gram."""
        at, known = self.postings.find(query[0])
        at = at[known]
        total = self.postings.sum(at, np.ones(len(at), np.float32)) + len(at) * self.unseen
        return total / np.float32(np.sqrt(max(len(at), 1)))


def build_language_model(phrasings: Sequence[Bag], labels: NDArray[np.int64], entries: int) -> LanguageModel:
    """From the phrasings and the entry of each; a gram counts once per phrasing."""
    lengths = [len(hashes) for hashes, _ in phrasings]
    hashes, gram = np.unique(_flat([hashes for hashes, _ in phrasings], np.uint32), return_inverse=True)
    of = np.repeat(labels, lengths)
    cells, counts = np.unique(gram * entries + of, return_counts=True)
    gram, of = cells // entries, cells % entries
    everywhere = np.bincount(gram, counts, len(hashes)) + 1
    share = everywhere / everywhere.sum()
    weights = np.log1p(counts / (LanguageModel.MASS * share[gram]))
    held = np.bincount(of, counts, entries)
    unseen = np.log(LanguageModel.MASS / (held + LanguageModel.MASS)).astype(np.float32)
    return LanguageModel(_postings(hashes, gram, of, weights, entries), unseen)


def _flat(parts: Sequence[NDArray[Number]], dtype: type[Number]) -> NDArray[Number]:
    return np.concatenate([np.zeros(0, dtype), *parts])


def _postings(
    hashes: NDArray[np.uint32],
    gram: NDArray[np.int64],
    of: NDArray[np.integer],
    weights: NDArray[np.floating],
    count: int,
) -> Postings:
    order = np.argsort(gram, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(gram, minlength=len(hashes)))]).astype(np.int64)
    return Postings(hashes, starts, of[order].astype(np.int32), weights[order].astype(np.float32), count)


def join(bags: Sequence[Bag]) -> Bag:
    """One bag for several texts taken together: counts added, then 1 + log."""
    hashes, at = np.unique(_flat([h for h, _ in bags], np.uint32), return_inverse=True)
    counts = np.bincount(at, np.exp(_flat([c for _, c in bags], np.float32) - 1), len(hashes))
    return hashes, (1 + np.log(counts)).astype(np.float32)


def bucket_rows(bags: Sequence[Bag], lexicon: Lexicon, field: int) -> Vectors:
    """(n, BUCKETS) unit rows: TF-IDF weights hashed with signs into buckets (Weinberger et al. 2009), for the
    classifier."""
    rows = np.zeros((len(bags), BUCKETS), np.float32)
    for row, query in zip(rows, bags, strict=True):
        hashes, weights = lexicon.weigh(query, field)
        signs = np.where(hashes >> np.uint32(31), 1, -1)
        row += np.bincount(hashes % BUCKETS, weights * signs, BUCKETS).astype(np.float32)
    return unit(rows)
