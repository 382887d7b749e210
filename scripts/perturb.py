"""Spoil labelled questions the way typing does, to measure what each kind of slip costs.

    python -m scripts.perturb --queries corpus/calibration.jsonl --out spoilt.jsonl [--seed 0]
    python -m scripts.evaluate --queries spoilt.jsonl

Every question comes out once as it is, under the style `original`, and once under the name of each kind that changes
it. A kind that leaves some questions alone (there is no neighbouring key in a question without Latin letters) is
measured against `KIND, before`: the questions it has changed, as they were. The same seed gives the same file.
"""

import argparse
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import opencc
import pypinyin
from pypinyin.constants import PHRASES_DICT

from index.text import HAN

_HAN_RUN = re.compile(f"[{HAN}]+")
_WORD = re.compile(r"[A-Za-z]{3,}")
_LETTERS = re.compile(rf"[{HAN}A-Za-z]")

_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_POLITE = (
    ("您好，", "，谢谢！"),
    ("你好，我想请教一下，", ""),
    ("麻烦问一下，", "，感谢！"),
    ("不好意思打扰了，想问问大家：", "？多谢指点"),
    ("老师好，", "，辛苦了"),
    ("请问一下各位，", "，先谢过啦"),
)
_POLITE_ENGLISH = (
    ("Hi there, ", " Thanks a lot!"),
    ("Excuse me, could you please tell me: ", ""),
    ("Hello, sorry to bother you, ", " Many thanks in advance."),
    ("Could somebody kindly help me with this? ", " Thank you."),
)

Spoil = Callable[[str, random.Random], str]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="perturb", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--queries", type=Path, required=True, help='lines of {"query", "accept"}')
    parser.add_argument("--out", type=Path, required=True, help="where to write the spoilt questions")
    parser.add_argument("--seed", type=int, default=0, help="another seed spoils other places (%(default)s)")
    options = parser.parse_args(argv)
    try:
        questions = [json.loads(line) for line in options.queries.read_text("utf-8").splitlines() if line.strip()]
        lines = [json.dumps(record, ensure_ascii=False) for record in perturb(questions, options.seed)]
        options.out.write_text("".join(line + "\n" for line in lines), "utf-8")
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f'{options.queries}: {error!r}. A line is {{"query", "accept": [ids]}}.', file=sys.stderr)
        return 1
    print(f"{options.out}: {len(lines)} questions made of {len(questions)}")
    return 0


def perturb(questions: Sequence[dict[str, Any]], seed: int = 0) -> Iterator[dict[str, Any]]:
    """The questions as they are, then kind by kind those that it changes."""
    yield from (_record(question, question["query"], "original") for question in questions)
    for kind, spoil in KINDS.items():
        spoilt = [
            (question, spoil(question["query"], random.Random(f"{seed} {kind} {question['query']}")))
            for question in questions
        ]
        changed = [(question, text) for question, text in spoilt if text != question["query"]]
        yield from (_record(question, text, kind) for question, text in changed)
        if len(changed) < len(questions):
            yield from (_record(question, question["query"], f"{kind}, before") for question, _ in changed)


def _record(question: dict[str, Any], text: str, style: str) -> dict[str, Any]:
    return {"query": text, "accept": question.get("accept", []), "style": style}


def spaced_pinyin(text: str, _: random.Random) -> str:
    """Every character by its syllable, without tones, as somebody without an input method writes."""
    return _HAN_RUN.sub(lambda run: f" {' '.join(pypinyin.lazy_pinyin(run[0]))} ", text).strip()


def joined_pinyin(text: str, _: random.Random) -> str:
    """The same without the spaces between syllables."""
    return _HAN_RUN.sub(lambda run: f" {''.join(pypinyin.lazy_pinyin(run[0]))} ", text).strip()


def homophone(text: str, chance: random.Random) -> str:
    """One word of two to four characters taken for another of the same sound, as input methods do; or where no run of
    the text has such a word, one character."""
    places = [
        (start + at, length)
        for start, run in ((found.start(), found[0]) for found in _HAN_RUN.finditer(text))
        for length in (2, 3, 4)
        for at in range(len(run) - length + 1)
    ]
    chance.shuffle(places)
    for at, length in places:
        word = text[at : at + length]
        others = [other for other in _words_by_sound().get(_sound(word), ()) if other != word]
        if word in PHRASES_DICT and others:
            return text[:at] + chance.choice(others) + text[at + length :]
    return homophone_character(text, chance)


