"""Known ways of asking, looked up by key and by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.known import known_keys, pack_texts

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(st.dictionaries(TEXT, st.integers(-1, 10**6)), TEXT)
def test_every_key_has_its_row_and_no_other_has_one(rows: dict[str, int], other: str) -> None:
    known = known_keys(rows)
    assert {key: known.get(key) for key in rows} == rows
    assert known.get(other) == rows.get(other)


@given(st.lists(TEXT))
def test_every_row_has_its_text(texts: list[str]) -> None:
    packed = pack_texts(texts)
    assert len(packed) == len(texts)
    assert list(packed) == texts
    with pytest.raises(IndexError):
        packed[len(texts)]
