"""What is looked up by a text or by a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.mapped import Integers, Texts

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(st.dictionaries(TEXT, st.integers(-1, 10**6)), TEXT)
def test_every_text_has_its_integer_and_no_other_has_one(rows: dict[str, int], other: str) -> None:
    known = Integers.of(rows)
    assert {key: known.get(key) for key in rows} == rows
    assert known.get(other) == rows.get(other)


@given(st.lists(TEXT))
def test_every_number_has_its_text(texts: list[str]) -> None:
    packed = Texts.of(texts)
    assert len(packed) == len(texts)
    assert list(packed) == texts
    with pytest.raises(IndexError):
        packed[len(texts)]
