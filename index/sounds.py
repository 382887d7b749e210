"""How Chinese sounds, in letters without tones, and which runs of characters the corpus writes for a sound.

One table serves two slips: pinyin left as letters, and a character taken for another of the same sound. Readings come
from pypinyin while an index is built, so that answering needs neither its dictionaries nor their memory. Knows nothing
of Latin words beyond how likely the corpus makes them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from marisa_trie import BytesTrie

from index.mapped import Integers

LONGEST = 4
"""Characters of the longest run known by its sound."""

_UNWRITTEN = 0.3
"""Count of a character that the corpus never writes."""

_SWITCH = -6.0
"""Log probability of going over from Latin words to pinyin, or back."""

_UNKNOWN_WORD, _UNKNOWN_LETTER = -3.0, -2.2
"""Log probability of a Latin word that the corpus does not know: so much for it, and for each of its letters."""

_ENOUGH = 3
"""How often the corpus must write each pair of what replaces a word that it never writes."""

RARE, _CLEARLY = 1, 20
"""A pair of characters written at most `RARE` times may be a slip of the corpus itself, if what it sounds like is
written `_CLEARLY` times or more."""

_ROUNDS = 3
"""Words side by side are mended in turn."""

_BOND = 0.03
"""Least bond of the pairs in a run that replaces another: the share of their characters' uses that is this pair,
squared."""


@dataclass(frozen=True)
class Sounds:
    """Empty for a corpus without Chinese: then nothing sounds like anything.

    Some 100,000 runs lie in tries, which are mapped from disk; as dictionaries they would take 25 MB of every worker.
    """

    readings: dict[str, str]  # a character's usual syllable
    runs: BytesTrie  # letters -> the run of up to `LONGEST` characters most often written for them
    counts: Integers  # how often the corpus writes single characters, pairs, and the longer runs of `runs`
    total: int  # characters in the corpus

    @classmethod
    def of(cls, readings: dict[str, str], runs: Mapping[str, str], counts: Mapping[str, int]) -> "Sounds":
        total = sum(count for run, count in counts.items() if len(run) == 1)
        by_letters = BytesTrie((letters, run.encode()) for letters, run in runs.items())
        return cls(readings, by_letters, Integers.of(counts), total)

    def run(self, letters: str) -> str | None:
        """The run of characters most often written for these letters."""
        found = self.runs.get(letters)
        return found[0].decode() if found else None

    def count(self, run: str) -> int:
        """How often the corpus writes a character, a pair or a run that is known by its sound."""
        return self.counts.get(run) or 0

    def letters(self, run: str) -> str:
        """The run's syllables as one word. A character without a known reading stands for itself."""
        return "".join([self.readings.get(char, char) for char in run])

    def spell_out(self, words: Sequence[str], likely: dict[str, float]) -> str:
        """The most probable reading of words in small Latin letters, each of them a word as it stands or pinyin that
        may go on over the space: a Viterbi search in which the corpus's runs are the vocabulary.

        `likely` has the log probability of each Latin word that the corpus knows.
        """
        letters = usual("".join(words))
        begins = _begins(words)
        paths: list[tuple[_Path | None, _Path | None]] = [(None, None)] * (len(letters) + 1)  # ends in Latin, in pinyin
        paths[0] = _Path(0.0, "", True, None), None
        for start in range(len(letters)):
            latin, pinyin = paths[start]
            if not latin and not pinyin:
                continue
            if start in begins:
                word = begins[start]
                score = likely.get(word, _UNKNOWN_WORD + _UNKNOWN_LETTER * len(word))
                _offer(paths, start + len(word), _better(latin, pinyin, True).then(score, word, True))
            before = _better(latin, pinyin, False)
            for spelling in self.runs.prefixes(letters[start:]):
                end = start + len(spelling)
                if self._keeps_syllables(letters, start, end, begins):
                    run = self.runs[spelling][0].decode()
                    score = math.log((self.count(run) or _UNWRITTEN) / self.total)
                    _offer(paths, end, before.then(score, run, False))
        last = max((path for path in paths[-1] if path), key=lambda path: path.score)
        return " ".join("".join(last.pieces()).split())

    def mend(self, run: str) -> str:
        """The run of Chinese characters with words that the corpus does not write replaced by such of the same sound
        that it does."""
        for _ in range(_ROUNDS):
            found = sorted(self._replacements(run), key=lambda replacement: -replacement[0])
            characters, touched = list(run), set[int]()
            for _, start, meant in found:
                end = start + len(meant)
                if touched.isdisjoint(range(start - 1, end + 1)):
                    characters[start:end] = meant
                    touched.update(range(start, end))
            if not touched:
                break
            run = "".join(characters)
        return run

    def _replacements(self, run: str) -> Iterator[tuple[float, int, str]]:
        """Worth, beginning and text of each replacement of a stretch that holds a pair the corpus hardly writes."""
        strange = [at for at in range(len(run) - 1) if self.count(run[at : at + 2]) <= RARE]
        for start, end in _windows(strange, len(run)):
            meant = self.run(self.letters(run[start:end]))
            if meant and len(meant) == end - start:
                worth = self._worth(run[max(start - 1, 0) : start], run[start:end], meant, run[end : end + 1])
                if worth > 0:
                    yield worth, start, meant

    def _worth(self, left: str, typed: str, meant: str, right: str) -> float:
        """How much better the corpus knows `meant` than `typed` between these neighbours; 0 if not clearly so."""
        differ = sum(a != b for a, b in zip(typed, meant, strict=True))
        if not 1 <= differ <= (1 if len(typed) == 2 else 2):
            return 0.0
        before, now = ([self.count(pair) for pair in pairs_of(left + text + right)] for text in (typed, meant))
        if any(was and not is_ for was, is_ in zip(before, now, strict=True)):
            return 0.0  # it would tear a known pair apart
        gain = sum(count > RARE for count in now) - sum(count > RARE for count in before)
        least = min(self.count(pair) for pair in pairs_of(meant))
        bond = min(self._bond(pair) for pair in pairs_of(meant))
        known = least >= (_ENOUGH if 0 in before else _CLEARLY)
        return gain + 0.1 * (1 + bond) if gain >= 1 and bond > _BOND and known else 0.0

    def _bond(self, pair: str) -> float:
        uses = max(self.count(pair[0]), 1) * max(self.count(pair[1]), 1)
        return self.count(pair) ** 2 / uses

    def _keeps_syllables(self, letters: str, start: int, end: int, begins: dict[int, str]) -> bool:
        """Whether each stretch between spaces is pinyin in itself: "be i" is not 被."""
        cuts = [start, *(at for at in range(start + 1, end) if at in begins), end]
        return len(cuts) == 2 or all(letters[a:b] in self.runs for a, b in pairwise(cuts))


