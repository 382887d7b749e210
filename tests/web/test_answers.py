"""What an answer looks like: its parts, citations, figures, copying, and the two ways of having none."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visitor
from tests.web.stage import answered, citation, unanswered


def test_an_answer_shows_its_question_its_certainty_and_its_text(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    expect(answer.locator(".matched strong")).to_have_text("为什么 ReLU 好过 sigmoid？")
    expect(answer.locator(".sure")).to_have_text("很有把握")
    expect(answer.locator("h3")).to_have_text("为什么")
    expect(answer.locator(".katex")).to_have_count(3)
    expect(answer.locator("pre .hl-keyword").first).to_have_text("def")
    expect(answer.locator("th").first).to_have_attribute("scope", "col")


def test_a_citation_opens_what_is_cited(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    cite = answer.get_by_role("button", name="出处 1, §3：Rectified Linear Units")
    expect(cite).to_have_text("1, §3")
    cite.focus()
    visitor.page.keyboard.press("Enter")
    popover = visitor.page.locator(".citation:popover-open")
    expect(popover.locator("strong")).to_have_text("Rectified Linear Units")
    expect(popover.locator(".where")).to_have_text("ICML · 2010 · §3")
    link = popover.get_by_role("link")
    expect(link).to_be_focused()
    assert link.get_attribute("rel") == "noopener noreferrer"
    visitor.page.keyboard.press("Escape")
    expect(popover).to_have_count(0)
    expect(cite).to_be_focused()
    expect(visitor.panel).to_be_visible()
    cite.hover()
    expect(popover).to_be_visible()
    answer.locator("summary").click()
    expect(answer.locator(".sources li")).to_have_count(2)


def test_what_only_looks_like_a_citation_stays_text(visitor: Visitor) -> None:
    text = "区间 [1, 2] 与下标 [3]，但这里有出处[1]。`a[1]` 与 $x[1]$ 不算。"
    visitor.stage.play(answered(text, citations=[citation(1, "Work", text, "[1]")]))
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    expect(answer.locator(".cite")).to_have_count(1)
    expect(answer.locator(".prose")).to_contain_text("区间 [1, 2] 与下标 [3]")


def test_chinese_bold_and_formulas_beside_chinese_are_read(visitor: Visitor) -> None:
    text = (
        "**归一化（Normalization）**是一步，**注意：**梯度，**“引号”**后，**a**b。\n\n"
        "则$y$。价格 $5 和 $6，$x$。代码 `$z$`，\\(u\\) 与 \\[v\\]。"
    )
    visitor.stage.play(answered(text))
    visitor.open()
    visitor.ask()
    prose = visitor.done().locator(".prose")
    assert prose.locator("strong").all_text_contents() == ["归一化（Normalization）", "注意：", "“引号”", "a"]
    expect(prose.locator(".katex")).to_have_count(4)
    formulas = prose.locator(".formula").evaluate_all("formulas => formulas.map(f => f.dataset.tex)")
    assert formulas == ["y", "x", "u", "v"]
    expect(prose).to_contain_text("价格 $5 和 $6，")
    expect(prose.locator("p > code")).to_have_text("$z$")


def test_copying_an_answer_code_and_a_formula(visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=visitor.site)
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    for name, expected in (("复制回答", "ReLU 的正半轴"), ("复制代码", "def relu"), ("复制公式", "\\frac{")):
        button = answer.get_by_role("button", name=name)
        button.click()
        expect(button).to_have_text("已复制")
        assert visitor.page.evaluate("navigator.clipboard.readText()").startswith(expected)
    expect(visitor.page.locator("wenjin-chat [role=status].unseen")).to_contain_text("已复制")


@pytest.mark.parametrize(
    "clipboard", ["undefined", "{ writeText: () => Promise.reject(new DOMException('denied', 'NotAllowedError')) }"]
)
def test_copying_works_where_the_clipboard_is_denied(visitor: Visitor, clipboard: str) -> None:
    visitor.context.add_init_script(f"Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }})")
    visitor.open()
    visitor.ask()
    button = visitor.done().get_by_role("button", name="复制代码")
    button.click()
    expect(button).to_have_text("已复制")
    expect(button).to_be_focused()


def test_a_figure_keeps_its_room_and_is_enlarged(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    image = answer.locator("img")
    assert [image.get_attribute(name) for name in ("alt", "width", "height", "loading")] == [
        "两条曲线",
        "360",
        "120",
        "lazy",
    ]
    answer.get_by_role("button", name="放大图片：两条曲线").click()
    dialog = visitor.page.get_by_role("dialog", name="图片")
    expect(dialog.locator("img")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(answer.get_by_role("button", name="放大图片：两条曲线")).to_be_focused()
    expect(visitor.panel).to_be_visible()


def test_a_figure_that_does_not_load_says_what_it_shows(visitor: Visitor) -> None:
    visitor.visit()
    visitor.page.route("**/curves.svg", lambda route: route.fulfill(status=404))
    visitor.launcher.click()
    visitor.ask()
    expect(visitor.done().locator("figure")).to_have_text("图片没有加载出来：两条曲线")


def test_images_of_others_become_links_and_are_not_fetched(visitor: Visitor) -> None:
    visitor.stage.play(answered("![某图](https://elsewhere.example/a.png) ![](data:image/png;base64,AAAA)"))
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    expect(answer.get_by_role("link", name="图片（外部链接）：某图")).to_have_attribute(
        "href", "https://elsewhere.example/a.png"
    )
    expect(answer.locator("img")).to_have_count(0)


def test_several_plausible_questions_are_asked_back(visitor: Visitor) -> None:
    visitor.stage.play(unanswered("clarify"))
    visitor.open()
    visitor.ask("梯度")
    answer = visitor.done()
    expect(answer).to_contain_text("你想问的是哪一个？")
    answer.get_by_role("button", name="都不是").click()
    expect(answer).to_contain_text("知道了，谢谢。")
    answer.get_by_role("button", name="相近的问题之2").click()
    expect(visitor.answers).to_have_count(2)
    visitor.done()
    assert [asked["question"] for asked in visitor.stage.asked] == ["梯度", "相近的问题之2"]
    assert visitor.stage.rated == [{"message_id": "m1", "rating": "down", "reason": "none_of_these"}]


def test_no_answer_says_so_and_keeps_the_text(visitor: Visitor) -> None:
    visitor.stage.play(unanswered())
    visitor.open('data-contact="https://help.example/"')
    visitor.ask("今天天气怎么样")
    answer = visitor.done()
    expect(answer).to_contain_text("没有找到可靠答案")
    expect(answer.locator(".choice")).to_have_count(3)
    expect(answer.locator(".prose")).to_have_count(0)
    expect(answer.get_by_role("link", name="联系我们")).to_have_attribute("href", "https://help.example/")
    answer.get_by_role("button", name="修改问题").click()
    expect(visitor.field).to_have_value("今天天气怎么样")
    expect(visitor.field).to_be_focused()


def test_starters_and_related_questions_are_asked_at_once(visitor: Visitor) -> None:
    visitor.stage.entries = [
        {"id": f"q{n}", "question": f"问题{n}？", "title": f"题{n}", "topics": [f"话题{n % 3}"]} for n in range(9)
    ]
    visitor.open()
    starters = visitor.page.locator("wenjin-chat .starter")
    expect(starters).to_have_count(3)
    starters.first.click()
    visitor.done().get_by_role("button", name="什么是 sigmoid？").click()
    expect(visitor.field).to_be_focused()
    visitor.done()
    assert [asked["question"] for asked in visitor.stage.asked] == ["问题0？", "什么是 sigmoid？"]
    assert visitor.stage.asked[1]["history"] == [{"question": "问题0？", "id": "q13"}]


def test_a_site_may_name_five_questions_to_begin_with(visitor: Visitor) -> None:
    visitor.open('data-starters="甲？| 乙？ ||丙？|丁？|戊？|己？"')
    starters = visitor.page.locator("wenjin-chat .starter")
    expect(starters).to_have_text(["甲？", "乙？", "丙？", "丁？", "戊？"])
    assert not any(url.endswith("/entries") for url in visitor.requested)
    starters.nth(1).click()
    expect(visitor.field).to_be_focused()
    expect(starters.first).to_be_hidden()
    visitor.done()
    assert [asked["question"] for asked in visitor.stage.asked] == ["乙？"]


class TestTouch:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

    def test_a_tap_opens_what_is_cited_and_a_tap_beside_it_closes_it(self, visitor: Visitor) -> None:
        page = visitor.visit()
        visitor.launcher.tap()
        visitor.ask()
        cite = visitor.done().locator(".cite").first
        popover = page.locator(".citation:popover-open")
        cite.tap()
        expect(popover.locator("strong")).to_have_text("Rectified Linear Units")
        expect(popover).to_be_in_viewport(ratio=1)
        page.locator("wenjin-chat .matched").tap()
        expect(popover).to_have_count(0)
        cite.tap()
        expect(popover).to_be_visible()
        cite.tap()
        expect(popover).to_have_count(0)
        expect(visitor.panel).to_be_visible()
