"""An `answer.md` as a proofreader sees it: its Markdown parsed, prose and formulas apart, each with its line.

Knows CommonMark, tables, dollar mathematics and the corpus's citations. Judges nothing.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from index.entries import Corpus, Entry

FORMULA, CODE, CITATION, FIGURE = "\ue000", "\ue001", "\ue002", "\ue003"
"""What stands in prose for that which is not prose. Private characters, so that no rule takes them for a word."""

_SHOWN = {FORMULA: "$…$", CODE: "`…`", CITATION: "[@…]", FIGURE: "![…](…)"}
_CITATION = re.compile(r"\[@[^\[\]]+\]")
_WORDS = re.compile(r"<(?P<name>text|title|desc)\b[^>]*>(?P<text>.*?)</(?P=name)>", re.DOTALL)
_ID = re.compile(r"""^["']?id["']?[ \t]*:[ \t]*["']?([\w-]+)""", re.MULTILINE)
_BAR = re.compile(r"(?<!\\)\|")
_TAG = re.compile(r"<[^>]+>")
_READING_LIST = re.compile(rf"^\W*{CITATION}")


@dataclass(frozen=True, slots=True)
class Prose:
    """Running text of one block, or of one line of it. `line` is its line in the file."""

    line: int
    text: str
    kind: str  # "paragraph", "heading", "cell", "alt", "title" or "figure"

    def excerpt(self, start: int, end: int) -> str:
        """What stands around a place, as its author knows it."""
        text = self.text[max(start - 12, 0) : end + 12]
        for stand_in, shown in _SHOWN.items():
            text = text.replace(stand_in, shown)
        return f"…{text.strip()}…"


@dataclass(frozen=True, slots=True)
class Formula:
    line: int
    tex: str
    display: bool


@dataclass(frozen=True)
class Manuscript:
    """One entry with the file it was read from. `first_line` is the line on which the answer begins."""

    path: Path
    entry: Entry
    first_line: int
    fields: dict[str, int]  # line of each field of the front matter
    tokens: tuple[Token, ...]

    def field_line(self, name: str) -> int:
        return self.fields.get(name, 1)

    def raw_html(self) -> Iterator[int]:
        """The line of each piece of HTML."""
        for token in self.tokens:
            if token.type == "html_block":
                yield self._line(token)
            yield from (line for line, child in self._children(token) if child.type == "html_inline")

    def prose(self) -> Iterator[Prose]:
        """All that is read as sentences: title, headings, paragraphs, cells, and what figures are said to show.

        Formulas, code, citations and figures are replaced by `FORMULA`, `CODE`, `CITATION` and `FIGURE`.
        """
        yield Prose(self.field_line("title"), self.entry.title, "title")
        kind = "paragraph"
        for token in self.tokens:
            if token.type in _KINDS:
                kind = _KINDS[token.type]
            elif token.type == "inline":
                yield from self._lines(token, kind)

    def words_of_figures(self) -> Iterator[tuple[Path, Prose]]:
        """The labels, titles and descriptions in the answer's figures, with the file of each."""
        for name, svg in self.entry.figures.items():
            for words in _WORDS.finditer(svg):
                text = html.unescape(_TAG.sub("", words["text"]))
                yield self.path.parent / name, Prose(svg.count("\n", 0, words.start()) + 1, text, "figure")

    def formulas(self) -> Iterator[Formula]:
        for token in self.tokens:
            if token.type == "math_block":
                yield Formula(self._line(token), token.content, display=True)
            for line, child in self._children(token):
                if child.type == "math_inline":
                    yield Formula(line, child.content, display=False)

    def headings(self) -> Iterator[tuple[int, int]]:
        """(line, level) of each heading."""
        for token in self.tokens:
            if token.type == "heading_open":
                yield self._line(token), int(token.tag[1:])

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """(line, cells, columns) of each row of a table; what exceeds the columns is lost when it is rendered."""
        lines = self.entry.answer.split("\n")
        for token in self.tokens:
            if token.type == "table_open" and token.map:
                begin, end = token.map
                cells = [len(_BAR.split(line.strip().removeprefix("|").removesuffix("|"))) for line in lines[begin:end]]
                yield from ((self.first_line + begin + n, count, cells[1]) for n, count in enumerate(cells))

    def fences(self) -> Iterator[tuple[int, str]]:
        """(line, language) of each block of code; an indented one has no language."""
        for token in self.tokens:
            if token.type in ("fence", "code_block"):
                yield self._line(token), token.info.strip()

    def length(self) -> int:
        """Characters of prose, without white space, figures' descriptions and the list of works to read."""
        counted = [
            piece.text
            for piece in self.prose()
            if piece.kind in ("paragraph", "heading", "cell") and not _READING_LIST.match(piece.text)
        ]
        return sum(len(re.sub(rf"[\s{CODE}{FORMULA}{CITATION}{FIGURE}]", "", text)) for text in counted)

    def _line(self, token: Token) -> int:
        return self.first_line + (token.map[0] if token.map else 0)

    def _children(self, token: Token) -> Iterator[tuple[int, Token]]:
        """The parts of a block with the lines they stand on."""
        line = self._line(token)
        for child in token.children or ():
            yield line, child
            line += child.type in ("softbreak", "hardbreak") or child.content.count("\n")

    def _lines(self, token: Token, kind: str) -> Iterator[Prose]:
        text, begun = "", self._line(token)
        for line, child in self._children(token):
            if child.type in ("softbreak", "hardbreak"):
                yield Prose(begun, text, kind)
                text, begun = "", line + 1
            elif child.type == "image":
                yield Prose(line, child.content, "alt")
                text += FIGURE
            elif child.type != "html_inline":
                text += _STAND_INS.get(child.type) or _CITATION.sub(CITATION, child.content)
        if text:
            yield Prose(begun, text, kind)


_KINDS = {
    "heading_open": "heading",
    "paragraph_open": "paragraph",
    "th_open": "cell",
    "td_open": "cell",
}
_STAND_INS = {"math_inline": FORMULA, "math_inline_double": FORMULA, "code_inline": CODE}


def answer_files(root: Path) -> dict[str, Path]:
    """The `answer.md` of each entry by its id, also in a corpus that is not fit to be read."""
    files = {}
    for path in sorted(root.glob("*/answer.md")):
        named = _ID.search(path.read_text("utf-8-sig", errors="replace"))
        files[named[1] if named else path.parent.name] = path
    return files


def markdown_reader() -> MarkdownIt:
    """CommonMark with tables, and LaTeX between dollars."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return reader.use(dollarmath_plugin, allow_labels=False, allow_space=False)


def read_manuscripts(corpus: Corpus) -> tuple[Manuscript, ...]:
    """One manuscript per entry of a folder corpus, in the corpus's order."""
    parser = markdown_reader()
    files = answer_files(corpus.path)
    manuscripts = []
    for entry in corpus.entries:
        path = files[entry.id]
        text = path.read_text("utf-8-sig")
        front, _, _ = text.rpartition(entry.answer)
        fields = {line.partition(":")[0].strip(): number for number, line in enumerate(front.split("\n"), 1)}
        tokens = tuple(parser.parse(entry.answer))
        manuscripts.append(Manuscript(path, entry, front.count("\n") + 1, fields, tokens))
    return tuple(manuscripts)
