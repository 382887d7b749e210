"""A build is repeatable, all or nothing, and copes with the smallest of corpora."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import store
from index.answerer import Answerer
from index.answers import Match
from index.build import build_index, is_current
from index.confidence import Status
from index.encoder import Encoder, Vectors
from index.errors import ForeignIndex
from index.reader import read_corpus
from tests.conftest import TOY_ENTRIES, ToyEncoder, write_toy_corpus

SUBJECTS = [
    "退货",
    "退款",
    "配送",
    "密码",
    "发票",
    "积分",
    "保修",
    "地址",
    "支付",
    "取消",
    "换货",
    "投诉",
    "包装",
    "尺码",
    "颜色",
    "库存",
    "预订",
    "团购",
    "税费",
    "隐私",
]

ENTRY = {"id": "a", "question": "怎么退货", "answer": "寄回来。"}


def jsonl(folder: Path, entries: Sequence[dict[str, Any]]) -> Path:
    path = folder / "faq.jsonl"
    path.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), "utf-8")
    return path


def build(corpus: Path, out: Path, encoder: Encoder | None = None) -> dict[str, Any]:
    return build_index(read_corpus(corpus), encoder or ToyEncoder(), out).manifest


def test_the_same_corpus_gives_the_same_files_twice(toy_corpus: Path, toy_index: Path, tmp_path: Path) -> None:
    first = store.read_manifest(toy_index / store.current_version(toy_index))
    build(toy_corpus, tmp_path)
    second = store.read_manifest(tmp_path / store.current_version(tmp_path))
    assert second["files"] == first["files"]
    assert (second["quality"], second["thresholds"]) == (first["quality"], first["thresholds"])


def test_the_manifest_counts_what_was_built(toy_corpus: Path, toy_index: Path) -> None:
    manifest = store.read_manifest(toy_index / store.current_version(toy_index))
    phrasings = sum(
        1 for entry in TOY_ENTRIES for line in entry.phrasings.splitlines() if line and not line.startswith("# ")
    )
    articles = Answerer(ToyEncoder(), toy_index).snapshot.articles
    assert manifest["rows"] == {
        "entries": len(TOY_ENTRIES),
        "phrasings": len(TOY_ENTRIES) + phrasings,
        "passages": sum(len(article.passages) for article in articles),
        "out_of_scope": 14,
        "references": 3,
    }
    assert manifest["encoder"] == {"name": "toy", "revision": "1", "dimension": 64}
    assert manifest["corpus"] == {"name": "corpus", "digest": read_corpus(toy_corpus).digest}


def test_quality_is_measured_on_phrasings_that_were_left_out(toy_index: Path) -> None:
    quality = store.read_manifest(toy_index / store.current_version(toy_index))["quality"]
    left_out = quality["left_out_phrasings"]
    assert left_out["questions"] == quality["questions"] == 72
    assert quality["out_of_scope"] == 14
    assert 0.4 < left_out["top1"] < 1  # better than one in eight, and not as good as having seen them
    assert left_out["top1"] < left_out["mrr"] < left_out["top3"]
    assert set(left_out["top1_by_style"]) == {"canonical", "plain", "colloquial", "english", "traditional", "mixed"}


def test_checked_questions_take_the_place_of_left_out_phrasings_for_confidence(tmp_path: Path) -> None:
    corpus = write_toy_corpus(tmp_path / "corpus")
    lines = [
        {"query": "请问怎么把东西退回去", "accept": ["returns"], "style": "plain"},
        {"query": "钱多久退回来", "accept": ["refund", "returns"], "style": "plain"},
        {"query": "发票信息填错", "accept": ["invoice-title"], "style": "plain"},
    ]
    (corpus / "calibration.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    quality = build(corpus, tmp_path / "built")["quality"]
    assert (quality["questions"], quality["out_of_scope"]) == (3, 14)
    assert quality["left_out_phrasings"]["questions"] == 72


def test_a_higher_precision_never_lowers_the_threshold(toy_corpus: Path, toy_index: Path, tmp_path: Path) -> None:
    report = build_index(read_corpus(toy_corpus), ToyEncoder(), tmp_path, precision=1.0)
    usual = store.read_manifest(toy_index / store.current_version(toy_index))["thresholds"]
    assert report.manifest["thresholds"]["precision"] == 1.0
    assert report.manifest["thresholds"]["answered"] >= usual["answered"]


class Restless:
    """Gives itself out as another revision each time it is asked, as if replaced in the middle of a build."""

    name = "restless"
    dimension = 64
    encode_queries = encode_passages = ToyEncoder().encode_queries

    def __init__(self) -> None:
        self._numbers = itertools.count()

    @property
    def revision(self) -> str:
        return str(next(self._numbers))


@dataclass(frozen=True)
class Crooked(ToyEncoder):
    """Its rows are not of unit length."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self.encode_queries(texts) * np.float32(2)


