"""Typeahead: which entries somebody may be about to ask for, from the first letters on.

Every short way of asking is searched as it is written, as it sounds (pinyin without tones) and by the first letters of
its syllables; what none of these finds may still be found with slips. Knows nothing of vectors, ids or probabilities.
"""

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.entries import SLIPS, Phrasing
from index.lexicon import Bag, Lexicon, build_lexicon
from index.sounds import Sounds
from index.text import key
from index.transcripts import Positions, Transcripts, transcribe

WRITTEN, SOUNDED, ABBREVIATED, INSIDE = 4.0, 3.0, 2.0, 1.0
"""What a match is worth: the letters as they are, the same sound, its first letters, letters within a Latin word.
Matches with slips are worth up to 1."""

BEGINNING, CANONICAL, FREQUENT = 1.0, 0.3, 0.5
"""Added for a match at the beginning of the canonical question or of a short phrasing, for one in the canonical
question, and for an entry all of whose texts match."""

SHORT, LONG = 16, 40
"""Characters of a text at whose beginning a match counts, and of the longest phrasing that is offered."""

_LIKENESS = 80.0
"""Least likeness, of 100, of a match with slips."""

_FEWEST_CHARACTERS, _FEWEST_LETTERS = 3, 4
"""What has to be typed, as written and as it sounds, before slips are forgiven."""

_TRIED = 24
"""Texts looked at for matches with slips."""

_MOST_TERMS = 4
"""More words than these are a sentence, or pinyin in pieces, and are not looked for one by one."""

_LATIN = re.compile("[a-z]")
_SYLLABLE = re.compile(r"[bpmfdtnlgkhjqxzcsryw]?h?[aeiouv]+(?:ng?(?![aeiouv])|r(?![aeiouv]))?|[a-z]")


@dataclass(frozen=True, slots=True)
class Match:
    """The known way of asking at `row`, of whose letters and digits those from `begin` to `end` match."""

    row: int
    begin: int
    end: int


@dataclass(frozen=True)
class Hits:
    """n places where something matches, as arrays (n,)."""

    texts: Positions
    begin: Positions
    end: Positions
    worth: NDArray[np.float64]


