"""A corpus as one `.jsonl` file: an entry on each line.

Entries without an answer are accepted, so that question banks can be measured.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from index.entries import Corpus, Entry, Phrasing
from index.sources import Id, MaybeText, Sources, Text, records


class Line(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    id: Id
    question: Text
    answer: MaybeText
    aliases: list[MaybeText] = []
    topics: list[MaybeText] = []
    url: str | None = Field(default=None, pattern=r"^https?://")


def read_jsonl(sources: Sources, path: Path) -> Corpus:
    """The entries of the file; what is wrong with it is noted in `sources`."""
    entries: list[Entry] = []
    seen: dict[str, int] = {}
    unknown: set[str] = set()
    without_answer = 0
    shape = '{"id", "question", "answer", "aliases", "topics", "url"}'
    for number, fields, extra in records(sources, path, Line, shape):
        unknown |= extra
        if fields.id in seen:
            sources.note(path, number, f"id {fields.id} is also that of line {seen[fields.id]}", "Make ids unique")
        seen[fields.id] = number
        without_answer += not fields.answer
        sources.places |= {(fields.id, text): (path, number) for text in (fields.question, *fields.aliases)}
        entries.append(
            Entry(
                id=fields.id,
                question=fields.question,
                answer=fields.answer,
                phrasings=tuple(Phrasing(alias) for alias in fields.aliases),
                title=fields.question,
                topics=tuple(fields.topics),
                url=fields.url,
            )
        )
    if without_answer:
        cause = f"{without_answer} of {len(entries)} entries have no answer"
        sources.warn(path, 0, cause, "Write one, or questions will be matched by their wording alone")
    if unknown:
        names = ", ".join(map(repr, sorted(unknown)))
        sources.warn(path, 0, f"fields passed over: {names}", "Rename or remove them")
    return Corpus(path, tuple(entries), digest=sources.digest())
