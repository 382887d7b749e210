from datetime import UTC, datetime, timedelta

import pytest

from service.message_ids import first_message_id, is_proven, new_message_id

KEY, OTHER = b"k" * 32, b"o" * 32


def test_an_id_is_proven_by_its_key_alone() -> None:
    message_id = new_message_id(KEY)
    assert is_proven(message_id, KEY)
    assert not is_proven(message_id, OTHER)


@pytest.mark.parametrize("at", range(40))
def test_an_id_with_one_digit_changed_is_foreign(at: int) -> None:
    message_id = new_message_id(KEY)
    changed = format(int(message_id[at], 16) ^ 1, "x")
    assert not is_proven(message_id[:at] + changed + message_id[at + 1 :], KEY)


@pytest.mark.parametrize("text", ["", "x", "0" * 40, "0" * 39, "é" * 40, "０" * 40, "\0" * 40, "' OR 1=1 --"])
def test_what_is_no_id_is_foreign(text: str) -> None:
    assert not is_proven(text, KEY)


def test_an_id_in_another_spelling_is_foreign() -> None:
    message_id = next(new for new in iter(lambda: new_message_id(KEY), "") if new.upper() != new)
    for other in (message_id.upper(), message_id + "\n", " " + message_id):
        assert not is_proven(other, KEY)


def test_no_two_ids_are_alike_and_they_sort_by_time() -> None:
    before = first_message_id(datetime.now(UTC) - timedelta(milliseconds=1))
    made = [new_message_id(KEY) for _ in range(1000)]
    after = first_message_id(datetime.now(UTC) + timedelta(milliseconds=1))
    assert len(set(made)) == 1000
    assert all(before < one < after for one in made)
