"""The service's own pages in a browser, over the real service and the toy corpus."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from index.answerer import Answerer
from service.app import create_app
from service.settings import Settings
from tests.conftest import TOY_ENTRIES
from tests.web.conftest import LISTEN
from tests.web.stage import Running
from tests.web.test_accessibility import AXE

CANONICAL = TOY_ENTRIES[0].question


@pytest.fixture(scope="module")
def real(toy_answerer: Answerer) -> Iterator[str]:
    running = Running(create_app(Settings(), toy_answerer))
    yield running.url
    running.stop()


@pytest.fixture
def page(browser: Browser, real: str, options: dict[str, Any]) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", **options)
    context.add_init_script(LISTEN)
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    yield page
    violations = page.evaluate("window.violations ?? []") if options.get("java_script_enabled", True) else []
    context.close()
    assert violations == []
    assert [url for url in requested if not url.startswith((real, "data:"))] == []


def ask(page: Page, question: str) -> None:
    field = page.get_by_label("你的问题")
    field.fill(question)
    field.press("Enter")
    page.locator("wenjin-chat .told:last-child:not([aria-busy])").wait_for()


def test_the_chat_is_the_page(page: Page, real: str) -> None:
    page.goto(real)
    expect(page.get_by_role("heading", name="想弄明白什么？")).to_be_visible()
    expect(page.get_by_label("你的问题")).to_be_focused()
    ask(page, CANONICAL)
    answer = page.locator("wenjin-chat .told")
    expect(answer.locator(".sure")).to_have_text("与收录的问题一致")
    expect(answer.locator(".katex").first).to_be_visible()
    expect(answer.get_by_role("link", name="永久链接")).to_have_attribute("href", f"{real}/q/returns")
    ask(page, "今天天气怎么样")
    expect(page.locator("wenjin-chat .told").last).to_contain_text("没有找到可靠答案")
    assert page.evaluate("() => document.querySelector('wenjin-chat .plain').checkVisibility()") is False


def test_starters_come_by_topic(page: Page, real: str) -> None:
    page.goto(real)
    expect(page.locator("wenjin-chat .starter").first).to_be_visible()
    page.locator("wenjin-chat .starter").first.click()
    expect(page.locator("wenjin-chat .asked")).to_have_count(1)


def test_all_entries_are_searched(page: Page, real: str) -> None:
    page.goto(real)
    page.get_by_label("筛选问题").fill("发票")
    expect(page.locator(".catalogue li:visible")).to_have_count(2)
    expect(page.locator(".catalogue").get_by_role("status")).to_have_text("2 个问题")
    page.get_by_label("筛选问题").fill("没有这样的")
    expect(page.locator(".catalogue").get_by_role("status")).to_have_text("没有匹配的问题。")


class TestPhone:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"viewport": {"width": 375, "height": 700}, "has_touch": True, "is_mobile": True}

    def test_the_list_of_entries_is_a_tap_away(self, page: Page, real: str) -> None:
        page.goto(real)
        page.get_by_role("link", name="全部问题", exact=True).tap()
        expect(page.get_by_role("heading", name="全部 8 个问题")).to_be_in_viewport()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_question_in_the_address_is_asked(page: Page, real: str) -> None:
    page.goto(f"{real}/?q={CANONICAL}")
    expect(page.locator("wenjin-chat .asked")).to_contain_text(CANONICAL)
    assert page.url == f"{real}/"


def test_when_the_chat_does_not_load_the_plain_form_stays(page: Page, real: str) -> None:
    page.route("**/widget/chat*", lambda route: route.abort())
    page.goto(real)
    page.get_by_role("searchbox").or_(page.locator("#q")).first.fill(CANONICAL)
    page.get_by_role("button", name="提问").click()
    expect(page.get_by_text("收到商品后 14 天内可以退货")).to_be_visible()


def test_the_page_of_an_entry(page: Page, real: str) -> None:
    page.goto(f"{real}/q/returns")
    expect(page.get_by_role("heading", level=1)).to_have_text(CANONICAL)
    expect(page.locator(".prose .katex")).to_have_count(3)
    page.locator(".cite").first.click()
    expect(page.locator("#ref-1")).to_be_in_viewport()
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator("wenjin-chat .launcher")).to_be_hidden()
    expect(page.locator(".works")).to_be_visible()


def test_what_was_said_can_be_printed(page: Page, real: str) -> None:
    page.goto(real)
    ask(page, CANONICAL)
    page.emulate_media(media="print")
    expect(page.locator("wenjin-chat .prose")).to_be_visible()
    expect(page.locator("wenjin-chat .composer")).to_be_hidden()
    assert page.locator("wenjin-chat .scroll").evaluate("box => box.scrollHeight <= box.clientHeight + 1")


def test_the_demonstration_embeds_the_widget(page: Page, real: str) -> None:
    page.goto(f"{real}/demo")
    page.get_by_role("button", name="打开问答").click()
    ask(page, CANONICAL)
    expect(page.locator("wenjin-chat .prose")).to_contain_text("收到商品后 14 天内可以退货")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/q/returns", "/demo", "/q/nothing"])
def test_axe_finds_nothing_on_whole_pages(page: Page, real: str, path: str, theme: Any) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(real + path)
    page.wait_for_load_state("networkidle")
    violations = page.evaluate("() => violations.splice(0)")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("() => axe.run(document)")["violations"]
    page.evaluate("() => violations.splice(0)")
    assert violations == []
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []


class TestWithoutJavaScript:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"java_script_enabled": False}

    def test_the_form_answers(self, page: Page, real: str) -> None:
        page.goto(real)
        page.locator("#q").fill(CANONICAL)
        page.get_by_role("button", name="提问").click()
        expect(page.get_by_text("收到商品后 14 天内可以退货")).to_be_visible()
        expect(page.locator("math").first).to_be_visible()
        assert page.locator("math").first.evaluate("math => math.getBoundingClientRect().width") > 10
        page.locator(".catalogue").get_by_role("link", name="保修").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("商品坏了在保修期内怎么修？")
