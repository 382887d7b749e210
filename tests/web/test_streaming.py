"""Answers that come in pieces: drawn as they come, without flicker, and without moving the reader."""

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visitor
from tests.web.stage import ANSWER, Play, answered, citation, streaming

LONG = "\n\n".join(f"第 {n} 段。" + "这是一段不短的文字，用来把答案撑长。" * 4 for n in range(12))

WATCH = """() => {
  const root = document.querySelector('wenjin-chat').shadowRoot;
  const prose = root.querySelector('.told:last-child .prose');
  window.replaced = [];
  window.lengths = [];
  new MutationObserver((records) => {
    lengths.push(prose.textContent.length);
    for (const record of records) for (const node of record.removedNodes)
      if (record.target === prose && record.nextSibling) replaced.push(node.textContent);
  }).observe(prose, { childList: true, subtree: true, characterData: true });
}"""


def begin(visitor: Visitor) -> Play:
    play = visitor.stage.play(streaming())
    visitor.open()
    visitor.ask()
    play.begin()
    play.put("delta", {"text": "开头一句。"})
    expect(visitor.page.locator("wenjin-chat .prose")).to_contain_text("开头一句。")
    return play


def test_the_first_words_are_seen_at_once(visitor: Visitor) -> None:
    play = visitor.stage.play(streaming())
    visitor.open()
    visitor.page.evaluate("""() => {
        const fetched = window.fetch;
        window.fetch = async (...all) => {
          const response = await fetched(...all);
          const reader = response.body.getReader();
          const stream = new ReadableStream({ async pull(controller) {
            const { done, value } = await reader.read();
            if (done) return controller.close();
            window.came ??= performance.now();
            controller.enqueue(value);
          } });
          return new Response(stream, { status: response.status, headers: response.headers });
        };
        const root = document.querySelector('wenjin-chat').shadowRoot;
        new MutationObserver(() => {
          if (root.querySelector('.prose')?.textContent) window.seen ??= performance.now();
        }).observe(root, { childList: true, subtree: true, characterData: true });
    }""")
    visitor.ask()
    play.begin()
    play.put("delta", {"text": "第一个词"})
    visitor.page.wait_for_function("() => window.seen")
    assert visitor.page.evaluate("seen - came") <= 150
    play.end()


def test_text_only_grows_and_finished_blocks_keep_their_nodes(visitor: Visitor) -> None:
    play = begin(visitor)
    visitor.page.evaluate(WATCH)
    text = "\n\n" + ANSWER + "\n\n- 一项\n- 又一项 $a$\n- 第三项\n\n完。"
    for i in range(0, len(text), 7):
        play.put("delta", {"text": text[i : i + 7]})
    play.end(answered("开头一句。" + text))
    visitor.done()
    assert visitor.page.evaluate("replaced") == []
    expect(visitor.page.locator("wenjin-chat .prose > p").last).to_have_text("完。")


def test_what_is_half_there_is_plain_text(visitor: Visitor) -> None:
    play = begin(visitor)
    prose = visitor.page.locator("wenjin-chat .prose")
    for piece, shown in (
        ("\n\n设 $\\frac{a", "设 $\\frac{a"),
        ("}{b}$ 成立。\n\n$$\n\\sum_{i", "$$\n\\sum_{i"),
        ("=1}^n i\n$$\n\n```python\nx = [1,", "x = [1,"),
        (" 2]\n```\n\n| 甲 | 乙 |", "| 甲 | 乙 |"),
        ("\n| - | - |\n| 1 | 2 |\n\n见[这里](https://exa", "[这里](https://exa"),
    ):
        play.put("delta", {"text": piece})
        expect(prose).to_contain_text(shown)
        expect(prose.locator(".katex-error, .broken")).to_have_count(0)
        expect(prose.locator("a, .hl-number" if "[1," in shown else "a")).to_have_count(0)
    play.put("delta", {"text": "mple.org)。"})
    play.end()
    visitor.done()
    expect(prose.locator(".katex")).to_have_count(2)
    expect(prose.locator("table td").first).to_have_text("1")
    expect(prose.get_by_role("link")).to_have_attribute("href", "https://example.org/")


