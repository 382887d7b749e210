"""What a reader of FAQ files hands over: rows of text as they stand there, and what it found wrong on the way."""

from dataclasses import dataclass, field
from pathlib import Path

from index.errors import WenjinError


@dataclass(frozen=True)
class Row:
    """One question and answer as they stand in the source. `place` is where: "row 3" or "line 12"."""

    place: str
    question: str = ""
    answer: str = ""
    aliases: tuple[str, ...] = ()
    id: str = ""
    topics: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class Finding:
    """Something wrong at a place. `lost` when the row is passed over for it."""

    place: str
    cause: str
    remedy: str
    lost: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {'passed over' if self.lost else 'warning'}: {self.cause}. {self.remedy}."


@dataclass
class Source:
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def note(self, place: str, cause: str, remedy: str, *, lost: bool = False) -> None:
        self.findings.append(Finding(place, cause, remedy, lost))


def read_text(path: Path, source: Source) -> str:
    """The file's text. Raises `WenjinError` when it is neither UTF-8 nor GB18030."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            raise WenjinError(
                f"{path}: is neither UTF-8 nor GB18030 (byte {error.start}). Save it as UTF-8."
            ) from error
    source.note("file", "is not UTF-8 and was read as GB18030", "Save it as UTF-8 if characters come out wrong")
    return text
