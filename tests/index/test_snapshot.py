"""A snapshot is loaded whole, with the encoder it was built with, or not at all."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import store
from index.errors import DamagedIndex, ForeignIndex, MissingIndex
from index.snapshot import load_snapshot, load_version
from tests.conftest import ToyEncoder


@pytest.fixture
def version(toy_index: Path, tmp_path: Path) -> Path:
    """A copy of the toy index's version that may be harmed."""
    return Path(shutil.copytree(toy_index / store.current_version(toy_index), tmp_path / "built" / "1"))


def facts(manifest: dict[str, Any]) -> dict[str, Any]:
    """What a build says of itself, without what sealing adds."""
    return {name: manifest[name] for name in manifest.keys() - {"format", "files"}}


def test_the_version_in_use_is_loaded(toy_index: Path) -> None:
    snapshot = load_snapshot(toy_index, ToyEncoder())
    assert snapshot.version == store.current_version(toy_index)
    assert [article.entry.id for article in snapshot.articles] == [
        "delivery",
        "invoice-title",
        "invoice",
        "password",
        "points",
        "refund",
        "returns",
        "warranty",
    ]  # in the order of their folders
    assert len(snapshot.texts) == (snapshot.matcher.labels >= 0).sum() == 72


def test_a_saved_snapshot_is_the_same_again(toy_index: Path, tmp_path: Path) -> None:
    before = load_snapshot(toy_index, ToyEncoder())
    replace(before, manifest=facts(before.manifest)).save(tmp_path)
    after = load_version(tmp_path, ToyEncoder())
    assert (after.articles, list(after.texts)) == (before.articles, list(before.texts))
    before.manifest["files"].pop("strays.json")  # kept beside a snapshot, for authors
    assert after.manifest["files"] == before.manifest["files"]
    assert np.array_equal(after.ranking.weights, before.ranking.weights)


@pytest.mark.parametrize("encoder", [ToyEncoder(name="other"), ToyEncoder(revision="2"), ToyEncoder(dimension=32)])
def test_an_index_of_another_encoder_is_foreign(version: Path, encoder: ToyEncoder) -> None:
    with pytest.raises(ForeignIndex, match=f"WENJIN_ENCODER={encoder.name} python -m scripts.build_index --out"):
        load_version(version, encoder)


def test_without_an_index_there_is_nothing_to_load(tmp_path: Path) -> None:
    with pytest.raises(MissingIndex):
        load_snapshot(tmp_path, ToyEncoder())


def test_a_pointer_to_a_version_that_is_gone_is_damage(version: Path) -> None:
    (version.parent / "current").write_text("2\n", "utf-8")
    with pytest.raises(DamagedIndex):
        load_snapshot(version.parent, ToyEncoder())


@pytest.mark.parametrize(
    "name", ["articles.json", "texts.encoded.npy", "matcher.adapted.codes.faiss", "ranking.weights.npy"]
)
def test_an_altered_file_is_damage(version: Path, name: str) -> None:
    content = bytearray((version / name).read_bytes())
    content[len(content) // 2] ^= 1
    (version / name).write_bytes(content)
    with pytest.raises(DamagedIndex, match=name):
        load_version(version, ToyEncoder())


@pytest.mark.parametrize(
    "name",
    [
        "articles.json",
        "matcher.adapted.codes.faiss",
        "matcher.lexicon.frequencies.npy",
        "exact.places.trie",
        "texts.encoded.npy",
        "drawings.encoded.npy",
        "ranking.weights.npy",
        "confidence.json",
    ],
)
def test_a_version_sealed_without_a_file_that_is_needed_is_damage(version: Path, name: str) -> None:
    manifest = store.read_manifest(version)
    (version / store.MANIFEST).unlink()
    (version / name).unlink()
    store.write_manifest(version, facts(manifest))  # as a program that knew no such file would have
    with pytest.raises(DamagedIndex, match="cannot be loaded"):
        load_version(version, ToyEncoder())
