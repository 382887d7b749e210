"""Texts as they are written, as they sound, and by first letters, side by side: a place found in one form is known in
the others.

All texts of one form stand in one array of code points, each text closed by a line end, so that a search is a few
comparisons of arrays. Knows nothing of what is looked for, or why.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.text import HAN

Positions = NDArray[np.int64]
Codes = NDArray[np.uint32]

_RUN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_END = "\n"


@dataclass(frozen=True)
class Transcripts:
    """t texts, letters and digits only. Places count characters of `written`."""

    written: Codes  # as normalised
    initials: Codes  # the same, each Chinese character by the first letter of its syllable
    sounded: Codes  # the same, each Chinese character by its whole syllable
    starts: Positions  # (t + 1,) where each text begins
    openings: NDArray[np.bool_]  # (places,) whether a Chinese character stands there, or the first letter of a word
    spelt: NDArray[np.int32]  # the place of the character that each letter of `sounded` spells

    def as_written(self, part: str) -> Positions:
        """Where the part begins."""
        return _places(self.written, part)

    def as_sounded(self, part: str) -> tuple[Positions, Positions]:
        """Where characters begin and end that sound like the part, the last of them perhaps only begun. The first opens
        a word."""
        at = _places(self.sounded, part, self._first_letters[self.openings])
        return self.spelt[at].astype(np.int64), self.spelt[at + len(part) - 1].astype(np.int64) + 1

    def as_initials(self, syllables: Sequence[str]) -> Positions:
        """Where as many characters begin as there are syllables, and each begins with its syllable, which may be broken
        off. The first opens a word."""
        begin = _places(self.initials, "".join(syllable[0] for syllable in syllables))
        begin = begin[self.openings[begin]]
        for at, syllable in enumerate(syllables):
            begin = self.spelt[_places(self.sounded, syllable, self._first_letters[begin + at])].astype(np.int64) - at
        return begin

    def letters(self, text: int) -> str:
        """The text as it sounds."""
        first, last = self._first_letters[[self.starts[text], self.starts[text + 1] - 1]]
        return self.sounded[first:last].tobytes().decode("utf-32-le")

    def place(self, text: int, letter: int) -> int:
        """Where the character stands that is spelt by a letter of `letters(text)`."""
        return int(self.spelt[self._first_letters[self.starts[text]] + letter])

    def text_of(self, places: Positions) -> Positions:
        return np.searchsorted(self.starts, places, side="right") - 1

    @cached_property
    def _first_letters(self) -> Positions:
        """(places,) where each character begins in `sounded`."""
        return np.searchsorted(self.spelt, np.arange(len(self.written), dtype=np.int32))


def _places(text: Codes, part: str, among: Positions | None = None) -> Positions:
    """Where the part begins: anywhere, or among these positions. No part holds a line end, and every text ends in one,
    so that no comparison runs past the last."""
    first, *others = _codes(part)
    at = np.flatnonzero(text == first) if among is None else among[text[among] == first]
    for offset, code in enumerate(others, 1):
        at = at[text[at + offset] == code]
    return at


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def transcribe(normalised: Iterable[str], syllables: Mapping[str, Sequence[str]]) -> Transcripts:
    """Normalised texts, with the syllables of each run of Chinese characters in them (`pinyin.syllables_of`)."""
    written: list[str] = []
    sounded: list[str] = []
    starts, openings, spelt = [0], [], []
    for text in normalised:
        for char, opens, spelling in (*_spellings(text, syllables), (_END, False, _END)):
            spelt += [len(written)] * len(spelling)
            written.append(char)
            sounded.append(spelling)
            openings.append(opens)
        starts.append(len(written))
    return Transcripts(
        _codes("".join(written)),
        _codes("".join(spelling[0] for spelling in sounded)),
        _codes("".join(sounded)),
        np.array(starts, np.int64),
        np.array(openings, bool),
        np.array(spelt, np.int32),
    )


def _spellings(text: str, syllables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, bool, str]]:
    """Each letter and digit, whether a word begins there, and how it is spelt in Latin letters."""
    for run in _RUN.findall(text):
        if run in syllables:
            yield from ((char, True, spelling) for char, spelling in zip(run, syllables[run], strict=True))
        else:
            yield from ((char, at == 0, char) for at, char in enumerate(run))
