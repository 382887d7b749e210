"""The corpus as it ships: complete, cited, runnable, and kept apart from what it is measured with."""

import ast
import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from markdown_it.token import Token

from index.articles import Article, write_articles
from index.entries import Corpus
from index.text import key, normalise
from proofreading.manuscript import answer_files, markdown_reader
from proofreading.questions import CANONICAL
from proofreading.review import review
from service.markup import Writer

FOLDER = Path(__file__).parents[2] / "corpus"
SNIPPETS = [
    pytest.param(code, id=f"{path.parent.name}:{number}")
    for path in sorted(FOLDER.glob("*/answer.md"))
    for number, code in enumerate(
        re.findall(r"^```python\n(.*?)^```$", path.read_text("utf-8"), re.DOTALL | re.MULTILINE), 1
    )
]


@pytest.fixture(scope="module")
def articles(corpus: Corpus) -> dict[str, Article]:
    return {article.entry.id: article for article in write_articles(corpus)}


def test_the_proofreader_finds_nothing_to_mend(tmp_path: Path) -> None:
    """Not even a warning, but that without an index it cannot tell which phrasings lean elsewhere."""
    assert [str(finding.problem) for finding in review(FOLDER, tmp_path) if finding.rule != "stray"] == []


def test_no_question_that_was_given_is_missing(corpus: Corpus) -> None:
    given = [line.partition("\t")[0] for line in (FOLDER / CANONICAL).read_text("utf-8").splitlines()]
    assert given == [f"q{number:02}" for number in range(1, 77)]
    assert {entry.id for entry in corpus.entries} >= set(given)


def test_follow_ups_are_learned_from_sixty_dialogues_and_measured_on_others(corpus: Corpus) -> None:
    lines = [json.loads(line) for line in (FOLDER / "dialogues.jsonl").read_text("utf-8").splitlines()]
    assert Counter(line["split"] for line in lines).keys() == {"train", "test"}
    assert len(corpus.dialogues) == sum(line["split"] == "train" for line in lines) >= 60
    assert len(lines) - len(corpus.dialogues) >= 30
    styles = {turn.style for turns in corpus.dialogues for turn in turns}
    assert styles == {"opening", "follow-up", "switch", "return", "correction", "out-of-scope", "chat"}
    said = [json.dumps([turn["query"] for turn in line["turns"]]) for line in lines]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("id_", sorted(answer_files(FOLDER)))
def test_an_answer_renders_as_it_is_served(id_: str, corpus: Corpus, articles: dict[str, Article]) -> None:
    """Numbering its citations and addressing its figures breaks no formula, table or code and leaves no markup."""
    [written] = [entry.answer for entry in corpus.entries if entry.id == id_]
    article = articles[id_]
    source, served = _tokens(written), _tokens(article.answer)
    kinds = {"math_inline", "math_block", "table_open", "td_open", "code_inline", "fence", "heading_open"}
    assert [(t.type, t.content) for t in served if t.type in kinds] == [
        (t.type, t.content) for t in source if t.type in kinds
    ]
    figures = [str(token.attrs["src"]) for token in source if token.type == "image"]
    assert [token.attrs["src"] for token in served if token.type == "image"] == [
        f"/entries/{id_}/{name}" for name in figures
    ]
    text = "\n".join(token.content for token in served if token.type == "text")
    assert not re.search(r"\[@|\*\*|\$|\]\(", text)
    assert not re.search(r"\bq\d\d\b", text, re.ASCII), "another question is named in words: readers see no ids"
    assert len(re.findall(r"\[\d+(?:, [^\]]+)?\]", text)) == sum(len(citation.marks) for citation in article.citations)


@pytest.mark.parametrize("id_", sorted(answer_files(FOLDER)))
def test_the_page_sets_every_formula(id_: str, articles: dict[str, Article]) -> None:
    """What the converter does not know, such as \\substack, it would show as source."""
    formulas = [token for token in _tokens(articles[id_].answer) if token.type.startswith("math_")]
    page = str(Writer({"table": "表格", "formula": "公式"}).write(articles[id_]))
    assert len(re.findall(r"<math[ >]", page)) == len(formulas)


def _tokens(markdown: str) -> list[Token]:
    return [token for block in markdown_reader().parse(markdown) for token in (block, *(block.children or ()))]


def test_nothing_is_asked_twice_whether_to_answer_to_decline_or_to_calibrate(corpus: Corpus) -> None:
    bank = (FOLDER / "out_of_scope.txt").read_text("utf-8").splitlines()
    texts = [way.text for entry in corpus.entries for way in entry.ways_of_asking]
    texts += [line for line in bank if line.strip() and not line.startswith("# ")]
    texts += [question.text for question in corpus.calibration]
    counts = Counter(key(normalised) or normalised for normalised in map(normalise, texts))
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("code", SNIPPETS)
def test_python_in_an_answer_runs_on_numpy_alone_and_checks_its_claim(code: str) -> None:
    tree = ast.parse(code)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= {"numpy", *sys.stdlib_module_names}
    assert any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    exec(compile(tree, "<answer>", "exec"), {"__name__": "__main__"})
