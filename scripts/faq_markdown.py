"""Reads Q&A Markdown: `Q:` / `A:` pairs if there are any, else headings from `##` on with the text below them.

A heading's answer goes on to the next heading of its level or above, deeper headings included. A heading is a
section, whose name becomes the topic of the questions below it, when it does not end with a question mark, has
deeper headings, and either no text of its own or a deeper heading that does end with one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.faq_rows import Row, Source, read_text

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_RULES = re.compile(r"(?:\n[ \t]*(?:[-*_][ \t]*){3,})+\Z")
_BOLD = r"(?:\*\*|__)?"
_QUESTION_MARK = rf"{_BOLD}(?:Q|Question|问|问题)[ \t]*\d*[ \t]*{_BOLD}[ \t]*[:：][ \t]*{_BOLD}[ \t]*"
_ANSWER_MARK = rf"(?:A|Answer|答|回答|答案)[ \t]*\d*[ \t]*{_BOLD}[ \t]*[:：][ \t]*{_BOLD}[ \t]*"
_BULLET = r"[ \t]*(?:[-*+>][ \t]+|\d+[.)][ \t]+)?"
_QUESTION = re.compile(_BULLET + _QUESTION_MARK, re.IGNORECASE)
_ANSWER = re.compile(_BULLET + _BOLD + _ANSWER_MARK, re.IGNORECASE)
_ANSWER_IN_LINE = re.compile(rf"(?:[ \t]*(?:\*\*|__)|(?<=[?？])[ \t]*){_ANSWER_MARK}", re.IGNORECASE)


@dataclass(frozen=True)
class _Heading:
    line: int  # from 0
    level: int
    text: str

    @property
    def asks(self) -> bool:
        return self.text.endswith(("?", "？", "吗", "呢"))


def read_markdown(path: Path) -> Source:
    source = Source()
    lines = re.split(r"\r\n?|\n", read_text(path, source))
    code = _code(lines, source)
    marks = [at for at, line in enumerate(lines) if not code[at] and _QUESTION.match(line)]
    headings = [
        _Heading(at, len(mark[1]), _bare(mark[2]))
        for at, line in enumerate(lines)
        if not code[at] and (mark := _HEADING.match(line))
    ]
    if marks and any(_ANSWER.match(line) or _ANSWER_IN_LINE.search(line) for line in lines[marks[0] :]):
        starts = marks
        source.rows += _pairs(lines, marks, headings)
    else:
        starts = [heading.line for heading in headings]
        source.rows += _sections(lines, headings, source)
    if any(line.strip() for line in lines[: min(starts, default=0)]):
        source.note("line 1", "text before the first question is not read", "Move it below one if it is an answer")
    return source


def _code(lines: list[str], source: Source) -> list[bool]:
    """For each line whether it is part of a fenced block."""
    inside, fence, opened = [], "", 0
    for number, line in enumerate(lines, 1):
        mark = _FENCE.match(line)
        inside.append(bool(fence or mark))
        if not fence and mark:
            fence, opened = mark[1], number
        elif mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
            fence = ""
    if fence:
        source.note(
            f"line {opened}", "the code block is never closed", f"End it with {fence}; it swallows what follows"
        )
    return inside


def _bare(text: str) -> str:
    """A question without its mark and the emphasis around it."""
    text = _without(_QUESTION, text).strip()
    if text.count("**") % 2:  # it began before the mark
        text = text.removesuffix("**")
    return re.sub(r"\A(\*\*|__)(.+)\1\Z", r"\2", text, flags=re.DOTALL).strip()


def _without(mark: re.Pattern[str], text: str) -> str:
    found = mark.match(text)
    return text[found.end() :] if found else text


def _body(lines: list[str]) -> str:
    text = "\n".join(lines).strip("\n")
    return _RULES.sub("", "\n" + text.rstrip()).strip("\n")


def _sections(lines: list[str], headings: list[_Heading], source: Source) -> Iterator[Row]:
    topics: list[tuple[int, str]] = []  # of sections: where they end, and their names
    done = 0
    for position, heading in enumerate(headings):
        if heading.line < done:
            continue
        below = headings[position + 1 :]
        end = next((other.line for other in below if other.level <= heading.level), len(lines))
        deeper = [other for other in below if other.line < end]
        place = f"line {heading.line + 1}"
        own = _body(lines[heading.line + 1 : deeper[0].line if deeper else end])
        section = deeper and not heading.asks and (not own or any(other.asks for other in deeper))
        if section or heading.level == 1:
            topics += [(end, heading.text)] * (heading.level > 1)
            if own:
                source.note(place, "text of a section belongs to no question and is not read", "Put it into an answer")
            continue
        done = end
        answer = _without(_ANSWER, _body(lines[heading.line + 1 : end]))
        around = [name for until, name in topics if until > heading.line]
        yield Row(place, heading.text, answer, topics=tuple(around[-1:]))


def _pairs(lines: list[str], marks: list[int], headings: list[_Heading]) -> Iterator[Row]:
    for start, end in zip(marks, [*marks[1:], len(lines)], strict=True):
        question, answer = _pair(lines[start:end])
        while answer and _HEADING.match(answer[-1]):  # the heading of what comes next
            answer = _body(answer[:-1]).split("\n")
        topic = [heading.text for heading in headings if heading.line < start and heading.level > 1]
        yield Row(f"line {start + 1}", _bare(question), "\n".join(answer), topics=tuple(topic[-1:]))


def _pair(lines: list[str]) -> tuple[str, list[str]]:
    """Question and answer lines; the answer's mark may begin a line or follow the question."""
    for at, line in enumerate(lines):
        mark = _ANSWER.match(line) if at else None
        mark = mark or _ANSWER_IN_LINE.search(line)
        if mark:
            question = "\n".join([*lines[:at], line[: mark.start()]])
            return question, _body([line[mark.end() :], *lines[at + 1 :]]).split("\n")
    return "\n".join(lines), []
