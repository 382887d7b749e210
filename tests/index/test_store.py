"""Versions on disk: what was saved comes back, and nothing that is damaged passes for whole."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from marisa_trie import BytesTrie, Trie
from numpy.typing import NDArray

from index import store
from index.errors import DamagedIndex, ForeignIndex, MissingIndex


@dataclasses.dataclass(frozen=True)
class Inner:
    rows: NDArray[np.float32]
    shrinkage: float | None


@dataclasses.dataclass(frozen=True)
class Record:
    count: int
    share: float
    labels: NDArray[np.int64]
    empty: NDArray[np.float32]
    searched: Any
    words: Trie
    bytes_of: BytesTrie
    inner: Inner
    absent: Inner | None
    present: Inner | None


def record() -> Record:
    searched = faiss.IndexFlatIP(3)
    searched.add(np.eye(3, dtype=np.float32))
    inner = Inner(np.arange(6, dtype=np.float32).reshape(2, 3), None)
    empty = np.zeros((0, 3), np.float32)
    tries = Trie(["卷积", "卷"]), BytesTrie([("juan", "卷".encode())])
    return Record(3, 0.1, np.array([4, -1]), empty, searched, *tries, inner, None, Inner(empty, 0.3))


def publish(folder: Path, name: str, content: str = "content") -> None:
    with store.new_version(folder) as workplace:
        (workplace / "answers.txt").write_text(content, "utf-8")
        store.write_manifest(workplace, {"note": name})
        store.publish(workplace, folder, name)


def write_half_of_a_version(folder: Path) -> None:
    with store.new_version(folder) as workplace:
        (workplace / "half.npy").write_bytes(b"half")
        raise OSError("disk full")


def test_a_saved_record_comes_back_whole(tmp_path: Path) -> None:
    before = record()
    store.save(before, tmp_path, "matcher")
    after = store.load(Record, tmp_path, "matcher")
    assert (after.count, after.share, after.absent) == (3, 0.1, None)
    assert after.labels.tolist() == [4, -1]
    assert after.labels.dtype == np.int64
    assert after.empty.shape == (0, 3)
    assert np.array_equal(after.inner.rows, before.inner.rows)
    assert after.inner.shrinkage is None
    assert after.present is not None
    assert after.present.shrinkage == 0.3
    assert np.array_equal(after.searched.reconstruct_n(0, 3), np.eye(3))
    assert {word: after.words[word] for word in after.words} == {word: before.words[word] for word in before.words}
    assert after.bytes_of["juan"] == ["卷".encode()]


def test_records_under_different_prefixes_do_not_touch(tmp_path: Path) -> None:
    store.save(Inner(np.zeros(1, np.float32), 1.0), tmp_path, "a")
    store.save(Inner(np.ones(1, np.float32), 2.0), tmp_path, "b")
    assert store.load(Inner, tmp_path, "a").shrinkage == 1.0
    assert store.load(Inner, tmp_path, "b").rows.tolist() == [1]


def test_a_published_version_is_the_current_one_and_keeps_its_facts(tmp_path: Path) -> None:
    publish(tmp_path, "1")
    publish(tmp_path, "2")
    assert store.current_version(tmp_path) == "2"
    assert store.versions(tmp_path) == ["1", "2"]
    manifest = store.read_manifest(tmp_path / "2")
    assert (manifest["note"], manifest["format"]) == ("2", store.FORMAT)
    assert list(manifest["files"]) == ["answers.txt"]


def test_a_version_that_fails_while_being_written_leaves_no_trace(tmp_path: Path) -> None:
    publish(tmp_path, "1")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match="disk"):
        write_half_of_a_version(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    assert store.current_version(tmp_path) == "1"


def test_a_version_being_written_is_not_yet_one(tmp_path: Path) -> None:
    with store.new_version(tmp_path) as workplace:
        store.write_manifest(workplace, {})
        assert store.versions(tmp_path) == []
        with pytest.raises(MissingIndex):
            store.current_version(tmp_path)


def test_publishing_keeps_three_versions(tmp_path: Path) -> None:
    for name in "12345":
        publish(tmp_path, name)
    assert store.versions(tmp_path) == ["3", "4", "5"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3", "4", "5", "current"]


def test_a_version_published_under_an_older_name_survives_its_own_pruning(tmp_path: Path) -> None:
    for name in "3456":  # as after a clock that was set back
        publish(tmp_path, name)
    publish(tmp_path, "1")
    assert store.current_version(tmp_path) == "1"
    assert store.read_manifest(tmp_path / "1")["note"] == "1"


def test_one_can_go_back_to_an_earlier_version(tmp_path: Path) -> None:
    publish(tmp_path, "1")
    publish(tmp_path, "2")
    store.point_to(tmp_path, "1")
    assert store.current_version(tmp_path) == "1"


@pytest.mark.parametrize("name", ["9", "", ".", "..", "../1"])
def test_pointing_to_what_is_no_version_is_refused(tmp_path: Path, name: str) -> None:
    publish(tmp_path / "built", "1")
    with pytest.raises(MissingIndex, match=r"There are: 1$"):
        store.point_to(tmp_path / "built", name)
    assert store.current_version(tmp_path / "built") == "1"


def test_without_an_index_the_error_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(MissingIndex, match=r"python -m scripts\.build_index --out .*nowhere"):
        store.current_version(tmp_path / "nowhere")


@pytest.mark.parametrize("pointer", [b"", b"\n", b"../1\n", b"/etc\n", b"\xff\xfe\n"])
def test_a_pointer_that_names_no_version_is_damage(tmp_path: Path, pointer: bytes) -> None:
    publish(tmp_path, "1")
    (tmp_path / "current").write_bytes(pointer)
    with pytest.raises(DamagedIndex, match="current"):
        store.current_version(tmp_path)


def _cut_short(version: Path) -> None:
    (version / "answers.txt").write_text("conten", "utf-8")


def _alter(version: Path) -> None:
    (version / "answers.txt").write_text("cOntent", "utf-8")


def _remove(version: Path) -> None:
    (version / "answers.txt").unlink()


def _replace_by_folder(version: Path) -> None:
    _remove(version)
    (version / "answers.txt").mkdir()


@pytest.mark.parametrize("harm", [_cut_short, _alter, _remove, _replace_by_folder])
def test_a_file_that_is_not_what_the_manifest_says_is_damage(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    publish(tmp_path, "1")
    harm(tmp_path / "1")
    with pytest.raises(DamagedIndex, match=r"answers\.txt: is missing or altered\. Build it again: python -m"):
        store.read_manifest(tmp_path / "1")


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        f'{{"format": {store.FORMAT}}}',
        f'{{"format": {store.FORMAT}, "files": []}}',
        f'{{"format": {store.FORMAT}, "files": {{"answers.txt": 1}}}}',
        f'{{"format": {store.FORMAT}, "files": {{"answers.txt": {{"bytes": 7}}}}}}',
    ],
)
def test_a_manifest_that_cannot_be_read_is_damage(tmp_path: Path, manifest: str) -> None:
    publish(tmp_path, "1")
    (tmp_path / "1" / "manifest.json").write_text(manifest, "utf-8")
    with pytest.raises(DamagedIndex, match=r"manifest\.json: cannot be read"):
        store.read_manifest(tmp_path / "1")


def test_a_version_without_a_manifest_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedIndex, match=r"manifest\.json"):
        store.read_manifest(tmp_path / "1")


def test_another_format_is_foreign_whatever_else_it_holds(tmp_path: Path) -> None:
    publish(tmp_path, "1")
    later = {"format": store.FORMAT + 1, "files": "somewhere else"}
    (tmp_path / "1" / "manifest.json").write_text(json.dumps(later), "utf-8")
    with pytest.raises(ForeignIndex, match=f"has format {store.FORMAT + 1}, this program reads {store.FORMAT}"):
        store.read_manifest(tmp_path / "1")
