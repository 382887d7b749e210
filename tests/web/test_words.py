"""The interface speaks Chinese and English, each wholly: the same words are there in both, none empty and none unused, and
a reader of one meets nothing of the other."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.conftest import REPOSITORY, Visitor
from tests.web.stage import Play, answered, unanswered

SOURCES = REPOSITORY / "web" / "src"
WORD = re.compile(r'^  (\w+): ((?:"(?:[^"\\]|\\.)*"))', re.MULTILINE)
TABLES = {"zh": "strings.ts", "en": "english.ts"}
CHINESE = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]")
BUILT = {f"sure{level}" for level in (1, 2, 3)}
"""Keys that are put together."""

QUOTED = ".prose, .bubble, .chip:not(.small), .choice:not(.none), .matched strong, .starter, .citation strong, .sources li, .unseen[aria-live]"
SHOWN = """(quoted) => {
  const root = document.querySelector('wenjin-chat').shadowRoot;
  const texts = [];
  for (const element of [document.querySelector('wenjin-chat'), ...root.querySelectorAll('*')]) {
    if (element.lang && !element.lang.startsWith('en')) continue;
    if (element.closest(quoted))
      continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) texts.push(element.getAttribute(name) ?? '');
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent);
  }
  return texts.filter((text) => text.trim());
}"""
"""What the interface itself says, as against what it quotes."""


def table(language: str) -> dict[str, str]:
    return {key: value[1:-1] for key, value in WORD.findall((SOURCES / TABLES[language]).read_text("utf-8"))}


def test_both_tables_have_the_same_words_and_none_is_empty() -> None:
    chinese, english = table("zh"), table("en")
    assert len(chinese) > 80
    assert list(chinese) == list(english)
    assert [key for words in (chinese, english) for key, text in words.items() if not text.strip()] == []
    holes = re.compile(r"\{\w+\}")
    assert {
        key: holes.findall(text) for key, text in chinese.items() if holes.findall(text) != holes.findall(english[key])
    } == {}


def test_each_table_is_in_its_language() -> None:
    assert [text for text in table("zh").values() if not CHINESE.search(text)] == []
    assert [text for text in table("en").values() if CHINESE.search(text)] == []


def test_no_word_is_unused() -> None:
    others = [path for path in SOURCES.glob("*.ts") if path.name not in (*TABLES.values(), "widget.ts", "launcher.ts")]
    named = set(re.findall(r'"(\w+)"', "".join(path.read_text("utf-8") for path in others)))
    assert set(table("zh")) - named - BUILT == set()


def turn(visitor: Visitor, play: Play | dict[str, Any], count: int) -> None:
    visitor.stage.play(play)
    visitor.ask("Why ReLU?")
    expect(visitor.answers).to_have_count(count)
    visitor.done()


@pytest.mark.parametrize("wide", [True, False], ids=["panel", "sheet"])
def test_a_visit_in_english_meets_no_chinese(visitor: Visitor, wide: bool) -> None:
    if not wide:
        visitor.page.set_viewport_size({"width": 390, "height": 700})
    visitor.stage.entries = [{"id": "q1", "question": "什么是卷积？", "title": "卷积", "topics": ["卷积"]}]
    page = visitor.open('data-contact="https://help.example/"', language="en")
    page.locator("wenjin-chat .starter").wait_for()
    said = set(page.evaluate(SHOWN, QUOTED))
    for count, play in enumerate(
        (answered(confidence=0.5), answered(match="exact"), unanswered("clarify"), unanswered(), Play(status=500),
         Play(status=422, detail="question: empty"), Play(status=429, headers={"Retry-After": "9"})), 1,
    ):  # fmt: skip
        turn(visitor, play, count)
    visitor.answers.first.get_by_role("button", name="Not helpful", exact=True).click()
    visitor.answers.first.locator("summary").click()
    visitor.answers.first.locator(".cite").first.click()
    page.locator(".citation:popover-open").wait_for()
    said |= set(page.evaluate(SHOWN, QUOTED))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Clear history").wait_for()
    said |= set(page.evaluate(SHOWN, QUOTED))
    assert len(said) > 50
    assert {text for text in said if CHINESE.search(text)} == {"中文"}  # the button that leads there
    expect(visitor.panel).to_have_attribute("lang", "en")
