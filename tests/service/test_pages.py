import json
import re
from html import unescape
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from tests.conftest import TOY_ENTRIES

CANONICAL = TOY_ENTRIES[0].question


def test_the_home_page_lists_every_entry_and_has_a_plain_form(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for entry in TOY_ENTRIES:
        assert f'href="/q/{entry.id}"' in page.text
    assert re.search(r'<form [^>]*action="/" method="get"', page.text)
    assert f"全部 {len(TOY_ENTRIES)} 个问题" in page.text


@pytest.mark.parametrize("path", ["/", "/q/returns", "/demo", "/q/nothing", "/?q=退款"])
def test_pages_have_the_strictest_policy_and_nothing_inline(client: TestClient, path: str) -> None:
    page = client.get(path)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=", page.text)
    assert all("src=" in tag or "ld+json" in tag for tag in re.findall(r"<script[^>]*>", page.text))
    assert not re.search(r'<(?:script|img|link)[^>]*(?:src|href)="(?:https?:)?//(?!testserver)', page.text)


def test_a_question_in_the_address_is_answered_without_javascript(client: TestClient) -> None:
    page = client.get("/", params={"q": CANONICAL}).text
    assert f'<a href="/q/returns">{CANONICAL}</a>' in page
    assert "收到商品后 14 天内可以退货" in page
    assert "<math" in page
    assert f'value="{CANONICAL}"' in page
    assert 'content="noindex"' in page


def test_asking_back_and_declining_without_javascript(client: TestClient) -> None:
    assert "你想问的是哪一个？" in client.get("/", params={"q": "发票抬头和开票"}).text
    declined = client.get("/", params={"q": "今天天气怎么样"}).text
    assert "没有找到可靠答案" in declined
    assert declined.count('<li><a href="/q/') >= 3


@pytest.mark.parametrize("question", ["长" * 1001, "\0", "x" * 9000])
def test_a_question_that_cannot_be_asked_is_said_so(client: TestClient, question: str) -> None:
    page = client.get("/", params={"q": question})
    assert page.status_code == 422
    assert "问题应当有 1 到 1000 个字符" in page.text


def test_hostile_questions_are_text(client: TestClient) -> None:
    for hostile in ('"><script>x()</script>', "{{ 7 * 7 }}", "</title><script>x()</script>", '" onfocus="x()'):
        page = client.get("/", params={"q": hostile}).text
        assert "<script>x" not in page
        assert ">49<" not in page
        assert 'onfocus="x' not in page


def test_an_entry_has_its_page(client: TestClient) -> None:
    page = client.get("/q/returns")
    assert page.status_code == 200
    text = page.text
    assert f"<h1>{CANONICAL}</h1>" in text
    assert '<link rel="canonical" href="http://testserver/q/returns">' in text
    assert re.search(r'<meta name="description" content="收到商品后', text)
    assert '<time datetime="2026-11-23">2026 年 11 月 23 日</time>' in text
    assert '<a href="/q/refund">' in text
    for link in re.findall(r'href="#([^"]+)"', text):
        assert f'id="{link}"' in text


def test_search_engines_are_told_question_and_answer(client: TestClient) -> None:
    page = client.get("/q/returns").text
    data = json.loads(unescape(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[0]))
    assert data["@type"] == "QAPage"
    assert data["mainEntity"]["name"] == CANONICAL
    assert data["mainEntity"]["acceptedAnswer"]["text"].startswith("收到商品后 14 天内可以退货")


@pytest.mark.parametrize("id_", ["nothing", "<script>", "%00", "x" * 3000])
def test_an_unknown_entry_has_a_page_that_says_so(client: TestClient, id_: str) -> None:
    page = client.get(f"/q/{id_}")
    assert page.status_code == 404
    assert "没有这一页" in page.text
    assert "<script>" not in page.text


def test_pages_are_well_formed(client: TestClient) -> None:
    for path in ("/", "/q/returns", "/demo", "/?q=退款", "/q/nothing"):
        body = re.sub(r"(?s)^.*?(<body.*</body>).*$", r"\1", client.get(path).text)
        body = re.sub(r"<(img|input|hr|br)([^>]*)>", r"<\1\2/>", body).replace("&ApplyFunction;", "")
        body = re.sub(r"\s(required|async|defer|data-wenjin-catalogue)(?=[\s>/])", r' \1=""', body)
        ElementTree.fromstring(body)


def test_search_engines_get_the_answer_without_markers_and_with_its_formulas(client: TestClient) -> None:
    page = client.get("/q/returns").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    text = json.loads(found[1])["mainEntity"]["acceptedAnswer"]["text"]
    assert not re.search(r"\[\d", text)
    assert "$" in text
    assert "延伸阅读" not in text


def test_a_reference_has_one_mark_at_its_end(client: TestClient) -> None:
    works = re.findall(r'<li id="ref-.*?</li>', client.get("/q/returns").text, re.DOTALL)
    assert works
    assert not any(re.search(r"[.?!]\.", re.sub(r"<[^>]+>", "", work)) for work in works)
