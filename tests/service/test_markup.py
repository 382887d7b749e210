import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from index.articles import Article, Figure
from index.citations import Citation
from index.entries import Entry, Reference
from service.markup import Writer

WRITER = Writer({"table": "表格", "formula": "公式"})


def article(answer: str, *marks: tuple[int, int]) -> Article:
    entry = Entry("q1", "问？", answer)
    works = (Citation(1, Reference("k", "T", ("A",), 2000, "V", None), marks),) if marks else ()
    return Article(entry, answer, works, (), {"a.svg": Figure(0, (360, 120))})


def written(answer: str, *marks: tuple[int, int]) -> str:
    return str(WRITER.write(article(answer, *marks)))


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**归一化（Normalization）**是", "<p><strong>归一化（Normalization）</strong>是</p>"),
        ("**注意：**梯度", "<p><strong>注意：</strong>梯度</p>"),
        ("前**“引号”**后", "<p>前<strong>“引号”</strong>后</p>"),
        ("**a `**` b**", "<p><strong>a <code>**</code> b</strong></p>"),
        ("** a**", "<p>** a**</p>"),
        ("价格 $5 和 $6。", "<p>价格 $5 和 $6。</p>"),
        ("`$x$`", "<p><code>$x$</code></p>"),
    ],
)
def test_chinese_bold_prices_and_code(markdown: str, html: str) -> None:
    assert written(markdown).strip() == html


@pytest.mark.parametrize(
    "markdown",
    ["则$y$。", "\\(y\\)", "$$y$$", "\\[y\\]", "文\n\n$$\ny\n$$\n\n文", "文\n$$\ny\n$$", "- 项\n\n  $$\n  y\n  $$"],
)
def test_formulas_are_mathml(markdown: str) -> None:
    html = written(markdown)
    assert html.count("<math") == 1
    assert "<mi>y</mi>" in html
    assert "$" not in html


def test_aligned_columns_keep_their_sides_without_style_attributes() -> None:
    html = written("$$\n\\begin{aligned}a&=b\\\\c&=d\\end{aligned}\n$$")
    assert 'class="to-right"' in html
    assert " style=" not in html


def test_tex_that_cannot_be_read_shows_its_source() -> None:
    assert "<code>\\frac{a</code>" in written("$\\frac{a$")


def test_markers_are_links_there_and_back() -> None:
    html = written("区间 [1, 2]，出处[1]，又[1]。", (12, 15), (17, 20))
    assert re.findall(r'id="(cite-1-\d)" href="#ref-1"', html) == ["cite-1-1", "cite-1-2"]
    assert "区间 [1, 2]" in html


@pytest.mark.parametrize(
    ("markdown", "texts"),
    [
        ("设（$x$）。", ["（x）。"]),
        ("设 $x$、$y$ 为", ["x、", "y"]),
        ("为 $x$ 时", ["x"]),
        ("**$x$**，", ["x"]),
        ("$$x$$，", []),
    ],
)
def test_formulas_hold_the_punctuation_around_them(markdown: str, texts: list[str]) -> None:
    found = re.findall(
        r'<span class="bound">(.*?)</span>', re.sub(r"<annotation.*?</annotation>", "", written(markdown))
    )
    assert [re.sub("<[^>]*>", "", text) for text in found] == texts


def test_markers_hold_on_to_what_they_stand_behind() -> None:
    html = written("深度[1]。误差 [1]，$x$ [1]", (2, 5), (9, 12), (17, 20))
    html = re.sub(r"<math.*?</math>", "x", html)
    found = re.findall(r'<span class="bound">(.*?)</span>', html)
    assert [re.sub("<[^>]*>", "", text) for text in found] == ["度1。", "差 1，", "x 1"]


def test_cells_say_by_classes_how_they_are_set() -> None:
    html = written("| 短 | 右 |\n| --- | ---: |\n| 词 | 一格很长的文字，装得下一句完整的话 |")
    assert '<td class="short">词' in html
    assert '<td class="right">一格' in html
    assert " style=" not in html


def test_figures_have_room_and_images_of_others_are_links() -> None:
    html = written("![图](/entries/q1/a.svg)\n\n![外](https://a.example/b.png)")
    assert '<img src="/entries/q1/a.svg" alt="图" width="360" height="120"' in html
    assert html.count("<img") == 1
    assert '<a href="https://a.example/b.png" rel="noopener noreferrer">外</a>' in html


def test_tables_and_formulas_that_scroll_are_named_and_in_reach() -> None:
    html = written("| a |\n| - |\n| b |\n\n$$x$$")
    assert html.count('tabindex="0" role="group"') >= 1
    assert 'aria-label="表格"' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>x()</script>",
        "<img src=x onerror=x()>",
        "[a](javascript:x())",
        "[a](data:text/html,x)",
        "![a](javascript:x())",
        '![a](/entries/q1/a.svg"onerror="x())',
        '[a](https://a.example "t\\" onclick=\\"x()")',
        "$\\text{<script>x()</script>}$",
        "$\\href{javascript:x()}{a}$",
        "$<img src=x onerror=x()>$",
        '$\\color{red" onload="x()}a$',
        '```" onload="x()\na\n```',
        "![<script>x()</script>](/entries/q1/a.svg)",
        "**<svg onload=x()>**",
        "| <script>x()</script> |\n| - |",
    ],
)
def test_hostile_text_stays_text(hostile: str) -> None:
    html = written(f"{hostile}\n\n$y$").replace("&ApplyFunction;", "")
    html = re.sub(r"<(img|hr|br)([^>]*)>", r"<\1\2/>", html)
    tree = ElementTree.fromstring(f"<div>{html}</div>")
    assert not any(element.tag in ("script", "svg", "iframe") for element in tree.iter())
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name not in ("href", "src") or re.match(r"https?://|/entries/|#ref-|mailto:", value), value


def test_the_same_answer_gives_the_same_page() -> None:
    once = article("甲[1]，乙[1]。", (1, 4), (6, 9))
    assert WRITER.write(once) == WRITER.write(replace(once))
