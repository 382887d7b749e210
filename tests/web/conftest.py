"""A browser, the stage, a site that embeds the widget, and the real service. Whatever a test does, at its end the content
security policy must have held, nobody else must have been asked for anything, and no script must have failed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.stage import Running, Stage

try:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
except ImportError:  # without the extra [browser] these tests are left out, which the summary says
    collect_ignore_glob = ["test_*.py"]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
OPTIONS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
REPOSITORY = Path(__file__).parents[2]
LISTEN = """
window.violations = [];
document.addEventListener('securitypolicyviolation',
  (event) => violations.push(event.effectiveDirective + ' ' + event.blockedURI));
"""
STRICT = (
    "default-src 'none'; script-src {0}; style-src {0}; font-src {0}; img-src {0}; connect-src {0}; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "collect_ignore_glob" in globals():
        terminalreporter.write_line(
            "The browser tests were left out for want of the extra [browser]: make test-browser"
        )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("there is no Chromium: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _stage() -> Iterator[tuple[Stage, Running, Running]]:
    """The stage as the service, and once more, on another port, as the site that embeds it."""
    stage = Stage()
    site = Running(stage.app())
    service = Running(stage.app(site.url))
    yield stage, service, site
    site.stop()
    service.stop()


@pytest.fixture
def stage(_stage: tuple[Stage, Running, Running]) -> Stage:
    _stage[0].reset()
    return _stage[0]


@pytest.fixture(scope="session")
def service(_stage: tuple[Stage, Running, Running]) -> str:
    """Address of the service that the stage plays."""
    return _stage[1].url


@pytest.fixture(scope="session")
def site(_stage: tuple[Stage, Running, Running]) -> str:
    """Address of the site that embeds it."""
    return _stage[2].url


class Visitor:
    """Somebody with a browser on the embedding site."""

    def __init__(self, context: BrowserContext, stage: Stage, service: str, site: str) -> None:
        self.context, self.stage, self.service, self.site = context, stage, service, site
        context.add_init_script(LISTEN)
        context.set_default_timeout(8000)
        self.requested: list[str] = []
        self.errors: list[str] = []
        self.violations: list[str] = []
        self.language = "zh-CN"  # of the site
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def visit(self, attributes: str = "", body: str = "<h1>网站</h1>", head: str = "", **page: Any) -> Page:
        """Go to a page that embeds the widget under the strictest policy."""
        self.stage.host = host(
            f'<script async src="{self.service}/widget.js" {attributes}></script>{head}',
            body,
            **{"language": self.language} | page,
        )
        if self.stage.policy is None:
            self.stage.policy = STRICT.format(self.service)
        self.page.goto(self.site + "/")
        return self.page

    def open(self, attributes: str = "", **page: Any) -> Page:
        self.visit(attributes, **page)
        self.launcher.click()
        self.field.wait_for()
        return self.page

    def ask(self, question: str = "为什么用 ReLU") -> None:
        self.field.fill(question)
        self.field.press("Enter")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("wenjin-chat .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.locator("wenjin-chat .panel")

    @property
    def field(self) -> Locator:
        return self.page.locator("wenjin-chat textarea:not([readonly])")

    @property
    def answers(self) -> Locator:
        return self.page.locator("wenjin-chat .told")

    def done(self) -> Locator:
        """The last answer, once it is all there."""
        last = self.page.locator("wenjin-chat .told:last-child:not([aria-busy])")
        last.wait_for()
        return last

    def note_violations(self) -> list[str]:
        """Those on the present page; called before a harness adds its own."""
        for page in self.context.pages:
            self.violations += page.evaluate("window.violations?.splice(0) ?? []")
        return self.violations

    @property
    def foreign(self) -> list[str]:
        own = (self.service, self.site, "data:", "about:", "blob:")
        return [url for url in self.requested if not url.startswith(own)]


def host(head: str, body: str, language: str = "zh-CN", direction: str = "ltr") -> str:
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8"><title>网站</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{head}</head><body><main>{body}</main></body></html>"
    )


@pytest.fixture
def options() -> dict[str, Any]:
    """Of the browser context; a test module overrides it for another device."""
    return {}


@pytest.fixture
def visitor(browser: Browser, stage: Stage, service: str, site: str, options: dict[str, Any]) -> Iterator[Visitor]:
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, "locale": "zh-CN"} | options)
    visitor = Visitor(context, stage, service, site)
    yield visitor
    violations = visitor.note_violations()
    context.close()
    assert violations == []
    assert visitor.foreign == []
    assert visitor.errors == []
