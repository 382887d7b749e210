"""What comes of a question: plain values. How it comes about is `answerer`'s business."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from index.articles import Article
from index.citations import Citation
from index.confidence import Status


class Match(StrEnum):
    """How the question was recognised: word for word the canonical question, word for word a phrasing, or by
    meaning."""

    EXACT = "exact"
    PHRASING = "phrasing"
    MEANING = "meaning"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be meant, with the probability that it answers the question."""

    id: str
    question: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An entry that somebody may be about to ask for. `matched` is the known way of asking that what was typed is found
    in, at the `highlights` [start, end)."""

    id: str
    question: str
    matched: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """`text` is `answer[start:end]`, the passage of the answer nearest to the question."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question. `article`, `matched_question`, `match` and `passage` are None unless `status` is
    answered.

    `confidence` is the probability that the first candidate answers the question; `candidates` come best first.
    """

    status: Status
    confidence: float
    candidates: tuple[Candidate, ...]
    index_version: str
    article: Article | None = None
    matched_question: str | None = None
    match: Match | None = None
    passage: Excerpt | None = None
    in_context: str | None = None  # the question after the one that it leans on, if it leans on one
    explain: dict[str, Any] | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        return self.article.citations if self.article else ()
