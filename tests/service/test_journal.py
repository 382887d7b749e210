import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from index.answers import Answer, Candidate
from index.confidence import Status
from service import journal as journal_module
from service.database import UnusableDatabase, migrate, open_engine, writing
from service.journal import Journal, load_journal
from service.records import Asked, Rated, write_questions
from service.settings import Settings
from service.tables import feedback, questions

ONLY_POSTGRESQL = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)

ANSWER = Answer(Status.CLARIFY, 0.6, (Candidate("returns", "怎么退货？", 0.6), Candidate("refund", "退款", 0.2)), "v1")


def load(database: str) -> Journal:
    journal = load_journal(Settings(database=database))
    assert journal
    return journal


@contextmanager
def started(database: str) -> Iterator[Journal]:
    journal = load(database)
    journal.start()
    yield journal
    journal.close()


def note(journal: Journal, question: str = "怎么退货") -> str:
    return journal.note(question, ANSWER, 4.2, "203.0.113.7")


def rated(message_id: str, rating: str | None = "up") -> Rated:
    return Rated(message_id, datetime.now(UTC), rating)


def count(database: str, table: Any = questions) -> int:
    engine = open_engine(database)
    with engine.connect() as connection:
        number = connection.scalar(select(func.count()).select_from(table))
    engine.dispose()
    return int(number or 0)


def until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "never became so"
        time.sleep(0.01)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the file for itself."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def sqlite(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_PAUSES", (0.01, 0.05))


def test_what_is_noted_is_there_after_closing(database: str) -> None:
    with started(database) as journal:
        ids = [note(journal, f"问题 {n}") for n in range(1200)]
    assert len(set(ids)) == 1200
    assert (count(database), journal.dropped, journal.waiting) == (1200, 0, 0)


def test_several_processes_share_a_database_and_know_each_other_s_messages(database: str) -> None:
    with started(database) as one, started(database) as other:
        for _ in range(300):
            assert other.knows(note(one))
            assert one.knows(note(other))
    assert count(database) == 600


def test_a_message_is_known_until_it_is_forgotten(sqlite: str) -> None:
    journal = load(sqlite)
    message_id = note(journal)
    assert journal.knows(message_id)
    journal.keep_days = -1
    assert not journal.knows(message_id)
    journal.close()


def test_a_rating_is_written_when_it_is_said_to_be(database: str) -> None:
    with started(database) as journal:
        journal.rate(rated(note(journal))).result(timeout=30)
        assert count(database, feedback) == 1


def test_noting_takes_no_time_while_the_database_is_locked(sqlite: str, path: Path) -> None:
    with started(sqlite) as journal:
        with locked(path):
            began = time.perf_counter()
            for _ in range(1000):
                note(journal)
            assert time.perf_counter() - began < 1
        until(lambda: count(sqlite) == 1000)
    assert journal.dropped == 0


@ONLY_POSTGRESQL
def test_a_table_that_another_program_locks_holds_up_nothing(database: str, caplog: pytest.LogCaptureFixture) -> None:
    with started(database) as journal:
        before = count(database)
        other = open_engine(database)
        with other.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE questions IN ACCESS EXCLUSIVE MODE")
            note(journal)
            until(lambda: "canceling statement due to lock timeout" in caplog.text)
        other.dispose()
        until(lambda: count(database) == before + 1)
    assert journal.dropped == 0


