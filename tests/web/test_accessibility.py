"""axe-core finds nothing, under all of its rules, in any state and in both themes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.conftest import REPOSITORY, Visitor
from tests.web.stage import Play, streaming, unanswered

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
    visitor.answers.get_by_role("button", name="没帮助", exact=True).click()


def enlarged(visitor: Visitor) -> None:
    answer(visitor)
    visitor.answers.locator(".figure").click()


def menu(visitor: Visitor) -> None:
    visitor.open()
    visitor.page.get_by_role("button", name="更多").click()


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
    enlarged,
    clarify,
    declined,
    faulty,
    unloaded,
)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing(visitor: Visitor, state: Callable[[Visitor], Any], theme: Any) -> None:
    visitor.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    state(visitor)
    visitor.launcher.wait_for()
    assert violations(visitor) == []


def violations(visitor: Visitor) -> list[str]:
    """What axe finds, as `rule: where`."""
    visitor.note_violations()
    visitor.page.evaluate(AXE.read_text("utf-8"))
    found = visitor.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{rule['id']}: {json.dumps(node['target'])} {node.get('failureSummary', '')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
