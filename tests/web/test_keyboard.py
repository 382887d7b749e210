"""Everything by keyboard, input methods included, and what a screen reader is told."""

from itertools import pairwise
from typing import Any

from playwright.sync_api import CDPSession, expect

from tests.web.conftest import Visitor
from tests.web.stage import answered, streaming

FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
}"""


def compose(session: CDPSession, text: str) -> None:
    session.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


def press_enter(session: CDPSession, code: int) -> None:
    for kind in ("rawKeyDown", "keyUp"):
        session.send(
            "Input.dispatchKeyEvent", {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": code}
        )


def test_the_launcher_is_reached_and_pressed_by_key(visitor: Visitor) -> None:
    visitor.visit(body="<a href='#x'>链接</a>")
    expect(visitor.launcher).to_be_visible()
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Tab")
    expect(visitor.launcher).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")
    visitor.page.keyboard.press("Enter")
    expect(visitor.field).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "true")
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()
    visitor.page.keyboard.press("Space")
    expect(visitor.field).to_be_focused()


def test_every_control_is_reached_in_the_order_it_is_seen(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    visitor.done()
    answer = visitor.answers.last
    expect(answer.locator(".katex").last).to_be_visible()
    expect(answer.locator(".thumb").last).to_be_visible()
    expect(answer.locator(".hl-keyword").first).to_be_visible()  # the last to arrive: from then on nothing moves
    visitor.page.evaluate("() => document.fonts.ready.then(() => null)")
    visitor.page.wait_for_function(
        "() => !document.querySelector('wenjin-chat').shadowRoot.querySelector('.send.stop')"
    )
    visitor.page.get_by_role("heading", name="问津").focus()
    places: list[dict[str, Any]] = []
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        place = visitor.page.evaluate(f"""() => {{
            const element = ({FOCUSED})();
            const {{ left, top, width, height }} = element.getBoundingClientRect();
            const {{ outlineStyle, outlineWidth }} = getComputedStyle(element);
            const ring = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
            return {{ tag: element.tagName, name: element.className, left, width, height,
              top: top + (element.getRootNode().querySelector?.('.scroll')?.contains(element) ? element.closest('.scroll').scrollTop : 0),
              ring: ring || element.matches('textarea') }};
        }}""")
        if place["tag"] in ("BODY", "WENJIN-CHAT") or "launcher" in place["name"]:
            break
        places.append(place)
    controls = [place["name"] for place in places]
    assert len(controls) > 12
    for name in ("round", "cite", "quiet copy", "figure", "chip", "send"):
        assert any(name in control for control in controls), name
    assert all(place["ring"] for place in places)
    scrolled = [place for place in places if not {"round", "send", "to-end", ""} & {place["name"]}]
    tops = [place["top"] + place["height"] for place in scrolled]
    assert all(later >= earlier - 60 for earlier, later in pairwise(tops))
    small = [
        place
        for place in places
        if min(place["width"], place["height"]) < 43.9 and place["name"] not in ("cite", "sideways")
    ]
    assert small == []


def test_escape_closes_the_innermost_thing_first(visitor: Visitor) -> None:
    visitor.open()
    visitor.page.get_by_role("button", name="更多").click()
    expect(visitor.page.get_by_role("button", name="清除记录")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("button", name="清除记录")).to_be_hidden()
    expect(visitor.page.get_by_role("button", name="更多")).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()


def test_the_host_stays_usable_beside_the_panel(visitor: Visitor) -> None:
    visitor.open(body="<button id='own' onclick=''>网站的按钮</button>")
    visitor.page.evaluate("document.getElementById('own').addEventListener('click', () => { window.pressed = true; })")
    visitor.page.evaluate("document.addEventListener('keydown', () => { window.heard = true; })")
    visitor.field.press("s")
    assert visitor.page.evaluate("window.heard") is None
    visitor.page.get_by_role("button", name="网站的按钮").click()
    assert visitor.page.evaluate("pressed") is True
    dialog = visitor.page.get_by_role("dialog", name="问津")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("dialog => dialog.matches(':modal')") is False
    visitor.note_violations()
    visitor.violations.clear()  # the host's own inline handler, which its policy blocks


def test_enter_while_composing_never_sends(visitor: Visitor) -> None:
    visitor.open()
    session = visitor.context.new_cdp_session(visitor.page)
    compose(session, "shenjing")
    press_enter(session, 229)
    compose(session, "shenjing")
    visitor.field.evaluate("""field => field.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))""")
    session.send("Input.insertText", {"text": "神经"})
    visitor.field.evaluate("""field => {
        field.dispatchEvent(new CompositionEvent('compositionend', { data: '神经', bubbles: true }));
        field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    }""")
    expect(visitor.answers).to_have_count(0)
    visitor.page.wait_for_timeout(100)  # after the moment in which Safari repeats the Enter
    visitor.field.press("Enter")
    visitor.done()
    assert [asked["question"] for asked in visitor.stage.asked] == ["神经"]


def test_shift_enter_makes_a_line_and_up_recalls(visitor: Visitor) -> None:
    visitor.open()
    visitor.field.fill("第一行")
    visitor.field.press("Shift+Enter")
    visitor.field.press_sequentially("二")
    expect(visitor.field).to_have_value("第一行\n二")
    visitor.field.press("Enter")
    visitor.done()
    expect(visitor.field).to_have_value("")
    visitor.field.press("ArrowUp")
    expect(visitor.field).to_have_value("第一行\n二")


def test_suggestions_are_walked_by_arrow_keys(visitor: Visitor) -> None:
    visitor.stage.suggestions = [
        {"id": "q1", "question": "什么是卷积？", "matched": "卷积是啥", "highlights": [[0, 1]]},
        {"id": "q2", "question": "什么是池化？", "matched": "什么是池化？", "highlights": []},
    ]
    visitor.open()
    visitor.field.press_sequentially("卷")
    box = visitor.page.get_by_role("listbox", name="相近的问题")
    expect(box.get_by_role("option")).to_have_count(2)
    expect(box.locator("small b")).to_have_text("卷")
    expect(visitor.field).to_have_attribute("aria-controls", "wenjin-suggestions")
    visitor.field.press("ArrowDown")
    visitor.field.press("ArrowDown")
    chosen = box.get_by_role("option", selected=True)
    expect(chosen).to_have_text("什么是池化？")
    assert visitor.field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    visitor.field.press("ArrowDown")
    expect(box.get_by_role("option", selected=True)).to_have_count(0)
    visitor.field.press("Escape")
    expect(box).to_be_hidden()
    expect(visitor.panel).to_be_visible()
    visitor.field.press_sequentially("积")
    expect(box).to_be_visible()
    visitor.field.press("ArrowDown")
    visitor.field.press("Enter")
    visitor.done()
    assert visitor.stage.asked[0]["question"] == "什么是卷积？"


def test_no_suggestions_where_the_service_has_none(visitor: Visitor) -> None:
    visitor.stage.suggestions = None
    visitor.open()
    with visitor.page.expect_response("**/suggest?*"):
        visitor.field.press_sequentially("卷")
    visitor.field.press_sequentially("积")
    visitor.field.press("Enter")
    visitor.done()
    assert sum("/suggest" in url for url in visitor.requested) == 1


def test_an_answer_is_announced_twice_and_no_token_is(visitor: Visitor) -> None:
    play = visitor.stage.play(streaming())
    visitor.open()
    visitor.page.evaluate("""() => {
        window.said = [];
        const root = document.querySelector('wenjin-chat').shadowRoot;
        for (const line of root.querySelectorAll('.unseen[aria-live]'))
          new MutationObserver(() => line.textContent && said.push([line.getAttribute('aria-live'), line.textContent]))
            .observe(line, { childList: true });
    }""")
    visitor.ask()
    play.begin()
    for word in ("设 $x$，", "则", "成立。"):
        play.put("delta", {"text": word})
    play.end(answered("设 $x$，则成立。"))
    visitor.done()
    visitor.page.wait_for_function("() => said.length === 2")
    visitor.page.wait_for_function(
        "() => [...document.querySelector('wenjin-chat').shadowRoot.querySelectorAll('.unseen[aria-live]')].every(l => !l.textContent)"
    )
    said = visitor.page.evaluate("said")
    assert said[0] == ["polite", "正在回答…"]
    assert "设 x ，则成立。" in said[1][1]
    assert len(said) == 2
    live = visitor.page.locator("wenjin-chat [aria-live], wenjin-chat [role=log]")
    expect(live).to_have_count(2)


def test_the_transcript_as_a_screen_reader_has_it(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    visitor.done()
    expect(visitor.page.locator("wenjin-chat .katex-mathml math").first).to_be_attached()
    expect(visitor.panel).to_have_attribute("lang", "zh-CN")
    tree = visitor.page.get_by_role("list", name="对话").aria_snapshot()
    for line in ('- text: "你:"', "- paragraph: 为什么用 ReLU", '- text: "问津: 对应问题:"', '- heading "为什么" [level=3]',
                 '- columnheader "函数"', '- button "出处 1, §3：Rectified Linear Units"', '- img "两条曲线"',
                 '- button "复制回答"', '- link "永久链接"', '- button "有帮助"'):  # fmt: skip
        assert line in tree, line
