from collections.abc import Callable
from pathlib import Path

import pytest

from index.reader import read_corpus
from proofreading.glossary import Term, check_terms, read_glossary
from proofreading.manuscript import Manuscript
from tests.proofreading.conftest import FIRST_LINE

Read = Callable[..., Manuscript]
CORPUS = Path(__file__).parents[2] / "corpus"

TERMS = [
    Term(term="权重", english="weight", avoid=["权值"], unless=["权值共享"]),
    Term(term="梯度消失", english="vanishing gradient", avoid=["梯度弥散"]),
    Term(term="超参数", english="hyperparameter", avoid=["超参"]),
    Term(term="softmax", english="softmax", avoid=["Softmax"]),
]


@pytest.mark.parametrize(
    ("text", "variant", "term"),
    [
        ("先初始化权值。", "权值", "权重"),
        ("又会梯度弥散。", "梯度弥散", "梯度消失"),
        ("调超参要有耐心。", "超参", "超参数"),
        ("经 Softmax 归一。", "Softmax", "softmax"),
    ],
)
def test_a_variant_is_found_with_the_term_to_write(text: str, variant: str, term: str, manuscript: Read) -> None:
    (finding,) = check_terms([manuscript(text)], TERMS)
    assert finding.problem.line == FIRST_LINE
    assert finding.problem.cause.startswith(f"{variant} for {term}: ")
    assert finding.problem.remedy == f"Write {term} (glossary.yaml)"


@pytest.mark.parametrize(
    "text",
    [
        "权重与权值共享",
        "梯度消失（又称梯度弥散）",
        "梯度消失，也译作“梯度弥散”",
        "常说的“权值”",
        "超参数",
        "`Softmax` 是类名，SoftmaxLayer 与 torch.Softmax 也是",
        "```python\nSoftmax = 权值 = 1\n```",
    ],
)
def test_mentions_longer_words_and_code_pass(text: str, manuscript: Read) -> None:
    assert list(check_terms([manuscript(text)], TERMS)) == []


def test_words_of_figures_are_read(manuscript: Read) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg">\n<text>权值 w</text></svg>'
    (finding,) = check_terms([manuscript("见图。\n\n![一个图形](w.svg)", {"e1-test/w.svg": svg})], TERMS)
    assert (finding.problem.path.name, finding.problem.line) == ("w.svg", 2)


@pytest.mark.parametrize("text", ["- {term: 权重}\n", "权重\n", "- {term: a, english: a, avoid: []}\n", "[", "- 1\n"])
def test_a_glossary_that_cannot_be_read_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text(text, "utf-8")
    terms, findings = read_glossary(path)
    assert terms == []
    assert {finding.problem.path for finding in findings} == {path}


def test_a_corpus_may_do_without(tmp_path: Path) -> None:
    assert read_glossary(tmp_path / "glossary.yaml") == ([], [])


def test_the_corpus_that_ships_uses_every_term_of_its_glossary() -> None:
    corpus = read_corpus(CORPUS)
    terms, _ = read_glossary(CORPUS / "glossary.yaml")
    assert [term.term for term in terms if not any(term.term in entry.answer for entry in corpus.entries)] == []


def test_the_glossary_that_ships_contradicts_itself_nowhere() -> None:
    terms, findings = read_glossary(CORPUS / "glossary.yaml")
    assert findings == []
    written = [term.term for term in terms]
    assert len(written) == len(set(written)) > 50
    patterns = {term.term: term.pattern() for term in terms}
    for word in [word for term in terms for word in (term.term, *term.unless)]:
        assert [term for term, pattern in patterns.items() for hit in pattern.finditer(word) if hit["variant"]] == []
