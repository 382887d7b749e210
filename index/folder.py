"""A corpus as a folder of entries, as `corpus/README.md` describes it for authors."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path, PurePath
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.articles import FIGURE
from index.bibliography import read_bibliography
from index.citations import cited_keys
from index.entries import CheckedQuestion, Corpus, Entry, Phrasing, Reference
from index.sources import Id, MaybeText, Sources, Text, causes, records

_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n(.*)\Z", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^(\w+)[ \t]*:", re.MULTILINE)

_BAD_SCALAR = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What PyYAML lets through when a scalar is not what its form or tag says: `2026-02-30`, `!!bool perhaps`."""


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: Id
    question: Text
    title: Text
    topics: list[Text] = Field(min_length=1, max_length=3)
    related: list[Id]
    reviewed: date


class _CalibrationLine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    query: Text
    accept: list[Id] = Field(min_length=1)
    style: MaybeText = ""


class _TurnLine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    query: Text
    accept: list[Id]
    style: MaybeText = ""


class _DialogueLine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    turns: list[_TurnLine] = Field(min_length=2, max_length=11)
    split: Literal["train", "test"] = "train"


def read_folder(sources: Sources, root: Path) -> Corpus:
    """All that the folder holds; what is wrong with it is noted in `sources`."""
    references = _references(sources, root / "references.bib")
    entries: list[Entry] = []
    places: dict[str, Path] = {}
    unread: list[str] = []
    for folder in sorted(child for child in root.iterdir() if child.is_dir() and not child.name.startswith(".")):
        entry = _read_entry(sources, folder, references)
        if entry is None:
            unread.append(folder.name)
            continue
        if entry.id in places:
            remedy = "Give every entry an id of its own"
            path = folder / "answer.md"
            cause = f"id {entry.id} is also that of {places[entry.id].name}"
            sources.note(path, sources.fields[path].get("id", 1), cause, remedy)
        places[entry.id] = folder
        entries.append(entry)

    def known(id_: str) -> bool:
        return id_ in places or any(name == id_ or name.startswith(f"{id_}-") for name in unread)

    for entry in entries:
        for other in entry.related:
            if other == entry.id or not known(other):
                path = places[entry.id] / "answer.md"
                cause = f"related names {other}, which is no other entry"
                sources.note(path, sources.fields[path].get("related", 1), cause, "Correct the id")
    bank = root / "out_of_scope.txt"
    out_of_scope = []
    for number, question in _phrasings(sources, bank) if bank.exists() else ():
        sources.places[bank.name, question.text] = bank, number
        out_of_scope.append(question)
    calibration = _calibration(sources, root / "calibration.jsonl", known)
    dialogues = _dialogues(sources, root / "dialogues.jsonl", known)
    return Corpus(root, tuple(entries), sources.digest(), references, tuple(out_of_scope), calibration, dialogues)


def _calibration(sources: Sources, path: Path, known: Callable[[str], bool]) -> tuple[CheckedQuestion, ...]:
    if not path.exists():
        return ()
    questions = []
    for number, fields, _ in records(sources, path, _CalibrationLine, '{"query", "accept": [ids], "style"}'):
        sources.places[path.name, fields.query] = path, number
        questions.append(_checked(sources, path, number, fields, known))
    return tuple(questions)


def _dialogues(sources: Sources, path: Path, known: Callable[[str], bool]) -> tuple[tuple[CheckedQuestion, ...], ...]:
    if not path.exists():
        return ()
    dialogues = []
    shape = '{"turns": [{"query", "accept": [ids], "style"}], "split": "train" or "test"}'
    for number, fields, _ in records(sources, path, _DialogueLine, shape):
        turns = tuple(_checked(sources, path, number, turn, known) for turn in fields.turns)
        if fields.split == "train":
            dialogues.append(turns)
    return tuple(dialogues)


