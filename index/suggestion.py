"""Typeahead: which entries somebody may be about to ask for, from the first letters on.

Every known way of asking is searched as it is written, as it sounds (pinyin without tones) and by the first letters of
its syllables; what none of these finds may still be found with slips. The texts of one form stand in one string, so
that a search is one scan. Knows nothing of vectors, ids or probabilities.
"""

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from index.entries import Phrasing
from index.lexicon import Bag, Lexicon, build_lexicon
from index.pinyin import Sounds
from index.text import HAN, key

WRITTEN, SOUNDED, ABBREVIATED, INSIDE = 4.0, 3.0, 2.0, 1.0
"""What a match is worth: the letters as they are, the same sound, its first letters, letters within a Latin word.
Matches with slips are worth up to 1."""

BEGINNING, CANONICAL, FREQUENT = 1.0, 0.3, 0.5
"""Added for a match at the beginning of a short text, in the canonical question, and for an entry all of whose texts
match."""

SHORT, LONG = 16, 40
"""Characters of a text at whose beginning a match counts, and of the longest phrasing that is offered."""

_SLIPS_FROM = 4
"""Letters from which on slips are forgiven."""

_LIKENESS = 80.0
"""Least likeness, of 100, of a match with slips."""

_TRIED = 24
"""Texts looked at for matches with slips."""

_MOST_TERMS = 4
"""More words than these are a sentence, or pinyin in pieces, and are not looked for one by one."""

_RUN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_LATIN = re.compile("[a-z]")
_PINYIN = re.compile(r"[bpmfdtnlgkhjqxzcsryw]?h?[aeiouv]+(?:ng?(?![aeiouv])|r(?![aeiouv]))?|[a-z]")
_END = "\n"

Positions = NDArray[np.int64]
Codes = NDArray[np.uint32]
"""A text as its code points."""

_NOWHERE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Match:
    """Row `text` of the known ways of asking, and the stretches [start, end) of its letters and digits that match."""

    text: int
    stretches: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Hits:
    """n places where something matches, as arrays (n,); `begin` and `end` count characters of `Suggester.written`."""

    texts: Positions
    begin: Positions
    end: Positions
    worth: NDArray[np.float64]


