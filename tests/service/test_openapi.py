import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from service.limits import BODY_LIMIT, WIDER_LIMITS
from service.problems import MEDIA_TYPE

GOLDEN = Path(__file__).with_name("openapi.json")
RENEW = f"""\
The document has changed. If that is meant, renew the golden copy and read its difference:
python -c "import json; from pathlib import Path; from service.app import create_app; from service.settings import \
Settings; Path('tests/service/{GOLDEN.name}').write_text(json.dumps(create_app(Settings(), None).openapi(), \
ensure_ascii=False, indent=1) + '\\n', 'utf-8')\""""


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    return dict(client.get("/openapi.json").json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_the_document_is_the_golden_one(document: dict[str, Any]) -> None:
    assert document == json.loads(GOLDEN.read_text("utf-8")), RENEW


def test_every_error_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    errors = [
        (method, path, status, response["content"])
        for method, path, operation in operations(document)
        for status, response in operation["responses"].items()
        if status != "200"
    ]
    assert {status for _, _, status, _ in errors} == {"404", "408", "413", "422", "503"}
    for _, _, _, content in errors:
        assert content == {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def bad_requests(client: TestClient, method: str, path: str) -> Iterator[httpx.Response]:
    headers = {"content-type": "application/json"}
    for id_ in ("nope", "x" * 101):
        yield client.request(method, path.replace("{id}", id_).replace("{figure}", id_))
    if method == "POST":
        for content in (b"{}", b"{", b" " * (WIDER_LIMITS.get(path, BODY_LIMIT) + 1)):
            yield client.request(method, path, content=content, headers=headers)


def test_every_error_that_a_bad_request_meets_is_documented(client: TestClient, document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for response in bad_requests(client, method, path):
            assert str(response.status_code) in operation["responses"], (method, path)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(schemas)


def test_limits_of_a_question_are_in_the_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("AskRequest", "HistoryTurn"):
        question = schemas[name]["properties"]["question"]
        assert (question["minLength"], question["maxLength"]) == (1, 1000)
        assert schemas[name]["additionalProperties"] is False


def test_every_operation_and_request_field_is_described(document: dict[str, Any]) -> None:
    assert all(operation["description"] for _, _, operation in operations(document))
    for name in ("AskRequest", "FeedbackRequest"):
        request = document["components"]["schemas"][name]["properties"]
        assert all(field["description"] for field in request.values())


def test_the_examples_of_a_request_are_answered(client: TestClient, document: dict[str, Any]) -> None:
    examples = document["components"]["schemas"]["AskRequest"]["examples"]
    assert [client.post("/ask", json=example).status_code for example in examples] == [200, 200]