def test_stopping_keeps_what_came_and_offers_another_try(visitor: Visitor) -> None:
    play = begin(visitor)
    began = visitor.page.evaluate("performance.now()")
    visitor.page.get_by_role("button", name="停止").click()
    answer = visitor.done()
    expect(answer.locator(".fault")).to_have_text("已停止")
    assert visitor.page.evaluate("performance.now()") - began < 1000  # with the harness's own time
    expect(answer.locator(".prose")).to_have_text("开头一句。")
    play.put("delta", {"text": "x"})
    play.put("delta", {"text": "x"})
    play.frames.put(None)
    assert play.left.wait(5)
    answer.get_by_role("button", name="重新回答").click()
    expect(visitor.done().locator(".matched")).to_be_visible()
    expect(visitor.answers).to_have_count(1)
    assert len(visitor.stage.asked) == 2


def test_stopping_takes_less_than_100_ms(visitor: Visitor) -> None:
    play = begin(visitor)
    took = visitor.page.evaluate("""() => new Promise((resolve) => {
        const root = document.querySelector('wenjin-chat').shadowRoot;
        const began = performance.now();
        new MutationObserver(() => {
          if (root.querySelector('.stopped')) resolve(performance.now() - began);
        }).observe(root, { childList: true, subtree: true });
        root.querySelector('.send.stop').click();
    })""")
    assert took < 100
    play.frames.put(None)


def test_an_answer_is_followed_until_its_question_is_at_the_top(visitor: Visitor) -> None:
    play = begin(visitor)
    for paragraph in LONG.split("\n\n"):
        play.put("delta", {"text": "\n\n" + paragraph})
    play.end(answered("开头一句。\n\n" + LONG))
    visitor.done()
    question, box = (
        visitor.page.locator("wenjin-chat .asked").bounding_box(),
        visitor.page.locator("wenjin-chat .scroll").bounding_box(),
    )
    assert question is not None
    assert box is not None
    assert 0 <= question["y"] - box["y"] <= 40
    button = visitor.page.get_by_role("button", name="回到底部")
    expect(button).to_be_visible()
    button.click()
    expect(button).to_be_hidden()


def test_a_reader_who_has_scrolled_up_stays_there(visitor: Visitor) -> None:
    visitor.stage.play(answered(LONG))
    visitor.open()
    visitor.ask("第一问")
    visitor.done()
    play = visitor.stage.play(streaming())
    visitor.ask("第二问")
    play.begin()
    play.put("delta", {"text": "一句。"})
    expect(visitor.page.locator("wenjin-chat .told:last-child .prose")).to_have_text("一句。")
    scroll = visitor.page.locator("wenjin-chat .scroll")
    visitor.page.mouse.move(1000, 400)
    visitor.page.mouse.wheel(0, -400)
    visitor.page.wait_for_function(
        "document.querySelector('wenjin-chat').shadowRoot.querySelector('.to-end').hidden === false"
    )
    at = scroll.evaluate("box => box.scrollTop")
    for paragraph in LONG.split("\n\n"):
        play.put("delta", {"text": "\n\n" + paragraph})
    play.end(answered("一句。\n\n" + LONG, message_id="m2"))
    visitor.done()
    assert abs(scroll.evaluate("box => box.scrollTop") - at) <= 1


def test_citations_come_when_the_stream_names_them(visitor: Visitor) -> None:
    play = begin(visitor)
    play.put("delta", {"text": "结论[1]。\n\n后文。"})
    text = "开头一句。结论[1]。\n\n后文。"
    expect(visitor.page.locator("wenjin-chat .prose")).to_contain_text("后文。")
    first = visitor.page.locator("wenjin-chat .prose p").first
    first.evaluate("node => { node.mark = 1; }")
    expect(first.locator(".cite")).to_have_count(0)
    play.end(answered(text, citations=[citation(1, "Work", text, "[1]")]))
    visitor.done()
    expect(first.locator(".cite")).to_have_count(1)
    assert first.evaluate("node => node.mark") == 1


@pytest.fixture
def still(visitor: Visitor) -> Visitor:
    visitor.page.emulate_media(reduced_motion="reduce")
    return visitor


def test_with_reduced_motion_whole_blocks_appear(still: Visitor) -> None:
    play = still.stage.play(streaming())
    still.open()
    still.ask()
    play.begin()
    play.put("delta", {"text": "第一段。\n\n第二段的一"})
    prose = still.page.locator("wenjin-chat .prose")
    expect(prose).to_have_text("第一段。")
    moving = still.page.evaluate("""() => [...document.querySelector('wenjin-chat').shadowRoot.querySelectorAll('*')]
        .filter((element) => getComputedStyle(element).animationName !== 'none' || getComputedStyle(element).scrollBehavior === 'smooth')
        .length""")
    assert moving == 0
    play.put("delta", {"text": "半。"})
    play.end(answered("第一段。\n\n第二段的一半。"))
    still.done()
    expect(prose).to_have_text("第一段。第二段的一半。")
