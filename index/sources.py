"""The files of a corpus on their way in: decoded, hashed, checked for shape, every complaint noted with its place.

Knows nothing of how a corpus is laid out.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, StringConstraints, ValidationError

from index.errors import Problem

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]*$", max_length=100)]
Record = TypeVar("Record", bound=BaseModel)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
MaybeText = Annotated[str, StringConstraints(strip_whitespace=True)]  # pydantic lets lone surrogates into a bare str


class Sources:
    """The files of a corpus as they are read: decoded strictly, and hashed into the digest."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.places: dict[
            tuple[str, str], tuple[Path, int]
        ] = {}  # (entry id or file name, question) -> where it stands
        self.fields: dict[Path, dict[str, int]] = {}  # file -> line of each field of its front matter
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

    def warn(self, path: Path, line: int, cause: str, remedy: str) -> None:
        """Note what stops no build."""
        self.warnings.append(Problem(path, line, cause, remedy))

    def digest(self) -> str:
        return self._hash.hexdigest()


def records(sources: Sources, path: Path, shape: type[Record], example: str) -> Iterator[tuple[int, Record, set[str]]]:
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
            for _, cause in causes(error):
                sources.note(path, number, cause, f"A line is {example}")
        except (ValueError, RecursionError) as error:
            sources.note(path, number, f"is no JSON object: {error}", "Put one object on each line")


def causes(error: ValidationError) -> Iterator[tuple[str, str]]:
    """The field and what is wrong with it, for each thing that is."""
    for item in error.errors():
        yield str((*item["loc"], "")[0]), f"{'.'.join(map(str, item['loc'])) or 'the whole'}: {item['msg']}"
