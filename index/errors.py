"""What can go wrong between a corpus and an answer, as one tree.

    WenjinError
    ├── CorpusError          the corpus does not keep its contract (every problem with file, line, cause, remedy)
    ├── EncoderError         the embedding model cannot be had
    │   └── InexpressibleEncoder     it can, but not without torch
    └── UnusableIndex
        ├── MissingIndex     nothing was built yet
        ├── DamagedIndex     a file is absent, cut short or altered
        └── ForeignIndex     built in another format, or with another encoder

All of them arise while building or starting, never while answering. The message is meant for the person at the
terminal.
"""

from dataclasses import dataclass
from pathlib import Path


class WenjinError(Exception):
    """Base of every error that Wenjin raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a corpus, and how to mend it. `line` counts from 1; 0 means the file as a
    whole."""

    path: Path
    line: int
    cause: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.cause}. {self.remedy}."


class CorpusError(WenjinError):
    """The corpus cannot be read; `problems` holds everything found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class EncoderError(WenjinError):
    """The encoder cannot be loaded or does not behave as one."""


class InexpressibleEncoder(EncoderError):
    """The encoder works, but cannot be written as a graph that serves without torch."""


class UnusableIndex(WenjinError):
    """The built index cannot be used."""


class MissingIndex(UnusableIndex):
    """There is no built index at the place named."""


class DamagedIndex(UnusableIndex):
    """A file of the index is absent, cut short or not what the manifest says."""


class ForeignIndex(UnusableIndex):
    """The index was built in another format or with another encoder than the one asked for."""
