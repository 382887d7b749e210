"""What is kept of a conversation, between visits and between tabs, and what is said of answers."""

import json
import time

import pytest
from playwright.sync_api import Locator, expect

from tests.web.conftest import Visitor
from tests.web.stage import Play, answered, streaming

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


def test_an_answer_beyond_the_bound_is_not_kept_at_all(visitor: Visitor) -> None:
    visitor.stage.play(answered("长" * 401_000))
    visitor.open()
    visitor.ask()
    visitor.done()
    record = visitor.page.evaluate("name => localStorage.getItem(name)", visitor.page.evaluate(KEPT)[0])
    assert json.loads(record)["turns"] == []


@pytest.mark.parametrize(("days", "kept"), [(6.9, True), (7.1, False)])
def test_it_is_kept_for_a_week_and_then_removed(visitor: Visitor, days: float, kept: bool) -> None:
    visitor.open()
    visitor.ask()
    visitor.done()
    visitor.page.clock.install()
    visitor.page.clock.set_fixed_time(time.time() + days * 24 * 3600)
    visitor.page.reload()
    expect(visitor.launcher).to_be_visible()
    if not kept:
        visitor.page.wait_for_load_state("networkidle")
        expect(visitor.panel).to_have_count(0)  # nor is it open, as it was
        visitor.launcher.click()
    expect(visitor.panel).to_be_visible()
    expect(visitor.answers).to_have_count(1 if kept else 0)
    texts = visitor.page.evaluate("() => Object.values(localStorage).join()")
    assert ("为什么用 ReLU" in texts) is kept


def test_a_full_storage_is_no_obstacle(visitor: Visitor) -> None:
    visitor.visit()
    visitor.page.evaluate("""() => {
        for (let size = 4e6; size >= 1; size /= 2)
          try { for (;;) localStorage.setItem('site' + Math.random(), 'x'.repeat(size)); } catch { }
    }""")
    visitor.launcher.click()
    for n in (1, 2):
        visitor.ask(f"第{n}问")
        visitor.done()
        expect(visitor.answers).to_have_count(n)
    assert visitor.stage.asked[1]["history"] == [{"question": "第1问", "id": "q13"}]
    assert visitor.page.evaluate(KEPT) == []


def test_tabs_that_may_not_speak_to_each_other_work_alone(visitor: Visitor) -> None:
    visitor.context.add_init_script(
        "window.BroadcastChannel = class { constructor() { throw new DOMException('', 'SecurityError'); } };"
    )
    visitor.open()
    visitor.ask()
    expect(visitor.done().locator(".matched")).to_be_visible()


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


def test_what_is_tried_again_in_one_tab_is_not_offered_in_the_other(visitor: Visitor) -> None:
    visitor.stage.play(Play(status=500))
    visitor.open()
    visitor.ask()
    visitor.done()
    second = visitor.new_page()
    second.goto(visitor.site)
    other = second.locator("wenjin-chat .told")
    expect(other.get_by_role("button", name="重试")).to_be_visible()
    play = visitor.stage.play(streaming())
    visitor.page.get_by_role("button", name="重试").click()
    expect(other).to_contain_text("正在另一个标签页中回答…")
    expect(other.get_by_role("button")).to_have_count(0)
    play.begin()
    play.put("delta", {"text": answered()["answer"]})
    play.end()
    expect(other.locator(".matched")).to_be_visible()
    expect(second.locator("wenjin-chat .asked")).to_have_count(1)
    assert len(visitor.stage.asked) == 2


def test_two_tabs_that_ask_at_once_lose_nothing(visitor: Visitor) -> None:
    visitor.open()
    second = visitor.new_page()
    second.goto(visitor.site)
    field = second.locator("wenjin-chat textarea")
    plays = [visitor.stage.play(streaming()) for _ in range(2)]
    visitor.ask("甲")
    field.fill("乙")
    field.press("Enter")
    for n, play in enumerate(plays):
        play.begin()
        play.put("delta", {"text": "答。"})
        play.end(answered("答。", message_id=f"m{n}"))
    for page in (visitor.page, second):
        expect(page.locator("wenjin-chat .told .matched")).to_have_count(2)
    assert sorted(asked["question"] for asked in visitor.stage.asked) == ["乙", "甲"]
    visitor.page.reload()
    expect(visitor.page.locator("wenjin-chat .asked")).to_have_count(2)


