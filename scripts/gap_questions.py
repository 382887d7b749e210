"""The questions of the log that were not helped, each wording once, as the index of today sees them.

Knows nothing of groups.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from index.answerer import Answerer
from index.answers import Answer
from index.confidence import Status
from index.text import key, normalise
from service.tables import feedback, questions


@dataclass
class Wording:
    """A question as it was asked, with what came of it each time. Spellings with the same letters count as one."""

    text: str  # the first spelling, on one line and without control characters
    times: Counter[str] = field(default_factory=Counter)  # by "no_answer", "clarify", "disliked"
    clients: set[str] = field(default_factory=set)  # anew every day
    disliked: set[str] = field(default_factory=set)  # ids of the answers that did not help
    reasons: Counter[str] = field(default_factory=Counter)
    comments: list[str] = field(default_factory=list)
    last: datetime = datetime.min

    @property
    def count(self) -> int:
        return self.times.total()


@dataclass(frozen=True)
class Gap:
    """A wording that is not helped today either. `answer` is what the index makes of it now."""

    wording: Wording
    answer: Answer


def unhelped(connection: Connection, since: datetime | None) -> list[Wording]:
    """Everything asked since then that was declined or asked back and not liked for it, or that was disliked; the
    most frequent first."""
    down = feedback.c.rating == "down"
    query = (
        select(questions, feedback.c.rating, feedback.c.reason, feedback.c.comment)
        .join(feedback, questions.c.message_id == feedback.c.message_id, isouter=True)
        .where(or_(down, and_(questions.c.status != Status.ANSWERED.value, feedback.c.rating.is_(None))))
        .order_by(questions.c.message_id)
    )
    if since:
        query = query.where(questions.c.time >= since.astimezone(UTC).replace(tzinfo=None))
    wordings = _gathered(connection.execute(query).mappings())
    return sorted(wordings, key=lambda wording: (-wording.count, wording.text))


def _gathered(rows: Iterable[Any]) -> Iterable[Wording]:
    wordings: dict[str, Wording] = {}
    for row in rows:
        normalised, text = normalise(row["question"]), one_line(row["question"])
        if not normalised or not text:
            continue
        wording = wordings.setdefault(key(normalised) or normalised, Wording(text))
        wording.times["disliked" if row["rating"] else row["status"]] += 1
        wording.last = max(wording.last, row["time"])
        if row["client"]:
            wording.clients.add(row["client"])
        if row["rating"]:
            wording.disliked.add(row["id"])
            wording.reasons.update(filter(None, [row["reason"]]))
            wording.comments += filter(None, [one_line(row["comment"] or "")])
    return wordings.values()


def open_gaps(wordings: Iterable[Wording], answerer: Answerer) -> Iterator[Gap]:
    """Those that the index of today neither answers, other than with what was disliked, nor declines because the
    corpus says so."""
    exact = answerer.snapshot.exact
    for wording in wordings:
        normalised = normalise(wording.text)
        if exact.get(key(normalised) or normalised) == -1:
            continue
        answer = answerer.ask(wording.text, top=1)
        if answer.article is None or answer.article.entry.id in wording.disliked:
            yield Gap(wording, answer)


def one_line(text: str) -> str:
    """What is printable of a text, with single spaces: fit for a terminal and for a line of `questions.txt`, where a
    leading `#` would begin a heading."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split()).lstrip("# ")
