"""The pages of the entries that come with Wenjin, all of them, as a reader sees them."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from index.answerer import Answerer
from index.articles import Article, write_articles
from index.entries import Corpus
from index.reader import read_corpus
from service.app import create_app
from service.settings import Settings
from tests.web.conftest import CHROMIUM, LISTEN, OPTIONS
from tests.web.lines import BAD_BREAKS, BROKEN_CELLS
from tests.web.pictures import develop
from tests.web.stage import Running

FINISHED = "() => [...document.querySelectorAll('.prose math')].every((math) => math.closest('.katex'))"
SPLIT = "() => [...document.querySelectorAll('.works .bound')].filter((box) => box.getClientRects().length > 1).length"
WIDER = "() => document.documentElement.scrollWidth - innerWidth"
READINGS = """
    const data = await pixels(addresses[0]), counts = new Map(), lights = {};
    for (let i = 0; i < data.length; i += 4) {
        const colour = data.slice(i, i + 3).join();
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
        lights[colour] ??= luminance(data, i);
    }
    const often = [...counts].filter(([, count]) => count > 40).sort((a, b) => b[1] - a[1]).map(([colour]) => lights[colour]);
    return { paper: often[0], contrast: Math.max(...often.map((other) => contrast(other, often[0]))) };
"""
"""How light the commonest colour of a picture is, and the strongest contrast to it of any that is not rare."""


@pytest.fixture(scope="module")
def sources() -> Corpus:
    return read_corpus(Path(__file__).parents[2] / "corpus")


@pytest.fixture(scope="module")
def articles(sources: Corpus) -> dict[str, Article]:
    return {article.entry.id: article for article in write_articles(sources)}


@pytest.fixture(scope="module")
def corpus(sources: Corpus, articles: dict[str, Article]) -> Iterator[str]:
    """The service with these articles and nothing to find them by: an index would take a minute to build."""
    drawings = {entry.id: entry.figures for entry in sources.entries}
    shelf = SimpleNamespace(
        article=articles.get,
        drawing=lambda id_, figure: drawings[id_].get(figure),
        snapshot=SimpleNamespace(articles=tuple(articles.values())),
    )
    running = Running(create_app(Settings(), cast(Answerer, shelf)))
    yield running.url
    running.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 800})
    context.add_init_script(LISTEN)
    yield context.new_page()
    context.close()


def test_no_page_breaks_its_policy_its_lines_or_its_frame(
    page: Page, corpus: str, articles: dict[str, Article]
) -> None:
    faults: dict[str, Any] = {}
    for id_ in articles:
        page.goto(f"{corpus}/q/{id_}")
        page.wait_for_function(FINISHED)
        prose = page.locator(".prose")
        found = {
            "policy": page.evaluate("violations"),
            "breaks": prose.evaluate(BAD_BREAKS),
            "cells": prose.evaluate(BROKEN_CELLS),
            "arrows alone": page.evaluate(SPLIT),
            "too wide by": page.evaluate(WIDER),
        }
        if any(found.values()):
            faults[id_] = found
    assert faults == {}


@pytest.mark.parametrize("width", [360, 800, 1200])
@pytest.mark.parametrize("id_", ["q10", "q54", "q61", "q62"])
def test_no_line_begins_with_punctuation_or_a_citation(page: Page, corpus: str, id_: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{corpus}/q/{id_}")
    page.wait_for_function(FINISHED)
    assert page.locator(".prose").evaluate(BAD_BREAKS) == []


@pytest.mark.parametrize("width", [800, 1012, 1200])
def test_nothing_lies_on_the_text(page: Page, corpus: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{corpus}/q/q36")
    launcher = page.locator("wenjin-chat .launcher")
    launcher.wait_for(state="attached")
    if width < 1012:
        expect(launcher).to_be_hidden()
        return
    box, text = launcher.bounding_box(), page.locator(".prose").bounding_box()
    assert box is not None
    assert text is not None
    assert text["x"] + text["width"] <= box["x"]


@pytest.mark.parametrize("forced", ["none", "active"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("id_", ["q36", "q59"])
def test_figures_can_be_read_in_every_light(page: Page, corpus: str, id_: str, theme: Any, forced: Any) -> None:
    page.emulate_media(color_scheme=theme, forced_colors=forced)
    page.goto(f"{corpus}/q/{id_}")
    for figure in page.locator(".figure img").all():
        figure.evaluate("image => image.decode()")
        picture = develop(page, READINGS, figure.screenshot())
        assert (picture["paper"] > 0.5) == (theme == "light")
        assert picture["contrast"] >= 7


def test_a_wish_for_less_motion_reaches_figures(browser: Browser) -> None:
    """Only the real setting does: Chromium's emulation stops at the page, and leaves drawings shown as images out."""
    drawing = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><style>rect{fill:%23fff}"
        "@media(prefers-reduced-motion:reduce){rect{fill:%23000}}</style><rect width='9' height='9'/></svg>"
    )
    wish = [*OPTIONS, "--force-prefers-reduced-motion"]
    wishing = browser.browser_type.launch(executable_path=CHROMIUM, args=wish)
    page = wishing.new_page(reduced_motion="null")
    page.set_content(f'<img src="data:image/svg+xml,{drawing}">')
    image = page.locator("img")
    image.evaluate("image => image.decode()")
    paper = develop(page, READINGS, image.screenshot())["paper"]
    wishing.close()
    assert paper < 0.1
