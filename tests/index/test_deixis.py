"""Words that point, in the forms in which people type them."""

import pytest

from index.deixis import pointed_at, refers
from index.text import normalise


@pytest.mark.parametrize(
    "asked",
    [
        "那它跟 LSTM 比呢？",
        "它為什麼有效",
        "还有别的办法吗",
        "其中第三步再讲讲",
        "不是，我是说 LSTM",
        "跟 RMSProp 有啥不一样",
        "推理的时候呢",
        "And how do I fix it?",
        "what about Adam",
        "which one is better",
        "any others?",
    ],
)
def test_a_word_points_back(asked: str) -> None:
    assert refers(normalise(asked))


@pytest.mark.parametrize(
    "asked",
    ["什么是梯度爆炸", "softmax 的公式", "LSTM 與 GRU 的差別", "What is gradient clipping?", "how does a unit fire"],
)
def test_a_question_that_names_its_subject_does_not_point(asked: str) -> None:
    assert not refers(normalise(asked))


@pytest.mark.parametrize(
    ("asked", "picked"),
    [
        ("第二个呢", "b"),
        ("第2個", "b"),
        ("2", "b"),
        ("那第一个呢？", "a"),
        ("我要第三种", "c"),
        ("我说的是第二个", "b"),
        ("最后一个", "c"),
        ("the second one", "b"),
        ("Show me the first, please", "a"),
        ("what about the last one?", "c"),
    ],
)
def test_a_bare_ordinal_picks_what_was_offered(asked: str, picked: str) -> None:
    assert pointed_at(normalise(asked), ("a", "b", "c")) == picked


@pytest.mark.parametrize("asked", ["第二个怎么解决", "第四个呢", "第二层为什么学得慢", "second order methods", "呢"])
def test_what_is_more_than_an_ordinal_or_beyond_the_list_picks_nothing(asked: str) -> None:
    assert pointed_at(normalise(asked), ("a", "b", "c")) is None


def test_nothing_is_picked_where_nothing_was_offered() -> None:
    assert pointed_at("第二个呢", ()) is None


@pytest.mark.parametrize("piece", ["看", "我要", "那么", "the ", "说的是", " ", "第二个呢", "呢", "它", "呢 "])
def test_no_text_takes_long(piece: str) -> None:
    """A thousand characters are as long as a question may be; one that backtracked would never end."""
    asked = piece * (1000 // len(piece)) + "x"
    assert pointed_at(asked, ("a", "b")) is None
    assert refers(asked) in (True, False)
