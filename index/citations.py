"""Turns Pandoc citations into numbered ones, and keeps where each number stands.

`[@he2016deep, §3]` becomes `[1, §3]`; `[@a; @b]` becomes `[1][2]`. Numbers follow the first mention. Where a citation
begins an item of a list, as in lists of what to read, it is the subject, and its title is written before the number.
Code is left alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.entries import Reference

CODE = (
    r"(?:^[ \t]*(?P<fence>`{3,}(?=[^`\n]*$)|~{3,}).*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)*?(?<!`)(?P=ticks)(?!`))"
)
"""A fenced block, to the end of the text if nothing closes it, or code within a paragraph. Needs DOTALL and
MULTILINE."""

_CODE_OR_CITATION = re.compile(CODE + r"|\[(?P<group>@[^\[\]]+)\](?!\([^\s()]+\))", re.DOTALL | re.MULTILINE)
_ITEM = re.compile(r"\s*@(?P<key>[A-Za-z0-9_][\w:.+/-]*?)\s*(?:,\s*(?P<locator>.+?))?\s*\Z", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+\Z", re.MULTILINE)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SYNTAX = re.compile(r"[\\`*$<]")

CITED_ITEM = re.compile(r"^[-*+] (?:\*.+?\*|《.+?》) \[\d+", re.MULTILINE)
"""An item of a list that begins with a citation, once that is numbered: the work's title, then its marker."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A work cited by an answer. `marks` are [start, end) offsets of its markers in the rendered answer, in
    code points."""

    n: int
    reference: Reference
    marks: tuple[tuple[int, int], ...]


def _items(group: str) -> list[tuple[str, str | None]] | None:
    """`@a, §2; @b` as keys with locators; None when the brackets hold something else."""
    matches = [_ITEM.match(item) for item in group.split(";")]
    if not all(matches):
        return None
    return [(match["key"], match["locator"]) for match in matches if match]


def _named(title: str) -> str:
    """A title within running Markdown; Chinese has a pair of marks for what Latin script sets in italics."""
    text = _SYNTAX.sub(r"\\\g<0>", title)
    return f"《{text}》" if _CHINESE.search(title) else f"*{text}*"


def cited_keys(markdown: str) -> Iterator[tuple[int, str]]:
    """(lines before it, key) of every citation outside code; brackets that begin with `@` but cannot be read
    stand for a key of their own."""
    for match in _CODE_OR_CITATION.finditer(markdown):
        if group := match["group"]:
            for name, _ in _items(group) or [(group, None)]:
                yield markdown.count("\n", 0, match.start()), name


def number_citations(markdown: str, references: dict[str, Reference]) -> tuple[str, tuple[Citation, ...]]:
    """The answer with numbered markers, and the works in the order of their numbers.

    A group with a key that `references` does not hold is left as it stands.
    """
    pieces: list[str] = []
    length = 0
    taken = 0
    marks: dict[str, list[tuple[int, int]]] = {}

    def put(text: str) -> tuple[int, int]:
        nonlocal length
        pieces.append(text)
        length += len(text)
        return length - len(text), length

    for match in _CODE_OR_CITATION.finditer(markdown):
        items = _items(match["group"] or "")
        if not items or any(name not in references for name, _ in items):
            continue
        put(markdown[taken : match.start()])
        begins_item = _BULLET.search(markdown, markdown.rfind("\n", 0, match.start()) + 1, match.start())
        taken = match.end()
        for i, (name, locator) in enumerate(items):
            if begins_item:
                put((", " if i else "") + _named(references[name].title) + " ")
            n = list(marks).index(name) + 1 if name in marks else len(marks) + 1
            span = put(f"[{n}, {locator}]" if locator else f"[{n}]")
            marks.setdefault(name, []).append(span)
    put(markdown[taken:])
    citations = tuple(
        Citation(n, references[name], tuple(spans)) for n, (name, spans) in enumerate(marks.items(), start=1)
    )
    return "".join(pieces), citations
