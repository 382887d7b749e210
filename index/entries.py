"""What a corpus consists of. Plain values; reading them from disk is `reader`'s business."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from index.errors import Problem

SLIPS = "typo"
"""Style of phrasings with slips of spelling: good to match against, but nothing to learn spelling from or to offer."""


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One way of asking. `style` names the kind of asker (or of out-of-scope question); used to report quality."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class CheckedQuestion:
    """A question as somebody would ask it, and the ids of all entries that answer it; none, where it is out of
    scope in a dialogue. Never matched against, only learned from: it calibrates."""

    text: str
    accept: frozenset[str]
    style: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A cited work, as it is shown."""

    key: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    venue: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A canonical question, its answer in Markdown with `[@key]` citations, and the other ways of asking it."""

    id: str
    question: str
    answer: str
    phrasings: tuple[Phrasing, ...] = ()
    title: str = ""
    topics: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    reviewed: date | None = None
    url: str | None = None
    figures: dict[str, str] = field(default_factory=dict)  # file name -> SVG

    @property
    def ways_of_asking(self) -> tuple[Phrasing, ...]:
        """The canonical question first, then the phrasings."""
        return (Phrasing(self.question, "canonical"), *self.phrasings)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything that an index is built from. `digest` changes whenever a byte of the sources does."""

    path: Path
    entries: tuple[Entry, ...]
    digest: str
    references: dict[str, Reference] = field(default_factory=dict)
    out_of_scope: tuple[Phrasing, ...] = ()
    calibration: tuple[CheckedQuestion, ...] = ()
    dialogues: tuple[tuple[CheckedQuestion, ...], ...] = ()  # to learn from; those held out are not among them
    warnings: tuple[Problem, ...] = ()
