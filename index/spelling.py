"""What a person meant to type, judged by the corpus's own words: pinyin left as letters, a character taken for another
of the same sound, a slip in a Latin word.

What the corpus knows is left alone, and nothing becomes what the corpus does not know. Knows nothing of entries or
vectors.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from index.courtesy import without_courtesy
from index.pinyin import fit_sounds
from index.sounds import Sounds
from index.text import HAN

_HAN_RUN = re.compile(f"[{HAN}]+")
_WORD = re.compile(rf"[^\W_{HAN}]+")
_TYPED = re.compile(r"[a-z]+(?: +[a-z]+)*")
_TONED = re.compile("[āēīōūǎěǐǒǔǖǚ]")
_TONES = re.compile("[\u0300\u0301\u0304\u030c]")

_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

_WEIGHT = {3: 0.02, 4: 0.1}
"""How readily a word of so few letters is taken for a slip; longer ones 1."""

_COMMON_SLIP, _RARE_SLIP = 10.0, 0.1
"""A letter doubled or halved, or two changing places, against a neighbouring key (1) and any other letter."""

_LONGEST_WORD = 30

_ENOUGH = 2.0
"""Least product of a slip's weight and of how often the corpus has the word that was meant."""


@dataclass(frozen=True)
class Speller:
    """Fitted to one corpus; it corrects towards that corpus's words."""

    words: dict[str, int]  # how often the corpus has each Latin word
    genuine: list[str]  # words that are no slips though one slip away from a word of the corpus
    sounds: Sounds

    def read(self, normalised: str) -> str:
        """A question as it was meant: without courtesies, corrected."""
        return self.correct(without_courtesy(normalised))

    def correct(self, normalised: str) -> str:
        """The normalised text with what is unknown replaced by what was meant, where that is clear; mostly the text
        itself."""
        text = normalised
        if self.sounds.runs:
            text = _TYPED.sub(lambda typed: self._from_pinyin(typed[0]), _without_tones(text))
            text = _HAN_RUN.sub(lambda run: self.sounds.mend(run[0]), text)
        return _WORD.sub(lambda word: self._word(word[0]), text)

    def _from_pinyin(self, typed: str) -> str:
        words = typed.split()
        if all(word in self.words for word in words):
            return typed
        return self.sounds.spell_out(words, self._likely)

    def _word(self, word: str) -> str:
        if not 3 <= len(word) <= _LONGEST_WORD or word in self.words or word in self._left_alone or not word.isalpha():
            return word
        found = {meant for cut in _cuts(word) for meant in self._by_cut.get(cut, "").split()}
        likely = {meant: slip_weight(word, meant) * self.words[meant] for meant in sorted(found)}
        best = max(likely, key=likely.__getitem__, default=word)
        return best if likely.get(best, 0) >= _ENOUGH else word

    @cached_property
    def _left_alone(self) -> frozenset[str]:
        return frozenset(self.genuine)

    @cached_property
    def _likely(self) -> dict[str, float]:
        total = sum(self.words.values())
        return {word: math.log(count / total) for word, count in self.words.items()}

    @cached_property
    def _by_cut(self) -> dict[str, str]:
        """Words, with spaces between them (20,000 lists would take a MB), by what is left of them without one letter,
        so that those one slip apart meet (Garbe's SymSpell)."""
        by_cut: dict[str, str] = {}
        for word, count in self.words.items():
            if len(word) >= 3 and count >= _ENOUGH and word.isalpha():
                for cut in _cuts(word):
                    by_cut[cut] = f"{by_cut[cut]} {word}" if cut in by_cut else word
        return by_cut


def slip_weight(typed: str, meant: str) -> float:
    """How readily one slip of the fingers makes `typed` of `meant`; 0 when it takes more than one, or another kind of
    difference than fingers make."""
    short, long = sorted((typed, meant), key=len)
    weight = _WEIGHT.get(len(short), 1.0) if len(short) > 2 else 0.0
    at = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), len(short))
    if len(long) > len(short):
        if at and long[at] == long[at - 1]:
            return weight * _COMMON_SLIP
        if len(typed) < len(meant):
            return 0.0 if meant == typed + "s" else weight  # a singular is no slip
        beside = long[at] in neighbours(long[at - 1]) or (at + 1 < len(long) and long[at] in neighbours(long[at + 1]))
        inside = 0 < at < len(meant)
        return weight if beside else weight * _RARE_SLIP if inside else 0.0
    if typed[at + 1 :] == meant[at + 1 :]:
        if meant[at] in neighbours(typed[at]):
            return weight
        return weight * _RARE_SLIP if at and len(short) > 4 else 0.0
    swapped = typed[at : at + 2] == meant[at : at + 2][::-1] and typed[at + 2 :] == meant[at + 2 :]
    return weight * _COMMON_SLIP if swapped else 0.0


def neighbours(letter: str) -> str:
    """The keys around a small letter's on a keyboard."""
    for row, keys in enumerate(_KEY_ROWS):
        at = keys.find(letter)
        if at >= 0:
            near = [(row, at - 1), (row, at + 1), (row - 1, at), (row - 1, at + 1), (row + 1, at - 1), (row + 1, at)]
            return "".join(_KEY_ROWS[r][i] for r, i in near if 0 <= r < 3 and 0 <= i < len(_KEY_ROWS[r]))
    return ""


def _cuts(word: str) -> Iterator[str]:
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _without_tones(text: str) -> str:
    """Marks of tones taken off, where there are any: juǎnjī."""
    if not _TONED.search(text):
        return text
    return unicodedata.normalize("NFC", _TONES.sub("", unicodedata.normalize("NFD", text))).replace("ü", "v")


def fit_speller(
    questions: Sequence[str],
    others: Sequence[str],
    syllables: Mapping[str, Sequence[str]],
    genuine: Sequence[str] = (),
) -> Speller:
    """From the normalised questions of a corpus, those to decline included, and the `syllables_of` them; from its
    `others` texts, whose words are known, though no pinyin is read as them; and from `genuine` words of any kind,
    which, with their plurals, are not to be taken for slips."""
    words = Counter(word for text in [*questions, *others] for word in _WORD.findall(text))
    speller = Speller(dict(words), [], fit_sounds(questions, others, syllables))
    forms = [form for word in genuine for form in (word, f"{word}s")]
    return replace(speller, genuine=[form for form in forms if speller._word(form) != form])
