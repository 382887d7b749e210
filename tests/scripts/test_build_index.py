import json
import shutil
from pathlib import Path

import pytest

from index import store
from index.answerer import Answerer
from scripts.build_index import main
from tests.conftest import ToyEncoder, write_toy_corpus

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A toy corpus that may be changed, where the settings look for it."""
    return write_toy_corpus(tmp_path / "corpus")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the settings look for an index."""
    return tmp_path / "index" / "built"


@pytest.fixture
def first(out: Path, corpus: Path, toy_index: Path) -> str:
    """The version of an index that stands there already, built from that very corpus."""
    shutil.copytree(toy_index, out)
    return store.current_version(out)


def change(corpus: Path) -> None:
    with (corpus / "returns-toy" / "questions.txt").open("a", encoding="utf-8") as file:
        file.write("我要把东西寄回去\n")


def test_a_corpus_is_built_where_it_is_looked_for_and_its_figures_told(
    corpus: Path, out: Path, capsys: Captured
) -> None:
    assert main([]) == 0
    version = store.current_version(out)
    printed = capsys.readouterr()
    assert f"published {version} after " in printed.out
    assert "rows        8 entries, 72 phrasings, " in printed.out
    assert "left out    72 phrasings, each unknown to the index: top-1 " in printed.out
    quality = store.read_manifest(out / version)["quality"]
    assert f"top-1 {quality['left_out_phrasings']['top1']:.3f}, " in printed.out
    assert f"AUROC {quality['auroc']:.3f}, calibration error {quality['calibration_error']:.3f}" in printed.out
    assert f"reached {quality['answered_precision']:.3f} at coverage {quality['coverage']:.3f}" in printed.out
    assert "fitting on everything" in printed.err
    assert Answerer(ToyEncoder(), out).ask("退货流程").status == "answered"


def test_settings_and_options_name_the_places(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "there"
    monkeypatch.setenv("WENJIN_CORPUS", str(corpus.rename(tmp_path / "elsewhere")))
    assert main(["--out", str(there)]) == 0
    monkeypatch.setenv("WENJIN_INDEX_DIR", str(there))
    assert main(["--use", store.current_version(there)]) == 0


def test_a_jsonl_corpus_is_built_with_its_warnings(tmp_path: Path, out: Path, capsys: Captured) -> None:
    source = tmp_path / "faq.jsonl"
    records = [{"id": f"e{n}", "question": q, "answer": ""} for n, q in enumerate(("怎么退货？", "几天到？"))]
    source.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert main(["--corpus", str(source)]) == 0
    assert f"warning: {source}: 2 of 2 entries have no answer" in capsys.readouterr().err


def test_if_needed_builds_only_what_has_changed(corpus: Path, out: Path, first: str, capsys: Captured) -> None:
    assert main(["--if-needed"]) == 0
    assert capsys.readouterr().out == "index/built is up to date with corpus\n"
    assert store.versions(out) == [first]
    change(corpus)
    assert main(["--if-needed"]) == 0
    assert store.current_version(out) != first


def test_without_if_needed_it_is_built_again(out: Path, first: str) -> None:
    assert main([]) == 0
    assert store.versions(out)[0] == first
    assert len(store.versions(out)) == 2


def test_if_needed_replaces_a_damaged_index(out: Path, first: str) -> None:
    (out / first / "articles.json").write_text("[]", "utf-8")
    assert main(["--if-needed"]) == 0
    assert store.current_version(out) != first


def test_use_goes_back_to_an_earlier_version_and_builds_nothing(out: Path, first: str, capsys: Captured) -> None:
    shutil.copytree(out / first, out / "99991231T000000Z-later")
    store.point_to(out, "99991231T000000Z-later")
    both = store.versions(out)
    assert main(["--use", first]) == 0
    assert capsys.readouterr().out == f"index/built now points to {first}\n"
    assert (store.current_version(out), store.versions(out)) == (first, both)


def test_use_of_an_unknown_version_changes_nothing_and_names_the_known(out: Path, first: str, capsys: Captured) -> None:
    assert main(["--use", "../corpus"]) == 1
    assert f"there is no version ../corpus. There are: {first}" in capsys.readouterr().err
    assert store.current_version(out) == first


def test_a_broken_corpus_is_told_whole_and_leaves_the_index_alone(
    corpus: Path, out: Path, first: str, capsys: Captured
) -> None:
    answer = corpus / "returns-toy" / "answer.md"
    answer.write_text(answer.read_text("utf-8").replace("[@law2014rights, §2]", "[@nobody]"), "utf-8")
    (corpus / "points-toy" / "answer.md").write_text("no front matter\n", "utf-8")
    assert main([]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Nothing was published.\n")
    assert "corpus/returns-toy/answer.md:9: cites nobody, which references.bib does not hold. Add" in printed.err
    assert "corpus/points-toy/answer.md:1: has no front matter. Begin" in printed.err
    assert (store.current_version(out), store.versions(out)) == (first, [first])
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


def test_a_corpus_that_is_not_there_is_said(out: Path, capsys: Captured) -> None:
    assert main([]) == 1
    assert "corpus: no such corpus. Name a folder of entries or a .jsonl file." in capsys.readouterr().err
    assert not out.exists()


def test_less_precision_asks_for_less_confidence(out: Path, first: str) -> None:
    assert main(["--precision", "0.5"]) == 0
    thresholds = [store.read_manifest(out / version)["thresholds"] for version in store.versions(out)]
    assert [threshold["precision"] for threshold in thresholds] == [0.95, 0.5]
    assert thresholds[0]["answered"] > thresholds[1]["answered"]
