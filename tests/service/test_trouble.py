import logging
from collections.abc import Callable

import pytest

from service import trouble as trouble_module
from service.trouble import Trouble

FAILED = "ledger: it is locked. 3 records wait, {} were lost since the start"
AGAIN = "ledger: written again, {} records were lost since the start"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, "wenjin")
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(trouble_module.time, "monotonic", lambda: now[0])
    return now


def test_what_lasts_is_told_once_a_minute(said: Callable[[], list[str]], clock: list[float]) -> None:
    trouble = Trouble("ledger")
    for second in range(121):
        clock[0] = 1000.0 + second
        trouble.met("it is locked", 3, second)
    assert said() == [FAILED.format(0), FAILED.format(60), FAILED.format(120)]


def test_the_end_is_told_once(said: Callable[[], list[str]], clock: list[float]) -> None:
    trouble = Trouble("ledger")
    trouble.met("it is locked", 3, 0)
    for _ in range(3):
        trouble.over(0, 5)
    assert said() == [FAILED.format(0), AGAIN.format(5)]


def test_while_all_goes_well_nothing_is_told(said: Callable[[], list[str]], clock: list[float]) -> None:
    trouble = Trouble("ledger")
    for _ in range(3):
        trouble.over(0, 0)
    trouble.ended(0)
    assert said() == []


def test_what_is_lost_without_a_failure_is_told(said: Callable[[], list[str]], clock: list[float]) -> None:
    Trouble("ledger").over(3, 7)
    assert said() == ["ledger: more came than could wait. 3 records wait, 7 were lost since the start"]


def test_what_is_lost_and_was_not_told_is_told_at_the_end(said: Callable[[], list[str]], clock: list[float]) -> None:
    trouble = Trouble("ledger")
    trouble.met("it is locked", 3, 2)
    trouble.ended(2)
    trouble.ended(5)
    assert said() == [FAILED.format(2), "ledger: 5 records were lost since the start, lastly: it is locked"]