def test_two_sites_do_not_mix(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask("问在一个网站上")
    visitor.done()
    visitor.page.goto(visitor.service + "/")  # the same page on another origin
    visitor.launcher.click()
    expect(visitor.field).to_be_visible()
    expect(visitor.answers).to_have_count(0)
    visitor.page.goto(visitor.site + "/")
    expect(visitor.answers).to_have_count(1)


def test_two_elements_on_a_page_keep_to_themselves(visitor: Visitor) -> None:
    page = visitor.visit(
        body='<wenjin-chat session="a"></wenjin-chat><wenjin-chat session="b" position="start"></wenjin-chat>'
    )
    one, other = (page.locator(f"wenjin-chat[session={name}]") for name in "ab")
    for element, question in ((one, "甲的问题"), (other, "乙的问题")):
        element.locator(".launcher").click()
        element.locator("textarea").fill(question)
        element.locator("textarea").press("Enter")
        expect(element.locator(".told .matched")).to_be_visible()
    expect(one.locator(".asked")).to_contain_text(["甲的问题"])
    expect(other.locator(".asked")).to_contain_text(["乙的问题"])
    one.get_by_role("button", name="新对话").click()
    expect(one.locator(".asked")).to_have_count(0)
    expect(other.locator(".asked")).to_have_count(1)
    assert [asked["history"] for asked in visitor.stage.asked] == [[], []]


def test_two_elements_with_different_sessions_do_not_mix(visitor: Visitor) -> None:
    visitor.open('data-session="docs"')
    visitor.ask("文档里的问题")
    visitor.done()
    visitor.open('data-session="shop"')
    expect(visitor.answers).to_have_count(0)
    visitor.visit('data-session="docs"')
    expect(visitor.answers).to_have_count(1)


def press(visitor: Visitor, button: Locator) -> None:
    """Press what sends an opinion, and wait for its being received."""
    with visitor.page.expect_response("**/feedback"):
        button.click()


def test_thumbs_are_sent_taken_back_explained_and_kept(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    up, down = (answer.get_by_role("button", name=name, exact=True) for name in ("有帮助", "没帮助"))
    press(visitor, up)
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(answer.locator(".why")).to_be_hidden()
    press(visitor, up)
    expect(up).to_have_attribute("aria-pressed", "false")
    press(visitor, down)
    why = answer.get_by_role("group", name="哪里不好？（可不填）")
    for name in ("内容有误", "答非所问"):
        press(visitor, why.get_by_role("button", name=name))
    expect(why.get_by_role("button", pressed=True)).to_have_text("答非所问")
    answer.get_by_label("还想补充什么？（可不填）").fill("  少了一步\n第二行 ")
    press(visitor, answer.get_by_role("button", name="提交"))
    expect(answer.locator(".why [role=status]")).to_have_text("谢谢，已记下。")
    expect(down).to_be_focused()
    assert [(r["rating"], r.get("reason"), r.get("comment")) for r in visitor.stage.rated] == [
        ("up", None, None), (None, None, None), ("down", None, None), ("down", "wrong_answer", None),
        ("down", "none_of_these", None), ("down", "none_of_these", "少了一步\n第二行"),
    ]  # fmt: skip
    visitor.page.reload()
    down = visitor.done().get_by_role("button", name="没帮助", exact=True)
    expect(down).to_have_attribute("aria-pressed", "true")
    assert len(visitor.stage.rated) == 6
    press(visitor, down)
    expect(down).to_have_attribute("aria-pressed", "false")
    assert visitor.stage.rated[-1] == {"message_id": "m1", "rating": None}


def test_a_reason_is_taken_back_and_words_alone_are_enough(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    press(visitor, answer.get_by_role("button", name="没帮助", exact=True))
    unclear = answer.get_by_role("button", name="没讲清楚")
    press(visitor, unclear)
    press(visitor, unclear)
    expect(unclear).to_have_attribute("aria-pressed", "false")
    answer.get_by_label("还想补充什么？（可不填）").fill("长" * 1200)
    press(visitor, answer.get_by_role("button", name="提交"))
    assert visitor.stage.rated[1:] == [
        {"message_id": "m1", "rating": "down", "reason": "unclear"},
        {"message_id": "m1", "rating": "down"},
        {"message_id": "m1", "rating": "down", "comment": "长" * 1000},
    ]


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


@pytest.mark.parametrize("failure", ["503", "429", "offline"])
def test_all_that_was_said_in_vain_is_delivered_once_later_and_only_the_last(visitor: Visitor, failure: str) -> None:
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    expect(answer.locator(".thumb").first).to_be_visible()
    if failure == "offline":
        visitor.context.set_offline(True)
    else:
        visitor.stage.feedback_status = int(failure)
    for name in ("没帮助", "没讲清楚", "提交"):
        if name == "提交":
            answer.get_by_label("还想补充什么？（可不填）").fill("看不懂")
        with visitor.page.expect_event("requestfailed" if failure == "offline" else "response"):
            answer.get_by_role("button", name=name, exact=True).click()
    expect(answer.locator(".why [role=status]")).to_have_text("谢谢，已记下。")
    expect(visitor.answers.locator(".fault")).to_have_count(0)
    assert visitor.stage.rated == []
    visitor.stage.feedback_status = 204
    with visitor.page.expect_response("**/feedback"):
        if failure == "offline":
            visitor.context.set_offline(False)
        else:
            visitor.page.reload()
    said = {"message_id": "m1", "rating": "down", "reason": "unclear", "comment": "看不懂"}
    assert visitor.stage.rated == [said]
    visitor.page.reload()
    visitor.done()
    visitor.page.wait_for_load_state("networkidle")
    assert visitor.stage.rated == [said]


def test_two_tabs_that_come_online_deliver_an_opinion_once_and_show_it_both(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    second = visitor.new_page()
    second.goto(visitor.site)
    other = second.locator("wenjin-chat .told").get_by_role("button", name="没帮助", exact=True)
    expect(other).to_have_attribute("aria-pressed", "false")
    visitor.context.set_offline(True)
    answer.get_by_role("button", name="没帮助", exact=True).click()
    expect(other).to_have_attribute("aria-pressed", "true")
    with visitor.context.expect_event("response", lambda response: response.url.endswith("/feedback")):
        visitor.context.set_offline(False)
    with second.expect_response("**/feedback"):
        other.click()
    expect(answer.get_by_role("button", name="没帮助", exact=True)).to_have_attribute("aria-pressed", "false")
    assert [rated["rating"] for rated in visitor.stage.rated] == ["down", None]


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