@dataclass(frozen=True)
class Suggester:
    """t texts in three forms, each text closed by a line end; letters and digits only."""

    rows: Positions  # (t,) where each text stands among all known ways of asking
    labels: Positions  # (t,) entry of each text; an entry's first text is its canonical question
    written: Codes  # as normalised
    initials: Codes  # the same, each Chinese character by the first letter of its syllable
    sounded: Codes  # the same, each Chinese character by its whole syllable
    starts: Positions  # (t + 1,) where each text begins in `written`
    word_starts: NDArray[np.bool_]  # of `written`: at a Chinese character, or at the first letter of a word
    spelt: NDArray[np.int32]  # of `sounded`: the character of `written` that each letter spells
    trigrams: Lexicon  # a document per text, of its letters

    def search(self, normalised: str, sounds: Sounds, limit: int) -> list[Match]:
        """The best match of each of up to `limit` entries, best first, for normalised text that may break off
        anywhere."""
        typed = key(normalised)
        if not typed:
            return []
        sounded = sounds.letters(typed)
        found = [self._written(typed), self._sounded(typed, sounded), self._abbreviated(typed, sounded)]
        chosen = self._best(_concatenated(found), limit)
        if len(chosen) < limit:
            found.append(self._together([key(term) for term in normalised.split()], sounds))
            if len(sounded) >= _SLIPS_FROM and len(typed) > 2:
                found.append(self._with_slips(sounded))
            chosen = self._best(_concatenated(found), limit)
        return chosen

    def _written(self, typed: str) -> Hits:
        begin = _places(self.written, typed)
        worth = np.where(self.word_starts[begin], WRITTEN, INSIDE)
        return self._hits(begin, begin + len(typed), worth)

    def _sounded(self, typed: str, sounded: str) -> Hits:
        at = _places(self.sounded, sounded, self._openings)
        begin, end = self.spelt[at].astype(np.int64), self.spelt[at + len(sounded) - 1].astype(np.int64) + 1
        chosen = np.ones(len(at), bool)
        if not _LATIN.search(typed):
            chosen &= end - begin == len(typed)  # 西安 is not 先
        return self._hits(begin[chosen], end[chosen], np.full(int(chosen.sum()), SOUNDED))

    def _abbreviated(self, typed: str, sounded: str) -> Hits:
        """First letters, alone or among whole syllables: "jjsj", "juanjsj", "lstmm"."""
        pieces = _PINYIN.findall(sounded) if sounded.isascii() and sounded.isalpha() and _LATIN.search(typed) else []
        begin = _places(self.initials, "".join(piece[0] for piece in pieces)) if len(pieces) > 1 else _NOWHERE
        begin = begin[self.word_starts[begin]]
        if len(pieces) == 2:  # too little to go by, but for a beginning
            begin = begin[begin == self.starts[self._text_of(begin)]]
        for at, piece in enumerate(pieces):
            if len(piece) > 1:
                whole = _places(self.sounded, piece, self._first_letters[begin + at])
                begin = self.spelt[whole].astype(np.int64) - at
        return self._hits(begin, begin + len(pieces), np.full(len(begin), ABBREVIATED))

    def _together(self, terms: Sequence[str], sounds: Sounds) -> Hits:
        """Texts that hold every term somewhere, each marked where the first of them stands."""
        terms = [term for term in terms if term]
        if not 2 <= len(terms) <= _MOST_TERMS:
            return self._hits(_NOWHERE, _NOWHERE, np.zeros(0))
        per_term = [self._sounded(term, sounds.letters(term)) for term in terms]
        first = per_term[0]
        texts, once = np.unique(first.texts, return_index=True)
        for hits in per_term[1:]:
            kept = np.isin(texts, hits.texts)
            texts, once = texts[kept], once[kept]
        return self._hits(first.begin[once], first.end[once], np.full(len(once), SOUNDED - BEGINNING))

    def _with_slips(self, sounded: str) -> Hits:
        """Texts whose letters are most alike in trigrams, then by the likeness of the stretch most like what was typed
        (normalised edit distance without replacements)."""
        alike = self.trigrams.scores(_bag(sounded))
        found = []
        for text in np.argsort(-alike, kind="stable")[:_TRIED].tolist():
            if not alike[text]:
                break
            first, last = self._first_letters[self.starts[text]], self._first_letters[self.starts[text + 1] - 1]
            letters = _text(self.sounded[first:last])
            place = fuzz.partial_ratio_alignment(sounded, letters, score_cutoff=_LIKENESS)
            if place and place.dest_end > place.dest_start:
                likeness = place.score / 100 * min(1.0, len(letters) / len(sounded))
                begin, end = self.spelt[first + place.dest_start], self.spelt[first + place.dest_end - 1] + 1
                if self.word_starts[begin] and letters[place.dest_start] == sounded[0]:  # the first letter is no slip
                    found.append((begin, end, likeness))
        table = np.array(found, np.float64).reshape(-1, 3)
        return self._hits(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])

    @cached_property
    def _first_letters(self) -> Positions:
        """Where each character of `written` begins in `sounded`."""
        return np.searchsorted(self.spelt, np.arange(len(self.written), dtype=np.int32))

    @cached_property
    def _openings(self) -> Positions:
        """Where words begin in `sounded`."""
        return self._first_letters[self.word_starts]

    def _text_of(self, places: Positions) -> Positions:
        return np.searchsorted(self.starts, places, side="right") - 1

    def _hits(self, begin: Positions, end: Positions, worth: NDArray[np.float64]) -> Hits:
        """Places with their whole worth: of the kind of match, of where it stands and of how much of the text it is."""
        texts = self._text_of(begin)
        sizes = self.starts[texts + 1] - 1 - self.starts[texts]
        at_beginning = (begin == self.starts[texts]) & (sizes <= SHORT)
        canonical = np.append(-1, self.labels)[texts] != self.labels[texts]
        at_beginning |= canonical & (begin == self.starts[texts])
        whole = worth + BEGINNING * at_beginning + CANONICAL * canonical + (end - begin) / sizes
        return Hits(texts, begin, end, whole)

    def _best(self, hits: Hits, limit: int) -> list[Match]:
        """The best hit of each entry, with what else matches in its text."""
        labels = self.labels[hits.texts]
        entries = int(self.labels.max(initial=-1)) + 1
        matching = np.bincount(self.labels[np.unique(hits.texts)], minlength=entries)
        share = matching / np.maximum(np.bincount(self.labels, minlength=entries), 1)
        order = np.argsort(-(hits.worth + FREQUENT * share[labels]), kind="stable")
        _, first = np.unique(labels[order], return_index=True)
        best = order[np.sort(first)[:limit]]
        return [
            Match(
                int(self.rows[hits.texts[at]]),
                ((int(hits.begin[at] - self.starts[hits.texts[at]]), int(hits.end[at] - self.starts[hits.texts[at]])),),
            )
            for at in best
        ]