@dataclass(frozen=True)
class Broken(ToyEncoder):
    """Gives up on passages."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        raise OSError("the model is gone")


@pytest.mark.parametrize(
    ("encoder", "error"), [(Broken(), OSError), (Crooked(), AssertionError), (Restless(), ForeignIndex)]
)
def test_a_failing_build_leaves_the_old_version_current(
    tmp_path: Path, encoder: Encoder, error: type[Exception]
) -> None:
    build(jsonl(tmp_path, [ENTRY]), tmp_path / "built")
    before = sorted((tmp_path / "built").rglob("*"))
    version = store.current_version(tmp_path / "built")
    with pytest.raises(error):
        build(jsonl(tmp_path, CORPORA["two entries of one phrasing"]), tmp_path / "built", encoder)
    assert sorted((tmp_path / "built").rglob("*")) == before
    assert store.current_version(tmp_path / "built") == version


def test_an_index_is_current_until_a_byte_of_the_corpus_or_the_encoder_changes(tmp_path: Path) -> None:
    path, out = jsonl(tmp_path, [ENTRY]), tmp_path / "built"
    assert not is_current(read_corpus(path), ToyEncoder(), out)
    build(path, out)
    assert is_current(read_corpus(path), ToyEncoder(), out)
    assert not is_current(read_corpus(path), ToyEncoder(revision="2"), out)
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert not is_current(read_corpus(path), ToyEncoder(), out)


def test_a_damaged_index_is_not_current(tmp_path: Path) -> None:
    path, out = jsonl(tmp_path, [ENTRY]), tmp_path / "built"
    build(path, out)
    (out / store.current_version(out) / "articles.json").write_text("[]", "utf-8")
    assert not is_current(read_corpus(path), ToyEncoder(), out)


def test_a_rebuild_is_a_new_version(tmp_path: Path) -> None:
    path, out = jsonl(tmp_path, [ENTRY]), tmp_path / "built"
    build(path, out)
    first = store.current_version(out)
    build(path, out)
    assert store.versions(out) == [first, store.current_version(out)]


def test_each_step_is_told_of(tmp_path: Path) -> None:
    path = jsonl(tmp_path, [ENTRY])
    steps: list[str] = []
    build_index(read_corpus(path), ToyEncoder(), tmp_path / "built", progress=steps.append)
    assert (steps[0], steps[-1]) == ("encoding", "writing and verifying")


CORPORA: dict[str, list[dict[str, Any]]] = {
    "one entry": [{"id": "a", "question": "怎么退货", "answer": "寄回来。", "aliases": ["退货流程", "如何退货"]}],
    "one entry of one phrasing": [ENTRY],
    "one entry without an answer": [{"id": "a", "question": "怎么退货", "answer": ""}],
    "two entries of one phrasing": [
        ENTRY,
        {"id": "b", "question": "忘记密码", "answer": "点重设。"},
    ],
    "twenty entries of one phrasing": [
        {"id": f"e{n}", "question": f"{subject}怎么办理", "answer": f"{subject}在网页上办理。"}
        for n, subject in enumerate(SUBJECTS)
    ],
    "twenty entries of one phrasing without answers": [
        {"id": f"e{n}", "question": f"{subject}怎么办理", "answer": ""} for n, subject in enumerate(SUBJECTS)
    ],
    "some entries of one phrasing": [
        {"id": f"e{n}", "question": f"{subject}怎么办理", "answer": "", "aliases": [f"{subject}手续"][n % 2 :]}
        for n, subject in enumerate(SUBJECTS[:6])
    ],
}


@pytest.mark.parametrize("name", CORPORA)
def test_the_smallest_corpora_build_and_answer_their_questions(tmp_path: Path, name: str) -> None:
    entries = CORPORA[name]
    manifest = build(jsonl(tmp_path, entries), tmp_path / "built")
    assert manifest["rows"]["entries"] == len(entries)
    answerer = Answerer(ToyEncoder(), tmp_path / "built")
    for entry in entries:
        answer = answerer.ask(entry["question"] + "？")
        assert (answer.status, answer.confidence, answer.match) == (Status.ANSWERED, 1.0, Match.EXACT)
        assert answer.article is not None
        assert (answer.article.entry.id, answer.article.answer) == (entry["id"], entry["answer"])
        assert (answer.passage is None) == (entry["answer"] == "")
    weather = answerer.ask("qwrtz plmokn")
    assert weather.status is not Status.ANSWERED
    assert 0 <= weather.confidence <= 1


def test_only_phrasings_whose_entry_keeps_another_are_learned_from(tmp_path: Path) -> None:
    manifest = build(jsonl(tmp_path, CORPORA["some entries of one phrasing"]), tmp_path / "built")
    assert manifest["rows"]["phrasings"] == 9
    assert manifest["quality"]["left_out_phrasings"]["questions"] == 6


def test_without_questions_to_decline_generic_ones_stand_in(tmp_path: Path) -> None:
    manifest = build(jsonl(tmp_path, CORPORA["two entries of one phrasing"]), tmp_path / "built")
    assert manifest["rows"]["out_of_scope"] > 100
    answerer = Answerer(ToyEncoder(), tmp_path / "built")
    assert -1 not in answerer.snapshot.exact.values  # but none of them is declined word for word


def test_a_paraphrase_finds_its_entry_even_where_there_was_nothing_to_learn_from(tmp_path: Path) -> None:
    build(jsonl(tmp_path, CORPORA["twenty entries of one phrasing without answers"]), tmp_path / "built")
    answerer = Answerer(ToyEncoder(), tmp_path / "built")
    assert [answerer.ask(f"怎么办理{subject}").candidates[0].id for subject in SUBJECTS[:5]] == [
        f"e{n}" for n in range(5)
    ]


def test_warnings_of_the_corpus_come_back_in_the_report(tmp_path: Path) -> None:
    path = jsonl(tmp_path, CORPORA["one entry without an answer"])
    report = build_index(read_corpus(path), ToyEncoder(), tmp_path / "built")
    assert any("no answer" in warning.cause for warning in report.warnings)
