"""docs/api.md: its examples are run against a real server, and it names all that the OpenAPI document names."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.build import build_index
from index.encoder import load_encoder
from index.reader import read_corpus
from service.asking import ANSWER_SECONDS
from service.browsers import HEADERS
from service.limits import BODY_LIMIT, BODY_SECONDS, WIDER_LIMITS
from service.problems import TITLES
from tests.service.conftest import Server, serving
from tests.service.test_openapi import GOLDEN

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```(sh|python|js)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
ADDRESS = "http://localhost:8000"
COMMANDS = {
    "sh": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-W", "error", "-c"],
    "js": ["node", "--input-type=module", "--eval"],
}
ENTRIES = {"q12", "q13", "q25", "q28", "q32", "q70"}


@pytest.fixture(scope="module")
def server(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service over a few entries of the shipped corpus, the ones that the page asks about among them."""
    corpus = read_corpus(repository / "corpus")
    entries = tuple(entry for entry in corpus.entries if entry.id in ENTRIES)
    few = dataclasses.replace(
        corpus, entries=entries, out_of_scope=corpus.out_of_scope[::40], calibration=(), dialogues=()
    )
    with tempfile.TemporaryDirectory() as folder:
        build_index(few, load_encoder(), Path(folder))
        with serving(repository, tmp_path_factory.mktemp("served"), WENJIN_INDEX_DIR=folder) as server:
            yield server


@pytest.mark.parametrize(("language", "example"), EXAMPLES, ids=lambda part: part.strip().split("\n")[0][:60])
def test_an_example_of_the_page_runs(server: Server, tmp_path: Path, language: str, example: str) -> None:
    if not shutil.which(COMMANDS[language][0]):
        pytest.skip(f"{COMMANDS[language][0]} is not installed")
    (tmp_path / ".curlrc").write_text("fail-with-body\n")  # so that an error fails the example
    assert ADDRESS in example
    done = subprocess.run(
        [*COMMANDS[language], example.replace(ADDRESS, server.address)],
        env={"PATH": "/usr/bin:/bin", "CURL_HOME": str(tmp_path), "PYTHONUTF8": "1", "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.strip()


def test_the_page_has_examples_in_every_language_for_asking() -> None:
    asking = [language for language, example in EXAMPLES if f"{ADDRESS}/ask" in example]
    assert set(asking) == set(COMMANDS)
    assert PAGE.count("\n```") == 2 * (len(EXAMPLES) + PAGE.count("\n```json\n"))


def names(document: dict[str, Any]) -> Iterator[str]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}"
            yield from (status for status in operation["responses"] if status != "200")
    for schema in document["components"]["schemas"].values():
        yield from schema.get("properties", ())
        yield from schema.get("enum", ())


@pytest.mark.parametrize("name", sorted(set(names(json.loads(GOLDEN.read_text("utf-8"))))))
def test_the_page_names_what_the_document_names(name: str) -> None:
    assert f"`{name}`" in PAGE or f"| {name} |" in PAGE or f"`{name} " in PAGE, name


@pytest.mark.parametrize(("status", "title"), TITLES.items())
def test_the_page_tells_every_error(status: int, title: str) -> None:
    assert f"\n| {status} | {title} | " in PAGE


def test_the_page_tells_the_limits_there_are() -> None:
    assert f"| {BODY_LIMIT // 1024} KiB; " in PAGE
    assert {
        path: f"{limit // 1024**2} MiB for `{path}`" in PAGE for path, limit in WIDER_LIMITS.items()
    } == dict.fromkeys(WIDER_LIMITS, True)
    assert f"arrive | {BODY_SECONDS:g} seconds | 408 |" in PAGE
    assert f"included | {ANSWER_SECONDS:g} seconds | 503 " in PAGE
    assert all(f"`{name}" in PAGE for name in HEADERS)
