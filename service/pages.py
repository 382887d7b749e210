"""Pages for people: the chat at `/`, which works as a plain form without JavaScript, one page per entry at `/q/{id}`,
and a demonstration of the widget at `/demo`. What is answered, and how, is `index`'s business."""

import re
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import TypeAdapter, ValidationError

from index.answerer import Answerer
from index.answers import Answer
from index.articles import Article
from service.asking import related_links
from service.assets import Assets
from service.feedback import note
from service.schemas import QUESTION_LENGTH, Question

if TYPE_CHECKING:
    from jinja2 import Environment

    from service.markup import Writer

TEMPLATES = Path(__file__).parent / "templates"
SIDEWAYS = {"table": "表格，可左右滚动", "formula": "公式，可左右滚动"}
DESCRIPTION_LENGTH = 150
TOO_LONG = 4 * QUESTION_LENGTH
"""Characters of a question that are read at all from an address."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "
)


class Pages:
    """Writes the pages. `framed_by` are the origins that may show them in a frame."""

    def __init__(self, assets: Assets, framed_by: Sequence[str] = ()) -> None:
        self._headers = {
            "Content-Security-Policy": _POLICY + " ".join(["'self'", *framed_by]),
            "Cache-Control": "no-cache",
            "Referrer-Policy": "strict-origin-when-cross-origin",
        }
        self._assets = assets

    # What only pages need is loaded with the first of them: it takes a tenth of a second and some MB, for which a
    # service that is only asked by programs has no use.

    @cached_property
    def _templates(self) -> "Environment":
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

        templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters["sentence"] = lambda text: text if text.endswith((".", "?", "!")) else f"{text}."
        templates.globals["style"] = f"/widget/{self._assets.current('page.css')}"
        templates.globals["chat"] = f"/widget/{self._assets.current('chat.js')}"
        templates.globals["finer"] = f"/widget/{self._assets.current('entry.js')}"
        templates.globals["longest"] = QUESTION_LENGTH
        return templates

    @cached_property
    def _writer(self) -> "Writer":
        from service.markup import Writer

        return Writer(SIDEWAYS)

    def home(self, answerer: Answerer, asked: str | None, ask: Callable[[str], Answer]) -> HTMLResponse:
        """The chat; with a question, what `ask` answers, for who has no JavaScript."""
        answer, problem = None, None
        if asked and asked.strip():
            try:
                question = TypeAdapter(Question).validate_python(asked[:TOO_LONG].strip())
            except ValidationError:
                problem = f"问题应当有 1 到 {QUESTION_LENGTH} 个字符。"
            else:
                answer = self._shown(answerer, ask(question))
        articles = answerer.snapshot.articles
        lists = {"topics": _by_topic(articles), "count": len(articles)}
        said = {"asked": asked or "", "answer": answer, "problem": problem}
        return self._page("home.html", 422 if problem else 200, **lists, **said)

    def entry(self, answerer: Answerer, id_: str, address: str) -> HTMLResponse:
        """One entry; a page that says so where there is none."""
        article = answerer.article(id_)
        if article is None:
            return self._page("missing.html", 404)
        text = _in_words(article)
        opening = " ".join(re.sub(r"[*`$]", "", text.partition("\n\n")[0]).split())
        return self._page(
            "entry.html",
            **self._article(answerer, article),
            address=address,
            description=opening[: DESCRIPTION_LENGTH - 1] + "…" if len(opening) > DESCRIPTION_LENGTH else opening,
            structured=_structured(article, text, address),
        )

    def demo(self) -> HTMLResponse:
        return self._page("demo.html")

    def _page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(template).render(values), status, self._headers)

    def _shown(self, answerer: Answerer, answer: Answer) -> dict[str, Any]:
        article = answer.article
        shown = self._article(answerer, article) if article else {}
        return {"status": answer.status, "candidates": answer.candidates, **shown}

    def _article(self, answerer: Answerer, article: Article) -> dict[str, Any]:
        return {
            "entry": article.entry,
            "body": self._writer.write(article),
            "citations": article.citations,
            "related": related_links(answerer, article),
        }


def add_pages(app: FastAPI, pages: Pages) -> None:
    """Serve the pages."""

    @app.get("/", include_in_schema=False)
    def home(request: Request, q: Annotated[str | None, Query()] = None) -> HTMLResponse:
        answerer: Answerer = request.app.state.answerer

        def ask(question: str) -> Answer:
            began = time.perf_counter()
            answer = answerer.ask(question)
            note(request, question, answer, (time.perf_counter() - began) * 1000)
            return answer

        return pages.home(answerer, q, ask)

    @app.get("/q/{id}", include_in_schema=False)
    def entry(id: str, request: Request) -> HTMLResponse:
        return pages.entry(request.app.state.answerer, id, str(request.url.replace(query="", fragment="")))

    @app.get("/demo", include_in_schema=False)
    def demo() -> HTMLResponse:
        return pages.demo()


def _by_topic(articles: Sequence[Article]) -> list[tuple[str, list[Article]]]:
    """Topics with their articles, the largest first; an article stands under its first topic."""
    groups: dict[str, list[Article]] = {}
    for article in articles:
        groups.setdefault(article.entry.topics[0] if article.entry.topics else "其他", []).append(article)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _in_words(article: Article) -> str:
    """An answer for readers without our pages: its Markdown, without citation markers and the list of what to read."""
    answer = article.answer
    for start, end in sorted((mark for work in article.citations for mark in work.marks), reverse=True):
        answer = answer[:start].rstrip(" ") + answer[end:]
    return answer.partition("\n## 延伸阅读")[0].strip()


def _structured(article: Article, text: str, address: str) -> dict[str, Any]:
    """schema.org's account of the page, for search engines."""
    asked, reviewed = article.entry.question, article.entry.reviewed
    answer = {"@type": "Answer", "text": text, "url": address}
    if reviewed:
        answer["dateModified"] = reviewed.isoformat()
    question = {"@type": "Question", "name": asked, "text": asked, "answerCount": 1, "acceptedAnswer": answer}
    return {"@context": "https://schema.org", "@type": "QAPage", "inLanguage": "zh-CN", "mainEntity": question}
