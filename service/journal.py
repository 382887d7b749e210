"""The question log as the service sees it: what is noted goes into a bounded queue, a thread of its own writes it.

Noting costs microseconds and never fails. What cannot be written waits in the queue and is tried again; what does not
fit into the queue is dropped, counted in `dropped` and told in the log. Knows nothing of HTTP.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from index.answers import Answer
from service.database import migrate, open_engine, writing
from service.message_ids import KEY_BYTES, first_message_id, is_proven, new_message_id
from service.records import Asked, Rated, forget, shared_key, write_questions, write_rating
from service.settings import Settings
from service.trouble import Trouble

CAPACITY = 10_000  # records that may wait: some 10 MB
BATCH = 500  # records in one transaction
GATHER_SECONDS = 0.25  # a batch waits so long for company
CLOSE_SECONDS = 5  # for what waits at the end
_PAUSES = (0.25, 30.0)  # between two tries: the first, and what it grows to by doubling
_PRUNE_SECONDS = 3600
_MISFIT = (DataError, IntegrityError, ValueError, TypeError, OverflowError)
"""Errors of a record and not of the database."""

_log = logging.getLogger("wenjin")


@dataclass(frozen=True, slots=True)
class _Rating:
    """A rating, and the promise that its sender waits for."""

    rated: Rated
    written: "Future[None]" = field(default_factory=Future)


class Journal:
    """Give it an engine; `start` begins writing, `close` ends it. `dropped` counts what was lost since the start."""

    def __init__(self, engine: Engine, keep_days: int) -> None:
        self.dropped = 0
        self.keep_days = keep_days
        self._engine = engine
        self._own_key = self._key = secrets.token_bytes(KEY_BYTES)  # until the database tells the one all share
        self._waiting: deque[Asked | _Rating] = deque()
        self._changed = threading.Condition()
        self._urgent = self._closing = self._connected = False
        self._in_hand = 0  # questions that are out of the queue and not yet written
        self._prune_at = 0.0
        self._trouble = Trouble("question log")
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    @property
    def waiting(self) -> int:
        """Records in the queue."""
        return len(self._waiting)

    def connect(self) -> None:
        """Bring the tables up to date and learn the key that all processes share. Tried again by itself when it fails.

        Raises what `migrate` raises.
        """
        migrate(self._engine)
        with writing(self._engine) as connection:
            self._key = shared_key(connection, self._own_key)
        self._connected = True

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Write what waits, for `CLOSE_SECONDS` at most, and stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)
        self.dropped += self._in_hand  # more than nothing only where the thread still waits for the database
        self._drop(self._take(CAPACITY), TimeoutError("closed before it could be written"))
        self._trouble.ended(self.dropped)
        self._engine.dispose()

    def note(self, question: str, answer: Answer, took_ms: float, address: str | None) -> str:
        """Note a question and what came of it; the id of the message to be given out."""
        message_id = new_message_id(self._key)
        first = answer.candidates[0].id if answer.candidates else None
        came_of_it = (answer.status, first, answer.confidence, answer.index_version, round(took_ms, 2))
        self._put(Asked(message_id, datetime.now(UTC), question, *came_of_it, address))
        return message_id

    def knows(self, message_id: str) -> bool:
        """Whether a process that shares this database gave the id out, no longer ago than the log remembers."""
        recent = message_id >= first_message_id(self._oldest())
        return recent and any(is_proven(message_id, key) for key in (self._key, self._own_key))

    def rate(self, rated: Rated) -> "Future[None]":
        """Done when the rating is written; fails when it could not be, and then it will not be."""
        rating = _Rating(rated)
        if not self._put(rating):
            rating.written.set_exception(TimeoutError("the queue is full"))
        return rating.written

    def _oldest(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self.keep_days)

    def _put(self, record: Asked | _Rating) -> bool:
        with self._changed:
            if self._closing or len(self._waiting) >= CAPACITY:
                self.dropped += 1
                return False
            self._waiting.append(record)
            self._urgent |= isinstance(record, _Rating)
            if self._urgent or len(self._waiting) in (1, BATCH):
                self._changed.notify_all()
            return True

    def _take(self, most: int) -> list[Asked | _Rating]:
        with self._changed:
            self._urgent = False
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def _drop(self, records: Sequence[Asked | _Rating], why: Exception) -> None:
        with self._changed:
            self.dropped += len(records)
        for record in records:
            if isinstance(record, _Rating) and record.written.set_running_or_notify_cancel():
                record.written.set_exception(why)

    # From here on: the thread that writes

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing, self._prune_at - time.monotonic())
                self._changed.wait_for(
                    lambda: self._urgent or self._closing or len(self._waiting) >= BATCH,
                    GATHER_SECONDS if self._waiting else 0,
                )
            batch = self._take(BATCH)
            if batch:
                self._in_hand = sum(isinstance(record, Asked) for record in batch)
                self._write(batch)
                self._in_hand = 0
            elif self._closing:
                return
            if time.monotonic() >= self._prune_at:
                self._try(partial(forget, before=self._oldest()))
                self._prune_at = time.monotonic() + _PRUNE_SECONDS

    def _write(self, batch: Sequence[Asked | _Rating]) -> None:
        """Write a batch, however often that is tried; after `close` only once more."""
        asked = [record for record in batch if isinstance(record, Asked)]
        self._write_ratings([record for record in batch if isinstance(record, _Rating)])
        pause, longest = _PAUSES
        while asked:
            last = self._closing
            error = self._try(partial(write_questions, asked=asked))
            if error is None:
                return
            if isinstance(error, _MISFIT):
                asked = self._write_one_by_one(asked)
            elif last:
                self._drop(asked + self._take(CAPACITY), error)
                return
            else:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, pause)
                pause = min(2 * pause, longest)

    def _write_one_by_one(self, asked: list[Asked]) -> list[Asked]:
        """Write each question by itself and drop those that no database takes; those that are still to be written."""
        left = []
        for one in asked:
            error = self._try(partial(write_questions, asked=[one]))
            if isinstance(error, _MISFIT):
                self._drop([one], error)
            elif error:
                left.append(one)
        return left

    def _write_ratings(self, ratings: Sequence[_Rating]) -> None:
        """Written once or not at all: their senders wait, and can send them again."""
        wanted = [rating for rating in ratings if rating.written.set_running_or_notify_cancel()]
        if not wanted:
            return

        def write(connection: Connection) -> None:
            for rating in wanted:
                write_rating(connection, rating.rated)

        error = self._try(write)
        for rating in wanted:
            if error is None:
                rating.written.set_result(None)
            else:
                rating.written.set_exception(error)

    def _try(self, write: Callable[[Connection], None]) -> Exception | None:
        """Write in a transaction, connecting first where need be; what went wrong, if something did."""
        try:
            if not self._connected:
                self.connect()
            with writing(self._engine) as connection:
                write(connection)
        except Exception as error:  # whatever it is, questions go on being answered and the next try may succeed
            if not isinstance(error, _MISFIT):
                self._connected = False
                self._engine.dispose()
            self._trouble.met(_cause(error), self.waiting, self.dropped)
            return error
        self._trouble.over(self.waiting, self.dropped)
        return None


def load_journal(settings: Settings) -> Journal | None:
    """The journal that the settings ask for, its database migrated if it can be reached already; None when it is off.

    Raises `UnusableDatabase`.
    """
    if not settings.database:
        return None
    journal = Journal(open_engine(settings.database), settings.retention_days)
    try:
        journal.connect()
    except (SQLAlchemyError, OSError) as error:  # it may come back; answers do not wait for it
        _log.error("question log: cannot be had yet, answering without it: %s", _cause(error))
    return journal


def _cause(error: Exception) -> str:
    """The first line of what the driver says: below it PostgreSQL shows the row, which is nobody's business."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
