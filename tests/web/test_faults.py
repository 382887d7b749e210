"""Each fault has its own words, keeps the question, and offers one way on."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.conftest import Visitor
from tests.web.stage import Play, answered, streaming


def fault(visitor: Visitor, words: str) -> None:
    answer = visitor.done()
    expect(answer.locator(".fault")).to_have_text(words)
    expect(answer.get_by_role("button")).to_have_count(1)
    expect(visitor.page.locator("wenjin-chat .asked")).to_contain_text("为什么用 ReLU")


def retry(visitor: Visitor) -> None:
    visitor.page.get_by_role("button", name="重试").click()
    expect(visitor.done().locator(".matched")).to_be_visible()
    expect(visitor.answers).to_have_count(1)


@pytest.mark.parametrize(
    ("play", "words"),
    [
        (Play(status=413), "问题或对话太长，服务器没有接收。请精简问题，或开始新对话。"),
        (Play(status=422, detail="question: 空"), "服务器看不懂这个请求：question: 空"),
        (Play(status=503), "等了很久没有回应，请重试。"),
        (Play(status=500, detail="secret"), "服务器出了点问题，请稍后重试。"),
        (Play(reply={"status": "odd"}), "服务器出了点问题，请稍后重试。"),
    ],
    ids=["413", "422", "503", "500", "nonsense"],
)
def test_an_error_is_said_in_its_own_words(visitor: Visitor, play: Play, words: str) -> None:
    visitor.stage.play(Play(**{name: getattr(play, name) for name in ("status", "detail", "reply")}))
    visitor.open()
    visitor.ask()
    fault(visitor, words)
    assert len(visitor.stage.asked) == 1
    retry(visitor)


def test_too_many_questions_are_counted_down(visitor: Visitor) -> None:
    visitor.page.clock.install()
    visitor.stage.play(Play(status=429, headers={"Retry-After": "3"}))
    visitor.open()
    visitor.ask()
    fault(visitor, "提问太频繁了，3 秒后可以重试。")
    button = visitor.page.get_by_role("button", name="重试")
    expect(button).to_be_disabled()
    visitor.page.clock.run_for(1000)
    expect(visitor.answers.locator(".fault")).to_have_text("提问太频繁了，2 秒后可以重试。")
    visitor.page.clock.run_for(2500)
    expect(visitor.answers.locator(".fault")).to_have_text("现在可以重试了。")
    button.click()
    visitor.page.clock.run_for(1000)
    expect(visitor.answers.locator(".matched")).to_be_visible()


def test_offline(visitor: Visitor) -> None:
    visitor.open()
    visitor.context.set_offline(True)
    visitor.ask()
    fault(visitor, "网络已断开。问题已保留，联网后请重试。")
    visitor.context.set_offline(False)
    retry(visitor)


def refusing(page: Page, times: int, error: str = "connectionrefused") -> list[str]:
    refused: list[str] = []

    def refuse(route: Route) -> None:
        if len(refused) < times:
            refused.append(route.request.url)
            route.abort(error)
        else:
            route.continue_()

    page.route("**/ask", refuse)
    return refused


BROKEN = pytest.mark.parametrize(
    "error", ["connectionrefused", "connectionreset", "connectionclosed", "namenotresolved"]
)


@BROKEN
def test_a_connection_that_fails_is_tried_once_more_and_then_that_is_said(visitor: Visitor, error: str) -> None:
    visitor.open()
    refused = refusing(visitor.page, 2, error)
    visitor.ask()
    fault(visitor, "连不上服务器，请稍后重试。")
    assert len(refused) == 2
    retry(visitor)
    once(visitor, asked=1)


@BROKEN
def test_one_failure_is_not_noticed(visitor: Visitor, error: str) -> None:
    visitor.open()
    refusing(visitor.page, 1, error)
    visitor.ask()
    expect(visitor.done().locator(".matched")).to_be_visible()
    once(visitor, asked=1)


def once(visitor: Visitor, asked: int) -> None:
    """The question stands there once: to be seen, as it is kept, after a reload, and in what goes with the next one."""
    assert len(visitor.stage.asked) == asked
    visitor.page.reload()
    visitor.done()
    expect(visitor.page.locator("wenjin-chat .asked")).to_have_count(1)
    expect(visitor.answers).to_have_count(1)
    visitor.ask("再问")
    expect(visitor.answers).to_have_count(2)
    visitor.done()
    assert [turn["question"] for turn in visitor.stage.asked[-1]["history"]] == ["为什么用 ReLU"]


def test_pressing_retry_twice_asks_once(visitor: Visitor) -> None:
    visitor.stage.play(Play(status=500))
    visitor.open()
    visitor.ask()
    visitor.done()
    play = visitor.stage.play(streaming())
    visitor.page.evaluate("""() => {
        const button = document.querySelector('wenjin-chat').shadowRoot.querySelector('.retry');
        button.click();
        button.click();
    }""")
    play.begin()
    play.put("delta", {"text": answered()["answer"]})
    play.end()
    visitor.done()
    once(visitor, asked=2)


def test_several_tries_leave_one_message(visitor: Visitor) -> None:
    for _ in range(3):
        visitor.stage.play(Play(status=500))
    visitor.open()
    visitor.ask()
    for n in range(3):
        expect(visitor.done().locator(".fault")).to_be_visible()
        assert len(visitor.stage.asked) == n + 1
        visitor.page.get_by_role("button", name="重试").click()
    expect(visitor.done().locator(".matched")).to_be_visible()
    once(visitor, asked=4)


def test_silence(visitor: Visitor) -> None:
    play = visitor.stage.play(Play(silent=True, reply=answered()))
    visitor.open('data-timeout="0.4"')
    visitor.ask()
    fault(visitor, "等了很久没有回应，请重试。")
    play.left.set()
    retry(visitor)


def test_a_stream_that_falls_silent(visitor: Visitor) -> None:
    play = visitor.stage.play(streaming())
    visitor.open('data-timeout="0.4"')
    visitor.ask()
    play.begin()
    play.put("delta", {"text": "半句"})
    fault(visitor, "等了很久没有回应，请重试。")
    expect(visitor.answers.locator(".prose")).to_have_text("半句")
    play.frames.put(None)
    retry(visitor)


@pytest.mark.parametrize("how", ["cut", "end", "error"])
def test_a_stream_that_breaks_keeps_what_came_and_is_not_tried_again_by_itself(visitor: Visitor, how: str) -> None:
    play = visitor.stage.play(streaming())
    visitor.open()
    visitor.ask()
    play.begin()
    play.put("delta", {"text": "前半句。"})
    expect(visitor.answers.locator(".prose")).to_have_text("前半句。")
    if how == "cut":
        play.cut()
    elif how == "error":
        play.put("error", {"status": 500, "detail": "secret"})
    else:
        play.frames.put(None)
    words = "服务器出了点问题，请稍后重试。" if how == "error" else "回答传到一半中断了，上面的内容不完整。"
    expect(visitor.done().locator(".fault")).to_have_text(words)
    expect(visitor.answers.locator(".prose")).to_have_text("前半句。")
    assert len(visitor.stage.asked) == 1
    play.frames.put(None)
    retry(visitor)


def test_errors_are_announced_at_once(visitor: Visitor) -> None:
    visitor.stage.play(Play(status=500))
    visitor.open()
    visitor.page.evaluate("""() => {
        const line = document.querySelector('wenjin-chat').shadowRoot.querySelector('[aria-live=assertive]');
        new MutationObserver(() => { window.said ||= line.textContent; }).observe(line, { childList: true });
    }""")
    visitor.ask()
    visitor.done()
    visitor.page.wait_for_function("() => window.said?.includes('服务器出了点问题')")


def test_a_question_that_is_too_long_is_not_sent(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask("长" * 1001)
    expect(visitor.page.locator("wenjin-chat .note")).to_have_text("问题最多 1000 个字符，请精简后再发送。")
    expect(visitor.field).to_have_value("长" * 1001)
    assert visitor.stage.asked == []


def test_formulas_and_code_are_readable_when_their_files_are_missing(visitor: Visitor) -> None:
    visitor.stage.missing = {"math", "code", "extras"}
    visitor.open()
    visitor.ask()
    answer = visitor.done()
    expect(answer.locator(".formula").first).to_have_text("z=Wx+b")
    expect(answer.locator("pre")).to_contain_text("def relu(x):")
    visitor.stage.missing = set()
    visitor.ask("再问一次")
    expect(visitor.done().locator(".katex").first).to_be_visible()
