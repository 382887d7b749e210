from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from index import store
from index.entries import Corpus
from index.reader import read_corpus
from index.strays import Stray, Strays
from proofreading.findings import Finding
from proofreading.manuscript import Manuscript, read_manuscripts
from proofreading.questions import STYLES, check_canonical, check_counts, check_strays, check_variety
from tests.conftest import write_toy_corpus

Write = Callable[..., Corpus]


@pytest.mark.parametrize(
    ("lines", "causes"),
    [
        ("e1\t什么是测试？\n", []),
        ("e1\t什么是测试\n", ["the question is not word for word that of canonical.tsv: '什么是测试'"]),
        ("e2\t什么是测试？\n", ["e2 has no entry"]),
        ("什么是测试？\n", ["is not an id, a tab and a question"]),
    ],
)
def test_canonical_questions_stand_word_for_word(lines: str, causes: list[str], write: Write) -> None:
    corpus = write("答。", {"canonical.tsv": lines})
    found = check_canonical(corpus, read_manuscripts(corpus))
    assert [finding.problem.cause for finding in found] == causes


def test_a_changed_question_is_told_where_it_stands(write: Write) -> None:
    corpus = write("答。", {"canonical.tsv": "e1\t别的问题？\n"})
    (finding,) = check_canonical(corpus, read_manuscripts(corpus))
    assert (finding.problem.path.name, finding.problem.line) == ("answer.md", 3)


def test_a_corpus_without_given_questions_has_none_to_keep(write: Write) -> None:
    corpus = write("答。")
    assert list(check_canonical(corpus, read_manuscripts(corpus))) == []


def test_too_few_phrasings_are_counted(manuscript: Callable[..., Manuscript]) -> None:
    read = manuscript("答。", {"e1-test/questions.txt": "测试\n测验\n"})
    assert list(check_counts([read], fewest=2)) == []
    (finding,) = check_counts([read], fewest=3)
    assert (finding.problem.path.name, finding.problem.cause) == ("questions.txt", "2 phrasings")


def test_styles_that_are_missing_are_warnings(write: Write) -> None:
    plain = "# plain\n" + "".join(f"测试第 {n} 号\n" for n in range(12))
    others = "".join(f"# {style}\n测试 {style}\n" for style in STYLES if style not in ("plain", "typo"))
    line = '{{"query": "怎么测 {}", "accept": ["e1"]}}\n'
    files = {"e1-test/questions.txt": plain + others, "calibration.jsonl": "".join(map(line.format, range(4)))}
    corpus = write("答。", files)
    found = list(check_variety(corpus, read_manuscripts(corpus)))
    assert [finding.problem.cause for finding in found] == [
        "nobody asks in the style typo",
        "4 calibration questions accept e1",
    ]
    assert all(finding.warning for finding in found)


def test_a_corpus_that_names_no_style_is_not_held_to_any(write: Write) -> None:
    corpus = write("答。", {"e1-test/questions.txt": "测试\n"})
    assert list(check_variety(corpus, read_manuscripts(corpus))) == []


class Built:
    """The toy corpus with an index of it, whose strays can be written anew."""

    def __init__(self, folder: Path, index: Path) -> None:
        self.corpus, self.index = read_corpus(folder), index
        self.version = index / store.current_version(index)
        self.manuscripts = read_manuscripts(self.corpus)

    def findings(self, phrasings: Sequence[Stray] = (), declined: Sequence[Stray] = ()) -> list[Finding]:
        Strays({"returns": 8}, tuple(phrasings), tuple(declined)).save(self.version)
        manifest = store.MANIFEST
        (self.version / manifest).unlink()
        store.write_manifest(self.version, {"corpus": {"digest": self.corpus.digest}})
        return list(check_strays(self.corpus, self.manuscripts, self.index))


@pytest.fixture
def built(tmp_path: Path) -> Built:
    version = tmp_path / "built" / "v1"
    version.mkdir(parents=True)
    store.write_manifest(version, {})
    store.point_to(version.parent, "v1")
    return Built(write_toy_corpus(tmp_path / "corpus"), version.parent)


def test_a_phrasing_that_clearly_leans_elsewhere_is_a_warning_with_its_line(built: Built) -> None:
    stray = Stray("买错了想退", "returns", "refund", 0.9, 0.05)
    doubtful = replace(stray, text="退货流程", won=0.6, kept=0.4)
    (finding,) = built.findings([stray, doubtful])
    assert (finding.rule, finding.warning) == ("leaning", True)
    assert (finding.problem.path.parent.name, finding.problem.line) == ("returns-toy", 4)
    assert finding.problem.cause == "'买错了想退' leans to refund (0.90 against 0.05)"


def test_a_canonical_question_is_nobodys_to_move(built: Built) -> None:
    assert built.findings([Stray("商品不满意怎么退货？", "returns", "refund", 0.9, 0.05)]) == []


def test_a_line_to_decline_that_would_be_answered_is_a_warning(built: Built) -> None:
    (finding,) = built.findings(declined=[Stray("可以货到付款吗", "", "delivery", 0.8, 0.0)])
    assert (finding.rule, finding.warning) == ("answered", True)
    assert (finding.problem.path.name, finding.problem.line) == ("out_of_scope.txt", 3)


def test_without_an_index_of_this_very_corpus_nothing_is_claimed(built: Built, tmp_path: Path) -> None:
    assert built.findings() == []
    changed = replace(built.corpus, digest="0")
    for corpus, index in ((changed, built.index), (built.corpus, tmp_path / "nowhere")):
        (finding,) = check_strays(corpus, built.manuscripts, index)
        assert (finding.rule, finding.warning) == ("stray", True)
