"""Decides which rows of an FAQ become entries, and what must change for the corpus's reader to accept them. Knows
neither where the rows come from nor how entries are written."""

import hashlib
import re
import unicodedata
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from index.articles import FIGURE
from index.citations import cited_keys
from index.entries import Entry, Phrasing
from index.sources import Id
from index.text import key, normalise
from scripts.faq_rows import Row, Source

LONGEST_QUESTION = 1_000  # what the service accepts
LONGEST_ANSWER = 100_000
CUT_OFF_AT = 32_767  # characters that a spreadsheet cell holds
TITLE_LENGTH = 40
MOST_TOPICS = 3

_ERROR = re.compile(r"#(?:REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|N/A|SPILL!|CALC!|FIELD!|BLOCKED!|GETTING_DATA)")
_LINE_END = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_ID = TypeAdapter(Id)


def take_in(source: Source, *, single: bool) -> list[Entry]:
    """The rows as entries that the reader will accept; what is wrong with the others is noted in `source`.

    `single` is the .jsonl format, which has room for a link and lets an answer be empty.
    """
    owner: dict[str, str] = {}  # key of a way of asking -> id of its entry
    ids = {row.id.strip() for row in source.rows if _is_id(row.id.strip())}
    used: set[str] = set()
    taken: list[tuple[Row, Entry]] = []
    for row in source.rows:
        question, answer = _line(row.question), _block(row.answer)
        if fault := _fault(row, question, answer, owner, single):
            source.note(row.place, *fault, lost=True)
            continue
        id_ = row.id.strip()
        if id_.casefold() in used:
            source.note(row.place, f"id {id_} stands above already", "Give the row an id of its own", lost=True)
            continue
        if not _is_id(id_):
            id_ = _derive_id(row, question, used | {known.casefold() for known in ids}, source)
        used.add(id_.casefold())
        owner[key(normalise(question))] = id_
        _warn(row, answer, source)
        topics, url = _topics(row, source), _link(row, source, single)
        entry = Entry(id_, question, answer, title=_shortened(question), topics=topics, url=url)
        taken.append((row, entry if single else _without_files(row, entry, source)))
    return [replace(entry, phrasings=_aliases(row, entry, owner, source)) for row, entry in taken]


def _fault(row: Row, question: str, answer: str, owner: dict[str, str], single: bool) -> tuple[str, str] | None:
    """Why a row cannot be taken in, and what to do about it."""
    name = key(normalise(question))
    if not question:
        return "the question is empty", "Write it, or remove the row"
    for what, text in (("question", question), ("answer", answer)):
        if _ERROR.fullmatch(text):
            return f"the {what} is the formula error {text}", "Mend the formula, or save the file with its values"
    if not name:
        return f"the question {_quoted(question)} holds no letter or digit", "Correct it"
    if len(question) > LONGEST_QUESTION:
        return f"the question has {len(question):,} characters, more than {LONGEST_QUESTION:,}", "Shorten it"
    if len(answer) > LONGEST_ANSWER:
        return f"the answer has {len(answer):,} characters, more than {LONGEST_ANSWER:,}", "Split the row"
    if name in owner:
        return f"the question {_quoted(question)} is also that of {owner[name]}", "Merge the two rows"
    if not answer and not single:
        return "the answer is empty", "Write it, or import into a .jsonl file, whose entries may lack one"
    return None


def _warn(row: Row, answer: str, source: Source) -> None:
    if not answer:
        source.note(row.place, "the answer is empty", "Write it before people are to see it")
    if len(row.answer) == CUT_OFF_AT:
        source.note(row.place, "the answer is as long as a spreadsheet cell can be", "See whether its end is there")
    if any(_is_control(char) for char in _LINE_END.sub("\n", row.question + row.answer)):
        source.note(row.place, "control characters are removed", "Nothing need be done if the text is whole")


