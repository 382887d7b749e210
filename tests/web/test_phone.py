"""On phones, in small windows and at 400 %: everything has room, nothing hides below a notch or a keyboard, and what is
behind the sheet cannot be reached."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visitor
from tests.web.test_keyboard import FOCUSED

COVER = '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
UNREACHED = """(selector) => {
    const root = document.querySelector('wenjin-chat').shadowRoot;
    const controls = [...root.querySelectorAll(selector)].filter((control) => control.checkVisibility());
    if (controls.length < 4) return ['hardly anything is there'];
    return controls.filter((control) => {
        control.scrollIntoView({ block: 'center' });
        const { x, y, width, height } = control.getClientRects()[0];
        return !control.contains(root.elementFromPoint(x + width / 2, y + height / 2));
    }).map((control) => control.className || control.textContent);
}"""
"""The controls that cannot be brought to where a finger finds them."""
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class TestPhone:
    @pytest.fixture(params=[320, 375, 430])
    def options(self, request: pytest.FixtureRequest) -> dict[str, Any]:
        return {"viewport": {"width": request.param, "height": 640}, "has_touch": True, "is_mobile": True}

    def test_the_chat_fills_the_screen_and_holds_focus(self, visitor: Visitor) -> None:
        visitor.visit(body="<p>" + "一段文字。" * 900 + "</p><a href='#x'>链接</a>")
        visitor.page.evaluate("document.documentElement.style.overflow = 'clip auto'")
        visitor.launcher.tap()
        dialog = visitor.page.get_by_role("dialog", name="问津")
        expect(dialog).to_be_visible()
        assert dialog.evaluate("dialog => dialog.matches(':modal')")
        expect(visitor.page.get_by_role("heading", name="问津")).to_be_focused()  # no keyboard comes up unasked
        box, size = dialog.bounding_box(), visitor.page.viewport_size
        assert size is not None
        assert box == {"x": 0, "y": 0, **size}
        assert visitor.page.evaluate("document.documentElement.style.overflow") == "hidden"
        for _ in range(8):
            visitor.page.keyboard.press("Tab")
            assert visitor.page.evaluate("() => ['BODY', 'WENJIN-CHAT'].includes(document.activeElement.tagName)")
        visitor.ask()
        answer = visitor.done()
        expect(answer.locator(".katex").first).to_be_visible()
        wide = visitor.page.evaluate("""() => {
            const scroll = document.querySelector('wenjin-chat').shadowRoot.querySelector('.scroll');
            return [document.documentElement.scrollWidth - innerWidth, scroll.scrollWidth - scroll.clientWidth];
        }""")
        assert max(wide) <= 0
        assert float(visitor.field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)")) >= 16
        for button in visitor.page.locator("wenjin-chat button:visible:not(.cite)").all():
            rect = button.bounding_box()
            assert rect is None or min(rect["width"], rect["height"]) >= 43.9
        visitor.page.get_by_role("button", name="关闭").tap()
        expect(dialog).to_be_hidden()
        assert visitor.page.evaluate("document.documentElement.style.overflow") == "clip auto"

    def test_the_box_stays_above_a_keyboard(self, visitor: Visitor) -> None:
        visitor.visit()
        visitor.launcher.tap()
        expect(visitor.panel).to_be_visible()
        visitor.page.evaluate("""() => {
            Object.defineProperty(visualViewport, 'height', { value: 300 });
            visualViewport.dispatchEvent(new Event('resize'));
        }""")
        box = visitor.field.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 300


class TestBehindTheSheet:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return PHONE

    @pytest.fixture
    def sheet(self, visitor: Visitor) -> Visitor:
        visitor.visit(
            body="<h1>网站的标题</h1><button id='own'>网站的按钮</button><a href='#x'>网站的链接</a>"
            + "<p>一段文字。</p>" * 90
        )
        visitor.page.evaluate(
            "document.getElementById('own').addEventListener('click', () => { window.pressed = true; })"
        )
        visitor.launcher.tap()
        expect(visitor.panel).to_be_visible()
        return visitor

    def names(self, visitor: Visitor) -> set[str]:
        """Of all that assistive technology is told of."""
        session = visitor.context.new_cdp_session(visitor.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        return {node.get("name", {}).get("value", "") for node in nodes if not node["ignored"]}

    def test_nothing_of_the_page_is_told(self, sheet: Visitor) -> None:
        own = {"网站的标题", "网站的按钮", "网站的链接", "打开问答"}
        names = self.names(sheet)
        assert own & names == set()
        assert {"你的问题", "发送", "关闭"} <= names
        sheet.page.get_by_role("button", name="关闭").tap()
        expect(sheet.panel).to_be_hidden()
        assert own <= self.names(sheet)

    def test_tab_and_script_stay_inside(self, sheet: Visitor) -> None:
        seen = set()
        for key in ["Tab"] * 12 + ["Shift+Tab"] * 12:
            sheet.page.keyboard.press(key)
            seen.add(sheet.page.evaluate(f"() => ({FOCUSED})().className + ' in ' + document.activeElement.tagName"))
        assert {where.split(" in ")[1] for where in seen} <= {"BODY", "WENJIN-CHAT"}  # the body: the browser's own bar
        assert not any("launcher" in where for where in seen)
        sheet.page.evaluate("document.getElementById('own').focus()")
        assert sheet.page.evaluate("document.activeElement.id") != "own"

    def test_no_press_and_no_turn_of_the_wheel_gets_through(self, sheet: Visitor) -> None:
        box = sheet.page.evaluate("document.getElementById('own').getBoundingClientRect().toJSON()")
        sheet.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        sheet.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        sheet.page.mouse.move(200, 400)
        sheet.page.mouse.wheel(0, 600)
        sheet.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert sheet.page.evaluate("[window.pressed, scrollY]") == [None, 0]
        sheet.page.get_by_role("button", name="关闭").tap()
        sheet.page.get_by_role("button", name="网站的按钮").tap()
        assert sheet.page.evaluate("pressed") is True


class TestNotch:
    """The insets of an iPhone, upright and on its side, as `env(safe-area-inset-*)` gives them."""

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return PHONE

    def inset(self, visitor: Visitor, width: int, height: int, **insets: int) -> None:
        session = visitor.context.new_cdp_session(visitor.page)
        whole = {"top": 0, "right": 0, "bottom": 0, "left": 0} | insets
        tops = {f"{name}Max": value for name, value in whole.items() if name in ("top", "bottom")}
        session.send("Emulation.setSafeAreaInsetsOverride", {"insets": whole | tops})
        visitor.page.set_viewport_size({"width": width, "height": height})

    def test_upright(self, visitor: Visitor) -> None:
        visitor.visit(head=COVER)
        self.inset(visitor, 390, 844, top=47, bottom=34)
        launcher = visitor.launcher.bounding_box()
        assert launcher is not None
        assert launcher["y"] + launcher["height"] <= 844 - 34
        visitor.launcher.tap()
        close, field = visitor.page.get_by_role("button", name="关闭").bounding_box(), visitor.field.bounding_box()
        assert close is not None
        assert field is not None
        assert close["y"] >= 47
        assert field["y"] + field["height"] <= 844 - 34

    @pytest.mark.parametrize(("width", "height"), [(844, 390), (620, 330)], ids=["beside the page", "as a sheet"])
    def test_on_its_side(self, visitor: Visitor, width: int, height: int) -> None:
        visitor.visit(head=COVER)
        self.inset(visitor, width, height, left=47, right=47, bottom=21)
        launcher = visitor.launcher.bounding_box()
        assert launcher is not None
        assert launcher["x"] + launcher["width"] <= width - 47
        assert launcher["y"] + launcher["height"] <= height - 21
        visitor.launcher.tap()
        visitor.ask()
        expect(visitor.done().locator(".katex").first).to_be_visible()
        for part in (".head h2", ".head .round", ".told .matched", ".chip", ".field", ".send"):
            for place in visitor.page.locator(f"wenjin-chat {part}").all():
                box = place.bounding_box()
                assert box is not None, part
                assert box["x"] >= 47, part
                assert box["x"] + box["width"] <= width - 47, part
        field = visitor.field.bounding_box()
        assert field is not None
        assert field["y"] + field["height"] <= height - 21


class TestZoomed:
    @pytest.fixture(params=[(320, 256), (320, 640)], ids=["1280 x 1024 at 400 %", "a small phone"])
    def options(self, request: pytest.FixtureRequest) -> dict[str, Any]:
        width, height = request.param
        return {"viewport": {"width": width, "height": height}, "device_scale_factor": 4}

    def test_one_can_ask_and_read(self, visitor: Visitor) -> None:
        visitor.open()
        visitor.ask()
        expect(visitor.done().locator(".matched")).to_be_visible()
        box = visitor.page.locator("wenjin-chat .scroll").bounding_box()
        assert box is not None
        assert box["height"] >= 90

    def test_everything_can_be_brought_into_view(self, visitor: Visitor) -> None:
        visitor.stage.suggestions = [
            {"id": f"q{n}", "question": f"什么是卷积，第{n}种说法？", "matched": "", "highlights": []} for n in range(5)
        ]
        page = visitor.open()
        visitor.field.press_sequentially("卷")
        expect(page.get_by_role("option")).to_have_count(5)
        for option in page.get_by_role("option").all():
            option.scroll_into_view_if_needed()
            expect(option).to_be_in_viewport(ratio=0.9)
        visitor.field.press("Escape")
        visitor.ask()
        answer = visitor.done()
        answer.locator(".cite").first.click()
        expect(page.locator(".citation:popover-open")).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")
        answer.get_by_role("button", name="没帮助", exact=True).click()
        page.get_by_role("button", name="更多").click()
        assert page.evaluate(UNREACHED, ".menu :is(button, a)") == []
        page.keyboard.press("Escape")
        assert page.evaluate(UNREACHED, ".panel :is(button, a, textarea, summary)") == []
        wide = page.evaluate("""() => {
            const scroll = document.querySelector('wenjin-chat').shadowRoot.querySelector('.scroll');
            return [document.documentElement.scrollWidth - innerWidth, scroll.scrollWidth - scroll.clientWidth];
        }""")
        assert max(wide) <= 0
