"""On other people's pages: their styles and ours stay apart; phones, themes, directions, print; and a strict policy."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.conftest import STRICT, Visitor
from tests.web.lines import BAD_BREAKS
from tests.web.stage import answered, citation, streaming

HOSTILE = """*{line-height:3!important;letter-spacing:.3em!important;color:red!important;font-family:serif!important;
  box-sizing:content-box!important;text-transform:uppercase!important;display:block!important;opacity:.5!important}
  button,textarea,dialog,li,p{background:lime!important;border:9px solid red!important;padding:40px!important;margin:40px!important}
  wenjin-chat{display:none!important;position:static!important;transform:scale(.5)!important;filter:blur(3px)!important}"""
PROBES = (
    ".launcher", ".panel", ".head h2", ".round", ".asked", ".bubble", ".matched strong", ".prose p", ".cite", ".chip", "textarea", ".send",
)  # fmt: skip
LOOK = """(probes) => {
  const root = document.querySelector('wenjin-chat').shadowRoot;
  return probes.map((probe) => {
    const style = getComputedStyle(root.querySelector(probe));
    return [...style].filter((name) => !name.startsWith('-')).map((name) => `${name}: ${style.getPropertyValue(name)}`).join(';');
  });
}"""


def sheet(visitor: Visitor, css: str) -> None:
    visitor.page.evaluate(
        """css => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(css);
            document.adoptedStyleSheets = [sheet];
        }""",
        css,
    )


def still(visitor: Visitor) -> None:
    """Let nothing move, so that pictures can be compared."""
    visitor.page.emulate_media(reduced_motion="reduce")


def test_a_whole_visit_under_the_strictest_policy(visitor: Visitor) -> None:
    """Opening, streaming, formulas, code, a figure, a thumb: what it must not do is checked when the visitor leaves."""
    play = visitor.stage.play(streaming())
    visitor.open()
    visitor.ask()
    play.begin()
    play.put("delta", {"text": answered()["answer"]})
    play.end()
    answer = visitor.done()
    expect(answer.locator(".katex").last).to_be_visible()
    expect(answer.locator(".hl-keyword").first).to_be_visible()
    answer.locator("img").scroll_into_view_if_needed()
    visitor.page.wait_for_function(
        "() => document.querySelector('wenjin-chat').shadowRoot.querySelector('img').naturalWidth > 0"
    )
    with visitor.page.expect_request("**/feedback"):
        answer.get_by_role("button", name="有帮助", exact=True).click()
    visitor.page.wait_for_function(
        "() => [...document.fonts].some((font) => font.family.startsWith('KaTeX') && font.status === 'loaded')"
    )
    kinds = {
        url.removeprefix(visitor.service).split("-")[0] for url in visitor.requested if url.startswith(visitor.service)
    }
    assert {
        "/widget.js",
        "/widget/chat",
        "/widget/math",
        "/widget/code",
        "/widget/KaTeX_Main",
        "/ask",
        "/feedback",
    } <= kinds
    assert "'unsafe" not in STRICT


def test_brackets_and_arrows_that_are_drawn_keep_the_policy(visitor: Visitor) -> None:
    """KaTeX draws these as SVG with a style attribute, which would be blocked."""
    visitor.stage.play(answered("$\\vec v$"))
    visitor.open()
    visitor.ask()
    arrow = visitor.done().locator(".katex svg")
    expect(arrow).to_have_attribute("style", re.compile("width: 0.471em"))


def test_no_line_begins_with_punctuation_or_a_citation(visitor: Visitor) -> None:
    text = (
        "设（$x$）与 $a+b=c$，得 $y$ [1, §3]；**粗体** [2]，`代码`[2]。其中 $z$ [2]：$w_1$、$w_2$ 和 $w_3$。见“$v$”。"
    )
    works = [citation(1, "Rectified Linear Units", text, "[1, §3]"), citation(2, "Sparse Rectifiers", text, "[2]")]
    visitor.stage.play(answered(text, citations=works))
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    expect(answer.locator(".katex").last).to_be_visible()
    expect(answer.locator(".cite")).to_have_count(4)
    prose = answer.locator(".prose")
    bad = [
        prose.evaluate(f"prose => {{ prose.style.width = '{width}px'; return ({BAD_BREAKS})(prose); }}")
        for width in range(90, 400, 5)
    ]
    assert [breaks for breaks in bad if breaks] == []
    assert "\u2060" not in str(prose.text_content())


def test_the_styles_of_the_host_and_ours_do_not_meet(visitor: Visitor) -> None:
    still(visitor)
    body = "<h1>标题</h1><p>文字 <button>按钮</button></p>"
    visitor.visit(body=body)
    own = "() => [...document.querySelectorAll('h1, p, button')].map((e) => [...getComputedStyle(e)].map((n) => getComputedStyle(e).getPropertyValue(n)).join())"
    expect(visitor.launcher).to_be_visible()
    before = visitor.page.evaluate(own)
    visitor.launcher.click()
    visitor.ask()
    visitor.done()
    visitor.page.wait_for_load_state("networkidle")
    expect(visitor.page.locator("wenjin-chat .katex").last).to_be_visible()
    assert visitor.page.evaluate(own) == before
    visitor.page.mouse.move(5, 5)
    look, picture = visitor.page.evaluate(LOOK, list(PROBES)), visitor.page.locator("wenjin-chat .scroll").screenshot()
    sheet(visitor, HOSTILE)
    visitor.page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    for probe, was, now in zip(PROBES, look, visitor.page.evaluate(LOOK, list(PROBES)), strict=True):
        changed = [(a, b) for a, b in zip(was.split(";"), now.split(";"), strict=False) if a != b]
        assert changed == [], probe
    assert visitor.page.locator("wenjin-chat .scroll").screenshot() == picture


def test_the_host_does_not_shift(visitor: Visitor) -> None:
    visitor.context.add_init_script("""
        window.shift = 0;
        new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value; })
          .observe({ type: 'layout-shift', buffered: true });
    """)
    visitor.open(body="<p>" + "一段文字。" * 400 + "</p>")
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    assert visitor.page.evaluate("shift") == 0


def test_own_colours_by_custom_properties(visitor: Visitor) -> None:
    visitor.visit()
    sheet(
        visitor,
        "wenjin-chat { --wenjin-accent: rgb(120, 0, 90); --wenjin-radius: 3px; } wenjin-chat::part(launcher) { border-radius: 7px; }",
    )
    visitor.launcher.click()
    visitor.ask()
    visitor.done()
    expect(visitor.page.locator("wenjin-chat .send")).to_have_css("background-color", "rgb(120, 0, 90)")
    expect(visitor.panel).to_have_css("border-radius", "3px")
    expect(visitor.launcher).to_have_css("border-radius", "7px")


@pytest.mark.parametrize("wanted", ["auto", "light", "dark"])
@pytest.mark.parametrize("system", ["light", "dark"])
def test_light_and_dark(visitor: Visitor, system: Any, wanted: str) -> None:
    visitor.page.emulate_media(color_scheme=system)
    visitor.open(f'data-theme="{wanted}"')
    dark = (system if wanted == "auto" else wanted) == "dark"
    expect(visitor.panel).to_have_css("background-color", "rgb(22, 25, 28)" if dark else "rgb(255, 255, 255)")
    visitor.page.get_by_role("button", name="更多").click()
    visitor.page.get_by_role("button", name="浅色" if dark else "深色").click()
    expect(visitor.panel).to_have_css("background-color", "rgb(255, 255, 255)" if dark else "rgb(22, 25, 28)")


def test_forced_colours_leave_the_controls_visible(visitor: Visitor) -> None:
    visitor.page.emulate_media(forced_colors="active")
    visitor.open()
    visitor.ask()
    visitor.done()
    for name in (".send", ".chip", ".cite", ".launcher"):
        border = visitor.page.locator(f"wenjin-chat {name}").first.evaluate(
            "e => getComputedStyle(e).borderTopWidth + getComputedStyle(e).borderTopStyle"
        )
        assert border not in ("0pxnone", "0pxsolid"), name


def test_right_to_left(visitor: Visitor) -> None:
    visitor.stage.play(answered())
    visitor.open(direction="rtl")
    visitor.ask()
    answer = visitor.done()
    launcher, panel = visitor.launcher.bounding_box(), visitor.panel.bounding_box()
    assert launcher is not None
    assert panel is not None
    assert launcher["x"] < 100
    assert panel["x"] < 100
    expect(answer.locator(".prose")).to_have_attribute("dir", "auto")
    expect(answer.locator("pre code")).to_have_css("direction", "ltr")
    expect(answer.locator(".formula").first).to_have_css("direction", "ltr")
    css = "".join(visitor.page.request.get(url).text() for url in visitor.requested if "/chat-" in url)
    assert "margin-left" not in css
    assert "padding-left" not in css


def test_in_english(visitor: Visitor) -> None:
    visitor.visit(language="en")
    visitor.page.get_by_role("button", name="Ask a question").click()
    expect(visitor.page.get_by_role("dialog", name="Wenjin")).to_be_visible()
    visitor.ask("Why ReLU?")
    expect(visitor.done().locator(".sure")).to_have_text("Very likely what you meant")
    visitor.page.get_by_role("button", name="More").click()
    visitor.page.get_by_role("button", name="中文").click()
    expect(visitor.page.get_by_role("dialog", name="问津")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="更多")).to_be_focused()
    visitor.page.reload()
    expect(visitor.page.get_by_role("dialog", name="问津")).to_be_visible()


def test_a_change_of_language_stops_an_answer_and_keeps_what_came(visitor: Visitor) -> None:
    play = visitor.stage.play(streaming())
    visitor.open()
    visitor.ask()
    play.begin()
    play.put("delta", {"text": "半句。"})
    expect(visitor.page.locator("wenjin-chat .prose")).to_have_text("半句。")
    visitor.page.get_by_role("button", name="更多").click()
    visitor.page.get_by_role("button", name="English").click()
    expect(visitor.done().locator(".fault")).to_have_text("Stopped")
    expect(visitor.page.locator("wenjin-chat .prose")).to_have_text("半句。")
    play.frames.put(None)
    visitor.page.get_by_role("button", name="Answer again").click()
    expect(visitor.done().locator(".matched")).to_be_visible()


def test_paper_shows_neither_launcher_nor_panel(visitor: Visitor) -> None:
    visitor.open()
    expect(visitor.launcher).to_be_visible()
    visitor.page.emulate_media(media="print")
    expect(visitor.launcher).to_be_hidden()
    expect(visitor.panel).to_be_hidden()
    expect(visitor.page.get_by_role("heading", name="网站")).to_be_visible()
    visitor.page.emulate_media(media="screen")
    expect(visitor.panel).to_be_visible()