def test_a_full_queue_drops_what_comes_and_counts_it(
    sqlite: str, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(journal_module, "CAPACITY", 10)
    with caplog.at_level(logging.INFO), started(sqlite) as journal:
        with locked(path):
            note(journal)
            until(lambda: journal.waiting == 0)  # the thread holds it
            for _ in range(25):
                note(journal)
            assert (journal.waiting, journal.dropped) == (10, 15)
            refused = journal.rate(rated(note(journal)))
            assert isinstance(refused.exception(timeout=30), TimeoutError)
        until(lambda: count(sqlite) == 11)
    assert journal.dropped == 17
    assert "question log: written again, 17 records were lost since the start" in caplog.text


def test_trouble_is_said_once_in_a_while_with_its_cause_and_no_question(
    sqlite: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = load(sqlite)
    tries = threading.Semaphore(0)
    event.listen(journal._engine, "checkout", lambda *_: tries.release())
    with caplog.at_level(logging.INFO, "wenjin"):
        with locked(path):
            note(journal, "geheime Frage")
            journal.start()
            for _ in range(3):
                assert tries.acquire(timeout=30)
        until(lambda: count(sqlite) == 1)
        journal.close()
    said = [record.getMessage() for record in caplog.records if record.name == "wenjin"]
    assert said == [
        "question log: database is locked. 0 records wait, 0 were lost since the start",
        "question log: written again, 0 records were lost since the start",
    ]


def test_what_cannot_be_written_at_closing_is_counted(
    sqlite: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with started(sqlite) as journal, locked(path):
        for _ in range(7):
            note(journal)
        began = time.monotonic()
        journal.close()
        assert time.monotonic() - began < 20
    assert (count(sqlite), journal.dropped) == (0, 7)
    assert "question log: 7 records were lost since the start" in caplog.text


def test_a_database_that_does_not_let_go_does_not_keep_the_service_from_ending(
    sqlite: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "CLOSE_SECONDS", 0.1)
    journal = load(sqlite)
    journal.start()
    with locked(path):
        for _ in range(7):
            note(journal)
        until(lambda: journal.waiting == 0)
        note(journal)
        journal.close()
        assert journal.dropped == 8
    journal._thread.join(30)
    journal._engine.dispose()


def test_what_comes_after_closing_is_counted_and_still_gets_an_id(sqlite: str) -> None:
    with started(sqlite) as journal:
        pass
    assert len(note(journal)) == 40
    assert journal.dropped == 1


def test_a_full_disk_fails_nothing_and_is_made_good(sqlite: str, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite's own limit on pages gives the error that a full disk gives."""
    journal = load(sqlite)
    full = threading.Event()
    full.set()

    @event.listens_for(journal._engine, "checkout")
    def limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {1 if full.is_set() else 2**30}")

    journal.start()
    for _ in range(100):
        note(journal, "长" * 1000)
    until(lambda: "database or disk is full" in caplog.text)
    full.clear()
    until(lambda: count(sqlite) == 100)
    journal.close()
    assert journal.dropped == 0


def test_a_file_that_is_no_database_fails_nothing_and_is_left_alone(sqlite: str, path: Path) -> None:
    path.write_text("notes to myself " * 100, "utf-8")
    with started(sqlite) as journal:
        note(journal)
    assert journal.dropped == 1
    assert path.read_text("utf-8") == "notes to myself " * 100


@pytest.mark.parametrize("folder", ["/proc/wenjin", "/dev/null/wenjin"])
def test_a_folder_that_cannot_be_written_to_fails_nothing(folder: str, caplog: pytest.LogCaptureFixture) -> None:
    with started(f"sqlite:///{folder}/journal.db") as journal:
        message_id = note(journal)
        assert journal.knows(message_id)
        assert journal.rate(rated(message_id)).exception(timeout=30)
    assert journal.dropped == 1
    assert "question log: cannot be had yet, answering without it: " in caplog.text


def test_a_file_that_may_only_be_read_fails_nothing(sqlite: str, path: Path) -> None:
    load(sqlite).close()
    journal = load(sqlite)
    event.listen(journal._engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    journal._engine.dispose()
    journal.start()
    note(journal)
    journal.close()
    assert (count(sqlite), journal.dropped) == (0, 1)


def test_a_file_that_vanishes_is_made_anew_and_messages_stay_known(
    sqlite: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), started(sqlite) as journal:
        before = note(journal)
        until(lambda: count(sqlite) == 1)
        for file in path.parent.glob("journal.db*"):
            file.unlink()
        note(journal)
        until(lambda: "written again" in caplog.text)
        assert count(sqlite) == 1
        assert journal.knows(before)
        with started(sqlite) as other:
            assert other.knows(before)
    assert journal.dropped == 0


def test_a_database_that_comes_later_gets_what_waits(path: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "data"
    blocked.write_text("in the way", "utf-8")
    database = f"sqlite:///{blocked}/journal.db"
    with started(database) as journal:
        before = note(journal)
        blocked.unlink()
        until(lambda: blocked.is_dir() and journal._connected)
        assert journal.knows(before)
    assert count(database) == 1


def test_a_server_that_cannot_be_reached_fails_nothing(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    with started(f"postgresql://me:secret@/journal?host={tmp_path}") as journal:
        note(journal)
    assert journal.dropped == 1
    assert "question log: cannot be had yet" in caplog.text
    assert "secret" not in caplog.text


@ONLY_POSTGRESQL
def test_a_server_that_drops_its_connections_is_connected_to_again(database: str) -> None:
    with started(database) as journal:
        before = count(database)
        note(journal)
        until(lambda: count(database) == before + 1)  # so that there is a connection
        admin = open_engine(database)
        with admin.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
        admin.dispose()
        note(journal)
    assert (count(database), journal.dropped) == (before + 2, 0)


def test_a_record_that_no_database_takes_neither_holds_up_the_others_nor_gets_into_the_log(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with started(database) as journal:
        good = Asked("a" * 40, datetime.now(UTC), "geheime Frage", "answered", None, 1.0, "v", 1.0)
        for one in (good, replace(good, message_id="b" * 40, status=None), replace(good, message_id="c" * 40)):  # type: ignore[arg-type]
            journal._put(one)
    assert (count(database), journal.dropped) == (2, 1)
    assert "question log: " in caplog.text
    assert "geheime Frage" not in caplog.text


def test_a_rating_whose_sender_has_given_up_is_not_written(sqlite: str, path: Path) -> None:
    with started(sqlite) as journal:
        with locked(path):
            message_id = note(journal)
            until(lambda: journal.waiting == 0)
            written = journal.rate(rated(message_id))
            assert written.cancel()
        until(lambda: count(sqlite) == 1)
    with pytest.raises(CancelledError):
        written.result(timeout=0)
    assert count(sqlite, feedback) == 0


def test_old_questions_are_forgotten_when_it_starts(database: str) -> None:
    engine = open_engine(database)
    migrate(engine)
    old = Asked("0" * 40, datetime.now(UTC) - timedelta(days=91), "q", "answered", None, 1.0, "v", 1.0)
    with writing(engine) as connection:
        write_questions(connection, [old])
    engine.dispose()
    with started(database):
        until(lambda: count(database) == 0)


def test_a_database_of_a_newer_program_stops_the_start(sqlite: str) -> None:
    load(sqlite).close()
    engine = open_engine(sqlite)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '99'")
    engine.dispose()
    with pytest.raises(UnusableDatabase, match="has version 99"):
        load_journal(Settings(database=sqlite))


def test_an_empty_setting_keeps_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENJIN_DATABASE", "")
    assert load_journal(Settings()) is None
