"""Reads FAQs as people keep them (CSV, XLSX, JSONL; Q&A Markdown by `faq_markdown`) into plain `Row`s of text.

Notes what cannot be read, row by row. Knows nothing of the corpus's format and judges no content.
"""

import csv
import io
import json
import re
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from index.errors import WenjinError
from scripts.faq_rows import Row, Source, read_text

HEADERS = {
    "question": "question questions q query standardquestion canonicalquestion "
    "问题 标准问 标准问题 标准问法 问句 问 提问",
    "answer": "answer answers a response reply standardanswer 答案 标准答案 回答 答复 回复 解答 答",
    "aliases": "alias aliases similarquestion similarquestions otherquestions alternativequestions variant variants "
    "phrasing phrasings paraphrases utterances "
    "相似问 相似问题 相似问法 相似句 扩展问 扩展问法 同义问 同义句 其他问法 别名",
    "id": "id no number faqid questionid 编号 序号 问题编号 标识",
    "topics": "topic topics tag tags category categories 标签 分类 类别 类目 主题",
    "url": "url urls link links 链接 网址 原文链接",
}
"""For each role of a column the header names it is recognised by: lower case, letters alone, no trailing digits."""

_SEVERAL = ("aliases", "topics")  # roles that more than one column may have
_ALIAS_END = re.compile(r"[\r\n|；]|;;")
_TOPIC_END = re.compile(r"[\r\n|；;,，、]")
_MOST_CELLS = 5_000_000  # empty ones included, which a sheet can hold by the billion
_HEADER_ROWS = 10  # how far down a header is looked for

Names = Mapping[str, str]
"""Role to the header that the caller has named for it."""


def read_csv(path: Path, names: Names) -> Source:
    """A table of text with `,`, `;` or tab between cells: whichever makes most of the header understood."""
    source = Source()
    text = read_text(path, source)
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))

    def understood(delimiter: str) -> tuple[int, int]:
        header: list[str] = next((cells for cells in _records(text, delimiter) if any(cells)), [])
        return sum(map(bool, _columns(header, names).values())), len(header)

    delimiter = max(",;\t", key=understood)
    cells = list(_records(text, delimiter))
    rows = 0
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows += 1
    except csv.Error as error:
        remedy = "Close every quote, and double those inside a cell; rows below may have run into this one"
        source.note(f"row {rows + 1}", f"its quotes do not match ({error})", remedy)
    return _read_table(path, cells, names, source)


