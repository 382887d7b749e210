"""Reads a corpus, from a folder of entries or from one `.jsonl` file, into the same `Corpus`.

The contract for authors is `corpus/README.md`. Everything that breaks it is gathered and raised at once as a
`CorpusError`.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from index.bibliography import read_bibliography
from index.citations import cited_keys
from index.entries import CheckedQuestion, Corpus, Entry, Phrasing, Reference
from index.errors import CorpusError, Problem
from index.text import key, normalise

_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n(.*)\Z", re.DOTALL | re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$", max_length=100)]
Record = TypeVar("Record", bound=BaseModel)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: Id
    question: Text
    title: Text
    topics: list[Text] = Field(min_length=1)
    related: list[Id]
    reviewed: date


class _JsonLine(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    id: Id
    question: Text
    answer: str
    aliases: list[str] = []
    topics: list[str] = []
    url: str | None = Field(default=None, pattern=r"^https?://")


class _CalibrationLine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    query: Text
    accept: list[Id] = Field(min_length=1)
    style: str = ""


class _Sources:
    """The files of a corpus as they are read: decoded strictly, and hashed into the digest."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self.places: dict[tuple[str, str], tuple[Path, int]] = {}  # (entry id, phrasing) -> where it stands
        self._hash = hashlib.sha256()

    def text(self, path: Path) -> str:
        """The file's text with `\\n` line ends; empty, with a problem noted, when it cannot be had."""
        try:
            raw = path.read_bytes()
        except OSError as error:
            self.note(path, 0, f"cannot be read: {error.strerror}", "Create it or mend its permissions")
            return ""
        name = path.relative_to(self.root).as_posix() if path != self.root else path.name
        self._hash.update(f"{name}\0{len(raw)}\0".encode() + raw)
        try:
            return raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.note(path, line, "is not UTF-8", "Save the file as UTF-8")
            return ""

    def note(self, path: Path, line: int, cause: str, remedy: str) -> None:
        self.problems.append(Problem(path, line, cause, remedy))

    def digest(self) -> str:
        return self._hash.hexdigest()


def read_corpus(path: Path) -> Corpus:
    """Read the corpus at `path`: a folder, or one `.jsonl` file.

    Raises `CorpusError` with every problem found. Entries come back in the order of their ids' folders or
    lines.
    """
    if path.is_dir():
        return _read_folder(path)
    if path.is_file():
        return _read_jsonl(path)
    raise CorpusError([Problem(path, 0, "no such corpus", "Name a folder of entries or a .jsonl file")])


def _read_folder(root: Path) -> Corpus:
    sources = _Sources(root)
    references = _references(sources, root / "references.bib")
    entries: list[Entry] = []
    places: dict[str, Path] = {}
    for folder in sorted(child for child in root.iterdir() if child.is_dir() and not child.name.startswith(".")):
        entry = _read_entry(sources, folder, references)
        if entry is None:
            continue
        if entry.id in places:
            remedy = "Give every entry an id of its own"
            sources.note(folder / "answer.md", 0, f"id {entry.id} is also that of {places[entry.id].name}", remedy)
        places[entry.id] = folder
        entries.append(entry)
    for entry in entries:
        for other in entry.related:
            if other not in places or other == entry.id:
                where = places[entry.id] / "answer.md"
                sources.note(where, 0, f"related names {other}, which is no other entry", "Correct the id")
    bank = root / "out_of_scope.txt"
    out_of_scope = tuple(p for _, p in _phrasings(sources, bank)) if bank.exists() else ()
    calibration = _calibration(sources, root / "calibration.jsonl", set(places))
    return _finish(sources, entries, references, out_of_scope, calibration)


def _calibration(sources: _Sources, path: Path, ids: set[str]) -> tuple[CheckedQuestion, ...]:
    if not path.exists():
        return ()
    questions = []
    for number, fields, _ in _records(sources, path, _CalibrationLine, '{"query", "accept": [ids], "style"}'):
        if unknown := set(fields.accept) - ids:
            sources.note(path, number, f"accepts {', '.join(sorted(unknown))}, which is no entry", "Correct the id")
        questions.append(CheckedQuestion(fields.query, frozenset(fields.accept), fields.style))
    return tuple(questions)


