"""Cuts an answer into passages: the pieces of about 300 characters that a question may be about.

Offsets count code points of the answer as it is served. Knows nothing of vectors.
"""

import itertools
import re
from dataclasses import dataclass

LIMIT = 300
"""Characters a passage may have."""

_BLOCK_END = re.compile(r"\n[ \t]*\n\s*|\n(?=#{1,6} )")
_SENTENCE_END = re.compile(r"(?<=[。！？；!?;])|(?<=[.])(?=\s)|(?<=\n)")
_WORD = re.compile(r"\w")
_HEADING = re.compile(r"#{1,6} ")
_MARKUP = re.compile(
    r"^#{1,6} |^\s*(?:[-*+]|\d+\.) |^[ \t]*(?:```|~~~).*$|^\|?[\s:|-]+\|?$"  # headings, bullets, fences, table rules
    r"|\[\d+(?:, [^\]]*)?\]|!?\[([^\]]*)\]\([^)]*\)|[*_`$|>\\{}]",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """`answer[start:end]`."""

    start: int
    end: int


def cut_passages(answer: str, limit: int = LIMIT) -> tuple[Passage, ...]:
    """Disjoint passages in order, each at most `limit` characters, that together hold all but white space.

    Neighbouring blocks are joined while they fit, except that a heading always begins a passage. A block that
    is too long is cut at the ends of sentences, and only if a sentence is too long, in the middle of it.
    """
    passages: list[Passage] = []
    for start, end in _blocks(answer, limit):
        joins = passages and end - passages[-1].start <= limit and not _HEADING.match(answer, start)
        if joins:
            passages[-1] = Passage(passages[-1].start, end)
        else:
            passages.append(Passage(start, end))
    return tuple(passages)


def plain(markdown: str) -> str:
    """The words of a piece of Markdown, for encoding: no markup, no citation numbers, single spaces."""
    return " ".join(_MARKUP.sub(lambda match: match[1] or " ", markdown).split())


def _blocks(answer: str, limit: int) -> list[tuple[int, int]]:
    blocks = []
    for start, end in _split(answer, 0, len(answer), _BLOCK_END):
        if end - start <= limit:
            blocks.append((start, end))
            continue
        for first, last in _split(answer, start, end, _SENTENCE_END):
            within = blocks and start <= blocks[-1][0] and last - blocks[-1][0] <= limit
            if within and not _WORD.search(answer, first, last):  # a closing fence stays with the line before it
                blocks[-1] = (blocks[-1][0], last)
                continue
            blocks += [(cut, min(cut + limit, last)) for cut in range(first, last, limit)]
    return [trimmed for start, end in blocks if (trimmed := _trim(answer, start, end))]


def _split(text: str, start: int, end: int, separator: re.Pattern[str]) -> list[tuple[int, int]]:
    cuts = [start, *(match.end() for match in separator.finditer(text, start, end)), end]
    return [piece for a, b in itertools.pairwise(cuts) if (piece := _trim(text, a, b))]


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    if not piece.strip():
        return None
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