@dataclass(frozen=True)
class Suggester:
    """What is offered: t texts."""

    rows: Positions  # (t,) where each text stands among all known ways of asking
    labels: Positions  # (t,) entry of each text; an entry's first text is its canonical question
    texts: Transcripts
    trigrams: Lexicon  # a document per text, of its letters

    def search(self, normalised: str, sounds: Sounds, limit: int) -> list[Match]:
        """The best match of each of up to `limit` entries, best first, for normalised text that may break off
        anywhere."""
        typed = key(normalised)
        if not typed:
            return []
        sounded = sounds.letters(typed)
        found = [self._written(typed), self._sounded(typed, sounded), self._abbreviated(typed, sounded)]
        chosen = self._best(found, limit)
        if len(chosen) < limit:
            found.append(self._together([key(term) for term in normalised.split()], sounds))
            if len(typed) >= _FEWEST_CHARACTERS and len(sounded) >= _FEWEST_LETTERS:
                found.append(self._with_slips(sounded))
            chosen = self._best(found, limit)
        return chosen

    def _written(self, typed: str) -> Hits:
        begin = self.texts.as_written(typed)
        return self._hits(begin, begin + len(typed), np.where(self.texts.openings[begin], WRITTEN, INSIDE))

    def _sounded(self, typed: str, sounded: str) -> Hits:
        begin, end = self.texts.as_sounded(sounded)
        if not _LATIN.search(typed):
            same = end - begin == len(typed)  # 西安 is not 先
            begin, end = begin[same], end[same]
        return self._hits(begin, end, np.full(len(begin), SOUNDED))

    def _abbreviated(self, typed: str, sounded: str) -> Hits:
        """First letters, alone or among whole syllables: "jjsj", "juanjsj", "lstmm"."""
        syllables = _SYLLABLE.findall(sounded) if _LATIN.search(typed) and sounded.isascii() else []
        if len(syllables) < 2 or not sounded.isalpha():
            return self._hits(*(np.zeros(0, np.int64),) * 2, np.zeros(0))
        begin = self.texts.as_initials(syllables)
        if len(syllables) == 2:  # too little to go by, but for a beginning
            begin = begin[begin == self.texts.starts[self.texts.text_of(begin)]]
        return self._hits(begin, begin + len(syllables), np.full(len(begin), ABBREVIATED))

    def _together(self, terms: Sequence[str], sounds: Sounds) -> Hits:
        """Texts that hold every term somewhere, each marked where the first of them stands."""
        terms = [term for term in terms if term]
        if not 2 <= len(terms) <= _MOST_TERMS:
            return self._hits(*(np.zeros(0, np.int64),) * 2, np.zeros(0))
        first, *others = (self._sounded(term, sounds.letters(term)) for term in terms)
        texts, once = np.unique(first.texts, return_index=True)
        for hits in others:
            kept = np.isin(texts, hits.texts)
            texts, once = texts[kept], once[kept]
        return self._hits(first.begin[once], first.end[once], np.full(len(once), SOUNDED - BEGINNING))

    def _with_slips(self, sounded: str) -> Hits:
        """Of the texts most alike in trigrams, those with a stretch that is like what was typed: by edit distance
        without replacements, as a share of the letters of both."""
        from rapidfuzz import fuzz  # 2 MB, which a worker that is only asked has no use for

        [alike] = self.trigrams.scores(self.trigrams.hear(_bag(sounded)))
        found = []
        for text in np.argsort(-alike, kind="stable")[:_TRIED].tolist():
            letters = self.texts.letters(text)
            stretch = fuzz.partial_ratio_alignment(sounded, letters, score_cutoff=_LIKENESS) if alike[text] else None
            if stretch and letters[stretch.dest_start : stretch.dest_start + 1] == sounded[0]:
                begin = self.texts.place(text, stretch.dest_start)
                if self.texts.openings[begin]:
                    likeness = stretch.score / 100 * min(1.0, len(letters) / len(sounded))
                    found.append((begin, self.texts.place(text, stretch.dest_end - 1) + 1, likeness))
        table = np.array(found, np.float64).reshape(-1, 3)
        return self._hits(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])

    def _hits(self, begin: Positions, end: Positions, worth: NDArray[np.float64]) -> Hits:
        """Places with their whole worth: of the kind of match, of where it stands and of how much of the text it is."""
        texts = self.texts.text_of(begin)
        starts = self.texts.starts[texts]
        sizes = self.texts.starts[texts + 1] - 1 - starts
        canonical = np.append(-1, self.labels)[texts] != self.labels[texts]
        at_beginning = (begin == starts) & (canonical | (sizes <= SHORT))
        whole = worth + BEGINNING * at_beginning + CANONICAL * canonical + (end - begin) / sizes
        return Hits(texts, begin, end, whole)

    def _best(self, found: Sequence[Hits], limit: int) -> list[Match]:
        """The best hit of each entry."""
        hits = Hits(*(np.concatenate([getattr(hits, name) for hits in found]) for name in Hits.__dataclass_fields__))
        labels = self.labels[hits.texts]
        entries = int(self.labels.max(initial=-1)) + 1
        matching = np.bincount(self.labels[np.unique(hits.texts)], minlength=entries)
        share = matching / np.maximum(np.bincount(self.labels, minlength=entries), 1)
        order = np.argsort(-(hits.worth + FREQUENT * share[labels]), kind="stable")
        _, first = np.unique(labels[order], return_index=True)
        best = order[np.sort(first)[:limit]]
        rows, offsets = self.rows[hits.texts[best]], self.texts.starts[hits.texts[best]]
        stretches = zip(rows, hits.begin[best] - offsets, hits.end[best] - offsets, strict=True)
        return [Match(int(row), int(begin), int(end)) for row, begin, end in stretches]


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
    short = [at for at, text in enumerate(normalised) if len(text) <= LONG and ways[at].style != SLIPS]
    _, canonical = np.unique(labels, return_index=True)
    rows = np.union1d(np.array(short, np.int64), canonical)
    texts = transcribe((normalised[row] for row in rows.tolist()), syllables)
    return Suggester(rows, labels[rows], texts, build_lexicon([_bag(texts.letters(at)) for at in range(len(rows))]))


def highlight(text: str, match: Match) -> tuple[int, int] | None:
    """Where the match stands in the text as people see it, [start, end) in code points; None if that cannot be told."""
    places = [
        at
        for at, char in enumerate(text)
        for letter in unicodedata.normalize("NFKC", char).casefold()
        if letter.isalnum()
    ]
    return (places[match.begin], places[match.end - 1] + 1) if match.end <= len(places) else None
