"""The one form of text that is compared: what a person typed, and what the corpus holds, go through here alike.

Knows nothing of languages beyond character classes, and nothing of encoders.
"""

import re
import unicodedata
from functools import cache

import opencc

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese characters, as the inside of a regular expression's character class."""

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_NOT_WORD = re.compile(r"[\W_]+")


@cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _printable(text: str) -> str:
    """White space of every kind becomes a space; control, zero-width, private and surrogate characters vanish."""
    if text.isprintable():  # most are: no such character, and no white space but the plain one
        return text
    return "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char) not in _UNPRINTABLE
    )


def normalise(text: str) -> str:
    """The comparable form: NFKC (which folds full width), lower case, Simplified characters, single spaces.

    Total on every `str`, lone surrogates included, and idempotent. Empty when nothing printable is left.
    """
    folded = unicodedata.normalize("NFKC", _printable(text)).casefold()
    converter = _to_simplified()
    simplified = converter.convert(converter.convert(_printable(unicodedata.normalize("NFKC", folded))))  # 薴 苧 苎
    return " ".join(simplified.split())


def key(normalised: str) -> str:
    """Letters and digits alone: two texts with the same key are the same question. Empty for bare punctuation."""
    return _NOT_WORD.sub("", normalised)
