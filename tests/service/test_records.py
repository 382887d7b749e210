from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, select

from service.database import migrate, open_engine, writing
from service.message_ids import first_message_id
from service.records import Asked, Rated, forget, shared_key, write_questions, write_rating
from service.tables import feedback, keys, questions

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
ASKED = Asked("a" * 40, NOON, "怎么退货", "answered", "returns", 0.97, "v1", 4.2, "203.0.113.7")
RATED = Rated(ASKED.message_id, NOON, "down", "outdated", "过时了")

HOSTILE = [
    "nul \0 in the middle",
    "half of a pair \ud800",
    "'); DROP TABLE questions; --",
    '<script>alert("x")</script>',
    "%s %(id)s :id ? {id} \\",
    "\x1b[31mred\x1b[0m\r\n\u202eright to left",
    "🦊" * 1000,
]


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = open_engine(database)
    migrate(engine)
    yield engine
    engine.dispose()


def rows(engine: Engine, table: Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


def write(engine: Engine, *asked: Asked) -> None:
    with writing(engine) as connection:
        write_questions(connection, asked)


def rate(engine: Engine, rated: Rated) -> None:
    with writing(engine) as connection:
        write_rating(connection, rated)


def test_a_question_is_kept_with_all_that_came_of_it_and_no_address(engine: Engine) -> None:
    write(engine, ASKED)
    [row] = rows(engine, questions)
    client = row.pop("client")
    assert row == {
        "message_id": "a" * 40,
        "time": datetime(2026, 11, 27, 12),
        "question": "怎么退货",
        "status": "answered",
        "id": "returns",
        "confidence": 0.97,
        "index_version": "v1",
        "took_ms": 4.2,
    }
    assert len(client) == 32
    assert "203.0.113.7" not in repr(ASKED)


def test_a_question_that_is_there_already_stays_as_it_is(engine: Engine) -> None:
    write(engine, ASKED)
    write(engine, replace(ASKED, question="other"), replace(ASKED, message_id="b" * 40))
    assert [row["question"] for row in rows(engine, questions)] == ["怎么退货", "怎么退货"]


def test_a_client_is_recognised_for_a_day_and_not_longer(engine: Engine) -> None:
    write(
        engine,
        replace(ASKED, message_id="a"),
        replace(ASKED, message_id="b", time=NOON + timedelta(hours=11)),
        replace(ASKED, message_id="c", address="203.0.113.8"),
        replace(ASKED, message_id="d", time=NOON + timedelta(hours=13)),
        replace(ASKED, message_id="e", address=None),
    )
    a, b, c, d, e = (row["client"] for row in rows(engine, questions))
    assert a == b
    assert len({a, c, d}) == 3
    assert e is None


def test_two_processes_give_a_client_the_same_name(engine: Engine, database: str) -> None:
    other = open_engine(database)
    write(engine, replace(ASKED, message_id="a"))
    write(other, replace(ASKED, message_id="b"))
    other.dispose()
    a, b = (row["client"] for row in rows(engine, questions))
    assert a == b


def test_the_last_rating_counts_and_none_takes_it_back(engine: Engine) -> None:
    rate(engine, RATED)
    rate(engine, replace(RATED, rating="up", reason=None, comment=None))
    [row] = rows(engine, feedback)
    assert (row["rating"], row["reason"], row["comment"]) == ("up", None, None)
    for _ in range(2):
        rate(engine, Rated(RATED.message_id, NOON, None))
        assert rows(engine, feedback) == []


def test_a_rating_does_not_wait_for_its_question(engine: Engine) -> None:
    rate(engine, RATED)
    assert [row["comment"] for row in rows(engine, feedback)] == ["过时了"]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_data(engine: Engine, hostile: str) -> None:
    write(engine, replace(ASKED, question=hostile), replace(ASKED, message_id="b" * 40))
    rate(engine, replace(RATED, comment=hostile))
    kept = hostile.replace("\0", "\ufffd").replace("\ud800", "?")
    assert [row["question"] for row in rows(engine, questions)] == [kept, "怎么退货"]
    assert [row["comment"] for row in rows(engine, feedback)] == [kept]


def test_whoever_comes_first_makes_the_key_of_all(engine: Engine) -> None:
    with writing(engine) as connection:
        assert shared_key(connection, b"first") == b"first"
    with writing(engine) as connection:
        assert shared_key(connection, b"second") == b"first"


def test_what_is_older_is_forgotten_with_what_was_said_of_it(engine: Engine) -> None:
    old, new = first_message_id(NOON - timedelta(days=91)), first_message_id(NOON - timedelta(days=89))
    for start in (old, new):
        write(engine, replace(ASKED, message_id=f"{start:x<40}"))
        rate(engine, replace(RATED, message_id=f"{start:x<40}"))  # said today of an old message
    with writing(engine) as connection:
        forget(connection, NOON - timedelta(days=90))
    for table in (questions, feedback):
        assert [row["message_id"] for row in rows(engine, table)] == [f"{new:x<40}"]


def test_salts_of_days_gone_by_are_forgotten_and_the_key_is_not(engine: Engine) -> None:
    today = datetime.now(UTC)
    for days in (0, 1, 2, 30):
        write(engine, replace(ASKED, message_id=str(days), time=today - timedelta(days=days)))
    with writing(engine) as connection:
        shared_key(connection, b"key")
        forget(connection, today - timedelta(days=90))
    kept = [f"client {(today - timedelta(days=days)).date()}" for days in (1, 0)]
    assert [row["name"] for row in rows(engine, keys)] == [*kept, "message"]
