from collections import Counter
from pathlib import Path

from proofreading.review import review
from tests.conftest import write_toy_corpus


def test_a_corpus_is_read_under_every_rule(tmp_path: Path) -> None:
    root = write_toy_corpus(tmp_path / "corpus")
    answer = root / "returns-toy" / "answer.md"
    answer.write_text(answer.read_text("utf-8") + "\n退货, 真的可以吗$\\frac{$ 退單\n", "utf-8")
    (root / "returns-toy" / "unused.svg").write_text("<svg/>", "utf-8")
    (root / "glossary.yaml").write_text("- {term: 退货, english: return, avoid: [退單]}\n", "utf-8")
    (root / "canonical.tsv").write_text("nobody\t谁？\n", "utf-8")
    with (root / "out_of_scope.txt").open("a", encoding="utf-8") as bank:
        bank.write("退货流程\n")
    findings = review(root, tmp_path / "built")
    assert Counter(finding.rule for finding in findings) == {
        "sources": 7,  # the toy answers cite little
        "phrasings": 8,
        "work": 1,  # without an address
        "half-width": 1,
        "spacing": 9,  # eight of them before citations
        "formula": 1,
        "term": 1,
        "figure": 1,
        "canonical": 1,
        "repeated": 1,
        "stray": 1,
        "variety": 16,
    }
    assert {finding.rule for finding in findings if finding.warning} == {"stray", "variety"}
    places = [(finding.problem.path, finding.problem.line) for finding in findings]
    assert places == sorted(places)


def test_a_corpus_that_cannot_be_read_is_told_what_stops_it(tmp_path: Path) -> None:
    root = write_toy_corpus(tmp_path / "corpus")
    (root / "returns-toy" / "answer.md").write_text("no front matter\n", "utf-8")
    (finding,) = review(root, tmp_path / "built")
    assert (finding.rule, finding.warning) == ("contract", False)
    assert finding.problem.path == root / "returns-toy" / "answer.md"
