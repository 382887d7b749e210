"""How Chinese is read: the syllables of characters in their context, and from them what a corpus sounds like.

Readings come from pypinyin while an index is built, so that answering needs neither its dictionaries nor their memory.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from index.sounds import LONGEST, RARE, Sounds, usual
from index.text import HAN

FEWEST = (0, 1, 1, 2, 2)
"""How often a run of so many characters must be written in questions to be known by its sound."""

_HAN_RUN = re.compile(f"[{HAN}]+")


def syllables_of(texts: Iterable[str]) -> dict[str, list[str]]:
    """The syllables, without tones, of each run of Chinese characters in the texts, read in its context."""
    import pypinyin  # 60 MB of dictionaries that only a build needs

    runs = {run for text in texts for run in _HAN_RUN.findall(text)}
    return {run: [usual(syllable) for syllable in pypinyin.lazy_pinyin(run)] for run in sorted(runs)}


def fit_sounds(questions: Sequence[str], others: Sequence[str], syllables: Mapping[str, Sequence[str]]) -> Sounds:
    """From normalised questions and the `syllables_of` them; `others`, such as the answers, only say which pairs of
    characters are no slips."""
    if not syllables:
        return Sounds.of({}, {}, {})
    written, sounding = _written_and_sounding(questions, syllables)
    readings = {char: spelling[0] for char, spelling in syllables_of(_characters(written)).items()}
    best = {
        letters: max(runs, key=lambda run: written[run])
        for letters, runs in sounding.items()
        if any(written[run] >= FEWEST[len(run)] for run in runs)
    }
    for char in _characters(written):
        best.setdefault(readings[char], char)
    known = set(best.values())
    counts = {run: count for run, count in written.items() if len(run) <= 2 or run in known}
    for pair, count in _pairs(others).items():
        if count > RARE:
            counts[pair] = counts.get(pair, 0) + count
    return Sounds.of(readings, best, counts)


def _written_and_sounding(
    questions: Sequence[str], syllables: Mapping[str, Sequence[str]]
) -> tuple[Counter[str], dict[str, list[str]]]:
    """How often each run of up to `LONGEST` characters is written, and which are written for the same letters."""
    written: Counter[str] = Counter()
    sounding: dict[str, dict[str, None]] = {}
    for run, count in Counter(run for text in questions for run in _HAN_RUN.findall(text)).items():
        spelling = syllables[run]
        for start in range(len(run)):
            for end in range(start + 1, min(start + LONGEST, len(run)) + 1):
                written[run[start:end]] += count
                sounding.setdefault("".join(spelling[start:end]), {})[run[start:end]] = None
    return written, {letters: list(runs) for letters, runs in sounding.items()}


def _pairs(texts: Sequence[str]) -> Counter[str]:
    return Counter(run[at : at + 2] for text in texts for run in _HAN_RUN.findall(text) for at in range(len(run) - 1))


def _characters(written: Counter[str]) -> list[str]:
    """The 6,763 characters of GB 2312, the common ones first, and whatever else the corpus writes."""
    codes = (bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    standard = [char for code in codes if (char := code.decode("gb2312", "ignore"))]
    return list(dict.fromkeys([*standard, *(run for run in written if len(run) == 1)]))
