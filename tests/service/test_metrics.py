import re

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from index.answerer import Answerer
from service.app import create_app
from service.metrics import MEDIA_TYPE
from service.settings import Settings

ASK, OTHER = {"question": "商品不满意怎么退货？"}, {"question": "今天天气怎么样"}


@pytest.fixture
def fresh(toy_answerer: Answerer) -> TestClient:
    return TestClient(create_app(Settings(), toy_answerer), raise_server_exceptions=False)


def samples(client: TestClient) -> dict[tuple[str, ...], float]:
    """Each sample's value by its name and label values, the labels in the order of their names."""
    text = client.get("/metrics").text
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_it_is_the_text_format_of_prometheus(fresh: TestClient) -> None:
    response = fresh.get("/metrics")
    assert (response.status_code, response.headers["content-type"]) == (200, MEDIA_TYPE)
    assert "# TYPE wenjin_http_requests_total counter" in response.text


def test_requests_are_counted_by_method_route_and_status(fresh: TestClient) -> None:
    for path in ("/entries/refund", "/entries/returns", "/entries/nope", "/nope", "/also/nope"):
        fresh.get(path)
    fresh.post("/ask", json=ASK)
    fresh.post("/ask", json={})
    fresh.put("/ask")
    fresh.post("/ask", json=ASK, headers={"accept": "text/event-stream"})
    counted = {key[1:]: value for key, value in samples(fresh).items() if key[0] == "wenjin_http_requests_total"}
    assert counted == {
        ("GET", "/entries/{id}", "200"): 2,
        ("GET", "/entries/{id}", "404"): 1,
        ("GET", "none", "404"): 2,
        ("POST", "/ask", "200"): 2,
        ("POST", "/ask", "422"): 1,
        ("other", "/ask", "405"): 1,
    }


def test_durations_are_counted_by_route(fresh: TestClient) -> None:
    for _ in range(3):
        fresh.post("/ask", json=ASK)
    found = samples(fresh)
    buckets = [value for key, value in found.items() if key[0] == "wenjin_http_request_seconds_bucket"]
    assert buckets == sorted(buckets)
    assert found["wenjin_http_request_seconds_bucket", "+Inf", "/ask"] == 3
    assert found["wenjin_http_request_seconds_count", "/ask"] == 3
    assert found["wenjin_http_request_seconds_sum", "/ask"] > 0


def test_answers_are_counted_by_status_however_they_were_asked_for(fresh: TestClient) -> None:
    for accept in ("application/json", "text/event-stream"):
        for body in (ASK, OTHER):
            fresh.post("/ask", json=body, headers={"accept": accept})
    fresh.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": OTHER["question"]}]})
    found = samples(fresh)
    assert found["wenjin_answers_total", "answered"] == 2
    assert found["wenjin_answers_total", "no_answer"] == 3


def test_the_index_and_the_process_are_told(fresh: TestClient, toy_answerer: Answerer) -> None:
    found = samples(fresh)
    assert found["wenjin_index_info", toy_answerer.snapshot.version] == 1
    assert found["process_open_fds",] > 0


def test_nothing_a_client_sends_becomes_a_label(fresh: TestClient) -> None:
    for n in range(50):
        fresh.get(f"/secret{n}")
        fresh.get(f"/entries/secret{n}")
        fresh.get(f"/entries/secret{n}/secret{n}")
        fresh.request(f"SECRET{n}", "/ask", headers={"user-agent": "secret", "accept": "secret"})
        fresh.post("/ask", json={"question": f"secret{n}"})
    text = fresh.get("/metrics").text
    assert "secret" not in text.lower()
    assert len(re.findall("^wenjin_http_requests_total", text, re.MULTILINE)) == 5


def test_apps_count_for_themselves(fresh: TestClient, toy_answerer: Answerer) -> None:
    other = TestClient(create_app(Settings(), toy_answerer))
    fresh.post("/ask", json=ASK)
    assert ("wenjin_answers_total", "answered") in samples(fresh)
    assert ("wenjin_answers_total", "answered") not in samples(other)