def _aliases(row: Row, entry: Entry, owner: dict[str, str], source: Source) -> tuple[Phrasing, ...]:
    """The row's other ways of asking, but for repeats and those that another entry has."""
    kept = []
    for text in map(_line, row.aliases):
        name = key(normalise(text))
        if not text or owner.get(name) == entry.id:
            continue
        if name in owner:
            remedy = "Keep it in the row that it fits better"
            source.note(row.place, f"the alias {_quoted(text)} belongs to {owner[name]} and is left out", remedy)
        elif not name or len(text) > LONGEST_QUESTION or _ERROR.fullmatch(text):
            remedy = f"Write a question of at most {LONGEST_QUESTION:,} characters"
            source.note(row.place, f"the alias {_quoted(text)} is no question and is left out", remedy)
        else:
            owner[name] = entry.id
            kept.append(Phrasing(text))
    return tuple(kept)


def _is_id(text: str) -> bool:
    try:
        _ID.validate_python(text)
    except ValidationError:
        return False
    return True


def _derive_id(row: Row, question: str, taken: set[str], source: Source) -> str:
    """An id from what is allowed of the one given, or else from the question, so that it outlasts moved rows."""
    allowed = re.sub(r"[^A-Za-z0-9_]+", "-", unicodedata.normalize("NFKC", row.id)).strip("-")[:90]
    stem = allowed or "q" + hashlib.sha256(key(normalise(question)).encode()).hexdigest()[:8]
    id_, number = stem, 1
    while id_.casefold() in taken:
        number += 1
        id_ = f"{stem}-{number}"
    if row.id.strip():
        remedy = "Use letters, digits, - and _ to choose another"
        source.note(row.place, f"the id {_quoted(row.id)} is not allowed and becomes {id_}", remedy)
    return id_


def _topics(row: Row, source: Source) -> tuple[str, ...]:
    topics = tuple(dict.fromkeys(topic for text in row.topics if (topic := _line(text)[:100])))
    if left_out := topics[MOST_TOPICS:]:
        cause = f"has more than {MOST_TOPICS} topics; left out: {', '.join(map(_quoted, left_out))}"
        source.note(row.place, cause, "Put those first that count")
    return topics[:MOST_TOPICS]


def _link(row: Row, source: Source, single: bool) -> str | None:
    url = _line(row.url)
    if url and not single:
        source.note(row.place, "the link is left out, entries of a folder have none", "Import into a .jsonl file")
    elif url and not re.match(r"https?://", url):
        source.note(row.place, f"the link {_quoted(url)} is left out", "Begin it with https:// or http://")
    else:
        return url or None
    return None


def _without_files(row: Row, entry: Entry, source: Source) -> Entry:
    """The entry with what a folder would take for a figure or a citation as a link and as text."""
    answer = entry.answer
    while names := [figure["name"] for figure in FIGURE.finditer(answer) if figure["name"]]:
        answer = FIGURE.sub(_as_link, answer)
        remedy = "Put the file into the entry's folder and show it there"
        source.note(row.place, f"figures become links: {', '.join(map(_quoted, names))}", remedy)
    while cited := {line for line, _ in cited_keys(answer)}:
        lines = answer.split("\n")
        answer = "\n".join(text.replace("[@", "[\\@") if at in cited else text for at, text in enumerate(lines))
    return replace(entry, answer=answer)


def _as_link(figure: re.Match[str]) -> str:
    name = figure["name"]
    return f"[{figure['alt'].strip() or name}]({name})" if name else figure[0]


def _is_control(char: str) -> bool:
    return char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs")


def _block(text: str) -> str:
    """Text of several lines, without control characters and halves of surrogate pairs."""
    return "".join(char for char in _LINE_END.sub("\n", text) if not _is_control(char)).strip()


def _line(text: str) -> str:
    return " ".join(_block(text).split())


def _shortened(text: str, length: int = TITLE_LENGTH) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _quoted(text: str) -> str:
    return repr(_shortened(text))
