"""axe-core finds nothing, under all of its rules, in any state, in both themes and both languages."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.conftest import REPOSITORY, Visitor
from tests.web.stage import Play, answered, streaming, unanswered

AXE = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"


def answer(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask()
    visitor.done()
    visitor.page.wait_for_load_state("networkidle")


def cited(visitor: Visitor) -> None:
    answer(visitor)
    visitor.answers.locator(".cite").first.click()


def unfolded(visitor: Visitor) -> None:
    answer(visitor)
    visitor.answers.locator("summary").click()
    visitor.answers.locator(".thumb.down").click()
    visitor.answers.locator(".why .chip").first.click()


def thanked(visitor: Visitor) -> None:
    unfolded(visitor)
    visitor.answers.locator(".why textarea").fill("少了一步")
    visitor.answers.locator(".why .submit").click()


def folded(visitor: Visitor) -> None:
    visitor.stage.play(answered("\n\n".join(f"第 {n} 段。" + "一段文字。" * 30 for n in range(40))))
    answer(visitor)
    visitor.answers.locator(".unfold").wait_for()


def stopped(visitor: Visitor) -> None:
    waiting(visitor)
    visitor.page.locator("wenjin-chat .send.stop").click()
    visitor.done()


def too_long(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask("长" * 1001)
    visitor.page.locator("wenjin-chat .note:visible").wait_for()


def too_often(visitor: Visitor) -> None:
    visitor.stage.play(Play(status=429, headers={"Retry-After": "60"}))
    visitor.open()
    visitor.ask()
    visitor.done()


def on_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size({"width": 375, "height": 700})
    answer(visitor)


def enlarged(visitor: Visitor) -> None:
    answer(visitor)
    visitor.answers.locator(".figure").click()


def menu(visitor: Visitor) -> None:
    visitor.open()
    visitor.page.locator("wenjin-chat .head .round[aria-expanded]").click()
    visitor.page.locator("wenjin-chat .menu:visible").wait_for()


def empty(visitor: Visitor) -> None:
    visitor.stage.entries = [{"id": "q1", "question": "什么是卷积？", "title": "卷积", "topics": ["卷积"]}]
    visitor.open()
    visitor.page.locator("wenjin-chat .starter").wait_for()


def suggesting(visitor: Visitor) -> None:
    visitor.stage.suggestions = [
        {"id": "q1", "question": "什么是卷积？", "matched": "卷积是啥", "highlights": [[0, 1]]}
    ]
    visitor.open()
    visitor.field.press_sequentially("卷")
    visitor.field.press("ArrowDown")


def waiting(visitor: Visitor) -> None:
    play = visitor.stage.play(streaming())
    visitor.open()
    visitor.ask()
    play.begin()
    play.put("delta", {"text": "半句话 $x$，[1] 还没完\n\n```python\nx = 1"})
    visitor.page.locator("wenjin-chat .prose").wait_for()
    visitor.stage.plays.append(play)  # ended when the stage is reset


def clarify(visitor: Visitor) -> None:
    visitor.stage.play(unanswered("clarify"))
    visitor.open()
    visitor.ask()
    visitor.done()


def declined(visitor: Visitor) -> None:
    visitor.stage.play(unanswered())
    visitor.open('data-contact="https://help.example/"')
    visitor.ask()
    visitor.done()


def faulty(visitor: Visitor) -> None:
    visitor.stage.play(Play(status=500))
    visitor.open()
    visitor.ask()
    visitor.done()


def unloaded(visitor: Visitor) -> None:
    visitor.stage.missing = {"chat"}
    visitor.visit()
    visitor.launcher.click()
    visitor.page.locator("wenjin-chat .notice:visible").wait_for()


STATES = (
    Visitor.visit,
    empty,
    menu,
    suggesting,
    waiting,
    answer,
    cited,
    unfolded,
    thanked,
    folded,
    stopped,
    too_long,
    too_often,
    on_a_phone,
    enlarged,
    clarify,
    declined,
    faulty,
    unloaded,
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing(visitor: Visitor, state: Callable[[Visitor], Any], language: str) -> None:
    """In the light theme and, once everything is there, in the dark one."""
    visitor.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    visitor.language = "zh-CN" if language == "zh" else "en"
    state(visitor)
    visitor.launcher.wait_for()
    assert violations(visitor) == []
    visitor.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert violations(visitor) == []


def violations(visitor: Visitor) -> list[str]:
    """What axe finds, as `rule: where`."""
    visitor.note_violations()
    if not visitor.page.evaluate("'axe' in window"):
        visitor.page.evaluate(AXE.read_text("utf-8"))
    found = visitor.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{rule['id']}: {json.dumps(node['target'])} {node.get('failureSummary', '')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
