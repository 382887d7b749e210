"""Punctuation and spacing of Chinese prose. Says nothing of a line without Chinese characters.

Half-width marks are judged by their neighbours: `(1, 0)` and `p. 4` stand as they are, `卷积(convolution)` does not.
"""

import re
from collections.abc import Iterator, Sequence

from index.text import HAN
from proofreading.findings import Finding, error
from proofreading.manuscript import CITATION, CODE, FORMULA, Manuscript, Prose

_LATIN = f"A-Za-z0-9{CODE}{FORMULA}"
_FULL_WIDTH = "，。；：！？、（）《》“”‘’…—"

_RULES = (
    (
        "half-width",
        rf"(?<=[{HAN}”’）》{CODE}{FORMULA}{CITATION}]) ?[,;:!?](?![\d/])(?= ?[{HAN}“《（{_LATIN}]|$)"
        rf"|[,;:!?](?= ?[{HAN}“《])|(?<=[{HAN}”）])\.(?![\w.])",
        "half-width punctuation beside Chinese",
        "Use the full-width mark",
    ),
    (
        "half-width",
        rf"\([^()]*[{HAN}][^()]*\)|(?<=[{HAN}])\([^()]*\)?|\([^()]*\)(?=[{HAN}])|\)(?=[{HAN}])",
        "half-width brackets beside Chinese",
        "Use （ and ）",
    ),
    ("half-width", rf"([\"'])(?=[{HAN}])(?:[^\"']*\1)?|(?<=[{HAN}])[\"']", "straight quotation marks", "Use “ and ”"),
    ("half-width", rf"(?<=[{HAN}])\.\.\.|\.\.\.(?=[{HAN}])", "three full stops", "Use ……"),
    ("half-width", rf"(?<=[{HAN}])--|--(?=[{HAN}])", "two hyphens", "Use ——"),
    ("half-width", r"(?<=[\w%])~(?=\d)", "a tilde for a range", "Use 至 or –"),
    (
        "spacing",
        rf"(?<=[{HAN}])(?=[{_LATIN}])|(?<=[{_LATIN}%])(?=[{HAN}])",
        "no space between Chinese and Latin text",
        "Put a space there",
    ),
    ("spacing", rf"(?<=[{HAN}]) +(?=[{HAN}])", "a space between two Chinese characters", "Remove it"),
    (
        "spacing",
        rf"(?<=[{_FULL_WIDTH}]) +(?=[{HAN}{_LATIN}{CITATION}])| +(?=[，。；：！？、）》”])|(?<=[（《“]) +",
        "a space beside a full-width mark",
        "Remove it",
    ),
    ("spacing", rf"(?<=[^\s{_FULL_WIDTH}]){CITATION}", "no space before a citation", "Put a space before [@…]"),
)
_HAN = re.compile(f"[{HAN}]")


def check_typography(manuscripts: Sequence[Manuscript]) -> Iterator[Finding]:
    """Half-width punctuation in Chinese prose, and spaces that are missing or too many."""
    for manuscript in manuscripts:
        for piece in manuscript.prose():
            yield from _check(manuscript, piece)


def _check(manuscript: Manuscript, piece: Prose) -> Iterator[Finding]:
    if not _HAN.search(piece.text):
        return
    for rule, pattern, cause, remedy in _RULES:
        for found in re.finditer(pattern, piece.text):
            excerpt = piece.excerpt(found.start(), found.end())
            yield error(rule, manuscript.path, piece.line, f"{cause}: {excerpt}", remedy)
