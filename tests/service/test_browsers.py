from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient

from index.answerer import Answerer
from service.app import create_app
from service.browsers import HEADERS
from service.limits import BODY_LIMIT
from service.settings import Settings

SITE, OTHER = "https://docs.example.com", "https://evil.example.com"


@pytest.fixture(scope="module")
def app(toy_answerer: Answerer, _no_settings: None) -> FastAPI:
    app = create_app(Settings(allowed_origins=(SITE, "http://localhost:3000")), toy_answerer)

    @app.get("/page")
    def page() -> HTMLResponse:
        return HTMLResponse(
            "<p>", headers={"Content-Security-Policy": "default-src 'self'", "Cache-Control": "no-cache"}
        )

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError

    return app


@pytest.fixture(scope="module")
def browser(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def preflight(client: TestClient, origin: str, method: str = "POST", headers: str = "content-type") -> Any:
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}
    return client.options("/ask", headers=asked)


# Which sites may read


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_an_allowed_site_may_ask(browser: TestClient, accept: str) -> None:
    allowed = preflight(browser, SITE, headers="accept,content-type,authorization")
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == SITE
    assert "POST" in allowed.headers["access-control-allow-methods"]
    response = browser.post("/ask", json={"question": "退货"}, headers={"origin": SITE, "accept": accept})
    assert response.headers["access-control-allow-origin"] == SITE
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [OTHER, "null", SITE + ".evil.com", SITE + ":8443", "http://docs.example.com"])
def test_another_site_may_not(browser: TestClient, origin: str) -> None:
    assert preflight(browser, origin).status_code == 400
    for response in (preflight(browser, origin), browser.get("/entries", headers={"origin": origin})):
        assert "access-control-allow-origin" not in response.headers


def test_cookies_are_never_allowed(browser: TestClient) -> None:
    for response in (preflight(browser, SITE), browser.get("/entries", headers={"origin": SITE})):
        assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_only_the_methods_there_are_are_allowed(browser: TestClient, method: str) -> None:
    assert preflight(browser, SITE, method=method).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/entries/nope", b"", 404),
        ("PUT", "/ask", b"", 405),
        ("POST", "/ask", b" " * (BODY_LIMIT + 1), 413),
        ("POST", "/ask", b"{", 422),
        ("GET", "/broken", b"", 500),
    ],
)
def test_an_allowed_site_may_read_errors(browser: TestClient, method: str, path: str, body: bytes, status: int) -> None:
    response = browser.request(method, path, content=body, headers={"origin": SITE})
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == SITE
    assert response.headers["content-type"] == "application/problem+json"


def test_without_the_setting_no_site_may_read(client: TestClient) -> None:
    assert preflight(client, SITE).status_code == 405
    assert not any(
        name.startswith("access-control") for name in client.get("/entries", headers={"origin": SITE}).headers
    )


def test_a_star_lets_every_site_read(toy_answerer: Answerer) -> None:
    client = TestClient(create_app(Settings(allowed_origins=("*",)), toy_answerer))
    for response in (preflight(client, OTHER), client.get("/entries", headers={"origin": OTHER})):
        assert response.headers["access-control-allow-origin"] == "*"


# Headers on everything


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/entries"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/nope"),
        ("PUT", "/ask"),
        ("POST", "/ask"),
        ("GET", "/broken"),
        ("OPTIONS", "/ask"),
    ],
)
def test_every_response_has_the_headers(browser: TestClient, method: str, path: str) -> None:
    response = browser.request(method, path)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert {name: preflight(browser, OTHER).headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("path", ["/ask", "/v1/chat/completions"])
def test_answers_are_not_stored(browser: TestClient, path: str, accept: str) -> None:
    body = {"question": "退货"} if path == "/ask" else {"messages": [{"role": "user", "content": "退货"}]}
    response = browser.post(path, json=body, headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers.get_list("cache-control") == ["no-store"]


def test_a_page_keeps_its_own_policy(browser: TestClient) -> None:
    headers = browser.get("/page").headers
    assert headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert headers["cache-control"] == "no-cache"
    assert headers["x-content-type-options"] == "nosniff"
