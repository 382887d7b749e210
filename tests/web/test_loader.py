"""The one script tag: where it may stand, how often, and what is left when the element goes."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import STRICT, Visitor, host
from tests.web.stage import Play, streaming, unanswered


@pytest.mark.parametrize("attribute", ["async", "defer", ""])
@pytest.mark.parametrize("place", ["head", "body"])
def test_one_script_tag_gives_one_launcher(visitor: Visitor, place: str, attribute: str) -> None:
    script = f'<script {attribute} src="{visitor.service}/widget.js"></script>'
    visitor.stage.host = host(script, "<p>a</p>") if place == "head" else host("", f"{script}<p>a</p>")
    visitor.stage.policy = STRICT.format(visitor.service)
    visitor.page.goto(visitor.site)
    expect(visitor.launcher).to_have_count(1)
    visitor.launcher.click()
    expect(visitor.field).to_be_focused()


def test_two_script_tags_give_one_widget(visitor: Visitor) -> None:
    visitor.visit(head=f'<script async src="{visitor.service}/widget.js"></script>')
    expect(visitor.launcher).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    expect(visitor.page.locator("wenjin-chat")).to_have_count(1)


def test_an_element_of_the_page_is_used(visitor: Visitor) -> None:
    visitor.open(body='<wenjin-chat heading="我的标题" label="问一问"></wenjin-chat>')
    expect(visitor.page.locator("wenjin-chat")).to_have_count(1)
    expect(visitor.page.get_by_role("heading", name="我的标题")).to_be_visible()
    expect(visitor.launcher).to_have_text("问一问")


def test_it_outlives_a_page_that_changes_its_body(visitor: Visitor) -> None:
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    visitor.page.evaluate("document.body = document.createElement('body')")
    visitor.launcher.click()
    expect(visitor.field).to_be_focused()
    visitor.page.evaluate("history.pushState(null, '', '/other')")
    expect(visitor.panel).to_be_visible()


def test_a_tag_with_crossorigin_spares_the_chat_a_connection_of_its_own(visitor: Visitor) -> None:
    for attribute, same in (("crossorigin", True), ("", False)):
        visitor.open(f'{attribute} data-history="none"')
        ports = visitor.stage.connections
        assert (ports["widget.js"] == ports["chat"]) is same


def test_nothing_stays_of_an_element_that_is_removed(visitor: Visitor) -> None:
    visitor.context.add_init_script("""
        window.listening = 0;
        for (const target of [window, document, window.visualViewport]) {
          const [add, remove] = [target.addEventListener, target.removeEventListener];
          target.addEventListener = function (type, listener, options) {
            window.listening += 1;
            options?.signal?.addEventListener('abort', () => { window.listening -= 1; });
            return add.call(this, type, listener, options);
          };
          target.removeEventListener = function (...all) { window.listening -= 1; return remove.apply(this, all); };
        }
    """)
    visitor.visit(body='<div id="place"></div>')
    expect(visitor.launcher).to_be_visible()
    before = visitor.page.evaluate("listening")
    visitor.launcher.click()
    play = visitor.stage.play(streaming())
    visitor.ask()
    play.begin()
    expect(visitor.page.locator("wenjin-chat .matched")).to_be_visible()
    assert visitor.page.evaluate("listening") > before
    left = visitor.page.evaluate("""() => {
        const element = document.querySelector('wenjin-chat');
        element.remove();
        return [element.shadowRoot.childNodes.length, element.shadowRoot.adoptedStyleSheets.length, listening];
    }""")
    assert left == [0, 0, before]
    play.put("delta", {"text": "x" * 100})
    play.put("delta", {"text": "x"})
    play.frames.put(None)
    assert play.left.wait(5)
    visitor.page.evaluate("document.body.append(document.createElement('wenjin-chat'))")
    expect(visitor.panel).to_be_visible()  # as it was left


def test_only_the_loader_is_fetched_before_it_is_wanted(visitor: Visitor) -> None:
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    assert [url.removeprefix(visitor.service) for url in visitor.requested if url.startswith(visitor.service)] == [
        "/widget.js"
    ]


HEAR = """() => {
    window.seen = [];
    for (const name of ['ready', 'open', 'ask', 'answer', 'fault', 'close'])
      document.addEventListener('wenjin:' + name, (event) => seen.push([name, event.detail ?? {}]));
}"""


def test_methods_and_events(visitor: Visitor) -> None:
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    visitor.page.evaluate(HEAR)
    element = visitor.page.locator("wenjin-chat")
    element.evaluate("chat => chat.ask('为什么？')")  # opens, too
    visitor.done()
    visitor.page.wait_for_function("() => seen.length === 4")
    element.evaluate("chat => chat.close()")
    expect(visitor.panel).to_be_hidden()
    element.evaluate("chat => chat.open()")
    expect(visitor.field).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "true")
    expect(visitor.answers).to_have_count(1)
    element.evaluate("chat => chat.clear()")
    expect(visitor.answers).to_have_count(0)
    assert visitor.page.evaluate("seen") == [
        ["ready", {}],
        ["open", {}],
        ["ask", {"question": "为什么？"}],
        ["answer", {"question": "为什么？", "status": "answered", "id": "q13", "confidence": 0.97}],
        ["close", {}],
        ["open", {}],
    ]


def test_the_host_hears_of_faults_and_of_declined_questions(visitor: Visitor) -> None:
    visitor.stage.play(Play(status=500))
    visitor.stage.play(unanswered())
    visitor.open()
    visitor.page.evaluate(HEAR)
    for count, question in enumerate(("甲", "乙"), 1):
        visitor.ask(question)
        expect(visitor.answers).to_have_count(count)
        visitor.done()
    visitor.page.wait_for_function("() => seen.length === 4")
    nothing = {"status": "no_answer", "id": None, "confidence": 0.97}
    assert visitor.page.evaluate("seen") == [
        ["ask", {"question": "甲"}],
        ["fault", {"kind": "broken"}],
        ["ask", {"question": "乙"}],
        ["answer", {"question": "乙"} | nothing],
    ]


def test_a_host_that_asks_for_what_cannot_be_loaded_is_told(visitor: Visitor) -> None:
    visitor.stage.missing = {"chat"}
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    for call in ("open()", "ask('为什么？')"):
        outcome = f"() => document.querySelector('wenjin-chat').{call}.then(() => 'shown', (error) => error.name)"
        assert visitor.page.evaluate(outcome) == "TypeError"
    visitor.page.evaluate("() => { const chat = document.querySelector('wenjin-chat'); chat.close(); chat.clear(); }")
    assert visitor.stage.asked == []


def test_a_chat_that_does_not_load_is_said_and_tried_again(visitor: Visitor) -> None:
    visitor.stage.missing = {"chat"}
    visitor.visit()
    visitor.launcher.click()
    notice = visitor.page.locator("wenjin-chat .notice[role=alert]")
    expect(notice).to_have_text("问答没有加载出来，请检查网络后再点一次。")
    expect(visitor.launcher).not_to_have_attribute("aria-busy", "true")
    visitor.stage.missing = set()
    visitor.launcher.click()
    expect(visitor.field).to_be_focused()
    expect(notice).to_be_hidden()


def test_a_chat_whose_hash_is_gone_is_found_under_its_new_name(visitor: Visitor) -> None:
    visitor.visit()
    loader = visitor.page.request.get(f"{visitor.service}/widget.js").text()
    old = re.sub(r"chat-[0-9a-f]{10}\.js", "chat-0123456789.js", loader)
    visitor.page.route("**/widget.js", lambda route: route.fulfill(body=old, content_type="text/javascript"))
    visitor.page.reload()
    visitor.launcher.click()
    expect(visitor.field).to_be_focused()