def _references(sources: _Sources, path: Path) -> dict[str, Reference]:
    if not path.exists():
        return {}
    references, problems = read_bibliography(path, sources.text(path))
    sources.problems += problems
    return references


def _read_entry(sources: _Sources, folder: Path, references: dict[str, Reference]) -> Entry | None:
    path = folder / "answer.md"
    text = sources.text(path)
    parts = _FRONT_MATTER.match(text)
    if not parts:
        if text:
            sources.note(path, 1, "has no front matter", "Begin it with a block of `---`, fields, `---`")
        return None
    fields = _front_matter(sources, path, parts[1])
    if fields is None:
        return None
    if folder.name != fields.id and not folder.name.startswith(fields.id + "-"):
        sources.note(path, 2, f"id {fields.id} stands in folder {folder.name}", "Let the folder's name begin with it")
    body = parts[2].strip()
    first_line = text.count("\n", 0, parts.start(2)) + 1
    if not body:
        sources.note(path, first_line, "the answer is empty", "Write it below the front matter")
    for line, name in cited_keys(body):
        if name not in references:
            remedy = "Add the work to references.bib or correct the key"
            sources.note(path, first_line + line, f"cites {name}, which references.bib does not hold", remedy)
    for image in _IMAGE.finditer(body):
        line = first_line + body.count("\n", 0, image.start())
        if not image[1].strip():
            sources.note(path, line, f"figure {image[2]} has no text", "Say what is to be seen: ![...](...)")
        if not (folder / image[2]).is_file() or (folder / image[2]).parent != folder:
            sources.note(path, line, f"figure {image[2]} is not in the entry's folder", "Add it or correct the name")
    asked = folder / "questions.txt"
    phrasings = []
    for number, phrasing in _phrasings(sources, asked):
        sources.places[fields.id, phrasing.text] = asked, number
        phrasings.append(phrasing)
    return Entry(
        id=fields.id,
        question=fields.question,
        answer=body,
        phrasings=tuple(phrasings),
        title=fields.title,
        topics=tuple(fields.topics),
        related=tuple(fields.related),
        reviewed=fields.reviewed,
    )


def _front_matter(sources: _Sources, path: Path, block: str) -> _FrontMatter | None:
    try:
        return _FrontMatter.model_validate(yaml.safe_load(block))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        sources.note(path, line, f"the front matter is not YAML: {error.problem}", "Quote values that hold ': ' or '#'")
    except (yaml.YAMLError, RecursionError) as error:
        sources.note(path, 1, f"the front matter is not YAML: {error}", "Correct it")
    except ValidationError as error:
        for cause in _causes(error):
            sources.note(path, 1, f"front matter: {cause}", "Correct the field; corpus/README.md lists all of them")
    return None


