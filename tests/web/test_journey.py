"""One whole visit to the service as it is shipped, from another site: its own index, corpus and database."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy
from playwright.sync_api import expect

from index.errors import WenjinError
from service.app import create_app, load_answerer
from service.journal import load_journal
from service.settings import Settings
from service.tables import feedback, questions
from tests.web.conftest import REPOSITORY, Visitor
from tests.web.pictures import develop
from tests.web.stage import Running


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of the database that the service writes to."""
    return f"sqlite:///{tmp_path_factory.mktemp('journey') / 'journal.db'}"


@pytest.fixture(scope="module")
def service(site: str, log: str) -> Iterator[str]:
    """Address of the real service, in the place of the stage's."""
    settings = Settings(index_dir=REPOSITORY / "index" / "built", database=log, allowed_origins=(site,))
    try:
        answerer = load_answerer(settings)
    except WenjinError as error:
        pytest.skip(f"no index of the corpus here, which `make index` builds: {error}")
    journal = load_journal(settings)
    assert journal is not None
    journal.start()
    running = Running(create_app(settings, answerer, journal))
    yield running.url
    running.stop()
    journal.close()


def rows(log: str, table: sqlalchemy.Table) -> list[sqlalchemy.RowMapping]:
    engine = sqlalchemy.create_engine(log)
    with engine.connect() as connection:
        found = list(connection.execute(sqlalchemy.select(table)).mappings())
    engine.dispose()
    return found


def test_from_the_first_letters_to_a_row_in_the_database(visitor: Visitor, log: str) -> None:
    page = visitor.open("crossorigin")
    visitor.field.press_sequentially("relu sig", delay=30)
    offered = page.get_by_role("listbox", name="相近的问题").get_by_role("option")
    expect(offered.first).to_be_visible()
    visitor.field.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True).locator("span").inner_text()
    with page.expect_response("**/ask") as asked:
        visitor.field.press("Enter")
    assert asked.value.headers["content-type"].startswith("text/event-stream")
    answer = visitor.done()
    expect(page.locator("wenjin-chat .bubble")).to_have_text(chosen)
    expect(answer.locator(".matched strong")).to_have_text(chosen)
    expect(answer.locator(".katex").first).to_be_visible()

    cite = answer.locator(".cite").first
    cite.click()
    popover = page.locator(".citation:popover-open")
    expect(popover.locator("strong")).not_to_be_empty()
    assert (popover.get_by_role("link").get_attribute("href") or "").startswith("https://")
    page.keyboard.press("Escape")

    down = answer.get_by_role("button", name="没帮助", exact=True)
    with page.expect_response("**/feedback"):
        down.click()
    with page.expect_response("**/feedback"):
        answer.get_by_role("button", name="没讲清楚").click()
    answer.get_by_label("还想补充什么？（可不填）").fill("推导跳得太快：<b>第二步</b>")
    with page.expect_response("**/feedback") as kept:
        answer.get_by_role("button", name="提交").click()
    assert kept.value.status == 200
    expect(answer.get_by_text("谢谢，已记下。")).to_be_visible()

    (question,) = rows(log, questions)
    assert (question["question"], question["status"]) == (chosen, "answered")
    (said,) = rows(log, feedback)
    assert said["message_id"] == question["message_id"]
    assert (said["rating"], said["reason"], said["comment"]) == ("down", "unclear", "推导跳得太快：<b>第二步</b>")

    with page.expect_response("**/feedback"):
        down.click()
    assert rows(log, feedback) == []


def test_what_is_not_in_the_corpus_is_declined_and_may_be_rated(visitor: Visitor) -> None:
    visitor.open()
    visitor.ask("今天上海的天气怎么样")
    answer = visitor.done()
    expect(answer).to_contain_text("没有找到可靠答案")
    expect(answer.locator(".prose")).to_have_count(0)
    answer.locator(".choice").first.click()
    expect(visitor.done().locator(".matched")).to_be_visible()


def test_suggestions_come_while_typing_and_are_none_for_nonsense(visitor: Visitor) -> None:
    page = visitor.open()
    visitor.field.press_sequentially("梯度消", delay=30)
    offered = page.get_by_role("listbox", name="相近的问题").get_by_role("option")
    expect(offered.first).to_contain_text("梯度消")
    assert 1 <= offered.count() <= 5
    visitor.field.press("Escape")
    with page.expect_response("**/suggest?*") as response:
        visitor.field.fill("qqqxxzz")
    assert response.value.json() == []
    expect(page.get_by_role("listbox", name="相近的问题")).to_be_hidden()


LEGIBLE = """
    const data = await pixels(addresses[0]), ground = luminance(data, 0);
    let strokes = 0;
    for (let i = 0; i < data.length; i += 4) if (contrast(luminance(data, i), ground) >= 4.5) strokes += 1;
    return [ground, strokes / (data.length / 4)];
"""
"""How light the ground of a picture is, and which share of it stands out from that like legible text."""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("system", ["light", "dark"])
def test_figures_are_legible_in_both_themes(visitor: Visitor, theme: str, system: Any) -> None:
    visitor.page.emulate_media(color_scheme=system)
    page = visitor.open(f'data-theme="{theme}"')
    visitor.ask("为什么 ReLU 比 sigmoid 好")
    figure = visitor.done().locator("img").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => document.querySelector('wenjin-chat').shadowRoot.querySelector('img').naturalWidth > 0"
    )
    ground, strokes = develop(visitor.new_page(), LEGIBLE, figure.screenshot())
    assert ground < 0.05 if theme == "dark" else ground > 0.9
    assert strokes > 0.01
