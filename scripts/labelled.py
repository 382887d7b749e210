"""Labelled questions and conversations, read from files of one JSON object a line. Knows nothing of answers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from index.errors import WenjinError

Read = TypeVar("Read")


@dataclass(frozen=True)
class Question:
    """`accept` holds the ids of all entries that answer it; none, when it is out of scope."""

    text: str
    accept: frozenset[str]
    style: str


@dataclass(frozen=True)
class Conversation:
    turns: tuple[Question, ...]


def read_questions(path: Path, *, split: str | None = None, in_scope: bool = True) -> list[Question]:
    """The questions of a file of {"query", "accept", "style"?}; of one split only, where lines name their split.

    With `in_scope` false whatever they accept is passed over. Raises `WenjinError` with file and line.
    """

    def question(record: Any) -> Question:
        return _question(record if in_scope else {**record, "accept": []})

    return list(_lines(path, split, '{"query", "accept"}', question))


def read_conversations(path: Path, *, split: str | None = None) -> list[Conversation]:
    """The conversations of a file of {"turns": [{"query", "accept", "style"?}]}, by the same rules."""

    def conversation(record: Any) -> Conversation:
        turns = tuple(_question(turn) for turn in _list(record["turns"], "turns"))
        if not turns:
            raise ValueError("turns is empty")
        return Conversation(turns)

    return list(_lines(path, split, '{"turns": [{"query", "accept"}]}', conversation))


def _lines(path: Path, split: str | None, shape: str, read: Callable[[Any], Read]) -> Iterator[Read]:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise WenjinError(f"{path}: is not UTF-8. Save it as UTF-8.") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if split is None or record.get("split", split) == split:
                yield read(record)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WenjinError(f"{path}:{number}: is not {shape}: {error}") from error


def _question(record: Any) -> Question:
    accept = frozenset(_list(record.get("accept", []), "accept"))
    return Question(record["query"], accept, record.get("style") or record.get("kind") or "")


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{name} is not a list")
    return value
