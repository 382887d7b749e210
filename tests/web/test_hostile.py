"""Hostile text runs nothing, wherever it comes from; nor does TeX."""

import json
import time
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visitor
from tests.web.stage import answered, unanswered

MARKUP = [
    "<script>hit()</script>", "<img src=x onerror=hit()>", "<svg onload=hit()>", "<svg><script>hit()</script></svg>",
    "<iframe src='javascript:parent.hit()'></iframe>", "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<body onload=hit()>", "<input autofocus onfocus=hit()>", "<select autofocus onfocus=hit()>", "<textarea autofocus onfocus=hit()>",
    "<details open ontoggle=hit()>", "<video><source onerror=hit()></video>", "<audio src=x onerror=hit()>",
    "<object data='javascript:hit()'></object>", "<embed src='javascript:hit()'>", "<marquee onstart=hit()>",
    "<math><mtext><img src=x onerror=hit()></mtext></math>", "<a href='javascript:hit()'>x</a>", "<a href=' java\tscript:hit()'>x</a>",
    "<form action='javascript:hit()'><button>x</button></form>", "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/a.css'>", "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<style>@import 'https://evil.example/a.css'</style>", "<div style='background:url(https://evil.example/a.png)'>x</div>",
    "\"><img src=x onerror=hit()>", "'><svg onload=hit()>", "</textarea><script>hit()</script>", "</title><script>hit()</script>",
    "<!--><img src=x onerror=hit()>-->", "<![CDATA[><script>hit()</script>]]>", "<noscript><p title='</noscript><img src=x onerror=hit()>'>",
    "<template><script>hit()</script></template>", "<wenjin-chat endpoint='https://evil.example/'></wenjin-chat>",
    "&lt;img src=x onerror=hit()&gt;", "&#60;script&#62;hit()&#60;/script&#62;", "\\u003cscript\\u003ehit()\\u003c/script\\u003e",
    "{{constructor.constructor('hit()')()}}", "${hit()}", "<%= hit() %>", "\u202e<script>hit()</script>", "\0<script>hit()</script>",
]  # fmt: skip
LINKS = [
    "[x](javascript:hit())", "[x](JaVaScRiPt:hit())", "[x](java\tscript:hit())", "[x](&#106;avascript:hit())", "[x](\x01javascript:hit())",
    "[x](vbscript:hit())", "[x](data:text/html,<script>parent.hit()</script>)", "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](blob:https://evil.example/1)", "[x](file:///etc/passwd)", "[x](javascript&colon;hit())", "[x](//evil.example/a)",
    "![x](javascript:hit())", "![x](data:image/svg+xml,<svg onload=hit()>)", "![x](https://evil.example/a.png)",
    '![x](https://evil.example/a.png "t\" onerror=\"hit()")', '[x](https://evil.example "t\" onclick=\"hit()")', "<javascript:hit()>",
    "[x]: javascript:hit()\n\n[x]", "<https://evil.example/'onclick='hit()>", "[![x](javascript:hit())](javascript:hit())",
    "```html\n<script>hit()</script>\n```", "```\" onload=\"hit()\nx\n```", "`<img src=x onerror=hit()>`",
    "| <img src=x onerror=hit()> |\n| --- |\n| [x](javascript:hit()) |", "**<img src=x onerror=hit()>**", "# <svg onload=hit()>",
    "$\\href{javascript:hit()}{x}$", "$\\htmlStyle{background:url(https://evil.example)}{x}$", "$\\includegraphics{https://evil.example/a.png}$",
    "$\\htmlData{x=1}{y}$", "$<img src=x onerror=hit()>$", "$$\\url{javascript:hit()}$$", "$\\text{<script>hit()</script>}$",
]  # fmt: skip
VECTORS = [*MARKUP, *LINKS]

INSPECT = """() => {
  const faults = [];
  const allowed = new Set(['http:', 'https:', 'mailto:']);
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.localName === 'script' && root !== document) faults.push('script');
      if (['iframe', 'object', 'embed', 'link', 'meta', 'base', 'style'].includes(element.localName) && root !== document)
        faults.push(element.localName);
      for (const { name, value } of element.attributes) {
        if (name.startsWith('on')) faults.push(`${element.localName} ${name}`);
        if (['href', 'src', 'action', 'xlink:href'].includes(name) && !allowed.has(new URL(value, location.href).protocol))
          faults.push(`${element.localName} ${name}=${value}`);
        if (name === 'src' && !new URL(value, location.href).hostname.startsWith('127.')) faults.push(`src=${value}`);
      }
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return faults;
}"""


@pytest.fixture
def target(visitor: Visitor) -> Visitor:
    visitor.context.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1; };")
    return visitor


def unharmed(visitor: Visitor) -> None:
    visitor.page.wait_for_load_state("networkidle")
    assert visitor.page.evaluate("hits") == 0
    assert visitor.page.evaluate(INSPECT) == []