def _checked(
    sources: Sources, path: Path, number: int, fields: _CalibrationLine | _TurnLine, known: Callable[[str], bool]
) -> CheckedQuestion:
    if unknown := [id_ for id_ in fields.accept if not known(id_)]:
        sources.note(path, number, f"accepts {', '.join(unknown)}, which is no entry", "Correct the id")
    return CheckedQuestion(fields.query, frozenset(fields.accept), fields.style)


def _references(sources: Sources, path: Path) -> dict[str, Reference]:
    if not path.exists():
        return {}
    references, problems = read_bibliography(path, sources.text(path))
    sources.problems += problems
    return references


def _read_entry(sources: Sources, folder: Path, references: dict[str, Reference]) -> Entry | None:
    path = folder / "answer.md"
    text = sources.text(path)
    parts = _FRONT_MATTER.match(text)
    if not parts:
        if not any(problem.path == path for problem in sources.problems):
            sources.note(path, 1, "has no front matter", "Begin it with a block of `---`, fields, `---`")
        return None
    fields = _front_matter(sources, path, parts[1])
    if fields is None:
        return None
    if folder.name != fields.id and not folder.name.startswith(fields.id + "-"):
        cause, remedy = f"id {fields.id} stands in folder {folder.name}", "Let the folder's name begin with it"
        sources.note(path, sources.fields[path].get("id", 1), cause, remedy)
    body = parts[2].strip()
    first_line = text.count("\n", 0, text.index(body, parts.start(2))) + 1
    if not body:
        sources.note(path, first_line, "the answer is empty", "Write it below the front matter")
    for line, name in cited_keys(body):
        if name not in references:
            remedy = "Add the work to references.bib or correct the key"
            sources.note(path, first_line + line, f"cites {name}, which references.bib does not hold", remedy)
    figures = _figures(sources, path, body, first_line)
    sources.places[fields.id, fields.question] = path, sources.fields[path].get("question", 1)
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
        figures=figures,
    )


def _figures(sources: Sources, path: Path, body: str, first_line: int) -> dict[str, str]:
    """The SVG files that an answer shows, by name."""
    figures = {}
    present = {child.name for child in path.parent.iterdir() if child.is_file()}
    for figure in FIGURE.finditer(body):
        if (name := figure["name"]) is None:  # code
            continue
        file = str(PurePath(name))
        line = first_line + body.count("\n", 0, figure.start())
        if not figure["alt"].strip():
            sources.note(path, line, f"figure {name} has no text", "Say what is to be seen: ![...](...)")
        if file not in present or not file.endswith(".svg"):
            cause = f"figure {name} is not an .svg file in the entry's folder"
            sources.note(path, line, cause, "Add it or correct the name")
        else:
            figures[name] = sources.text(path.parent / file)
    return figures


def _front_matter(sources: Sources, path: Path, block: str) -> _FrontMatter | None:
    lines = {field[1]: block.count("\n", 0, field.start()) + 2 for field in _FIELD.finditer(block)}
    sources.fields[path] = lines
    try:
        return _FrontMatter.model_validate(yaml.safe_load(block))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        sources.note(path, line, f"the front matter is not YAML: {error.problem}", "Quote values that hold ': ' or '#'")
    except ValidationError as error:
        for field, cause in causes(error):
            remedy = "Correct the field; corpus/README.md lists all of them"
            sources.note(path, lines.get(field, 1), f"front matter: {cause}", remedy)
    except (yaml.YAMLError, RecursionError, *_BAD_SCALAR) as error:
        sources.note(path, 1, f"the front matter is not YAML: {error}", "Correct it")
    return None


def _phrasings(sources: Sources, path: Path) -> Iterator[tuple[int, Phrasing]]:
    """One phrasing a line, with its line number; `# ` begins a heading that names the style of what follows."""
    style = ""
    for number, line in enumerate(sources.text(path).split("\n"), 1):
        if line.startswith("# "):
            style = line[2:].strip()
        elif line.strip():
            yield number, Phrasing(line.strip(), style)
