"""What is kept of a conversation, between visits and between tabs, and what is said of answers."""

import json

from playwright.sync_api import expect

from tests.web.conftest import Visitor
from tests.web.stage import answered, streaming

KEPT = "() => Object.keys(localStorage).filter((name) => name.startsWith('wenjin:h'))"


def test_it_is_there_again_after_a_reload_open_or_closed_as_left(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask("第一问")
    visitor.done()
    visitor.page.reload()
    expect(visitor.panel).to_be_visible()
    expect(visitor.done().locator(".katex").first).to_be_visible()
    expect(visitor.page.locator("wenjin-chat .asked")).to_contain_text("第一问")
    visitor.page.get_by_role("button", name="关闭").click()
    visitor.page.reload()
    expect(visitor.launcher).to_be_visible()
    expect(visitor.panel).to_have_count(0)
    visitor.launcher.click()
    expect(visitor.answers).to_have_count(1)
    assert len(visitor.stage.asked) == 1


def test_what_was_said_goes_with_the_next_question_until_a_new_chat(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask("第一问")
    visitor.done()
    visitor.ask("那它呢？")
    visitor.done()
    assert visitor.stage.asked[1] == {"question": "那它呢？", "history": [{"question": "第一问", "id": "q13"}]}
    visitor.page.get_by_role("button", name="新对话").click()
    expect(visitor.answers).to_have_count(0)
    expect(visitor.field).to_be_focused()
    visitor.ask("全新的问题")
    visitor.done()
    assert visitor.stage.asked[2]["history"] == []


def test_history_has_ten_turns_at_most(visitor: Visitor) -> None:
    visitor.open()
    for n in range(12):
        visitor.stage.play(answered("答。", message_id=f"m{n}"))
        visitor.ask(f"问{n}")
        expect(visitor.answers).to_have_count(n + 1)
        visitor.done()
    assert [turn["question"] for turn in visitor.stage.asked[-1]["history"]] == [f"问{n}" for n in range(1, 11)]


def test_clearing_leaves_nothing_on_the_device(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    visitor.done()
    assert len(visitor.page.evaluate(KEPT)) == 1
    visitor.page.get_by_role("button", name="更多").click()
    visitor.page.get_by_role("button", name="清除记录").click()
    expect(visitor.answers).to_have_count(0)
    assert visitor.page.evaluate(KEPT) == []


def test_old_foreign_and_broken_records_are_not_read(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    visitor.done()
    name = visitor.page.evaluate(KEPT)[0]
    record = json.loads(visitor.page.evaluate("name => localStorage.getItem(name)", name))
    for changed in (
        json.dumps(record | {"saved": record["saved"] - 8 * 24 * 3600 * 1000}),
        json.dumps(record | {"version": 99}),
        json.dumps(record | {"turns": [None, 7, {"key": 1}]}),
        "{",
    ):
        visitor.page.evaluate("([name, text]) => localStorage.setItem(name, text)", [name, changed])
        visitor.page.reload()
        expect(visitor.launcher).to_be_visible()
        if visitor.launcher.get_attribute("aria-expanded") != "true" and not visitor.panel.is_visible():
            visitor.launcher.click()
        expect(visitor.field).to_be_visible()
        expect(visitor.answers).to_have_count(0)


def test_what_is_kept_is_bounded(visitor: Visitor) -> None:
    visitor.open()
    for n in range(6):
        visitor.stage.play(answered("长" * 100_000, message_id=f"m{n}"))
        visitor.ask(f"问{n}")
        expect(visitor.page.locator("wenjin-chat .asked").last).to_contain_text(f"问{n}")
        visitor.done()
    length = visitor.page.evaluate("() => Math.max(...Object.values(localStorage).map((text) => text.length))")
    assert length <= 400_000


def test_it_works_where_storage_is_denied(visitor: Visitor) -> None:
    visitor.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } })"
    )
    visitor.open()
    expect(visitor.page.locator("wenjin-chat [role=status].unseen")).to_contain_text("浏览器不允许保存记录")
    visitor.ask("第一问")
    visitor.done()
    visitor.ask("第二问")
    expect(visitor.answers).to_have_count(2)
    visitor.done()


def test_tabs_keep_in_step_and_send_once(visitor: Visitor) -> None:
    visitor.open()
    first = visitor.page
    second = visitor.new_page()
    second.goto(visitor.site)
    second.locator("wenjin-chat .panel").wait_for()
    play = visitor.stage.play(streaming())
    visitor.ask("在第一页问")
    expect(second.locator("wenjin-chat .told")).to_contain_text("正在另一个标签页中回答…")
    play.begin()
    play.put("delta", {"text": answered()["answer"]})
    play.end()
    visitor.done()
    expect(second.locator("wenjin-chat .told .matched")).to_be_visible()
    second.locator("wenjin-chat").get_by_role("button", name="有帮助", exact=True).click()
    expect(first.locator("wenjin-chat .told")).to_have_count(1)
    assert [asked["question"] for asked in visitor.stage.asked] == ["在第一页问"]
    second.get_by_role("button", name="新对话").click()
    expect(first.locator("wenjin-chat .told")).to_have_count(0)


def test_two_elements_with_different_sessions_do_not_mix(visitor: Visitor) -> None:
    visitor.open('data-session="docs"')
    visitor.ask("文档里的问题")
    visitor.done()
    visitor.open('data-session="shop"')
    expect(visitor.answers).to_have_count(0)
    visitor.visit('data-session="docs"')
    expect(visitor.answers).to_have_count(1)


def test_thumbs_are_sent_taken_back_explained_and_kept(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    up, down = (answer.get_by_role("button", name=name, exact=True) for name in ("有帮助", "没帮助"))
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "false")
    down.click()
    answer.get_by_role("button", name="答非所问").click()
    expect(answer.locator(".reasons")).to_have_text("谢谢，已记下。")
    visitor.page.wait_for_load_state("networkidle")
    assert [(r["rating"], r.get("reason")) for r in visitor.stage.rated] == [
        ("up", None), (None, None), ("down", None), ("down", "none_of_these"),
    ]  # fmt: skip
    visitor.page.reload()
    expect(visitor.done().get_by_role("button", name="没帮助", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_thumb_that_cannot_be_delivered_is_delivered_later(visitor: Visitor) -> None:
    visitor.stage.feedback_status = 503
    visitor.open()
    visitor.ask()
    up = visitor.done().get_by_role("button", name="有帮助", exact=True)
    with visitor.page.expect_response("**/feedback"):
        up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(visitor.answers.locator(".fault")).to_have_count(0)
    visitor.stage.feedback_status = 204
    with visitor.page.expect_response("**/feedback"):
        visitor.page.reload()
    assert visitor.stage.rated == [{"message_id": "m1", "rating": "up"}]


def test_no_thumbs_where_nobody_keeps_what_they_say(visitor: Visitor) -> None:
    visitor.stage.feedback_status = 404
    visitor.open()
    visitor.ask()
    visitor.done().get_by_role("button", name="有帮助", exact=True).click()
    expect(visitor.page.locator("wenjin-chat .thumbs")).to_have_count(0)
    visitor.ask("再问")
    expect(visitor.answers).to_have_count(2)
    visitor.done()
    expect(visitor.page.locator("wenjin-chat .thumbs")).to_have_count(0)
