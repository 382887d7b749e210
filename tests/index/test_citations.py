"""Citations: what becomes a number, what is left alone, and that marks point at the markers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.citations import cited_keys, number_citations
from index.entries import Reference

KEYS = ("ioffe2015batch", "he2016deep", "a.b:c/d-e+f_g", "x")
REFERENCES = {key: Reference(key, f"Title of {key}", ("An Author",), 2015, "A Venue", None) for key in KEYS}


def rendered(markdown: str) -> str:
    return number_citations(markdown, REFERENCES)[0]


def test_works_are_numbered_in_the_order_of_their_first_mention() -> None:
    answer, citations = number_citations("甲[@x]，乙[@he2016deep]，丙[@x]。", REFERENCES)
    assert answer == "甲[1]，乙[2]，丙[1]。"
    assert [(citation.n, citation.reference.key) for citation in citations] == [(1, "x"), (2, "he2016deep")]


def test_every_mention_of_a_work_is_marked() -> None:
    answer, citations = number_citations("甲[@x]，乙[@x, §2]。", REFERENCES)
    assert [answer[start:end] for start, end in citations[0].marks] == ["[1]", "[1, §2]"]


@pytest.mark.parametrize(
    ("source", "marker"),
    [
        ("[@x, §2.2]", "[1, §2.2]"),
        ("[@x,p. 3]", "[1, p. 3]"),
        ("[@x , 图 3，第 4 页 ]", "[1, 图 3，第 4 页]"),
        ("[@x, §2, eq. (7)]", "[1, §2, eq. (7)]"),
        ("[@x ]", "[1]"),
    ],
)
def test_a_locator_follows_the_number(source: str, marker: str) -> None:
    assert rendered(source) == marker


def test_a_group_becomes_one_marker_for_each_work() -> None:
    assert rendered("[@x; @he2016deep, §3;@x]") == "[1][2, §3][1]"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("- [@x]：综述", "- *Title of x* [1]：综述"),
        ("读：\n\n1. [@x, §2; @he2016deep]：甲", "读：\n\n1. *Title of x* [1, §2], *Title of he2016deep* [2]：甲"),
        ("- 甲[@x]", "- 甲[1]"),
        ("[@x] 甲\n- 乙", "[1] 甲\n- 乙"),
        ("    - [@x]", "    - *Title of x* [1]"),
    ],
)
def test_a_work_that_begins_an_item_of_a_list_is_named(source: str, shown: str) -> None:
    answer, citations = number_citations(source, REFERENCES)
    assert answer == shown
    assert all(answer[start] == "[" for work in citations for start, _ in work.marks)


def test_a_title_is_text_and_not_markdown() -> None:
    works = {title: Reference("x", title, ("A",), 2015, "V", None) for title in ("A* for $5 <b>", "机器学习")}
    assert number_citations("- [@x]", {"x": works["A* for $5 <b>"]})[0] == r"- *A\* for \$5 \<b>* [1]"
    assert number_citations("- [@x]", {"x": works["机器学习"]})[0] == "- 《机器学习》 [1]"


def test_a_key_may_hold_the_punctuation_of_bibtex_keys() -> None:
    answer, citations = number_citations("[@a.b:c/d-e+f_g, p. 1]", REFERENCES)
    assert (answer, citations[0].reference.key) == ("[1, p. 1]", "a.b:c/d-e+f_g")


def test_a_group_with_an_unknown_key_is_left_as_it_stands() -> None:
    answer, citations = number_citations("[@x; @nobody] [@nobody]", REFERENCES)
    assert (answer, citations) == ("[@x; @nobody] [@nobody]", ())


@pytest.mark.parametrize("text", ["[1]", "me@x.org", "@x", "[see @x]", "[x]", "[@x](https://x.org)", "[@x", "[@]", ""])
def test_what_is_not_a_citation_is_left_alone(text: str) -> None:
    assert number_citations(text, REFERENCES) == (text, ())


@pytest.mark.parametrize(
    "code",
    [
        "`[@x]`",
        "``a ` [@x]``",
        "`over two\nlines [@x]`",
        "```python\nA[@x]\n\nB[@x]\n```",
        "~~~\n[@x]\n~~~",
        "- item\n\n  ```\n  [@x]\n\n  ```",
        "````md\n```\n[@x]\n```\n[@x]\n````",
        "```\n[@x]\n`````",
        "```\n[@x]\n\nnever closed [@x]\n",
    ],
)
def test_code_is_left_alone(code: str) -> None:
    answer, citations = number_citations(f"前[@he2016deep]\n\n{code}", REFERENCES)
    assert answer == f"前[1]\n\n{code}"
    assert [citation.reference.key for citation in citations] == ["he2016deep"]


@pytest.mark.parametrize(
    "text", ["a ` stray\n\n[@x] tick `", "``` not a fence ``` [@x]", "`code` [@x] `code`", "~~struck~~ [@x]"]
)
def test_text_beside_code_is_not_code(text: str) -> None:
    assert rendered(text) == text.replace("[@x]", "[1]")


def test_cited_keys_come_with_the_lines_before_them() -> None:
    markdown = "甲[@x]\n\n`[@code]`\n乙[@nobody, §1; @x]\n"
    assert list(cited_keys(markdown)) == [(0, "x"), (3, "nobody"), (3, "x")]


def test_brackets_that_cannot_be_read_as_a_citation_are_no_known_key() -> None:
    assert list(cited_keys("[@x §2]\n[@x; see @x]")) == [(0, "@x §2"), (1, "@x; see @x")]


LOCATORS = st.sampled_from(["", "§2", "p. 3–5", "第 4 页, 图 1"])
ITEMS = st.lists(st.tuples(st.sampled_from(KEYS), LOCATORS), min_size=1, max_size=3)
PROSE = st.text("什么是梯度 a.,;!?()\n#$𝑥😀é", max_size=20)  # begins no item of a list
CODE = st.sampled_from(
    ["`[@x]`", "``` [@x] ```", "\n```python\n[@x] ` [@he2016deep]\n\n```\n", "\n~~~\n[@x]\n~~~\n", "[@nobody]"]
)


@given(st.lists(st.tuples(PROSE, st.one_of(ITEMS, CODE)), max_size=8), PROSE)
def test_numbers_and_marks_are_those_of_a_document_put_together_from_known_pieces(
    pieces: list[tuple[str, str | list[tuple[str, str]]]], ending: str
) -> None:
    source, expected = "", ""
    marks: dict[str, list[tuple[int, int]]] = {}
    for prose, piece in pieces:
        source, expected = f"{source} {prose} ", f"{expected} {prose} "
        if isinstance(piece, str):
            source, expected = source + piece, expected + piece
            continue
        source += "[" + "; ".join(f"@{key}, {locator}" if locator else f"@{key}" for key, locator in piece) + "]"
        for key, locator in piece:
            n = list(dict.fromkeys([*marks, key])).index(key) + 1
            marker = f"[{n}, {locator}]" if locator else f"[{n}]"
            marks.setdefault(key, []).append((len(expected), len(expected) + len(marker)))
            expected += marker
    answer, citations = number_citations(source + " " + ending, REFERENCES)
    assert answer == expected + " " + ending
    assert [(c.n, c.reference.key, list(c.marks)) for c in citations] == [
        (n, key, spans) for n, (key, spans) in enumerate(marks.items(), 1)
    ]


@given(st.text("@x; ,[]()`~\n#é😀", max_size=40))
def test_on_any_text_marks_are_markers_and_the_rest_is_untouched(markdown: str) -> None:
    answer, citations = number_citations(markdown, REFERENCES)
    assert [citation.n for citation in citations] == list(range(1, len(citations) + 1))
    spans = sorted((start, end, citation.n) for citation in citations for start, end in citation.marks)
    rest, last = "", 0
    for start, end, n in spans:
        assert start >= last
        assert re.fullmatch(rf"\[{n}(, .+)?\]", answer[start:end], re.DOTALL)
        rest, last = rest + answer[last:start], end
    rest += answer[last:]
    assert rest == markdown if not spans else len(rest) < len(markdown)
