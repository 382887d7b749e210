"""What is written to the question log, and how: each function is some statements on an open transaction.

Knows nothing of queues, threads or HTTP. All text is taken as data; what a database cannot store in it is replaced.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from service.message_ids import KEY_BYTES, first_message_id
from service.tables import feedback, keys, questions

_SALT = "client "


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what came of it. `id` and `confidence` are those of the first candidate."""

    message_id: str
    time: datetime  # aware
    question: str
    status: str
    id: str | None
    confidence: float
    index_version: str
    took_ms: float
    address: str | None = field(default=None, repr=False)  # never written; its salted hash is


@dataclass(frozen=True, slots=True)
class Rated:
    """What somebody said of an answer. Without a `rating` it takes back what was said before."""

    message_id: str
    time: datetime  # aware
    rating: str | None
    reason: str | None = None
    comment: str | None = None


def write_questions(connection: Connection, asked: Sequence[Asked]) -> None:
    """Add questions; one that is there already is left as it is."""
    salts = {day: _own_or_kept(connection, f"{_SALT}{day}") for day in {_day(one.time) for one in asked if one.address}}
    rows = [
        {
            "message_id": one.message_id,
            "time": _utc(one.time),
            "question": _storable(one.question),
            "status": one.status,
            "id": one.id,
            "confidence": one.confidence,
            "index_version": one.index_version,
            "took_ms": one.took_ms,
            "client": _blurred(one.address, salts[_day(one.time)]) if one.address else None,
        }
        for one in asked
    ]
    if rows:
        connection.execute(_insert(connection, questions).on_conflict_do_nothing(), rows)


def write_rating(connection: Connection, rated: Rated) -> None:
    """Put what was said in the place of what was said before of the same message."""
    if rated.rating is None:
        connection.execute(delete(feedback).where(feedback.c.message_id == rated.message_id))
        return
    said = {
        "time": _utc(rated.time),
        "rating": rated.rating,
        "reason": rated.reason,
        "comment": _storable(rated.comment) if rated.comment else None,
    }
    insert = _insert(connection, feedback).values(message_id=rated.message_id, **said)
    connection.execute(insert.on_conflict_do_update(index_elements=[feedback.c.message_id], set_=said))


def shared_key(connection: Connection, own: bytes) -> bytes:
    """The key that signs message ids in every process: `own`, if there was none yet."""
    return _own_or_kept(connection, "message", own)


def forget(connection: Connection, before: datetime) -> None:
    """Delete messages given out before a moment with all that was said of them, and the salts of days gone by, after
    which nobody can tell which address a client had."""
    first = first_message_id(before)
    for table in (questions, feedback):
        connection.execute(delete(table).where(table.c.message_id < first))
    yesterday = _day(datetime.now(UTC) - timedelta(days=1))  # what waits in a queue may still be of yesterday
    connection.execute(delete(keys).where(keys.c.name.startswith(_SALT), keys.c.name < f"{_SALT}{yesterday}"))


def _own_or_kept(connection: Connection, name: str, own: bytes | None = None) -> bytes:
    """The value kept under a name; whoever comes first makes it."""
    value = own or secrets.token_bytes(KEY_BYTES)
    connection.execute(_insert(connection, keys).values(name=name, value=value).on_conflict_do_nothing())
    kept: bytes = connection.scalars(select(keys.c.value).where(keys.c.name == name)).one()
    return bytes(kept)


def _insert(connection: Connection, table: Table) -> Any:
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")  # only the one in use: 4 MB
    return dialect.insert(table)


def _blurred(address: str, salt: bytes) -> str:
    return hmac.digest(salt, address.encode(), "sha256").hex()[:32]


def _day(time: datetime) -> str:
    return time.astimezone(UTC).date().isoformat()


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None)


def _storable(text: str) -> str:
    """Without halves of surrogate pairs and NUL, which PostgreSQL refuses."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