def _places(text: Codes, part: str, among: Positions | None = None) -> Positions:
    """Where the part begins in the text: everywhere, or among these positions. No part holds a line end, and every text
    ends with one."""
    first, *others = _codes(part)
    at = np.flatnonzero(text == first) if among is None else among[text[among] == first]
    for offset, code in enumerate(others, 1):
        at = at[text[at + offset] == code]
    return at


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _text(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le")


def _concatenated(found: Sequence[Hits]) -> Hits:
    return Hits(*(np.concatenate([getattr(hits, name) for hits in found]) for name in Hits.__dataclass_fields__))


def _bag(letters: str) -> Bag:
    """Three letters at a time."""
    counts = Counter(zlib.crc32(letters[at : at + 3].encode()) for at in range(max(len(letters) - 2, 1)))
    hashes = np.array(sorted(counts), np.uint32)
    return hashes, 1 + np.log(np.array([counts[h] for h in hashes.tolist()], np.float32))


def fit_suggester(
    ways: Sequence[Phrasing], normalised: Sequence[str], labels: Positions, syllables: Mapping[str, Sequence[str]]
) -> Suggester:
    """From the known ways of asking, their normal forms, the entry of each (its canonical question first), and the
    `syllables_of` them. Long phrasings and those with slips are not what anybody wants offered."""
    short = [at for at, text in enumerate(normalised) if len(text) <= LONG and ways[at].style != "typo"]
    _, canonical = np.unique(labels, return_index=True)
    rows = np.union1d(np.array(short, np.int64), canonical)
    written: list[str] = []
    initials: list[str] = []
    sounded: list[str] = []
    starts, word_starts, spelt, bags = [0], [], [], []
    for text in (normalised[row] for row in rows.tolist()):
        spellings = list(_spellings(text, syllables))
        characters, opens, letters = zip(*spellings, strict=True) if spellings else ((), (), ())
        for at, spelling in enumerate([*letters, _END], len(written)):
            spelt += [at] * len(spelling)
        written += [*characters, _END]
        initials += [*(spelling[0] for spelling in letters), _END]
        sounded += [*letters, _END]
        word_starts += [*opens, False]
        starts.append(len(written))
        bags.append(_bag("".join(letters)))
    return Suggester(
        rows,
        labels[rows],
        _codes("".join(written)),
        _codes("".join(initials)),
        _codes("".join(sounded)),
        np.array(starts, np.int64),
        np.array(word_starts, bool),
        np.array(spelt, np.int32),
        build_lexicon(bags),
    )


def _spellings(text: str, syllables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, bool, str]]:
    """Each letter and digit, whether a word begins there, and how it is spelt in Latin letters."""
    for run in _RUN.findall(text):
        if run in syllables:
            yield from ((char, True, spelling) for char, spelling in zip(run, syllables[run], strict=True))
        else:
            yield from ((char, at == 0, char) for at, char in enumerate(run))


def stretches_of(text: str, match: Match) -> tuple[tuple[int, int], ...]:
    """Where the match stands in the text as people see it, in code points; nothing if that cannot be told."""
    places = [
        at
        for at, char in enumerate(text)
        for letter in unicodedata.normalize("NFKC", char).casefold()
        if letter.isalnum()
    ]
    last = max((end for _, end in match.stretches), default=0)
    if last > len(places):
        return ()
    return tuple((places[begin], places[end - 1] + 1) for begin, end in match.stretches)