def _causes(error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        yield f"{'.'.join(map(str, item['loc'])) or 'the whole'}: {item['msg']}"


def _phrasings(sources: _Sources, path: Path) -> Iterator[tuple[int, Phrasing]]:
    """One phrasing a line, with its line number; `# ` begins a heading that names the style of what follows."""
    style = ""
    for number, line in enumerate(sources.text(path).split("\n"), 1):
        if line.startswith("# "):
            style = line[2:].strip()
        elif line.strip():
            yield number, Phrasing(line.strip(), style)


def _read_jsonl(path: Path) -> Corpus:
    sources = _Sources(path)
    entries: list[Entry] = []
    seen: dict[str, int] = {}
    unknown: set[str] = set()
    without_answer = 0
    shape = '{"id", "question", "answer", "aliases", "topics", "url"}'
    for number, fields, extra in _records(sources, path, _JsonLine, shape):
        unknown |= extra
        if fields.id in seen:
            sources.note(path, number, f"id {fields.id} is also that of line {seen[fields.id]}", "Make ids unique")
        seen[fields.id] = number
        without_answer += not fields.answer.strip()
        sources.places |= {(fields.id, text): (path, number) for text in (fields.question, *fields.aliases)}
        entries.append(
            Entry(
                id=fields.id,
                question=fields.question,
                answer=fields.answer.strip(),
                phrasings=tuple(Phrasing(alias) for alias in fields.aliases),
                title=fields.question,
                topics=tuple(fields.topics),
                url=fields.url,
            )
        )
    if without_answer:
        sources.warnings.append(f"{path}: {without_answer} of {len(entries)} entries have no answer")
    if unknown:
        sources.warnings.append(f"{path}: fields passed over: {', '.join(sorted(unknown))}")
    return _finish(sources, entries, {}, (), ())


def _records(
    sources: _Sources, path: Path, shape: type[Record], example: str
) -> Iterator[tuple[int, Record, set[str]]]:
    """Line number, fields and unknown names of each line that is one JSON object of the given shape."""
    for number, line in enumerate(sources.text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record: Any = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("not an object")
            yield number, shape.model_validate(record), set(record) - set(shape.model_fields)
        except ValidationError as error:
            for cause in _causes(error):
                sources.note(path, number, cause, f"A line is {example}")
        except (ValueError, RecursionError) as error:
            sources.note(path, number, f"is no JSON object: {error}", "Put one object on each line")


def _finish(
    sources: _Sources,
    entries: list[Entry],
    references: dict[str, Reference],
    out_of_scope: tuple[Phrasing, ...],
    calibration: tuple[CheckedQuestion, ...],
) -> Corpus:
    if not entries and not sources.problems:
        sources.note(sources.root, 0, "holds no entry", "Add one; corpus/README.md shows how")
    distinct = _drop_repeats(sources, entries)
    if sources.problems:
        raise CorpusError(sources.problems)
    return Corpus(
        path=sources.root,
        entries=tuple(distinct),
        digest=sources.digest(),
        references=references,
        out_of_scope=_distinct_out_of_scope(sources, distinct, out_of_scope),
        calibration=calibration,
        warnings=tuple(sources.warnings),
    )


def _drop_repeats(sources: _Sources, entries: list[Entry]) -> list[Entry]:
    """Entries without phrasings that repeat one of their own; one that stands in two entries is a problem."""
    owner: dict[str, str] = {}
    distinct = []
    for entry in entries:
        kept = []
        for way in entry.ways_of_asking:
            name = key(normalise(way.text))
            path, line = sources.places.get((entry.id, way.text), (sources.root, 0))
            if not name:
                sources.note(path, line, f"{entry.id}: {way.text!r} holds no letter or digit", "Remove the phrasing")
            elif name not in owner:
                owner[name] = entry.id
                kept.append(way)
            elif owner[name] != entry.id:
                cause = f"{way.text!r} is asked by both {owner[name]} and {entry.id}"
                sources.note(path, line, cause, "Keep it in the entry it fits better")
            elif way.text != entry.question:
                sources.warnings.append(f"{path}:{line}: {way.text!r} repeats another phrasing and is passed over")
        distinct.append(replace(entry, phrasings=tuple(way for way in kept if way.style != "canonical")))
    return distinct


def _distinct_out_of_scope(
    sources: _Sources, entries: list[Entry], questions: tuple[Phrasing, ...]
) -> tuple[Phrasing, ...]:
    """Questions to decline, each once. One that an entry asks is passed over with a warning: the entry wins."""
    asked = {key(normalise(way.text)): entry.id for entry in entries for way in entry.ways_of_asking}
    kept: dict[str, Phrasing] = {}
    for question in questions:
        normalised = normalise(question.text)
        name = key(normalised) or normalised
        if name in asked:
            sources.warnings.append(f"out_of_scope.txt: {question.text!r} is asked by {asked[name]} and is passed over")
        elif name:
            kept.setdefault(name, question)
    return tuple(kept.values())