def _records(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def read_xlsx(path: Path, names: Names, sheet: str | None = None) -> Source:
    """A sheet of a workbook, the first unless named, with the values that its formulas had when it was saved."""
    source = Source()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about drawings and validations, which are of no interest here
            values = openpyxl.load_workbook(path, data_only=True)
            formulas = openpyxl.load_workbook(path)
    except Exception as error:  # the library raises what zip, XML and its own parts raise
        raise WenjinError(f"{path}: is no XLSX workbook ({error}). Save it again as .xlsx, or as CSV.") from error
    sheets = [page.title for page in values.worksheets]
    title = next(iter(sheets), "") if sheet is None else sheet
    if title not in sheets:
        raise WenjinError(f"{path}: has no sheet {title!r}. There are: {', '.join(sheets) or 'none'}.")
    if sheet is None and len(sheets) > 1:
        source.note("file", f"only sheet {title!r} of {', '.join(sheets)} was read", "Choose another with --sheet")
    page, written = values[title], formulas[title]
    if page.max_row * page.max_column > _MOST_CELLS:
        raise WenjinError(f"{path}: sheet {title!r} reaches to {page.dimensions}. Delete its empty rows and columns.")
    cells = [[_text(cell.value) for cell in line] for line in page.iter_rows()]
    for at, line in enumerate(written.iter_rows()):
        for column, cell in enumerate(line):
            if cell.data_type == "f" and not cells[at][column]:
                cells[at][column] = "#CALC!"  # never calculated since it was written
    wide = []
    for area in page.merged_cells.ranges:  # only its first cell holds the value that is seen in all of them
        wide += [area.coord] if area.min_row <= _HEADER_ROWS and area.max_col > area.min_col else []
        for row in range(area.min_row, area.max_row):
            cells[row][area.min_col - 1] = cells[area.min_row - 1][area.min_col - 1]
    return _read_table(path, cells, names, source, wide)


def _read_table(
    path: Path, cells: Sequence[Sequence[str]], names: Names, source: Source, merged: Sequence[str] = ()
) -> Source:
    needed = {"question", "answer", *names}
    found = [(at, _columns(header, names)) for at, header in enumerate(cells[:_HEADER_ROWS])]
    headers = [(at, columns) for at, columns in found if all(columns[role] for role in needed)]
    if not headers:
        first = next((line for line in cells if any(line)), [])
        hidden = f" Merged cells hide headers: {', '.join(merged)}; unmerge them." if merged else ""
        raise WenjinError(
            f"{path}: none of the first {_HEADER_ROWS} rows names the columns {', '.join(sorted(needed))}. The first "
            f"reads: {', '.join(map(repr, first[:12])) or 'nothing'}.{hidden} Add a header such as question, answer, "
            "or name the columns with --question-column and --answer-column."
        )
    start, columns = max(headers, key=lambda item: sum(map(bool, item[1].values())))
    header = cells[start]
    _note_header(source, cells, start, columns, merged)
    for number, line in enumerate(cells[start + 1 :], start + 2):
        if line == header or not any(cell.strip() for cell in line):
            continue
        if any(cell.strip() for cell in line[len(header) :]):
            remedy = "Put cells that hold the delimiter into double quotes"
            source.note(f"row {number}", f"has more cells than the header's {len(header)}", remedy, lost=True)
            continue
        texts = {role: [line[at] for at in places if at < len(line)] for role, places in columns.items()}
        source.rows.append(_row(f"row {number}", texts))
    return source


def _note_header(
    source: Source, cells: Sequence[Sequence[str]], start: int, columns: Mapping[str, list[int]], merged: Sequence[str]
) -> None:
    place, header = f"row {start + 1}", cells[start]
    for above in range(start):
        if any(cells[above]):
            source.note(f"row {above + 1}", "stands above the header and is not read", "Remove it if that is right")
    for role, places in columns.items():
        if len(places) > 1 and role not in _SEVERAL:
            seen = ", ".join(repr(header[at]) for at in places)
            source.note(place, f"{seen} all look like the {role}; the first is read", f"Choose with --{role}-column")
            del places[1:]
    nameless = [at for at, cell in enumerate(header) if not cell.strip() and any(_filled(cells[start + 1 :], at))]
    for at in nameless:
        why = f"; merged: {', '.join(merged)}" if merged else ""
        remedy = "Unmerge the cells and name every column"
        source.note(place, f"column {get_column_letter(at + 1)} has no header and is not read{why}", remedy)


def _filled(cells: Sequence[Sequence[str]], column: int) -> list[bool]:
    return [column < len(line) and bool(line[column].strip()) for line in cells]


def _columns(header: Sequence[str], names: Names) -> dict[str, list[int]]:
    """For each role the positions of its columns."""

    def fits(cell: str, role: str) -> bool:
        return cell.strip() == names[role].strip() if role in names else _folded(cell) in HEADERS[role].split()

    return {role: [at for at, cell in enumerate(header) if fits(cell, role)] for role in HEADERS}


def _folded(header: str) -> str:
    text = unicodedata.normalize("NFKC", header).casefold()
    return re.sub(r"[\W_]+|\d+$", "", text.partition("(")[0].strip())


def _row(place: str, texts: Mapping[str, Sequence[str]]) -> Row:
    one = {role: "".join(texts.get(role, ())[:1]) for role in ("question", "answer", "id", "url")}
    aliases = [piece for text in texts.get("aliases", ()) for piece in _ALIAS_END.split(text)]
    topics = [piece for text in texts.get("topics", ()) for piece in _TOPIC_END.split(text)]
    return Row(place, aliases=tuple(aliases), topics=tuple(topics), **one)


def read_jsonl(path: Path, names: Names) -> Source:
    """An object per line, its keys recognised as headers are; aliases and topics may be lists."""
    source = Source()
    for number, line in enumerate(read_text(path, source).split("\n"), 1):
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("not an object")
            keys = list(record)
            columns = _columns(keys, names)
            texts = {role: _texts(record[keys[at]], role) for role, places in columns.items() for at in places[:1]}
        except (ValueError, RecursionError) as error:
            source.note(place, f"is no JSON object of texts ({error})", "Put one object on each line", lost=True)
            continue
        source.rows.append(_row(place, texts))
    return source


def _texts(value: Any, role: str) -> list[str]:
    items = value if isinstance(value, list) and role in _SEVERAL else [value]
    if any(isinstance(item, list | dict) for item in items):
        raise ValueError(f"{role} is no text")
    return [_text(item) for item in items]


def _text(value: Any) -> str:
    """A cell as it is seen: nothing for an empty one, 12 for 12.0."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
