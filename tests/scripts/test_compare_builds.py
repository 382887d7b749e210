import shutil
from pathlib import Path

import pytest

from index import store
from index.build import build_index
from index.reader import read_corpus
from scripts.compare_builds import main
from tests.conftest import ToyEncoder, write_toy_corpus

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def out(tmp_path: Path, toy_index: Path) -> Path:
    """An index of the toy corpus, where the settings look for it."""
    out = tmp_path / "index" / "built"
    shutil.copytree(toy_index, out)
    return out


def test_a_new_entry_is_set_beside_the_build_before(out: Path, tmp_path: Path, capsys: Captured) -> None:
    corpus = write_toy_corpus(tmp_path / "corpus")
    place = corpus / "gift-toy"
    shutil.copytree(corpus / "refund-toy", place)
    answer = (place / "answer.md").read_text("utf-8").replace('"refund"', '"gift"')
    (place / "answer.md").write_text(answer.replace("退款多久到账？", "怎样买礼品卡？"), "utf-8")
    (place / "questions.txt").write_text("礼品卡\n买礼品卡\n礼品卡购买\n退款礼品卡\n", "utf-8")
    build_index(read_corpus(corpus), ToyEncoder(), out)
    assert main([]) == 0
    printed = capsys.readouterr().out
    before, after = store.versions(out)
    assert printed.startswith(f"{before} -> {after}\n")
    assert "entries                           8        9       +1\n" in printed
    figures = [
        store.read_manifest(out / version)["quality"]["left_out_phrasings"]["top1"] for version in (before, after)
    ]
    assert f"left out: first right     {figures[0]:9.3f}{figures[1]:9.3f}{figures[1] - figures[0]:+9.3f}\n" in printed
    assert "\ngift is new: " in printed
    assert "of its 5 phrasings find it while left out\n" in printed


def test_a_first_version_has_nothing_beside_it(out: Path, capsys: Captured) -> None:
    assert main([]) == 0
    assert capsys.readouterr().out.startswith(f"{store.current_version(out)} is the first version")


def test_a_version_can_be_named(out: Path, capsys: Captured) -> None:
    version = store.current_version(out)
    assert main(["--before", version]) == 0
    assert f"{version} -> {version}\n" in capsys.readouterr().out
    assert main(["--before", "../x"]) == 1
    assert "there is no version ../x. There are: " in capsys.readouterr().err


def test_a_version_of_an_older_program_is_compared_as_far_as_it_goes(out: Path, capsys: Captured) -> None:
    version = store.current_version(out)
    manifest = store.read_manifest(out / version)
    shutil.copytree(out / version, out / "0")
    for name in ("strays.json", store.MANIFEST):
        (out / "0" / name).unlink()
    store.write_manifest(out / "0", manifest)
    assert main([]) == 0
    assert "one of the two was built by a program that did not keep figures by entry" in capsys.readouterr().out


def test_without_an_index_there_is_nothing_to_compare(capsys: Captured) -> None:
    assert main([]) == 1
    assert "no index was built here" in capsys.readouterr().err
