"""What goes over the wire, in and out. Offsets count Unicode code points."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from index.answerer import Asked
from index.answers import Answer, Match
from index.answers import Suggestion as Found
from index.articles import Article
from index.citations import Citation as Work
from index.confidence import Status
from index.dialogue import Turn
from index.text import normalise

QUESTION_LENGTH = 1000
HISTORY_LENGTH = 10
MOST_CANDIDATES = 20
TYPED_LENGTH = 200
MOST_SUGGESTIONS = 20


def _well_formed(text: str) -> str:  # halves of surrogate pairs are refused by pydantic
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


def _asks_something(text: str) -> str:
    if not any(map(str.isalnum, text)) and not normalise(text):  # a letter or digit is never normalised away
        raise ValueError("holds no printable character")
    return text


Question = Annotated[
    str,
    Field(min_length=1, max_length=QUESTION_LENGTH),
    AfterValidator(_well_formed),
    AfterValidator(_asks_something),
]
Id = Annotated[str, Field(max_length=100), AfterValidator(_well_formed)]


Typed = Annotated[str, Field(min_length=1, max_length=TYPED_LENGTH), AfterValidator(_well_formed)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class HistoryTurn(_Request):
    question: Question = Field(description="What was asked")
    id: Id | None = Field(None, description="The entry that answered it, if one did")
    offered: list[Id] = Field(
        default_factory=list,
        max_length=MOST_CANDIDATES,
        description="The entries offered when it was asked back, in the order shown, for “the second one”",
    )

    def turn(self) -> Turn:
        return Turn(self.question, self.id, tuple(self.offered))


class AskRequest(_Request):
    """A question in free form."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"question": "为什么现在都用 ReLU，不用 sigmoid 了？"},
                {"question": "BN 公式", "top": 5, "explain": True},
            ]
        }
    )

    question: Question = Field(description="The question, 1 to 1,000 characters, at least one of them printable")
    history: list[HistoryTurn] = Field(
        [],
        max_length=HISTORY_LENGTH,
        description="Earlier turns, oldest first, to understand a question that leans on them",
    )
    top: int = Field(3, ge=1, le=MOST_CANDIDATES, description="How many candidates to list")
    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Confidence from which on to answer; null takes the index's own, 0 answers whatever is nearest",
    )
    explain: bool = Field(False, description="Whether to tell what each step saw")

    def asked(self) -> Asked:
        history = [turn.turn() for turn in self.history]
        return Asked(self.question, history, self.top, self.threshold, self.explain)


class Citation(BaseModel):
    n: int = Field(description="The number of its markers in the answer")
    key: str
    title: str
    authors: list[str]
    year: int | None
    venue: str
    url: str | None
    marks: list[tuple[int, int]] = Field(description="[start, end) of each marker in the answer")

    @classmethod
    def of(cls, work: Work) -> "Citation":
        r = work.reference
        return cls(
            n=work.n,
            key=r.key,
            title=r.title,
            authors=list(r.authors),
            year=r.year,
            venue=r.venue,
            url=r.url,
            marks=list(work.marks),
        )


class Passage(BaseModel):
    text: str
    start: int
    end: int


class Candidate(BaseModel):
    id: str
    question: str
    confidence: float = Field(description="Probability that this entry answers the question")


class Link(BaseModel):
    id: str
    question: str


class Figure(BaseModel):
    """A drawing that the answer shows, with the room it takes, so that a page can keep it."""

    src: str = Field(description="Its address, as the answer has it")
    width: int = Field(description="In CSS pixels")
    height: int

    @classmethod
    def all_of(cls, article: Article) -> list["Figure"]:
        """Those whose drawings say how large they are."""
        return [
            cls(src=f"/entries/{article.entry.id}/{name}", width=figure.size[0], height=figure.size[1])
            for name, figure in article.figures.items()
            if figure.size
        ]


class Decision(BaseModel):
    """What was decided, without the answer itself. `id`, `question`, `matched_question`, `match` and `passage` are
    null unless `status` is `answered`."""

    status: Status
    id: str | None
    question: str | None = Field(description="The canonical question")
    matched_question: str | None = Field(description="The known way of asking that is nearest to what was asked")
    match: Match | None
    confidence: float = Field(
        description="Probability that the first candidate answers the question, calibrated on the corpus"
    )
    passage: Passage | None = Field(description="The part of the answer nearest to the question")
    candidates: list[Candidate] = Field(description="The most probable entries, best first, whatever the status")
    message_id: str
    figures: list[Figure] = Field(description="Sizes of the figures in `answer`")
    index_version: str
    took_ms: float = Field(description="Milliseconds spent on the decision, and on those of questions decided with it")
    explain: dict[str, Any] | None = None


class AskResponse(Decision):
    """The decision with the answer, which is null unless `status` is `answered`."""

    answer: str | None = Field(description="Markdown with citation markers such as [1]")
    citations: list[Citation]
    related: list[Link]

    @classmethod
    def of(cls, answer: Answer, related: list[Link], message_id: str, took_ms: float) -> "AskResponse":
        article, passage = answer.article, answer.passage
        return cls(
            status=answer.status,
            id=article.entry.id if article else None,
            question=article.entry.question if article else None,
            matched_question=answer.matched_question,
            match=answer.match,
            confidence=answer.confidence,
            answer=article.answer if article else None,
            passage=Passage(text=passage.text, start=passage.start, end=passage.end) if passage else None,
            citations=[Citation.of(work) for work in answer.citations],
            candidates=[Candidate(id=c.id, question=c.question, confidence=c.confidence) for c in answer.candidates],
            related=related,
            message_id=message_id,
            figures=Figure.all_of(article) if article else [],
            index_version=answer.index_version,
            took_ms=round(took_ms, 2),
            explain=answer.explain,
        )


class Suggestion(BaseModel):
    """An entry that a person may be about to ask for."""

    id: str
    question: str = Field(description="The canonical question, which is what to offer")
    matched: str = Field(description="The known way of asking that holds what was typed; often the question itself")
    highlights: list[tuple[int, int]] = Field(description="[start, end) of what was typed, in `matched`")

    @classmethod
    def of(cls, found: Found) -> "Suggestion":
        return cls(id=found.id, question=found.question, matched=found.matched, highlights=list(found.highlights))


class EntryLine(BaseModel):
    id: str
    question: str
    title: str
    topics: list[str]

    @classmethod
    def of(cls, article: Article) -> "EntryLine":
        entry = article.entry
        return cls(id=entry.id, question=entry.question, title=entry.title, topics=list(entry.topics))


class EntryPage(EntryLine):
    answer: str
    citations: list[Citation]
    related: list[Link]
    reviewed: str | None = Field(description="The day the answer was last checked against its sources")
    url: str | None


class Health(BaseModel):
    status: Literal["ok"]


class Readiness(BaseModel):
    status: Literal["ready", "degraded"] = Field(
        description="degraded: answering, but from an older index than the newest built one"
    )
    index_version: str
    built_at: str
    entries: int
    trouble: str | None = Field(description="Why the newest index is not in use")


class FieldError(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []
