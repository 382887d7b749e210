"""The shape of an answer: how it opens, its headings, its length, its sources, and markup that would show."""

import re
from collections.abc import Iterator, Sequence

from index.citations import cited_keys
from proofreading.findings import Finding, error, warning
from proofreading.manuscript import Manuscript

LONGEST = 3_000
"""Characters of prose beyond which an answer is likely to be two."""

FEWEST_SOURCES = 2

_SHOWING = re.compile(r"\*\*|(?<!\\)\$|\[@|\]\(|^\s*\|.*\|\s*$")
"""Markup that a Markdown reader leaves standing in text, because it is not well formed."""


def check_answers(manuscripts: Sequence[Manuscript], *, cited: bool = True) -> Iterator[Finding]:
    """Answers out of shape, too long, with markup that would show and, where works are `cited` at all, with too few."""
    for manuscript in manuscripts:
        yield from _shape(manuscript)
        if cited:
            yield from _sources(manuscript)
        yield from _markup(manuscript)


def _shape(manuscript: Manuscript) -> Iterator[Finding]:
    path, first = manuscript.path, manuscript.first_line
    if manuscript.tokens and manuscript.tokens[0].type != "paragraph_open":
        yield error(
            "opening", path, first, "does not begin with prose", "Open with the answer in one to three sentences"
        )
    before = 1
    for line, level in manuscript.headings():
        if not 2 <= level <= before + 1:
            remedy = "Headings begin at ## and go down one level at a time"
            yield error("heading", path, line, f"a heading of level {level} after one of level {before}", remedy)
        before = level
    for line, language in manuscript.fences():
        if not language:
            yield error(
                "code", path, line, "code without a language", "Fence it with three backticks and name the language"
            )
    if (length := manuscript.length()) > LONGEST:
        cause = f"{length:,} characters of prose, more than {LONGEST:,}"
        yield warning("length", path, first, cause, "Tighten it, or give a part of it an entry of its own")


def _sources(manuscript: Manuscript) -> Iterator[Finding]:
    if (count := len({name for _, name in cited_keys(manuscript.entry.answer)})) < FEWEST_SOURCES:
        remedy = f"Cite at least {FEWEST_SOURCES}, at the claims that they support"
        yield error("sources", manuscript.path, manuscript.first_line, f"cites {count} works", remedy)


def _markup(manuscript: Manuscript) -> Iterator[Finding]:
    for piece in manuscript.prose():
        if found := _SHOWING.search(piece.text):
            cause = f"markup that readers would see: {piece.excerpt(*found.span())}"
            yield error("markup", manuscript.path, piece.line, cause, "Mend or escape it")
    for line, cells, columns in manuscript.rows():
        if cells != columns:
            cause = f"a row of {cells} cells in a table of {columns}"
            yield error("table", manuscript.path, line, cause, "Write \\| or \\mid for a bar within a cell")
    for line in manuscript.raw_html():
        yield error("markup", manuscript.path, line, "raw HTML, which is not shown", "Write Markdown")
