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
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.adapter import unit
from index.encoder import Vectors
from index.text import HAN

Number = TypeVar("Number", np.uint32, np.float32)

BUCKETS = 2048

COMMON, COMMON_SHARE = 500, 1 / 25
"""A gram that more than so many documents of a field hold, and more than this share of them, is passed over there: such
are "的", "么" and "an", which say next to nothing and would be two thirds of what is added up for a question."""

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
class Heard:
    """The grams of a text that a lexicon knows, and how much of the text it does not."""

    at: NDArray[np.int64]  # (k,) positions among the lexicon's grams
    hashes: NDArray[np.uint32]  # (k,)
    counted: NDArray[np.float32]  # (k,) 1 + log(how often)
    idf: NDArray[np.float32]  # (fields, k)
    foreign: float  # sum of the squares of this over all other grams


@dataclass(frozen=True)
class Postings:
    """An inverted index: documents that hold gram i, and its weight there in steps, are `documents[starts[i]:starts[i
    + 1]]` and `weights[...]`."""

    starts: NDArray[np.int32]  # (g + 1,)
    documents: NDArray[np.unsignedinteger]  # of the smallest type that holds them all
    weights: NDArray[np.uint16]
    step: float
    count: int  # of documents

    def sum(self, at: NDArray[np.int64], factors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(count,) for each document the sum over grams `at` of factor times weight there."""
        ends = self.starts[at + 1]
        lengths = ends - self.starts[at]
        so_far = np.cumsum(lengths)
        places = np.repeat(ends - so_far, lengths)  # of each gram's run, where it stands less where it is put
        places += np.arange(len(places))
        products = self.weights[places] * np.repeat(factors * np.float32(self.step), lengths)
        return np.bincount(self.documents[places], products, self.count).astype(np.float32)


@dataclass(frozen=True)
class Lexicon:
    """TF-IDF similarity with the documents of several fields: logarithmic term frequency, smoothed idf, common grams
    passed over, unit length (Manning, Raghavan & Schuetze 2008, ch. 6).

    Each field counts document frequencies for itself, but all share one inverted index, so that a question's grams
    are looked up and added up once.
    """

    hashes: NDArray[np.uint32]  # (g,) of all grams, ascending
    postings: Postings  # documents of all fields, one field after the other; weights of unit length, times idf
    ends: NDArray[np.int64]  # (fields,) where each field's documents end
    frequencies: NDArray[np.unsignedinteger]  # (fields, g) how many documents of the field hold a gram

    @cached_property
    def unheard(self) -> NDArray[np.float32]:
        """(fields,) idf of a gram that no document of the field holds."""
        return self._by_frequency[:, 0]

    @cached_property
    def _by_frequency(self) -> NDArray[np.float32]:
        """(fields, f) idf of a gram by the number of documents that hold it."""
        held = np.arange(int(self.frequencies.max(initial=0)) + 1)
        return np.stack([_idf(size, held) for size in np.diff(self.ends, prepend=0).tolist()])

    @cached_property
    def _fields(self) -> NDArray[np.int64]:
        return np.arange(len(self.ends))[:, None]

    def hear(self, query: Bag) -> Heard:
        """What this lexicon knows of a text, which every comparison begins with."""
        hashes, counted = query
        at = np.searchsorted(self.hashes, hashes)
        known = np.zeros(len(hashes), bool)
        inside = at < len(self.hashes)
        known[inside] = self.hashes[at[inside]] == hashes[inside]
        at = at[known]
        idf = self._by_frequency[self._fields, self.frequencies[:, at]]
        return Heard(at, hashes[known], counted[known], idf, float(np.square(counted[~known]).sum()))

    def scores(self, heard: Heard) -> list[NDArray[np.float32]]:
        """For each field, (documents,) cosine of the text with every document."""
        fields = np.split(self.postings.sum(heard.at, heard.counted), self.ends[:-1])
        squares = np.square(heard.counted * heard.idf).sum(axis=1) + heard.foreign * self.unheard**2
        return [sums / max(length, 1e-9) for sums, length in zip(fields, np.sqrt(squares).tolist(), strict=True)]

    def weigh(self, heard: Heard, field: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """The text's grams that some document of the field holds, and their weights."""
        idf = heard.idf[field]
        held = idf < self.unheard[field]
        return heard.hashes[held], heard.counted[held] * idf[held]


def build_lexicon(*fields: Sequence[Bag]) -> Lexicon:
    """A lexicon over the documents of each field, in their order."""
    hashes = np.unique(_flat([hashes for documents in fields for hashes, _ in documents], np.uint32))
    parts = [_weigh_documents(hashes, documents) for documents in fields]
    ends = np.cumsum([len(documents) for documents in fields])
    postings = _postings(
        len(hashes),
        np.concatenate([gram for gram, _, _, _ in parts]),
        np.concatenate([of + end - len(d) for (_, of, _, _), end, d in zip(parts, ends, fields, strict=True)]),
        np.concatenate([weights for _, _, weights, _ in parts]),
        int(ends[-1]),
    )
    frequencies = np.stack([frequency for _, _, _, frequency in parts])
    return Lexicon(hashes, postings, ends, frequencies.astype(np.min_scalar_type(frequencies.max(initial=0))))


def _weigh_documents(
    hashes: NDArray[np.uint32], documents: Sequence[Bag]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
    """One field's occurrences, as gram (a position in `hashes`), document, and weight in it, times idf, without those
    that are passed over; and how many documents hold each gram (g,)."""
    of = np.repeat(np.arange(len(documents), dtype=np.int32), [len(held) for held, _ in documents])
    gram = np.searchsorted(hashes, _flat([held for held, _ in documents], np.uint32))
    frequency = np.bincount(gram, minlength=len(hashes))
    idf = _idf(len(documents), frequency)
    weights = _flat([counts for _, counts in documents], np.float32) * idf[gram]
    lengths = np.sqrt(np.bincount(of, weights**2, len(documents)))
    kept = weights > 0
    gram, of, weights = gram[kept], of[kept], weights[kept]
    return gram, of, (weights / lengths[of] * idf[gram]).astype(np.float32), frequency


def _idf(documents: int, frequency: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of grams that `frequency` of so many documents hold; nought for one that is passed over."""
    idf = np.log((1 + documents) / (1 + frequency)) + 1
    idf[frequency > max(COMMON, COMMON_SHARE * documents)] = 0
    return idf.astype(np.float32)


@dataclass(frozen=True)
class LanguageModel:
    """How likely each entry's phrasings make a question's grams, against all phrasings: query likelihood with
    Dirichlet smoothing (Zhai & Lafferty 2004, eq. 6), as a mean log ratio over the square root of the number
    of grams."""

    postings: Postings  # a document per entry; weight log(1 + count / (MASS p(gram)))
    unseen: NDArray[np.float32]  # (entries,) log ratio of a gram that the entry does not hold

    MASS = 200.0

    def scores(self, heard: Heard) -> NDArray[np.float32]:
        """(entries,) log ratios; 0 for a text without a gram that some phrasing holds."""
        starts, at = self.postings.starts, heard.at
        at = at[starts[at + 1] > starts[at]]
        total = self.postings.sum(at, np.ones(len(at), np.float32)) + len(at) * self.unseen
        return total / np.float32(np.sqrt(max(len(at), 1)))


def build_language_model(
    lexicon: Lexicon, phrasings: Sequence[Bag], labels: NDArray[np.int64], entries: int
) -> LanguageModel:
    """From the phrasings, which must be among the lexicon's documents, and the entry of each; a gram counts once per
    phrasing."""
    gram = np.searchsorted(lexicon.hashes, _flat([hashes for hashes, _ in phrasings], np.uint32))
    of = np.repeat(labels, [len(hashes) for hashes, _ in phrasings])
    cells, counts = np.unique(gram * entries + of, return_counts=True)
    gram, of = cells // entries, cells % entries
    everywhere = np.bincount(gram, counts, len(lexicon.hashes))
    share = (everywhere[gram] + 1) / (everywhere[everywhere > 0] + 1).sum()
    weights = np.log1p(counts / (LanguageModel.MASS * share))
    held = np.bincount(of, counts, entries)
    unseen = np.log(LanguageModel.MASS / (held + LanguageModel.MASS)).astype(np.float32)
    return LanguageModel(_postings(len(lexicon.hashes), gram, of, weights, entries), unseen)


def _flat(parts: Sequence[NDArray[Number]], dtype: type[Number]) -> NDArray[Number]:
    return np.concatenate([np.zeros(0, dtype), *parts])


def _postings(
    grams: int,
    gram: NDArray[np.int64],
    of: NDArray[np.integer],
    weights: NDArray[np.floating],
    count: int,
) -> Postings:
    order = np.argsort(gram, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(gram, minlength=grams))]).astype(np.int32)
    step = float(weights.max(initial=0)) / np.iinfo(np.uint16).max or 1.0
    steps = np.rint(weights[order] / step).astype(np.uint16)
    return Postings(starts, of[order].astype(np.min_scalar_type(max(count - 1, 0))), steps, step, count)


def join(bags: Sequence[Bag]) -> Bag:
    """One bag for several texts taken together: counts added, then 1 + log."""
    hashes, at = np.unique(_flat([h for h, _ in bags], np.uint32), return_inverse=True)
    counts = np.bincount(at, np.exp(_flat([c for _, c in bags], np.float32) - 1), len(hashes))
    return hashes, (1 + np.log(counts)).astype(np.float32)


def bucket_rows(texts: Sequence[Heard], lexicon: Lexicon, field: int) -> Vectors:
    """(n, BUCKETS) unit rows: TF-IDF weights hashed with signs into buckets (Weinberger et al. 2009), for the
    classifier."""
    rows = np.zeros((len(texts), BUCKETS), np.float32)
    for row, heard in zip(rows, texts, strict=True):
        hashes, weights = lexicon.weigh(heard, field)
        signs = np.where(hashes >> np.uint32(31), 1, -1)
        row += np.bincount(hashes % BUCKETS, weights * signs, BUCKETS).astype(np.float32)
    return unit(rows)