def homophone_character(text: str, chance: random.Random) -> str:
    """One character taken for another common one of the same sound."""
    singles = [found.start() for found in re.finditer(f"[{HAN}]", text)]
    chance.shuffle(singles)
    for at in singles:
        others = [other for other in _characters_by_sound().get(_sound(text[at]), ()) if other != text[at]]
        if others:
            return text[:at] + chance.choice(others) + text[at + 1 :]
    return text


def dropped(text: str, chance: random.Random) -> str:
    """One Chinese character or Latin letter missing."""
    at = _place(_LETTERS, text, chance)
    return text if at is None or len(text) < 3 else text[:at] + text[at + 1 :]


def doubled(text: str, chance: random.Random) -> str:
    """One Chinese character or Latin letter typed twice."""
    at = _place(_LETTERS, text, chance)
    return text if at is None else text[:at] + text[at] + text[at:]


def neighbouring_key(text: str, chance: random.Random) -> str:
    """One letter of a Latin word of three or more replaced by one beside it on the keyboard."""
    places = [at for word in _WORD.finditer(text) for at in range(word.start(), word.end())]
    if not places:
        return text
    at = chance.choice(places)
    slip = chance.choice(_beside(text[at].lower()))
    return text[:at] + (slip.upper() if text[at].isupper() else slip) + text[at + 1 :]


def traditional(text: str, _: random.Random) -> str:
    """Traditional characters and Taiwan's terms."""
    return str(_to_traditional().convert(text))


def full_width(text: str, _: random.Random) -> str:
    """Letters, digits and signs as wide as Chinese characters."""
    return "".join(
        chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else "\u3000" if char == " " else char for char in text
    )


def polite(text: str, chance: random.Random) -> str:
    """Wrapped in courtesies."""
    before, after = chance.choice(_POLITE if _HAN_RUN.search(text) else _POLITE_ENGLISH)
    return before + text + after


KINDS: dict[str, Spoil] = {
    "pinyin": spaced_pinyin,
    "pinyin-joined": joined_pinyin,
    "homophone": homophone,
    "homophone-char": homophone_character,
    "dropped": dropped,
    "doubled": doubled,
    "key": neighbouring_key,
    "traditional": traditional,
    "full-width": full_width,
    "polite": polite,
}


def _place(pattern: re.Pattern[str], text: str, chance: random.Random) -> int | None:
    places = [found.start() for found in pattern.finditer(text)]
    return chance.choice(places) if places else None


def _beside(letter: str) -> list[str]:
    """Left, right, above and below on a keyboard."""
    row, at = next((row, keys.index(letter)) for row, keys in enumerate(_KEY_ROWS) if letter in keys)
    near = [(row, at - 1), (row, at + 1), (row - 1, at), (row - 1, at + 1), (row + 1, at - 1), (row + 1, at)]
    return [_KEY_ROWS[r][i] for r, i in near if 0 <= r < len(_KEY_ROWS) and 0 <= i < len(_KEY_ROWS[r])]


def _sound(word: str) -> str:
    return " ".join(pypinyin.lazy_pinyin(word))


@cache
def _common_characters() -> list[str]:
    """The 3,755 common characters of GB 2312, level 1."""
    codes = (bytes([row, cell]) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return [code.decode("gb2312", "ignore") for code in codes if code.decode("gb2312", "ignore")]


@cache
def _characters_by_sound() -> dict[str, list[str]]:
    by_sound: dict[str, list[str]] = defaultdict(list)
    for char in _common_characters():
        by_sound[_sound(char)].append(char)
    return by_sound


@cache
def _words_by_sound() -> dict[str, list[str]]:
    """Words of pypinyin's dictionary in common characters, by their syllables."""
    common = set(_common_characters())
    by_sound: dict[str, list[str]] = defaultdict(list)
    for word in PHRASES_DICT:
        if len(word) <= 4 and common.issuperset(word):
            by_sound[_sound(word)].append(word)
    return by_sound


@cache
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2twp")


if __name__ == "__main__":
    sys.exit(main())
