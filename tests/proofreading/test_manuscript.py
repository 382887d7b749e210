from collections.abc import Callable

from proofreading.manuscript import CITATION, CODE, FIGURE, FORMULA, Formula, Manuscript
from tests.proofreading.conftest import FIRST_LINE

Read = Callable[..., Manuscript]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg">\n<title>曲线</title>\n<text x="1">a &lt; <tspan>b</tspan></text>\n</svg>'
)

ANSWER = """第一行 `代码` 与 $x$ [@law2014rights, §2]。
第二行

## 标题

```python
# 这不是正文
```

| 甲 | 乙 |
| --- | --- |
| 丙 | $y$ |

![图上有一条曲线](curve.svg)

$$
a + b
$$
"""


def test_prose_comes_line_by_line_without_code_formulas_and_citations(manuscript: Read) -> None:
    read = manuscript(ANSWER, {"e1-test/curve.svg": SVG})
    assert [(piece.line - FIRST_LINE, piece.text, piece.kind) for piece in read.prose()] == [
        (4 - FIRST_LINE, "测试", "title"),
        (0, f"第一行 {CODE} 与 {FORMULA} {CITATION}。", "paragraph"),
        (1, "第二行", "paragraph"),
        (3, "标题", "heading"),
        (9, "甲", "cell"),
        (9, "乙", "cell"),
        (11, "丙", "cell"),
        (11, FORMULA, "cell"),
        (13, "图上有一条曲线", "alt"),
        (13, FIGURE, "paragraph"),
    ]


def test_formulas_code_and_headings_come_with_their_lines(manuscript: Read) -> None:
    read = manuscript(ANSWER, {"e1-test/curve.svg": SVG})
    assert list(read.formulas()) == [
        Formula(FIRST_LINE, "x", display=False),
        Formula(FIRST_LINE + 11, "y", display=False),
        Formula(FIRST_LINE + 15, "\na + b\n", display=True),
    ]
    assert list(read.fences()) == [(FIRST_LINE + 5, "python")]
    assert list(read.headings()) == [(FIRST_LINE + 3, 2)]
    assert list(read.rows()) == [(FIRST_LINE + n, 2, 2) for n in (9, 10, 11)]


def test_words_of_a_figure_come_unescaped_with_their_lines(manuscript: Read) -> None:
    read = manuscript(ANSWER, {"e1-test/curve.svg": SVG})
    words = [(path.name, piece.line, piece.text) for path, piece in read.words_of_figures()]
    assert words == [("curve.svg", 2, "曲线"), ("curve.svg", 3, "a < b")]


def test_length_counts_prose_alone_and_not_the_works_to_read(manuscript: Read) -> None:
    answer = "一二 `代码` $x$ 三。\n\n```python\npass\n```\n\n- [@law2014rights]：值得一读。\n"
    assert manuscript(answer).length() == len("一二三。")


def test_an_excerpt_shows_markup_as_its_author_knows_it(manuscript: Read) -> None:
    *_, piece = manuscript("取 $x$ 与 `y` 见 [@law2014rights]。").prose()
    assert piece.excerpt(0, len(piece.text)) == "…取 $…$ 与 `…` 见 [@…]。…"