@dataclass(frozen=True, slots=True)
class _Path:
    """The best way to read the letters so far."""

    score: float
    piece: str
    latin: bool
    before: "_Path | None"

    def then(self, score: float, piece: str, latin: bool) -> "_Path":
        return _Path(self.score + score + (_SWITCH if latin != self.latin and self.before else 0), piece, latin, self)

    def pieces(self) -> list[str]:
        found: list[str] = []
        path: _Path | None = self
        while path:
            found.append(f" {path.piece} " if path.latin else path.piece)
            path = path.before
        return found[::-1]


def _better(latin: _Path | None, pinyin: _Path | None, for_latin: bool) -> _Path:
    """The path on which to go on in Latin or in pinyin; there is one at least."""
    paths = [path for path in (latin, pinyin) if path]
    return max(paths, key=lambda path: path.score + (_SWITCH if path.latin != for_latin and path.before else 0))


def _offer(paths: list[tuple[_Path | None, _Path | None]], at: int, path: _Path) -> None:
    latin, pinyin = paths[at]
    known = latin if path.latin else pinyin
    if not known or path.score > known.score:
        paths[at] = (path, pinyin) if path.latin else (latin, path)


def _begins(words: Sequence[str]) -> dict[int, str]:
    begins, at = {}, 0
    for word in words:
        begins[at] = word
        at += len(word)
    return begins


def pairs_of(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


def _windows(strange: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """Stretches [start, end) of two to `LONGEST` characters that hold a strange pair, each once."""
    for length in range(2, LONGEST + 1):
        starts = {start for at in strange for start in range(at - length + 2, at + 1) if 0 <= start <= size - length}
        for start in sorted(starts):
            yield start, start + length


def usual(letters: str) -> str:
    """Letters with syllables spelt one way: 略 is typed both lve and lue."""
    return letters.replace("ve", "ue")