def test_there_are_vectors_enough() -> None:
    assert len(set(VECTORS)) >= 60


@pytest.mark.parametrize("start", range(0, len(VECTORS), 26))
def test_hostile_answers(target: Visitor, start: int) -> None:
    text = "\n\n".join(VECTORS[start : start + 26])
    target.stage.play(answered(text))
    target.open()
    target.ask()
    answer = target.done()
    if start == 0:
        expect(answer.locator(".prose")).to_contain_text("<script>hit()</script>")
    unharmed(target)


def everywhere(vector: str) -> dict[str, Any]:
    text = f"答[1]。{vector}"
    work = {
        "n": 1,
        "key": vector,
        "title": vector,
        "authors": [vector],
        "year": 2000,
        "venue": vector,
        "url": vector,
        "marks": [[1, 4]],
    }
    near = [{"id": vector, "question": vector, "confidence": 1}]
    return answered(text, id=vector, question=vector, matched_question=vector, citations=[work], related=near,
                    candidates=near, message_id=vector, figures=[{"src": vector, "width": 1, "height": 1}])  # fmt: skip


@pytest.mark.parametrize("start", range(0, len(VECTORS), 13))
def test_hostile_questions_titles_addresses_and_links(target: Visitor, start: int) -> None:
    target.open()
    for n, vector in enumerate(VECTORS[start : start + 13]):
        target.stage.play(everywhere(vector))
        target.ask(vector)
        expect(target.answers).to_have_count(n + 1)
        target.done()
    target.answers.last.locator(".cite").click()
    target.answers.last.locator("summary").click()
    unharmed(target)


def test_hostile_suggestions_entries_and_refusals(target: Visitor) -> None:
    target.stage.suggestions = [
        {"id": v, "question": v, "matched": v, "highlights": [[0, 3], [4, 9]]} for v in VECTORS[:40]
    ]
    target.stage.entries = [{"id": v, "question": v, "title": v, "topics": [v]} for v in VECTORS]
    near = [{"id": v, "question": v, "confidence": 1} for v in VECTORS]
    target.stage.play(unanswered("clarify") | {"candidates": near})
    target.stage.play(unanswered("no_answer") | {"candidates": near})
    target.open()
    target.field.press_sequentially("a")
    expect(target.page.get_by_role("option").first).to_be_visible()
    unharmed(target)
    for question in ("梯度", "天气"):
        target.ask(question)
        target.done()
    unharmed(target)


def test_hostile_attributes_and_stored_history(target: Visitor) -> None:
    target.open()
    target.ask()
    target.done()
    hostile = {"version": 1, "saved": int(time.time() * 1000), "open": True, "unsent": [], "feedbackOff": False, "turns": [
        {"key": str(n), "question": v, "state": "answered", "reply": everywhere(v), "partial": v, "fault": None, "rating": None, "reason": ""}
        for n, v in enumerate(VECTORS[::2])
    ]}  # fmt: skip
    target.page.evaluate(
        "text => { for (const name of Object.keys(localStorage)) localStorage.setItem(name, text); }",
        json.dumps(hostile, separators=(",", ":")),
    )
    attributes = {
        "contact": "javascript:hit()", "heading": "<img src=x onerror=hit()>", "label": "<svg onload=hit()>",
        "starters": "<img src=x onerror=hit()>|b", "lang": "zh\" onclick=\"hit()", "session": "",
    }  # fmt: skip
    target.visit(" ".join(f"data-{name}='{value.replace(chr(39), '&#39;')}'" for name, value in attributes.items()))
    expect(target.answers).to_have_count(len(VECTORS[::2]))
    target.done()
    unharmed(target)


def test_tex_can_neither_link_nor_blow_up(target: Visitor) -> None:
    tenfold = [rf"\def\{b}{{{f'{chr(92)}{a}' * 10}}}" for a, b in zip("abcdef", "bcdefg", strict=True)]
    bomb = "".join([r"\def\a{xxxxxxxxxx}", *tenfold, r"\g"])
    target.stage.play(
        answered(f"$\\href{{https://a.example}}{{x}}$，${bomb}$，$\\rule{{1000em}}{{1000em}}$，$\\frac{{a}}$")
    )
    target.open()
    target.ask()
    answer = target.done()
    target.page.wait_for_load_state("networkidle")
    target.page.wait_for_function(
        "() => document.querySelector('wenjin-chat').shadowRoot.querySelectorAll('.broken').length >= 2"
    )
    expect(answer.locator("a.quiet")).to_have_count(1)
    expect(answer.locator(".prose a")).to_have_count(0)
    assert answer.locator(".prose").evaluate("prose => prose.getBoundingClientRect().height") < 600
    took = target.page.evaluate(
        """async ([file, bomb]) => {
            const { render } = await import(file);
            const began = performance.now();
            try { render(bomb, false); } catch { }
            return performance.now() - began;
        }""",
        [next(url for url in target.requested if "/math-" in url), bomb],
    )
    assert took < 50
