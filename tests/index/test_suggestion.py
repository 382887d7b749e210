import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.entries import Phrasing
from index.pinyin import fit_sounds, syllables_of
from index.suggestion import LONG, Match, fit_suggester, highlight
from index.text import normalise

ENTRIES = {
    "convolution": ["什么是卷积？", "卷积公式", "卷积的定义", "CNN 里的卷积在算什么"],
    "network": ["卷积神经网络是怎样工作的？", "CNN 原理", "卷积神经网络原理", "卷积网络一步一步怎么算"],
    "lstm": ["形象理解 LSTM 的三个门", "LSTM 门的作用", "遗忘门是什么", "長短期記憶網路的門"],
    "norm": ["批归一化解决了什么问题？", "BN 的作用", "为什么用 BN", "批归一化的意义"],
    "overfitting": ["怎么防止过拟合？", "过拟合怎么办", "how to prevent overfitting", "过拟合的原因"],
}
WAYS = [(at, Phrasing(text)) for at, texts in enumerate(ENTRIES.values()) for text in texts]
WAYS += [(0, Phrasing("卷机是什么", "typo")), (4, Phrasing("训练集表现好，" * 8))]
TEXTS = [way.text for _, way in WAYS]
NORMALISED = [normalise(text) for text in TEXTS]
SYLLABLES = syllables_of(NORMALISED)
SOUNDS = fit_sounds(NORMALISED, [], SYLLABLES)
SUGGESTER = fit_suggester([way for _, way in WAYS], NORMALISED, np.array([at for at, _ in WAYS], np.int64), SYLLABLES)


def search(typed: str, limit: int = 8) -> list[Match]:
    return SUGGESTER.search(normalise(typed), SOUNDS, limit)


def offered(typed: str) -> list[str]:
    labels = [at for at, _ in WAYS]
    return [list(ENTRIES)[labels[match.row]] for match in search(typed)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("卷积", "convolution"),
        ("什么是", "convolution"),
        ("BN", "norm"),
        ("bn", "norm"),
        ("ｂｎ", "norm"),
        ("批", "norm"),
        ("L", "lstm"),
        ("juanji shenjing", "network"),
        ("juanjishenj", "network"),
        ("卷积shenj", "network"),
        ("jjsj", "network"),
        ("juanjsj", "network"),
        ("lstm men", "lstm"),
        ("lstmm", "lstm"),
        ("changduanqi", "lstm"),
        ("過擬合", "overfitting"),
        ("过你和", "overfitting"),
        ("zenme fangzhi", "overfitting"),
        ("overfittng", "overfitting"),
        ("prevent over", "overfitting"),
        ("overfitting how", "overfitting"),
        ("juanjoshenjing", "network"),
    ],
)
def test_what_a_visitor_types_finds_what_they_want(typed: str, first: str) -> None:
    assert offered(typed)[:1] == [first]


@pytest.mark.parametrize("typed", ["", "?", "  ", "zzzz", "天气预报", "天气", "qqqqqqqqqq", "\n", "5"])
def test_nothing_found_gives_nothing(typed: str) -> None:
    assert search(typed) == []


def test_an_entry_comes_once_and_no_more_than_asked_for() -> None:
    assert offered("卷积") == ["convolution", "network"]
    assert len(search("卷积", limit=1)) == 1


def test_slips_and_long_phrasings_are_not_offered() -> None:
    assert all(len(TEXTS[row]) <= LONG and WAYS[row][1].style != "typo" for row in SUGGESTER.rows)
    assert TEXTS[search("卷机")[0].row].startswith("卷积")


def test_a_long_canonical_question_is_offered() -> None:
    ways = [Phrasing("为什么" + "很长" * 30), Phrasing("长")]
    texts = [way.text for way in ways]
    suggester = fit_suggester(ways, texts, np.zeros(2, np.int64), syllables_of(texts))
    assert [match.row for match in suggester.search("为什么", SOUNDS, 3)] == [0]


@pytest.mark.parametrize(
    ("typed", "marked"),
    [("bn", "BN"), ("juanjis", "卷积神"), ("lstm men", "LSTM 门"), ("过你和", "过拟合"), ("jjsj", "卷积神经")],
)
def test_what_matched_is_marked_in_the_text_as_written(typed: str, marked: str) -> None:
    match = search(typed)[0]
    place = highlight(TEXTS[match.row], match)
    assert place is not None
    assert TEXTS[match.row][slice(*place)] == marked


def test_nothing_is_marked_where_it_cannot_be_told() -> None:
    assert highlight("卷", Match(0, 0, 2)) is None


@given(st.text(max_size=30))
def test_any_text_is_taken_and_marks_lie_in_the_text(text: str) -> None:
    for match in search(text):
        place = highlight(TEXTS[match.row], match)
        assert place is not None
        assert 0 <= place[0] < place[1] <= len(TEXTS[match.row])


def test_a_corpus_without_chinese_is_searched() -> None:
    ways = [Phrasing("How do I return an item?"), Phrasing("Return policy")]
    texts = [normalise(way.text) for way in ways]
    suggester = fit_suggester(ways, texts, np.array([0, 1]), {})
    assert [match.row for match in suggester.search("retur", SOUNDS, 3)] == [1, 0]
