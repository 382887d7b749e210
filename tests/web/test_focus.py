"""Whoever goes by keyboard sees where they are: the ring around what has focus stands out, in pixels, from what was there
before it, in both themes and with the accent of any site."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visitor
from tests.web.pictures import develop
from tests.web.test_appearance import sheet
from tests.web.test_keyboard import FOCUSED

MARGIN = 8
ACCENTS = {"own": "", "pale": "#ffe27a", "dark": "#2b0a3d", "middling": "#888"}
STANDING_OUT = """
    const [was, is] = await Promise.all(addresses.map(pixels));
    let count = 0;
    for (let i = 0; i < is.length; i += 4) if (contrast(luminance(was, i), luminance(is, i)) >= 3) count += 1;
    return count;
"""
"""How many pixels of a picture have a contrast of at least 3 to what was in their place (WCAG 2.2, 2.4.13)."""


class Darkroom:
    """Compares pictures of what has focus with pictures of the same without it."""

    def __init__(self, visitor: Visitor) -> None:
        self.page, self.bench = visitor.page, visitor.new_page()
        self.page.bring_to_front()

    def ring(self) -> tuple[str, float]:
        """Of what has focus now: its name, and how many pixels thick the ring is that stands out around it."""
        focused = self.page.evaluate_handle(FOCUSED)
        name, box, around = focused.evaluate("""element => {
            const place = element.matches('textarea') ? element.parentElement : element;
            const { x, y, width, height } = place.getBoundingClientRect();
            const round = [...place.getClientRects()].reduce((sum, line) => sum + 2 * (line.width + line.height), 0);
            return [element.className || element.localName, { x, y, width, height }, round];
        }""")
        clip = {
            "x": max(0, box["x"] - MARGIN),
            "y": max(0, box["y"] - MARGIN),
            "width": box["width"] + 2 * MARGIN,
            "height": box["height"] + 2 * MARGIN,
        }
        after = self._picture(clip)
        focused.evaluate("element => element.blur()")
        before = self._picture(clip)
        focused.evaluate("element => element.focus()")
        return name, develop(self.bench, STANDING_OUT, before, after) / around

    def _picture(self, clip: dict[str, Any]) -> bytes:
        return self.page.screenshot(clip=clip)  # type: ignore[arg-type]


def dress(visitor: Visitor, theme: Any, accent: str, background: str = "") -> Page:
    visitor.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page = visitor.visit()
    colours = (
        f"--wenjin-accent: {accent}; --wenjin-on-accent: {'#000' if accent != '#2b0a3d' else '#fff'};" if accent else ""
    )
    sheet(visitor, f"wenjin-chat {{ {colours} }} html {{ background: {background}; }}")
    return page


@pytest.mark.parametrize("accent", ACCENTS.values(), ids=ACCENTS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_ring_stands_out_in_the_panel(visitor: Visitor, theme: str, accent: str) -> None:
    page = dress(visitor, theme, accent)
    visitor.launcher.click()
    visitor.ask()
    answer = visitor.done()
    expect(answer.locator(".katex").last).to_be_visible()
    expect(answer.locator(".thumb").last).to_be_visible()
    answer.locator("summary").click()
    page.get_by_role("heading", name="问津").focus()
    page.mouse.move(2, 2)
    darkroom = Darkroom(visitor)
    rings: dict[str, float] = {}
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate(f"() => {{ const e = ({FOCUSED})(); return e.className || e.localName; }}")
        if name in ("body", "launcher"):
            break
        if name not in rings:
            rings |= [darkroom.ring()]
    for control in ("round", "cite", "figure", "quiet copy", "quiet thumb down", "summary", "chip", "textarea", "send"):
        assert control in rings, control
    assert {name: thick for name, thick in rings.items() if thick < 1} == {}


@pytest.mark.parametrize("background", ["#fff", "#888", "#0b0d10", "#17626d"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_ring_stands_out_around_the_launcher_on_any_page(visitor: Visitor, theme: str, background: str) -> None:
    page = dress(visitor, theme, "", background)
    expect(visitor.launcher).to_be_visible()
    page.keyboard.press("Tab")
    expect(visitor.launcher).to_be_focused()
    _, thick = Darkroom(visitor).ring()
    assert thick >= 1.5
