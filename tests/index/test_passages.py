"""Passages: where an answer is cut, and that nothing is lost, doubled or displaced by cutting."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passages import LIMIT, cut_passages, plain


def texts(answer: str, limit: int = LIMIT) -> list[str]:
    return [answer[passage.start : passage.end] for passage in cut_passages(answer, limit)]


MARKDOWN = st.lists(
    st.sampled_from(
        [
            "梯度会爆炸。",
            "An example. ",
            "x",
            "\n",
            "\n\n",
            "\n \n",
            "## 标题\n",
            "- 项\n",
            "```\n",
            "\u3000",
            " ",
            "！",
            "$x$",
            "😀é",
        ]
    ),
    max_size=40,
).map("".join)


@given(MARKDOWN | st.text(max_size=80), st.integers(1, 30))
def test_passages_are_ordered_disjoint_trimmed_and_within_the_limit(answer: str, limit: int) -> None:
    last = 0
    for passage in cut_passages(answer, limit):
        assert last <= passage.start < passage.end <= len(answer)
        assert passage.end - passage.start <= limit
        text = answer[passage.start : passage.end]
        assert text == text.strip()
        last = passage.end


@given(MARKDOWN | st.text(max_size=80), st.integers(1, 30))
def test_passages_hold_everything_but_white_space(answer: str, limit: int) -> None:
    kept = set()
    for passage in cut_passages(answer, limit):
        kept.update(range(passage.start, passage.end))
    assert all(char.isspace() for at, char in enumerate(answer) if at not in kept)


@given(st.lists(st.text("梯度 a。", min_size=1, max_size=8), max_size=8), st.integers(6, 30))
def test_a_heading_always_begins_a_passage(sections: list[str], limit: int) -> None:
    answer = "".join(f"# {number}\n{section}\n" for number, section in enumerate(sections))
    starts = {passage.start for passage in cut_passages(answer, limit)}
    assert {heading.start() for heading in re.finditer("^# ", answer, re.MULTILINE)} <= starts


def test_neighbouring_paragraphs_are_joined_while_they_fit() -> None:
    answer = "一二三四\n\n五六\n\n七八"
    assert texts(answer, 8) == ["一二三四\n\n五六", "七八"]
    assert texts(answer, 12) == [answer]


def test_a_heading_goes_with_the_paragraph_below_it() -> None:
    assert texts("前言\n\n## 一\n\n正文\n## 二\n正文", 20) == ["前言", "## 一\n\n正文", "## 二\n正文"]


def test_a_block_that_is_too_long_is_cut_at_the_ends_of_sentences() -> None:
    assert texts("第一句话。第二句话！第三句话？", 11) == ["第一句话。第二句话！", "第三句话？"]
    assert texts("One two. Three 3.5 four.", 16) == ["One two.", "Three 3.5 four."]
    assert texts("| a | b |\n| c | d |", 10) == ["| a | b |", "| c | d |"]


def test_a_sentence_that_is_too_long_is_cut_in_the_middle() -> None:
    assert texts("一二三四五六七八九十", 4) == ["一二三四", "五六七八", "九十"]


def test_a_closing_fence_is_no_passage_of_its_own() -> None:
    assert texts("```python\nabcdefgh\nabcdefgh\n```", 27) == ["```python\nabcdefgh", "abcdefgh\n```"]


@pytest.mark.parametrize("blank", ["", " \n\t\n\u3000"])
def test_white_space_has_no_passages(blank: str) -> None:
    assert cut_passages(blank) == ()


def test_passages_have_about_three_hundred_characters() -> None:
    lengths = [len(text) for text in texts("神经网络会忘记。" * 200)]
    assert lengths == [296, 296, 296, 296, 296, 120]


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("## 标题\n\n正文 **粗** `x`", "标题 正文 粗 x"),
        ("- 甲\n* 乙\n  + 丙\n1. 丁", "甲 乙 丙 丁"),
        ("| 甲 | 乙 |\n| --- | :-: |\n| 1 | 2 |", "甲 乙 1 2"),
        ("![曲线图](a.svg)与[链接](https://x.org)", "曲线图与链接"),
        ("结论[1, §2][2]。", "结论 。"),
        ("```python\nx = 1\n```", "x = 1"),
        ("$x^2$，\n$$\ny\n$$", "x^2 ， y"),
        ("> 引文\n\n---\n\n正文", "引文 正文"),
        ("x - y，3. 不是列表", "x - y，3. 不是列表"),
        ("", ""),
    ],
)
def test_plain_keeps_the_words_and_drops_the_markup(markdown: str, words: str) -> None:
    assert plain(markdown) == words


@given(MARKDOWN | st.text(max_size=80))
def test_plain_is_single_spaced_on_any_text(markdown: str) -> None:
    assert plain(markdown) == " ".join(plain(markdown).split())


@given(st.text("梯度爆炸abc123，。？ \n", max_size=60))
def test_plain_leaves_text_without_markup_as_it_is(text: str) -> None:
    assert plain(text) == " ".join(text.split())
