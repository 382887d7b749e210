"""The clock of the stages, and that what it is put on exists."""

import time

import pytest

from bench.stages import BESIDE, STAGES, Clock, _owner


@pytest.mark.parametrize("name", [name for names in (STAGES | BESIDE).values() for name in names])
def test_every_timed_function_exists(name: str) -> None:
    owner, attribute = _owner(name)
    assert attribute in vars(owner)


def test_a_name_that_is_gone_is_told() -> None:
    with pytest.raises(LookupError, match=r"bring bench/stages\.py up to date"):
        _owner("index.answerer.Answerer.no_such_thing")


def test_time_counts_once_and_for_the_inner_function(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 4.0, 10.0])  # outer begins, inner begins, inner ends, outer ends
    monkeypatch.setattr(time, "perf_counter", lambda: next(now))
    clock = Clock()
    inner = clock.timed("inner", lambda: "done")
    assert clock.timed("outer", lambda: inner())() == "done"
    assert clock.read() == {"inner": 3.0, "outer": 7.0}
    assert clock.read() == {}
