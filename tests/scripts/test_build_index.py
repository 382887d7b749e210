import json
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


def change(corpus: Path) -> None:
    with (corpus / "returns-toy" / "questions.txt").open("a", encoding="utf-8") as file:
        file.write("我要把东西寄回去\n")


def test_a_corpus_is_built_where_the_settings_say(corpus: Path, out: Path, capsys: Captured) -> None:
    assert main([]) == 0
    version = store.current_version(out)
    printed = capsys.readouterr()
    assert f"published {version} after " in printed.out
    assert "rows        8 entries, 64 phrasings, " in printed.out
    assert "left out    64 phrasings, each unknown to the index: top-1 " in printed.out
    assert "fitting on everything" in printed.err
    assert Answerer(ToyEncoder(), out).ask("退货流程").status == "answered"


def test_the_figures_printed_are_those_of_the_manifest(corpus: Path, out: Path, capsys: Captured) -> None:
    assert main([]) == 0
    quality = store.read_manifest(out / store.current_version(out))["quality"]
    printed = capsys.readouterr().out
    assert f"top-1 {quality['left_out_phrasings']['top1']:.3f}, " in printed
    assert f"AUROC {quality['auroc']:.3f}, calibration error {quality['calibration_error']:.3f}" in printed
    assert f"reached {quality['answered_precision']:.3f} at coverage {quality['coverage']:.3f}" in printed


def test_places_can_be_named(corpus: Path, tmp_path: Path) -> None:
    moved = corpus.rename(tmp_path / "elsewhere")
    assert main(["--corpus", str(moved), "--out", str(tmp_path / "there")]) == 0
    assert store.versions(tmp_path / "there")


def test_settings_name_the_places(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENJIN_CORPUS", str(corpus.rename(tmp_path / "elsewhere")))
    monkeypatch.setenv("WENJIN_INDEX_DIR", str(tmp_path / "there"))
    assert main([]) == 0
    assert store.versions(tmp_path / "there")


def test_a_jsonl_corpus_is_built_with_its_warnings(tmp_path: Path, out: Path, capsys: Captured) -> None:
    source = tmp_path / "faq.jsonl"
    records = [{"id": f"e{n}", "question": q, "answer": ""} for n, q in enumerate(("怎么退货？", "几天到？"))]
    source.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert main(["--corpus", str(source)]) == 0
    assert f"warning: {source}: 2 of 2 entries have no answer" in capsys.readouterr().err


def test_if_needed_builds_only_what_has_changed(corpus: Path, out: Path, capsys: Captured) -> None:
    assert main(["--if-needed"]) == 0
    first = store.current_version(out)
    capsys.readouterr()
    assert main(["--if-needed"]) == 0
    assert capsys.readouterr().out == "index/built is up to date with corpus\n"
    assert store.versions(out) == [first]
    change(corpus)
    assert main(["--if-needed"]) == 0
    assert store.current_version(out) != first


def test_without_if_needed_it_is_built_again(corpus: Path, out: Path) -> None:
    assert main([]) == main([]) == 0
    assert len(store.versions(out)) == 2


def test_if_needed_replaces_a_damaged_index(corpus: Path, out: Path) -> None:
    assert main([]) == 0
    first = store.current_version(out)
    (out / first / "articles.json").write_text("[]", "utf-8")
    assert main(["--if-needed"]) == 0
    assert store.current_version(out) != first


def test_use_goes_back_to_an_earlier_version_and_builds_nothing(corpus: Path, out: Path, capsys: Captured) -> None:
    assert main([]) == 0
    first = store.current_version(out)
    change(corpus)
    assert main([]) == 0
    both = store.versions(out)
    capsys.readouterr()
    assert main(["--use", first]) == 0
    assert capsys.readouterr().out == f"index/built now points to {first}\n"
    assert (store.current_version(out), store.versions(out)) == (first, both)


def test_use_of_an_unknown_version_changes_nothing_and_names_the_known(
    corpus: Path, out: Path, capsys: Captured
) -> None:
    assert main([]) == 0
    first = store.current_version(out)
    assert main(["--use", "../corpus"]) == 1
    assert f"there is no version ../corpus. There are: {first}" in capsys.readouterr().err
    assert store.current_version(out) == first


def test_a_broken_corpus_is_told_whole_and_leaves_the_index_alone(corpus: Path, out: Path, capsys: Captured) -> None:
    assert main([]) == 0
    first = store.current_version(out)
    answer = corpus / "returns-toy" / "answer.md"
    answer.write_text(answer.read_text("utf-8").replace("[@law2014rights, §2]", "[@nobody]"), "utf-8")
    (corpus / "points-toy" / "answer.md").write_text("no front matter\n", "utf-8")
    capsys.readouterr()
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


def test_more_precision_asks_for_more_confidence(corpus: Path, out: Path) -> None:
    thresholds = []
    for precision in ("0.5", "0.99"):
        assert main(["--precision", precision]) == 0
        thresholds.append(store.read_manifest(out / store.current_version(out))["thresholds"]["answered"])
    assert thresholds[0] < thresholds[1]
